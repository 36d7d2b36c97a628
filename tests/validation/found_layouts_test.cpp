// The layouts that the search finds, against those that were published and swept (docs/accuracy.md).
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "backtest/backtest.h"
#include "input/source_text.h"
#include "performance/layout_search.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

std::vector<RunRecord> records() {
  const std::string path = std::string(CAPPLAN_SOURCE_DIR) + "/tests/validation/training_runs.jsonl";
  return read_run_records(*read_source(path, kCsvLimit)).runs;
}

// vTrain (MICRO 2024) measured every layout of a model, good and bad: those are no one's choice.
bool is_swept(const RunRecord& r) { return r.id.starts_with("vtrain"); }

TEST(FoundLayouts, AreAtLeastAsFastAsThePublishedOnes) {
  const Backtest b = make_backtest(records(), builtin(), LayoutSource::kSearched);
  int compared = 0;
  for (const ScoredRun& r : b.runs) {
    if (!r.observation->run->recorded_fits) continue;
    EXPECT_GE(r.speedup_over_recorded, 1 - 1e-9) << r.observation->record->id;
    ++compared;
  }
  EXPECT_GT(compared, 850);
}

TEST(FoundLayouts, ArePredictedNearThePublishedThroughput) {
  const Backtest b = make_backtest(records(), builtin(), LayoutSource::kSearched);
  std::vector<ScoredRun> chosen;
  for (const ScoredRun& r : voting_runs(b)) {
    if (!is_swept(*r.observation->record)) chosen.push_back(r);
  }
  const ErrorSummary s = summarise(chosen);
  EXPECT_GT(s.runs, 280);
  EXPECT_LT(s.median, 10);
}

// Of the layouts that were swept for one model and batch, the one that is predicted fastest.
TEST(FoundLayouts, OfASweepTheBestOrNearlyTheBestIsPicked) {
  const Backtest b = make_backtest(records(), builtin());
  struct Swept {
    double predicted = 0, measured = 0;
  };
  std::map<std::tuple<bool, double, double, double, double, double>, std::vector<Swept>> sweeps;
  for (const ScoredRun& r : b.runs) {
    const RunInputs& in = r.observation->record->inputs;
    if (!is_swept(*r.observation->record)) continue;
    const bool one_node = r.observation->record->id.starts_with("vtrain-single");
    const auto of = [&](const char* key) { return in.get(key).value_or(0); };
    sweeps[{one_node, of("n_layers"), of("hidden"), of("n_accelerators"), of("global_batch"), of("seq_len")}]
        .push_back({r.prediction.value, r.observation->measured});
  }
  std::vector<double> lost;
  for (const auto& [key, swept] : sweeps) {
    if (swept.size() < 5) continue;
    const auto by = [&swept = swept](auto member) {
      return *std::min_element(swept.begin(), swept.end(),
                               [&](const Swept& x, const Swept& y) { return x.*member < y.*member; });
    };
    lost.push_back(by(&Swept::predicted).measured / by(&Swept::measured).measured - 1);
  }
  EXPECT_EQ(lost.size(), 38U);
  EXPECT_LT(quantile(lost, 0.5), 0.05);
  EXPECT_LT(quantile(lost, 1), 0.15);
}

}  // namespace
}  // namespace capplan

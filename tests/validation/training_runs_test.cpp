// The step model on all published training runs of tests/validation/training_runs.jsonl: the accuracy that
// docs/accuracy.md prints. Bounds lie a little above what was reached, so that a change that loses accuracy
// fails.
#include <gtest/gtest.h>

#include <algorithm>

#include "backtest/backtest.h"
#include "input/source_text.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

const Backtest& published() {
  static const Backtest backtest = [] {
    const auto source = read_source(CAPPLAN_SOURCE_DIR "/tests/validation/training_runs.jsonl", kCsvLimit);
    return make_backtest(read_run_records(*source).runs, testing::builtin());
  }();
  return backtest;
}

template <class Keep>
std::vector<ScoredRun> of(const Keep& keep) {
  std::vector<ScoredRun> kept;
  for (const ScoredRun& r : voting_runs(published())) {
    if (keep(*r.observation->record)) kept.push_back(r);
  }
  return kept;
}

bool is_grid(const RunRecord& r) { return r.id.starts_with("vtrain-single"); }

TEST(PublishedRuns, DenseTransformers) {
  const auto runs = of([](const RunRecord& r) { return r.family == "dense_transformer" && !is_grid(r); });
  const ErrorSummary s = summarise(runs);
  EXPECT_EQ(s.runs, 329);
  EXPECT_LT(s.median, 3.4);
  EXPECT_LT(s.mean, 7.5);
  EXPECT_LT(s.p90, 15);
  EXPECT_LT(std::abs(s.bias), 3);
  EXPECT_GT(s.coverage, 0.75);
}

// Seven accelerators of data centres; consumer cards run full fine-tuning by means that records do not state.
TEST(PublishedRuns, MeanOverDatacentreAccelerators) {
  const ErrorSummary s = mean_over_accelerators(of([](const RunRecord& r) {
    return r.family == "dense_transformer" && !is_grid(r) && !r.inputs.accelerator.starts_with("RTX");
  }));
  EXPECT_LT(s.median, 4);
  EXPECT_LT(s.mean, 6);
  EXPECT_LT(s.p90, 12);
}

TEST(PublishedRuns, SingleNodeGrid) {
  const ErrorSummary s = summarise(of(is_grid));
  EXPECT_EQ(s.runs, 540);
  EXPECT_LT(s.median, 5);
  EXPECT_LT(s.mean, 7);
}

TEST(PublishedRuns, SequenceAndSelectiveRecompute) {
  const auto runs = of([](const RunRecord& r) { return r.id.starts_with("seqsel"); });
  const ErrorSummary s = summarise(runs);
  EXPECT_EQ(s.runs, 8);
  EXPECT_LT(s.mean, 5);
  for (const ScoredRun& r : runs) EXPECT_LT(std::abs(r.percent_error()), 10) << r.observation->record->id;
}

TEST(PublishedRuns, Mixtures) {
  const ErrorSummary s = summarise(of([](const RunRecord& r) { return r.family == "moe_transformer"; }));
  EXPECT_EQ(s.runs, 17);
  EXPECT_LT(s.median, 9);
}

TEST(PublishedRuns, WholeRuns) {
  const std::vector<ScoredRun> runs = whole_runs(published());
  EXPECT_EQ(runs.size(), 8U);
  EXPECT_LT(summarise(runs).median, 25);
  for (const ScoredRun& r : runs) {
    const TrainingCase& c = *r.observation->run;
    const FlopRate ideal =
        peak_of(*c.machine.accelerator, c.setup.precision) * static_cast<double>(c.machine.count);
    EXPECT_GT(predict_step(c, training_constants(testing::builtin(), c.accelerator)).total(),
              c.demand.flops_per_step / ideal)
        << r.observation->record->id << " is faster than the peak";
  }
}

// What was measured is removed, then replaced, in every record: nothing that was predicted moves.
TEST(PublishedRuns, NothingMeasuredIsRead) {
  const Catalog& catalog = testing::builtin();
  for (const RunRecord& record : published().records) {
    const auto step_of = [&](const RunRecord& r) {
      const TrainingCaseResult run = make_training_case(r, catalog);
      return run ? predict_step(**run, training_constants(catalog, (*run)->accelerator)).total().base() : 0;
    };
    const double before = step_of(record);
    RunRecord other = record;
    other.measured.clear();
    EXPECT_EQ(step_of(other), before) << record.id;
    for (const char* key :
         {"step_time_s", "tokens_per_s_per_gpu", "tokens_per_s_total", "samples_per_s",
          "samples_per_s_per_gpu", "tflops_per_gpu", "mfu", "hfu", "memory_gib_per_gpu", "gpu_hours",
          "wallclock_days", "time_to_train_min", "cost_usd", "measured_step_time_s_logged_median", "ttt_min"})
      other.measured[key] = 12345;
    EXPECT_EQ(step_of(other), before) << record.id;
  }
}

TEST(PublishedRuns, EveryRecordIsPredictedOrSaysWhyNot) {
  const Backtest& b = published();
  EXPECT_EQ(b.runs.size() + b.unpredicted.size(), b.records.size());
  EXPECT_LT(b.unpredicted.size(), 12U);
  for (const Unpredicted& u : b.unpredicted) EXPECT_FALSE(u.reason.empty()) << u.id;
}

}  // namespace
}  // namespace capplan

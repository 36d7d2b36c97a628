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

std::vector<ScoredRun> of_family(const char* family) {
  return of([&](const RunRecord& r) { return r.family == family; });
}

TEST(PublishedRuns, ConvolutionalNets) {
  const ErrorSummary s = summarise(of_family("cnn"));
  EXPECT_EQ(s.runs, 224);
  EXPECT_LT(s.median, 5.9);
  EXPECT_LT(mean_over_accelerators(of_family("cnn")).median, 5.5);
  EXPECT_GT(s.coverage, 0.8);
}

TEST(PublishedRuns, VisionTransformers) {
  const ErrorSummary s = summarise(of_family("vit"));
  EXPECT_EQ(s.runs, 50);
  EXPECT_LT(s.median, 4.5);
}

TEST(PublishedRuns, Bert) {
  const ErrorSummary s = summarise(of_family("bert"));
  EXPECT_EQ(s.runs, 77);
  EXPECT_LT(s.median, 3.8);
}

TEST(PublishedRuns, AdaptersDiffusionAndTheRest) {
  EXPECT_LT(summarise(of_family("lora_finetune")).median, 6.5);
  EXPECT_LT(summarise(of_family("diffusion")).median, 4);
  EXPECT_LT(summarise(of_family("other")).median, 7.5);
  EXPECT_LT(summarise(of_family("dlrm")).median, 7.5);
}

// Minutes to MLPerf's quality, of the configurations that state how many samples that took.
TEST(PublishedRuns, TimeToQuality) {
  const Catalog& catalog = testing::builtin();
  std::vector<double> errors;
  for (const RunRecord* record : newest_of_groups(published().records)) {
    const auto measured = record->measured.find("time_to_train_min");
    const bool tuned = record->family == "dlrm" || record->family == "lora_finetune";
    if (!tuned || measured == record->measured.end() || !record->inputs.get("tokens_or_samples_total"))
      continue;
    const TrainingCaseResult run = make_training_case(*record, catalog);
    ASSERT_TRUE(run) << record->id;
    const Duration step = predict_step(**run, training_constants(catalog, (*run)->accelerator)).total();
    const auto minutes = metric_of(**run, "time_to_train_min", step);
    ASSERT_TRUE(minutes) << record->id;
    errors.push_back(std::abs(*minutes / measured->second - 1) * 100);
  }
  EXPECT_GE(errors.size(), 32U);
  EXPECT_LT(quantile(errors, 0.5), 9);
}

// A fit moves a constant on the runs it says it acts on, and on no others: the rest must not feel it.
TEST(PublishedRuns, ConstantsActOnWhatTheySay) {
  int felt = 0;
  for (std::size_t i = 0; i < published().runs.size(); i += 9) {
    const TrainingCase& run = *published().runs[i].observation->run;
    const TrainingConstants constants = training_constants(testing::builtin(), run.accelerator);
    const Duration before = predict_step(run, constants).total();
    const ActsOn kind = run.setup.operators.empty() ? ActsOn::kLayers : ActsOn::kOperators;
    for (const ConstantField& field : constant_fields()) {
      TrainingConstants moved = constants;
      moved.*field.member *= 1.1;
      const bool moves = predict_step(run, moved).total() != before;
      felt += moves ? 1 : 0;
      const bool allowed = field.acts_on == ActsOn::kBoth || field.acts_on == kind;
      EXPECT_TRUE(allowed || !moves) << field.name;
    }
  }
  EXPECT_GT(felt, 500);
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
  // Of them, twenty times to a quality do not say how many samples that took.
  EXPECT_LE(b.unpredicted.size(), 24U);
  for (const Unpredicted& u : b.unpredicted) EXPECT_FALSE(u.reason.empty()) << u.id;
}

}  // namespace
}  // namespace capplan

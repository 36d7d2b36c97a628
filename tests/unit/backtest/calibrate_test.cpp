#include "backtest/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "backtest/backtest.h"
#include "backtest/fit_kernels.h"
#include "backtest/least_squares.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

std::string record(const std::string& id, int tensor, double step, const std::string& more = "") {
  return R"({"id":")" + id +
         R"(","family":"dense_transformer","tier":"A","score_target":"step_time_s","model_name":"x",)" +
         R"("n_layers":24,"hidden":4096,"n_heads":32,"ffn_hidden":16384,"vocab":51200,"seq_len":2048,"global_batch":64,)" +
         R"("micro_batch":2,"precision":"bf16","accelerator":"H100-SXM-80GB","n_accelerators":8,"tensor_parallel":)" +
         std::to_string(tensor) + R"(,"pipeline_parallel":1,"data_parallel":)" + std::to_string(8 / tensor) +
         R"(,"framework":"Megatron-Core","source":"s)" + id + R"(","step_time_s":)" + std::to_string(step) +
         more + "}\n";
}

Backtest backtest(const std::string& text) {
  return make_backtest(read_run_records({"r", text}).runs, builtin());
}

TEST(LeastSquares, FindsALine) {
  const auto line = [](std::span<const double> x, std::span<const std::size_t> which, std::span<double> r) {
    for (const std::size_t i : which) {
      const double at = static_cast<double>(i);
      r[i] = x[0] + x[1] * at - (3 + 2 * at);
    }
  };
  const auto found = least_squares({0, 0}, 5, line);
  EXPECT_NEAR(found[0], 3, 1e-6);
  EXPECT_NEAR(found[1], 2, 1e-6);
  // The slope does not move the first residual: said or not, the fit is the same.
  const std::vector<std::vector<std::size_t>> moved{{0, 1, 2, 3, 4}, {1, 2, 3, 4}};
  EXPECT_EQ(least_squares({0, 0}, 5, line, moved), found);
}

TEST(Calibrate, RunsThatAreAllSlowerMoveTheFitTowardsThem) {
  std::string text;
  for (const int t : {1, 2, 4, 8}) text += record("t" + std::to_string(t), t, 1);
  Backtest first = backtest(text);
  ASSERT_EQ(first.runs.size(), 4U) << (first.unpredicted.empty() ? "" : first.unpredicted[0].reason);
  text.clear();
  const std::array<int, 4> degrees{1, 2, 4, 8};
  for (std::size_t i = 0; i < 4; ++i)
    text += record("t" + std::to_string(degrees[i]), degrees[i], 1.2 * first.runs[i].prediction.value);
  const Backtest slow = backtest(text);
  std::vector<const Observation*> all;
  for (const Observation& o : slow.observations) all.push_back(&o);
  const FittedConstants fitted = fit_constants(all, {priors_of(&builtin()), {}, &builtin()});
  for (const Observation* o : all) {
    const double before = log_time_ratio(*o, training_constants(builtin(), o->run->accelerator));
    const double after = log_time_ratio(*o, fitted.of(o->run->accelerator));
    EXPECT_LT(before, -0.17);
    EXPECT_GT(after, before / 2) << o->record->id;
    EXPECT_LT(after, 0.01);
  }
}

TEST(Calibrate, WithoutRunsOfItsOwnAnAcceleratorKeepsTheSharedConstants) {
  const Backtest b = backtest(record("a", 8, 2) + record("b", 4, 2));
  std::vector<const Observation*> all;
  for (const Observation& o : b.observations) all.push_back(&o);
  const FittedConstants fitted = fit_constants(all, {});
  EXPECT_EQ(fitted.of("A100-SXM-80GB").accelerator_gemm, 1);
  EXPECT_NE(fitted.of("H100-SXM-80GB").accelerator_gemm, 1);
}

// What was measured may not be read: every measured field is removed, or replaced, in turn.
TEST(Backtest, APredictionReadsNothingMeasured) {
  const Backtest base =
      backtest(record("a", 4, 2, R"(,"mfu":0.4,"hfu":0.5,"tflops_per_gpu":400,"tflops_kind":"model")"));
  ASSERT_EQ(base.runs.size(), 1U);
  for (const char* more :
       {"", R"(,"mfu":0.9,"hfu":0.9,"tflops_per_gpu":1,"tflops_kind":"hardware","gpu_hours":3)",
        R"(,"memory_gib_per_gpu":3,"wallclock_days":7,"measured_anything":1,"ttt_min":5)"}) {
    const Backtest other = backtest(record("a", 4, 77, more));
    ASSERT_EQ(other.runs.size(), 1U) << more;
    EXPECT_EQ(other.runs[0].prediction.value, base.runs[0].prediction.value) << more;
    EXPECT_EQ(other.runs[0].prediction.p10, base.runs[0].prediction.p10) << more;
    EXPECT_EQ(other.runs[0].prediction.p90, base.runs[0].prediction.p90) << more;
  }
}

TEST(Backtest, WhatCannotBePredictedHasAReason) {
  const Backtest b = backtest(
      R"({"id":"a","family":"cnn","model_name":"resnet-50","accelerator":"H100"})"
      "\n"
      R"({"id":"b","accelerator":"H100-SXM-80GB","n_accelerators":8,"score_target":"step_time_s"})"
      "\n"
      R"({"id":"c","model_name":"llama-3-8b","accelerator":"Quux","n_accelerators":8,"score_target":"step_time_s","step_time_s":1})"
      "\n"
      R"({"id":"d","model_name":"llama-3-8b","accelerator":"H100-SXM-80GB","n_accelerators":8,"score_target":"step_time_s"})");
  EXPECT_TRUE(b.runs.empty());
  ASSERT_EQ(b.unpredicted.size(), 4U);
  EXPECT_NE(b.unpredicted[0].reason.find("n_accelerators"), std::string::npos);
  EXPECT_NE(b.unpredicted[1].reason.find("neither a model nor a shape"), std::string::npos);
  EXPECT_NE(b.unpredicted[2].reason.find("Quux"), std::string::npos);
  EXPECT_NE(b.unpredicted[3].reason.find("step_time_s"), std::string::npos);
}

TEST(Backtest, RecordsThatCannotBeNeverStopTheOthers) {
  const std::string good = record("good", 4, 2);
  for (const char* odd :
       {R"("tensor_parallel":536870912,"pipeline_parallel":536870912,"context_parallel":536870912)",
        R"("seq_len":1e300)", R"("params_total":1e17,"params_active":1e6,"model_name":"unknown")",
        R"("n_layers":99999999,"hidden":99999999,"n_heads":1)",
        R"("expert_parallel":100,"n_experts":8,"top_k":64)", R"("micro_batch":77777777)",
        R"("global_batch":1e300)", R"("n_accelerators":99999999)"}) {
    const Backtest b =
        backtest(good + R"({"id":"odd","model_name":"llama-3-8b","accelerator":"H100-SXM-80GB",)" +
                 R"("n_accelerators":64,"score_target":"step_time_s","step_time_s":1,)" + odd + "}\n" + good);
    EXPECT_EQ(b.runs.size() + b.unpredicted.size(), 3U) << odd;
    for (const ScoredRun& r : b.runs)
      EXPECT_TRUE(std::isfinite(r.prediction.value) && r.prediction.value > 0) << odd;
  }
}

// Without a global batch it follows from what each replica does, and a stated replica count that says the
// same changes nothing.
TEST(Backtest, TheBatchFollowsFromTheLayout) {
  const std::string base =
      R"({"id":"a","model_name":"llama-3-8b","accelerator":"H100-SXM-80GB","n_accelerators":64,)"
      R"("tensor_parallel":8,"pipeline_parallel":4,"micro_batch":1,"grad_accum":16,"seq_len":4096,)"
      R"("score_target":"step_time_s","step_time_s":1)";
  const Backtest without = backtest(base + "}");
  const Backtest with = backtest(base + R"(,"data_parallel":2})");
  ASSERT_EQ(without.runs.size(), 1U);
  ASSERT_EQ(with.runs.size(), 1U);
  EXPECT_EQ(without.runs[0].prediction.value, with.runs[0].prediction.value);
}

// Contract, section 4: a layout whose product is not the count counts as absent.
TEST(Backtest, AContradictoryLayoutIsNone) {
  const std::string base =
      R"({"id":"a","model_name":"llama-3-8b","accelerator":"H100-SXM-80GB","n_accelerators":64,)"
      R"("seq_len":4096,"global_batch":512,"score_target":"step_time_s","step_time_s":1)";
  const Backtest wrong = backtest(base + R"(,"tensor_parallel":8,"pipeline_parallel":2,"data_parallel":8})");
  const Backtest none = backtest(base + "}");
  EXPECT_EQ(wrong.runs.at(0).prediction.value, none.runs.at(0).prediction.value);
}

// What a record leaves out is searched or follows from the rest; without a count there is nothing to predict.
TEST(Backtest, WhatARecordLeavesOutFollowsFromTheRest) {
  const auto first = [](const std::string& fields) {
    return backtest(
        R"({"id":"a","seq_len":4096,"global_batch":512,"score_target":"step_time_s","step_time_s":1,)" +
        fields + "}");
  };
  const std::string llama = R"("model_name":"llama-3-8b",)";
  const Backtest full = first(llama + R"("accelerator":"H100-SXM-80GB","n_accelerators":64)");
  const Backtest short_name = first(llama + R"("accelerator":"H100","n_accelerators":64)");
  EXPECT_EQ(short_name.runs.at(0).observation->run->accelerator, "H100-SXM-80GB") << "the one with runs";
  EXPECT_EQ(short_name.runs.at(0).prediction.value, full.runs.at(0).prediction.value);

  const std::string layout =
      R"("accelerator":"H100-SXM-80GB","tensor_parallel":2,"pipeline_parallel":1,"data_parallel":32)";
  EXPECT_EQ(first(llama + layout).runs.at(0).prediction.value,
            first(llama + layout + R"(,"n_accelerators":64)").runs.at(0).prediction.value);
  EXPECT_NE(first(llama + R"("accelerator":"H100-SXM-80GB")").unpredicted.at(0).reason.find("n_accelerators"),
            std::string::npos);

  // 64 expert ranks among the 32 ranks of a stage are none.
  const std::string moe =
      R"("model_name":"deepseek-v3","accelerator":"H100-SXM-80GB","n_accelerators":256,"pipeline_parallel":8)";
  EXPECT_EQ(first(moe + R"(,"expert_parallel":64)").runs.at(0).prediction.value,
            first(moe).runs.at(0).prediction.value);
}

TEST(Backtest, OfRerunsTheNewestVotes) {
  const Backtest b =
      backtest(record("a", 4, 2, R"(,"config_group":"g")") + record("b", 4, 3, R"(,"config_group":"g")"));
  EXPECT_EQ(b.runs.size(), 2U);
  const std::vector<ScoredRun> voting = voting_runs(b);
  ASSERT_EQ(voting.size(), 1U);
  EXPECT_EQ(voting[0].observation->record->id, "b");
}

// A law that made a table is found again in it.
TEST(FitKernels, FindsTheLawOfATable) {
  const MeasuredPart part{"H100-SXM-80GB", 3.35e12, 450e9};
  const KernelCatalog catalog{[&](const std::string& name) { return name == "h100" ? &part : nullptr; },
                              [](const std::string&, const std::string&) { return 989e12; }};
  std::string table = "accelerator,dtype,m,n,k,latency_us,note\n";
  for (const double m : {256, 1024, 4096, 16384}) {
    for (const double n : {2048, 8192, 16384}) {
      for (const double k : {2048, 8192, 16384}) {
        const double arithmetic = 2 * m * n * k / (989e12 * 0.75);
        const double memory = 2 * (m * k + n * k + m * n) / (3.35e12 * 0.9);
        const double us = std::hypot(arithmetic, memory) * 1e6 + 5;
        table += "h100,bf16," + std::to_string(m) + "," + std::to_string(n) + "," + std::to_string(k) + "," +
                 std::to_string(us) + ",x\n";
        table += "elsewhere,bf16,256,2048,2048,1,x\n";
      }
    }
  }
  const auto laws = fit_gemm({"gemm.csv", table}, catalog);
  ASSERT_TRUE(laws);
  ASSERT_EQ(laws->size(), 1U);
  EXPECT_NEAR(laws->front().peak_share, 0.75, 0.02);
  EXPECT_LT(laws->front().median_error, 0.02);
  EXPECT_FALSE(fit_gemm({"gemm.csv", "accelerator,dtype\nh100,bf16\n"}, catalog)) << "columns are missing";
}

}  // namespace
}  // namespace capplan

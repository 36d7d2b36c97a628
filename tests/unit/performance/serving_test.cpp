#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "capplan/performance/execution.h"
#include "performance/replica.h"
#include "support/catalogs.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::spec_of;

std::string chat(double mean, double peak, const std::string& slo = "",
                 const std::string& preset = "llama-3-8b") {
  return "kind: serving\nmodel: {preset: " + preset +
         "}\ntraffic: {requests_per_second: {mean: " + std::to_string(mean) +
         ", peak: " + std::to_string(peak) + "}, prompt_tokens: 1200, output_tokens: 250}\n" +
         (slo.empty() ? "" : "slo: {" + slo + "}\n");
}

Demand demand_of(const PlanSpec& spec) {
  const Workload& w = spec.workloads.at(0);
  const ModelArch model = w.model.preset ? builtin().model(*w.model.preset)->arch : w.model.arch;
  Assumptions assumptions;
  Diagnostics problems;
  return estimate_demand(w, model, kYear, "w", assumptions, problems);
}

ExecutionResult serve(const std::string& text, const std::string& accelerator = "H100-SXM-80GB",
                      int node = 8) {
  const PlanSpec spec = spec_of(text);
  return estimate_serving(demand_of(spec), spec.workloads[0],
                          {builtin().accelerator(accelerator), node, node, {}}, kYear);
}

int accelerators(const Execution& e) { return e.serving->replicas * e.serving->tensor_parallel; }

TEST(Serving, NoReplicaIsBusierThan70Percent) {
  for (const double peak : {1.0, 40.0, 400.0, 3000.0}) {
    const auto e = serve(chat(peak / 3, peak, "ttft: 1 s, tpot: 50 ms"));
    ASSERT_TRUE(e.has_value());
    const ServingExecution& s = *e->serving;
    EXPECT_LE(s.utilization, 0.7 + 1e-9) << peak;
    const double capacity = s.max_batch / 250.0 / s.tpot.base();  // requests a second of one replica
    EXPECT_GE(s.replicas, std::ceil(peak / (0.7 * capacity) - 1e-6)) << peak;
    EXPECT_NEAR(s.utilization, peak / s.replicas / capacity, 1e-9);
    EXPECT_EQ(e->run_time, kYear);
  }
}

TEST(Serving, TargetsAreKept) {
  for (const double tpot : {12.0, 20.0, 50.0, 200.0}) {
    const auto e = serve(chat(10, 40, "ttft: 500 ms, percentile: 95, tpot: " + std::to_string(tpot) + " ms"));
    ASSERT_TRUE(e.has_value()) << tpot;
    EXPECT_LE(e->serving->tpot.base(), tpot / 1000);
    EXPECT_LE(e->serving->ttft.base(), 0.5);
  }
}

TEST(Serving, ATighterTpotNeverNeedsFewer) {
  int last = 0;
  for (const double tpot : {200.0, 50.0, 20.0, 12.0}) {
    const int count = accelerators(*serve(chat(100, 400, "tpot: " + std::to_string(tpot) + " ms")));
    EXPECT_GE(count, last) << tpot;
    last = count;
  }
}

TEST(Serving, MoreTrafficNeverNeedsFewer) {
  int last = 0;
  for (double peak = 1; peak < 3000; peak *= 1.3) {
    const auto e = serve(chat(peak / 3, peak, "ttft: 1 s, tpot: 50 ms"));
    ASSERT_TRUE(e.has_value());
    EXPECT_GE(accelerators(*e), last) << peak;
    last = accelerators(*e);
  }
}

TEST(Serving, MisfitsSayWhy) {
  struct Case {
    std::string text, accelerator, reason;
  };
  for (const Case& c : {Case{chat(1, 1, "", "llama-3.1-405b"), "T4-16GB", "does not fit: needs "},
                        Case{chat(1, 1, "tpot: 1 ms"), "H100-SXM-80GB", "TPOT of 1 ms cannot be met"},
                        Case{chat(1, 1, "ttft: 1 ms"), "H100-SXM-80GB", "TTFT of 1 ms cannot be met"}}) {
    const auto e = serve(c.text, c.accelerator);
    ASSERT_FALSE(e.has_value()) << c.reason;
    EXPECT_TRUE(e.error().reason.starts_with(c.reason)) << e.error().reason;
    EXPECT_FALSE(e.error().relaxation.empty());
  }
}

TEST(Serving, LargeModelsAreSplit) {
  const auto e = serve(chat(1, 2, "", "llama-3-70b"));
  ASSERT_TRUE(e.has_value());
  EXPECT_GE(e->serving->tensor_parallel, 2);
  EXPECT_LE(e->memory.weights.in(kGiB), 80);
  EXPECT_FALSE(serve(chat(1, 2, "", "llama-3-70b"), "H100-SXM-80GB", 1).has_value());
}

// Llama 3 has eight key-value heads: sixteen accelerators hold each twice.
TEST(Replica, KeysAndValuesAreCopiedBeyondTheirHeads) {
  const PlanSpec spec = spec_of(chat(1, 1));
  const Demand d = demand_of(spec);
  const auto cache = [&](int tensor) {
    return Replica{&d, builtin().accelerator("H100-SXM-80GB"), Precision::kBf16, tensor}
        .cache_per_sequence()
        .base();
  };
  EXPECT_DOUBLE_EQ(cache(1), 1450.0 * 2 * 8 * 128 * 32 * 2);
  EXPECT_DOUBLE_EQ(cache(8), cache(1) / 8);
  EXPECT_DOUBLE_EQ(cache(16), cache(8));
}

TEST(Replica, StepsGrowWithBatchAndContext) {
  const PlanSpec spec = spec_of(chat(1, 1));
  const Demand d = demand_of(spec);
  const Replica r{&d, builtin().accelerator("H100-SXM-80GB"), Precision::kBf16, 1};
  EXPECT_LT(r.steady_step(1), r.steady_step(64));
  EXPECT_LT(r.step_time(0, 0, 32, 1000), r.step_time(0, 0, 32, 8000));
  // One token needs every weight once: 15 GB at 80% of 3.35 TB/s.
  EXPECT_GT(r.step_time(0, 0, 1, 100).base(), 7.5e9 * 2 / (0.8 * 3350e9));
}

TEST(BatchInference, TwiceTheAcceleratorsHalveTheTime) {
  const PlanSpec spec = spec_of(
      "kind: batch-inference\nmodel: {preset: llama-3-8b}\ndataset: {samples: 10M}\ntraffic: {prompt_tokens: "
      "1000, output_tokens: 100}\n");
  const Demand d = demand_of(spec);
  const auto run = [&](int count) {
    return estimate_batch_inference(d, spec.workloads[0],
                                    {builtin().accelerator("H100-SXM-80GB"), count, 8, {}}, builtin());
  };
  ASSERT_TRUE(run(8) && run(16));
  EXPECT_NEAR(run(8)->run_time / run(16)->run_time, 2, 1e-9);
  EXPECT_GT(run(8)->mfu, 0.05);
  EXPECT_LT(run(8)->mfu, 0.6);
}

}  // namespace
}  // namespace capplan

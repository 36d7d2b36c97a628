// Operators on an accelerator: what their time must and must not do.
#include "performance/operator_model.h"

#include <gtest/gtest.h>

#include "performance/layout_search.h"
#include "performance/memory.h"
#include "performance/stack_choice.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;

struct Case {
  PlanSpec spec;
  Demand demand;
  StepSetup setup;
  TrainingConstants constants;
};

std::unique_ptr<Case> case_of(const std::string& model, const char* accelerator, const char* stack,
                              const std::string& more = "") {
  auto c = std::make_unique<Case>();
  c->spec = testing::spec_of("model: {preset: " + model + "}\ndataset: {samples: 1M, size: 100 GB}\n" +
                             "training: {epochs: 1, global_batch: 256}\n" + more);
  const Workload& w = c->spec.workloads.front();
  Assumptions assumptions;
  Diagnostics problems;
  c->demand = estimate_demand(w, builtin().model(model)->resolved(), kYear, "w", assumptions, problems);
  const Accelerator& a = *builtin().accelerator(accelerator);
  c->setup = make_step_setup(c->demand, w, {&a, 1, 8, {}}, choose_precision(w, a).value(),
                             *builtin().stack(stack), builtin());
  c->constants = training_constants(builtin(), a.id);
  return c;
}

double step_of(const Case& c, double samples) {
  const PassTime t = OperatorModel(c.setup, c.constants).pass(samples);
  return t.layers().base();
}

TEST(OperatorModel, NeverFasterThanThePeakOrTheMemory) {
  for (const ModelProfile& m : builtin().tables().models) {
    if (m.operators.empty() || m.arch.architecture == Architecture::kTransformer) continue;
    const auto c = case_of(std::string(m.id), "H100-SXM-80GB", "nvidia-mlperf");
    const double seconds = step_of(*c, 32);
    const double macs = 32 * total(m.operators).training_macs;
    EXPECT_GT(seconds, 2 * macs / 989e12) << m.id;
    EXPECT_LT(seconds, 2 * macs / 10e12 + 10) << m.id;
  }
}

TEST(OperatorModel, LargerBatchesTakeLongerAndLessForEachSample) {
  const auto c = case_of("resnet-50", "A100-SXM-80GB", "pytorch-2");
  for (double b = 1; b < 512; b *= 2) {
    EXPECT_GT(step_of(*c, 2 * b), step_of(*c, b)) << b;
    EXPECT_LE(step_of(*c, 2 * b), 2 * step_of(*c, b) * (1 + 1e-12)) << b;
  }
}

TEST(OperatorModel, FusedSoftwareIsFasterThanKernelByKernel) {
  for (const char* model : {"resnet-50", "efficientnet-b0", "vit-b-16", "stable-diffusion-2"})
    EXPECT_LT(step_of(*case_of(model, "A100-SXM-80GB", "nvidia-mlperf"), 64),
              step_of(*case_of(model, "A100-SXM-80GB", "pytorch-1"), 64))
        << model;
}

TEST(OperatorModel, GroupsWithoutAChannelsLastKernelAreSlowThere) {
  const auto last = case_of("regnety-080", "RTX3090-24GB", "pytorch-1", "pin: {channels_last: true}\n");
  const auto first = case_of("regnety-080", "RTX3090-24GB", "pytorch-1", "pin: {channels_last: false}\n");
  EXPECT_GT(step_of(*last, 64), 1.5 * step_of(*first, 64));
  const auto plain_last = case_of("resnet-50", "RTX3090-24GB", "pytorch-1", "pin: {channels_last: true}\n");
  const auto plain_first = case_of("resnet-50", "RTX3090-24GB", "pytorch-1", "pin: {channels_last: false}\n");
  EXPECT_LT(step_of(*plain_last, 64), step_of(*plain_first, 64));
}

TEST(OperatorModel, WhatIsFrozenCostsLess) {
  const auto whole = case_of("vit-b-16", "A100-SXM-80GB", "pytorch-2");
  auto frozen = case_of("vit-b-16", "A100-SXM-80GB", "pytorch-2");
  for (Operator& o : frozen->demand.model.operators) o.gradient = Gradient::kInput;
  frozen->setup.operators = frozen->demand.model.operators;
  EXPECT_LT(step_of(*frozen, 64), 0.9 * step_of(*whole, 64));
  for (Operator& o : frozen->demand.model.operators) o.gradient = Gradient::kNone;
  EXPECT_LT(step_of(*frozen, 64), 0.5 * step_of(*whole, 64));
}

TEST(OperatorModel, AcceleratorsThatShareASampleGainLessThanTheirNumber) {
  const auto c = case_of("3d-u-net-kits19", "H100-SXM-80GB", "nvidia-mlperf");
  EXPECT_LT(step_of(*c, 0.25), step_of(*c, 1));
  EXPECT_GT(step_of(*c, 0.25), step_of(*c, 1) / 4);
}

TEST(OperatorLayouts, AreDataParallelAloneAndFit) {
  const Plan plan = testing::plan_of(
      "model: {preset: resnet-50}\ndataset: {samples: 1M, size: 110 GB}\ntraining: {epochs: 10, "
      "global_batch: 512}\n"
      "pin: {accelerator: A100-SXM-80GB, count: 8}\n");
  const TrainingExecution& t = *plan.options.front().allocations.front().execution.training;
  EXPECT_EQ(t.parallelism.data_parallel, 8);
  EXPECT_EQ(t.parallelism.tensor_parallel, 1);
  const Plan divided = testing::plan_of(
      "model: {preset: resnet-50}\ndataset: {samples: 1M}\ntraining: {epochs: 10, global_batch: 512}\n"
      "pin: {accelerator: A100-SXM-80GB, count: 8, tensor_parallel: 2}\n");
  EXPECT_TRUE(divided.options.empty());
  EXPECT_NE(divided.rejected.front().reason.find("divides the batch alone"), std::string::npos);
}

TEST(DataLoading, AStepWaitsForSamplesAndSaysWhatWouldHelp) {
  const std::string job =
      "model: {preset: resnet-50}\ndataset: {samples: 1.28M, size: 147 GB}\n"
      "training: {epochs: 90, global_batch: 2048}\npin: {accelerator: H100-SXM-80GB, count: 8}\n";
  const auto training = [](const Plan& plan) {
    return *plan.options.front().allocations.front().execution.training;
  };
  const TrainingExecution fed = training(testing::plan_of(job + "data_loading: {on_accelerator: true}\n"));
  EXPECT_EQ(fed.breakdown.data_loading.base(), 0);
  const TrainingExecution starved = training(testing::plan_of(job + "data_loading: {cpu_cores: 4}\n"));
  EXPECT_NEAR(starved.samples_per_s, 8 * 4 * 185 * 114660 / (147e9 / 1.28e6), 1);
  EXPECT_NEAR(starved.breakdown.total().base(), starved.step_time.base(), 1e-12);
  EXPECT_NE(starved.loading_limit.find("decoding on the accelerator"), std::string::npos);
  const TrainingExecution stored =
      training(testing::plan_of(job + "data_loading: {on_accelerator: true, storage: 100 MB/s}\n"));
  EXPECT_NEAR(stored.samples_per_s, 100e6 / (147e9 / 1.28e6), 1);
  EXPECT_NE(stored.loading_limit.find("faster store"), std::string::npos);
}

// A node's accelerators share its store: one alone has it all, and a second node brings its own.
TEST(DataLoading, ANodeSharesItsStorage) {
  const auto rate = [](int count) {
    const Plan plan = testing::plan_of(
        "model: {preset: resnet-50}\ndataset: {samples: 1.28M, size: 128 GB}\ntraining: {epochs: 1, "
        "global_batch: 2048}\n"
        "data_loading: {on_accelerator: true, storage: 10 MB/s}\npin: {accelerator: H100-SXM-80GB, count: " +
        std::to_string(count) + "}\n");
    return plan.options.front().allocations.front().execution.training->samples_per_s;
  };
  EXPECT_NEAR(rate(1), 100, 0.01);
  EXPECT_NEAR(rate(8), 100, 0.01);
  EXPECT_NEAR(rate(16), 200, 0.01);
}

TEST(OperatorLayouts, SoftwareOfAnotherKindIsRefused) {
  const Plan plan = testing::plan_of(
      "model: {preset: resnet-50}\ndataset: {samples: 1M}\ntraining: {epochs: 10, global_batch: 512}\n"
      "pin: {accelerator: A100-SXM-80GB, count: 8, stack: megatron-core}\n");
  EXPECT_TRUE(plan.options.empty());
  EXPECT_NE(plan.rejected.front().reason.find("does not run models given by their operators"),
            std::string::npos);
}

// Seven of 26 tables on one of four accelerators, or a quarter of the rows.
TEST(OperatorLayouts, TheFullestAcceleratorHoldsWholeTables) {
  const auto weights = [](const char* stack) {
    const auto c = case_of("dlrm-large", "A100-SXM-80GB", stack);
    const Workload& w = c->spec.workloads.front();
    const MemoryModel memory(c->demand, w, *builtin().accelerator("A100-SXM-80GB"), Precision::kBf16,
                             *builtin().stack(stack));
    Parallelism p;
    p.data_parallel = 4;
    return memory.use(p).weights.in(kGiB);
  };
  EXPECT_NEAR(weights("pytorch-2") / weights("nvidia-mlperf"), 7.0 / 26 * 4, 0.01);
}

// Layers that stand in for what nobody states are known less well, trained or only run.
TEST(OperatorLayouts, TotalsAloneHaveAWiderBand) {
  const auto spread = [](const std::string& model) {
    const Plan plan =
        testing::plan_of("kind: batch-inference\nmodel: {" + model +
                         "}\ndataset: {samples: 1M}\npin: {accelerator: A100-SXM-80GB, count: 8}\n");
    const Execution& e = plan.options.front().allocations.front().execution;
    return e.time_p90 / e.time_p10;
  };
  EXPECT_GT(spread("architecture: cnn, params: 25.6M, flops_per_sample: 8.2 GFLOP"),
            spread("preset: resnet-50"));
}

}  // namespace
}  // namespace capplan

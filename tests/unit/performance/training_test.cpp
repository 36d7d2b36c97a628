#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "capplan/performance/execution.h"
#include "performance/memory.h"
#include "support/catalogs.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::spec_of;

const std::string kLlama =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: 8192, global_batch: "
    "512}\n";

ExecutionResult train(const std::string& text, const std::string& accelerator, int count, int per_node = 8) {
  const PlanSpec spec = spec_of(text);
  const Workload& w = spec.workloads.at(0);
  const ModelArch model = w.model.preset ? builtin().model(*w.model.preset)->arch : w.model.arch;
  Assumptions assumptions;
  Diagnostics problems;
  const Demand demand = estimate_demand(w, model, 12 * kMonth, "w", assumptions, problems);
  return estimate_training(demand, w, {builtin().accelerator(accelerator), count, per_node, {}}, builtin());
}

TEST(Training, FitsOrSaysHowMuchIsMissing) {
  EXPECT_TRUE(train(kLlama, "H100-SXM-80GB", 8).has_value());
  const auto one = train(kLlama, "T4-16GB", 1, 1);
  ASSERT_FALSE(one.has_value());
  EXPECT_TRUE(one.error().reason.starts_with("does not fit: needs ")) << one.error().reason;
  EXPECT_NE(one.error().reason.find("GiB more an accelerator"), std::string::npos);
}

TEST(Training, WhatIsPlannedFits) {
  for (const char* accelerator : {"H100-SXM-80GB", "A100-SXM-40GB", "L40S-48GB", "B200-SXM-180GB"}) {
    for (const int count : {8, 16, 64, 256}) {
      const auto e = train(kLlama, accelerator, count);
      if (!e) continue;
      EXPECT_LE(e->memory.total(), builtin().accelerator(accelerator)->memory) << accelerator << count;
    }
  }
}

TEST(Training, TimeIsWorkOverRate) {
  const auto e = train(kLlama + "assume: {mfu: 40%, goodput: 95%}\n", "H100-SXM-80GB", 64);
  ASSERT_TRUE(e.has_value());
  EXPECT_DOUBLE_EQ(e->mfu, 0.4);
  EXPECT_DOUBLE_EQ(e->goodput, 0.95);
  const double flops =
      512 * 8192 * training_flops_per_token(*builtin().model("llama-3-8b")->arch.shape, 8192).base();
  EXPECT_NEAR(e->training->step_time.base(), flops / (64 * 989e12 * 0.4), 1e-9);
  EXPECT_NEAR(e->run_time / e->training->step_time, 238419 / 0.95, 1e-3);
  EXPECT_NEAR(e->training->samples_per_s, 512 / e->training->step_time.base(), 1e-9);
  EXPECT_NEAR(e->training->tokens_per_s_per_accelerator, e->training->samples_per_s * 8192 / 64, 1e-9);
  EXPECT_EQ(e->time_p10, 1);
  EXPECT_EQ(e->time_p90, 1);
}

TEST(Training, TheBreakdownSumsToTheStep) {
  for (const char* more : {"", "pin: {recompute: full}\n", "pin: {pipeline_parallel: 4}\n",
                           "pin: {pipeline_parallel: 4, recompute: full, tensor_parallel: 2}\n"}) {
    const auto e = train(kLlama + more, "H100-SXM-80GB", 64);
    ASSERT_TRUE(e.has_value()) << more;
    const StepTime& b = e->training->breakdown;
    EXPECT_NEAR(b.total() / e->training->step_time, 1, 1e-12) << more;
    for (const Duration part : {b.compute, b.memory_bound, b.recompute, b.tensor_comm, b.context_comm,
                                b.expert_comm, b.pipeline_bubble, b.data_comm_exposed, b.optimizer, b.other})
      EXPECT_GE(part.base(), 0) << more;
    EXPECT_LT(e->mfu, b.compute / e->training->step_time) << "no kernel reaches the peak";
    EXPECT_GE(e->training->hfu, e->mfu);
  }
}

TEST(Training, PinsAreKept) {
  const auto e = train(kLlama +
                           "pin: {tensor_parallel: 2, pipeline_parallel: 4, data_parallel: 8, zero_stage: 1, "
                           "micro_batch: 1, recompute: full}\n",
                       "H100-SXM-80GB", 64);
  ASSERT_TRUE(e.has_value());
  const Parallelism& p = e->training->parallelism;
  EXPECT_EQ(p.tensor_parallel, 2);
  EXPECT_EQ(p.pipeline_parallel, 4);
  EXPECT_EQ(p.data_parallel, 8);
  EXPECT_EQ(p.zero_stage, 1);
  EXPECT_EQ(p.recompute, Recompute::kFull);
  for (const char* pin :
       {"tensor_parallel: 3", "tensor_parallel: 128", "data_parallel: 7", "pipeline_parallel: 64"}) {
    const auto impossible = train(kLlama + "pin: {" + pin + "}\n", "H100-SXM-80GB", 64);
    ASSERT_FALSE(impossible.has_value()) << pin;
    EXPECT_TRUE(impossible.error().reason.starts_with("no layout")) << impossible.error().reason;
  }
}

TEST(Training, TheLayoutUsesEveryAccelerator) {
  for (const int count : {8, 32, 64, 512, 1024}) {
    const auto e = train(kLlama, "H100-SXM-80GB", count);
    ASSERT_TRUE(e.has_value()) << count;
    const Parallelism& p = e->training->parallelism;
    EXPECT_EQ(p.tensor_parallel * p.pipeline_parallel * p.context_parallel * p.data_parallel, count);
  }
}

// A batch of 512 cannot be dealt out to 48 replicas, nor to 1,024 unless some share a sequence.
TEST(Training, ABatchThatDoesNotDivideIsNoLayout) {
  const std::string fixed = kLlama +
                            "assume: {mfu: 40%, goodput: 100%}\npin: {tensor_parallel: 1, pipeline_parallel: "
                            "1, context_parallel: 1}\n";
  ASSERT_TRUE(train(fixed, "H100-SXM-80GB", 64));
  for (const int count : {48, 1024}) {
    const auto odd = train(fixed, "H100-SXM-80GB", count);
    ASSERT_FALSE(odd) << count;
    EXPECT_NE(odd.error().reason.find("a batch of 512"), std::string::npos) << odd.error().reason;
  }
  const auto shared =
      train(kLlama + "pin: {tensor_parallel: 1, pipeline_parallel: 1}\n", "H100-SXM-80GB", 1024);
  ASSERT_TRUE(shared);
  EXPECT_GT(shared->training->parallelism.context_parallel, 1);
  EXPECT_FALSE(train(kLlama + "pin: {micro_batch: 3}\n", "H100-SXM-80GB", 8));
}

TEST(Training, EveryReplicaGetsWholeMicroBatches) {
  for (const int count : {1, 2, 4, 8}) {
    const auto e =
        train("model: {preset: resnet-50}\ndataset: {samples: 9M}\ntraining: {global_batch: 1024}\n",
              "H100-SXM-80GB", count);
    ASSERT_TRUE(e.has_value()) << count;
    const Parallelism& p = e->training->parallelism;
    EXPECT_EQ(std::fmod(1024, p.data_parallel * p.micro_batch), 0) << count;
  }
}

// Bubble of interleaved 1F1B over the time of the stages: (p - 1) / (v m) (arXiv 2104.04473, section 2.2);
// 512 / 128 = 4 micro-batches. The fullest stage, which bears the head, adds to it.
TEST(Training, PipelinesBubble) {
  const std::string fixed = kLlama + "pin: {tensor_parallel: 1, context_parallel: 1, micro_batch: 1, ";
  const auto flat = train(fixed + "pipeline_parallel: 1}\n", "H100-SXM-80GB", 512);
  const auto deep = train(fixed + "pipeline_parallel: 4, virtual_pipeline: 1}\n", "H100-SXM-80GB", 512);
  const auto interleaved =
      train(fixed + "pipeline_parallel: 4, virtual_pipeline: 2}\n", "H100-SXM-80GB", 512);
  ASSERT_TRUE(flat && deep && interleaved);
  const auto share = [](const ExecutionResult& e) {
    const StepTime& t = e->training->breakdown;
    return t.pipeline_bubble / (t.compute + t.memory_bound + t.recompute);
  };
  EXPECT_EQ(share(flat), 0);
  EXPECT_NEAR(share(deep) - share(interleaved), 3.0 / 4 - 3.0 / 8, 0.01);
  EXPECT_GT(share(interleaved), 3.0 / 8);
  EXPECT_GT(deep->training->breakdown.pipeline_bubble, interleaved->training->breakdown.pipeline_bubble);
}

// Nothing pinned: of the layouts that fit, the one that loses least to bubbles and uneven batches.
TEST(Training, LargeModelsArePipelinedRatherThanStarved) {
  const std::string big =
      "model: {preset: llama-3.1-405b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: "
      "8192}\n";
  const auto run = train(big, "H100-SXM-80GB", 8192);
  ASSERT_TRUE(run);
  EXPECT_GT(run->training->parallelism.pipeline_parallel * run->training->parallelism.tensor_parallel, 1);
  EXPECT_GT(run->mfu, 0.3);
}

// What full recompute fits, recomputing fewer layers must not lose.
TEST(Training, PartialRecomputeFitsWhereFullDoes) {
  for (const int micro : {2, 4, 8, 16}) {
    for (const int sequence : {2048, 4096, 8192}) {
      const std::string spec =
          "model: {preset: llama-2-7b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: " +
          std::to_string(sequence) +
          ", global_batch: 512}\npin: {tensor_parallel: 1, "
          "pipeline_parallel: 1, zero_stage: 3, micro_batch: " +
          std::to_string(micro);
      const auto full = train(spec + ", recompute: full}\n", "A100-SXM-80GB", 8);
      const auto open = train(spec + "}\n", "A100-SXM-80GB", 8);
      ASSERT_EQ(full.has_value(), open.has_value()) << micro << " " << sequence;
      if (full) {
        EXPECT_LE(open->training->step_time, full->training->step_time) << micro << " " << sequence;
      }
    }
  }
}

TEST(Training, ExpertsMustBeDealtOut) {
  const std::string spec =
      "model: {preset: mixtral-8x7b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: 4096, global_batch: "
      "512}\npin: {";
  for (const char* pin : {"expert_parallel: 1000}", "expert_parallel: 3}",
                          "tensor_parallel: 8, expert_parallel: 8, "
                          "pipeline_parallel: 8}"}) {
    const auto e = train(spec + pin + "\n", "H100-SXM-80GB", 64);
    EXPECT_EQ(e.has_value(), std::string(pin).find("pipeline") != std::string::npos) << pin;
  }
  EXPECT_TRUE(train(spec + "expert_parallel: 8}\n", "H100-SXM-80GB", 64));
  // 47 billion parameters with Adam: 16 to 18 bytes each do not fit eight cards.
  const auto eight = train(spec + "recompute: full}\n", "H100-SXM-80GB", 8);
  EXPECT_FALSE(eight.has_value());
}

TEST(Training, InterleavingEndsAtTheLayersOfAStage) {
  const std::string spec = kLlama + "pin: {pipeline_parallel: 4, virtual_pipeline: ";
  EXPECT_TRUE(train(spec + "8}\n", "H100-SXM-80GB", 64));
  EXPECT_FALSE(train(spec + "9}\n", "H100-SXM-80GB", 64));
  EXPECT_FALSE(train(kLlama + "pin: {pipeline_parallel: 1, virtual_pipeline: 2}\n", "H100-SXM-80GB", 64));
}

TEST(Training, Precisions) {
  EXPECT_EQ(train(kLlama, "H100-SXM-80GB", 8)->precision, Precision::kBf16);
  EXPECT_EQ(train(kLlama + "optimizations: [fp8]\n", "H100-SXM-80GB", 8)->precision, Precision::kFp8);
  const auto none = train(kLlama + "optimizations: [fp8]\n", "A100-SXM-80GB", 8);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().reason, "states no fp8 peak");
  EXPECT_EQ(train("model: {params: 10M, flops_per_sample: 8 GFLOP}\ndataset: {samples: 9M}\ntraining: "
                  "{global_batch: 64, precision: bf16}\n",
                  "V100-SXM2-32GB", 8)
                ->precision,
            Precision::kFp16);
}

TEST(Training, IntervalsHoldTheCentre) {
  const auto e = train(kLlama, "H100-SXM-80GB", 64);
  EXPECT_LT(e->time_p10, 1);
  EXPECT_GT(e->time_p90, 1);
  EXPECT_GT(e->mfu, 0.35);
  EXPECT_LT(e->mfu, 0.65);
}

}  // namespace
}  // namespace capplan

#include "capplan/demand/demand.h"

#include <gtest/gtest.h>

#include <string>

#include "demand/flops.h"
#include "support/catalogs.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::spec_of;

struct Estimated {
  Demand demand;
  Assumptions assumptions;
  Diagnostics problems;

  bool assumes(const std::string& path) const {
    for (const Assumption& a : assumptions) {
      if (a.path == "workloads[0]." + path) return true;
    }
    return false;
  }
};

Estimated estimate(const std::string& text, Duration horizon = 12 * kMonth) {
  const PlanSpec spec = spec_of(text);
  const Workload& w = spec.workloads.at(0);
  const ModelArch model = w.model.preset ? builtin().model(*w.model.preset)->resolved() : w.model.arch;
  Estimated e;
  e.demand = estimate_demand(w, model, horizon, "workloads[0]", e.assumptions, e.problems);
  return e;
}

const TransformerShape& llama() { return *builtin().model("llama-3-8b")->arch.shape; }

TEST(Flops, SixPerParameterAndToken) { EXPECT_EQ(training_flops_per_token(8e9).base(), 4.8e10); }

TEST(Flops, TransformerCountsMatrixParametersAndFullAttention) {
  const double matmul = 8030261248.0 - 128256.0 * 4096 - 65 * 4096.0;
  const double attention = 12.0 * 32 * 32 * 128 * 8192;
  EXPECT_EQ(training_flops_per_token(llama(), 8192).base(), 6 * matmul + attention);
}

TEST(Flops, AttentionGrowsWithTheSequenceAlone) {
  const double step =
      training_flops_per_token(llama(), 4096).base() - training_flops_per_token(llama(), 2048).base();
  EXPECT_DOUBLE_EQ(step, 12.0 * 32 * 4096 * 2048);
}

// docs/models.md: frozen weights have no weight gradient, 4 in place of 6; attention is computed in full.
TEST(Flops, LoraIsFourPerParameter) {
  const double full = training_flops_per_token(llama(), 2048).base();
  const double matmul = count_parameters(llama()).matmul;
  EXPECT_DOUBLE_EQ(full - lora_flops_per_token(llama(), 2048).base(), 2 * matmul);
}

TEST(Demand, StepsAreRoundedUp) {
  struct Case {
    std::string training;
    double samples, steps;
  };
  for (const Case& c :
       {Case{"epochs: 90, global_batch: 256", 9e6 * 90, 3164063},
        Case{"epochs: 1, global_batch: 9_000_000", 9e6, 1},
        Case{"epochs: 1, global_batch: 8_999_999", 9e6, 2}, Case{"steps: 10, global_batch: 256", 2560, 10}}) {
    const Estimated e = estimate("model: {params: 10M}\ndataset: {size: 1 TB, samples: 9M}\ntraining: {" +
                                 c.training + ", flops_per_step: 7.7 TFLOP}\n");
    EXPECT_FALSE(has_errors(e.problems));
    EXPECT_EQ(e.demand.samples, c.samples) << c.training;
    EXPECT_EQ(e.demand.steps, c.steps) << c.training;
    EXPECT_DOUBLE_EQ(e.demand.total_flops.base(), c.steps * 7.7e12);
    EXPECT_EQ(e.demand.dataset.base(), 1e12);
  }
}

TEST(Demand, TokensAreSamplesTimesSequence) {
  const Estimated e = estimate(
      "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: 8192, global_batch: "
      "1024, epochs: 2}\n");
  EXPECT_EQ(e.demand.tokens, 2e12);
  EXPECT_DOUBLE_EQ(e.demand.samples, 2e12 / 8192);
  EXPECT_EQ(e.demand.steps, std::ceil(2e12 / 8192 / 1024));
  EXPECT_DOUBLE_EQ(e.demand.total_flops.base(), 2e12 * training_flops_per_token(llama(), 8192).base());
  EXPECT_DOUBLE_EQ(e.demand.flops_per_step.base(),
                   1024.0 * 8192 * training_flops_per_token(llama(), 8192).base());
  EXPECT_EQ(e.demand.dataset.base(), 4e12);  // one epoch, 4 bytes a token
  EXPECT_TRUE(e.assumes("dataset.bytes_per_token"));
}

TEST(Demand, SixNdWithoutAShape) {
  const Estimated e = estimate("model: {params: 7B}\ndataset: {tokens: 1T}\n");
  EXPECT_DOUBLE_EQ(e.demand.total_flops.base(), 4.2e22);
  EXPECT_EQ(e.demand.family, Family::kDense);
  EXPECT_TRUE(e.assumes("model.flops"));
}

TEST(Demand, LoraTrainsOnePercent) {
  const std::string spec =
      "kind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 10M}\ntraining: {sequence_length: "
      "2048}\n";
  const Demand full = estimate(spec).demand;
  const Demand lora = estimate(spec + "optimizations: [lora]\n").demand;
  EXPECT_EQ(lora.family, Family::kLora);
  EXPECT_DOUBLE_EQ(lora.checkpoint.base(), 0.01 * full.checkpoint.base());
  EXPECT_LT(lora.total_flops, 0.72 * full.total_flops);
  EXPECT_GT(lora.total_flops, 0.66 * full.total_flops);
  const Demand generic =
      estimate("kind: fine-tuning\nmodel: {params: 8B}\ndataset: {tokens: 10M}\noptimizations: [lora]\n")
          .demand;
  EXPECT_DOUBLE_EQ(generic.total_flops.base(), 4 * 8e9 * 10e6);
}

TEST(Demand, CheckpointsHoldWeightsAndBothMoments) {
  EXPECT_DOUBLE_EQ(estimate("model: {params: 7B}\ndataset: {tokens: 1T}\n").demand.checkpoint.base(),
                   12 * 7e9);
}

TEST(Demand, RunsOverTheHorizon) {
  struct Case {
    std::string keys;
    double months, runs;
  };
  for (const Case& c : {Case{"", 12, 1}, Case{"runs: {every: month, each: 2}\n", 12, 24},
                        Case{"runs: {every: quarter, each: 2}\n", 12, 8},
                        Case{"runs: {every: month, each: 2}\n", 6, 12}, Case{"experiments: 3x\n", 12, 4},
                        Case{"experiments: {runs: 12, size: 10%, stop_early: 50%}\n", 12, 1.6},
                        // All trials together cost three final runs, however often the final run recurs.
                        Case{"runs: {every: month, each: 2}\nexperiments: 3x\n", 12, 27}}) {
    const Estimated e = estimate("model: {params: 7B}\ndataset: {tokens: 1T}\n" + c.keys, c.months * kMonth);
    EXPECT_NEAR(e.demand.runs, c.runs, 1e-9) << c.keys;
  }
}

TEST(Demand, DatasetSize) {
  struct Case {
    std::string dataset;
    double bytes;
    bool assumed;
  };
  for (const Case& c : {Case{"tokens: 1T", 4e12, true}, Case{"tokens: 1T, bytes_per_token: 2 B", 2e12, false},
                        Case{"tokens: 1T, size: 3 TB", 3e12, false}}) {
    const Estimated e = estimate("model: {params: 7B}\ndataset: {" + c.dataset + "}\n");
    EXPECT_DOUBLE_EQ(e.demand.dataset.base(), c.bytes) << c.dataset;
    EXPECT_EQ(e.assumes("dataset.bytes_per_token"), c.assumed) << c.dataset;
  }
  const Estimated images = estimate(
      "model: {params: 10M, flops_per_sample: 8.2 GFLOP}\ndataset: {samples: 9M}\ntraining: {global_batch: "
      "256}\n");
  EXPECT_EQ(images.demand.dataset.base(), 0);
  EXPECT_TRUE(images.assumes("dataset.size"));
}

// Over 5% apart: an error where both are exact, a warning where one is the rule of thumb (contract,
// section 2.2).
TEST(Demand, FiguresThatDisagree) {
  struct Case {
    std::string model;
    std::string flops;
    int errors, warnings;
  };
  const std::string exact =
      "params: 10M, flops_per_sample: 1 GFLOP";  // 3 GFLOP a sample, 768 GFLOP a step of 256
  for (const Case& c : {Case{exact, "768 GFLOP", 0, 0}, Case{exact, "800 GFLOP", 0, 0},
                        Case{exact, "820 GFLOP", 1, 0}, Case{exact, "700 GFLOP", 1, 0}}) {
    const Estimated e = estimate(
        "model: {" + c.model +
        "}\ndataset: {samples: 9M}\ntraining: {global_batch: 256, flops_per_step: " + c.flops + "}\n");
    EXPECT_EQ(has_errors(e.problems) ? 1 : 0, c.errors) << c.flops;
  }
  // 6ND of 1B parameters and 1M tokens a step is 6e15.
  for (const Case& c : {Case{"", "6 PFLOP", 0, 0}, Case{"", "7 PFLOP", 0, 1}}) {
    const Estimated e = estimate(
        "model: {params: 1B}\ndataset: {tokens: 1B}\ntraining: {sequence_length: 1000, global_batch: 1000, "
        "flops_per_step: " +
        c.flops + "}\n");
    EXPECT_FALSE(has_errors(e.problems));
    ASSERT_EQ(static_cast<int>(e.problems.size()), c.warnings) << c.flops;
    if (c.warnings > 0) {
      EXPECT_NE(e.problems[0].message.find("6e+15"), std::string::npos) << e.problems[0].message;
      EXPECT_NE(e.problems[0].message.find("7e+15"), std::string::npos) << e.problems[0].message;
    }
  }
}

TEST(Demand, NothingToComputeFromIsAnError) {
  const Estimated e =
      estimate("model: {params: 10M}\ndataset: {samples: 9M}\ntraining: {epochs: 1, global_batch: 256}\n");
  ASSERT_TRUE(has_errors(e.problems));
  EXPECT_NE(e.problems[0].message.find("6 FLOP a parameter holds for tokens only"), std::string::npos);
}

TEST(Demand, EveryDefaultIsAnAssumption) {
  const Estimated bare = estimate("model: {params: 7B}\ndataset: {tokens: 1T}\n");
  for (const char* path :
       {"training.sequence_length", "training.global_batch", "training.epochs", "dataset.bytes_per_token"})
    EXPECT_TRUE(bare.assumes(path)) << path;
  const Estimated full = estimate(
      "model: {preset: llama-3-8b}\ndataset: {tokens: 1T, bytes_per_token: 2 B}\ntraining: {sequence_length: "
      "2048, global_batch: 8, epochs: 1}\n");
  EXPECT_TRUE(full.assumptions.empty()) << full.assumptions[0].path;
}

TEST(Demand, TheBatchIsNeverLargerThanTheDataset) {
  const Estimated e = estimate(
      "kind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 100K}\ntraining: {sequence_length: "
      "2048}\n");
  EXPECT_LE(e.demand.global_batch, 48);
  EXPECT_GE(e.demand.steps, 1);
}

// Models of 131,072 tokens are trained at 8,192 but for a last stage (arXiv 2407.21783, section 3.4).
TEST(Demand, TheDefaultSequenceIsNoLongContextStage) {
  EXPECT_EQ(estimate("model: {preset: llama-3.1-8b}\ndataset: {tokens: 1B}\n").demand.sequence_length, 8192);
  EXPECT_EQ(estimate("model: {preset: gpt2}\ndataset: {tokens: 1B}\n").demand.sequence_length, 1024);
}

// A student learns from a teacher's forward passes: twice its own, beside its three.
TEST(Demand, LeversChangeTheModelItself) {
  const std::string job =
      "model: {preset: resnet-50}\ndataset: {samples: 1M}\ntraining: {global_batch: 256}\n";
  const Demand plain = estimate(job).demand;
  const Demand pruned = estimate(job + "optimizations: [prune-50%]\n").demand;
  EXPECT_NEAR(pruned.total_flops / plain.total_flops, 0.26, 0.02);
  EXPECT_LT(pruned.params, 0.5 * plain.params);
  const Demand student =
      estimate("model: {preset: llama-3-8b}\ndataset: {tokens: 1B}\noptimizations: [distill]\n").demand;
  const Demand teacher = estimate("model: {preset: llama-3-8b}\ndataset: {tokens: 1B}\n").demand;
  EXPECT_LT(student.params, 0.6 * teacher.params);
  EXPECT_NEAR(student.total_flops / teacher.total_flops, 0.5 * 5 / 3, 0.06);
}

TEST(Demand, VisionModelsCountTheirLayersAndFrozenOnesLess) {
  const std::string job =
      "model: {preset: vit-b-16}\ndataset: {samples: 1M}\ntraining: {global_batch: 256}\n";
  const Demand whole = estimate(job).demand;
  EXPECT_NEAR(whole.flops_per_step.base() / (256 * 3 * 35.13e9), 1, 0.01);
  const Demand tuned = estimate("kind: fine-tuning\n" + job + "optimizations: [lora]\n").demand;
  EXPECT_NEAR(tuned.total_flops / whole.total_flops, 2.0 / 3, 0.01);
}

TEST(Demand, WhatIsKnownOfASampleStandsInForLayers) {
  const Estimated e = estimate(
      "model: {architecture: cnn, params: 10M, flops_per_sample: 8 GFLOP}\ndataset: {samples: 1M}\n"
      "training: {global_batch: 256}\n");
  EXPECT_TRUE(e.assumes("model.network"));
  EXPECT_TRUE(e.assumes("model.activations_per_sample"));
  const OperatorTotals sum = total(e.demand.model.operators);
  EXPECT_NEAR(2 * sum.macs, 8e9, 1);
  EXPECT_NEAR(sum.params, 10e6, 1);
}

TEST(Demand, ServingCountsTheHorizonsRequests) {
  const Estimated e = estimate(
      "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: {mean: 10, peak: 40}, "
      "prompt_tokens: 1000, output_tokens: 200}\n",
      kYear);
  EXPECT_DOUBLE_EQ(e.demand.samples, 10 * 365 * 86400.0);
  EXPECT_DOUBLE_EQ(e.demand.tokens, e.demand.samples * 1200);
  EXPECT_EQ(e.demand.peak_requests_per_second, 40);
  EXPECT_EQ(e.demand.runs, 1);
  // Two FLOP a parameter and token, and attention over half the context in the mean.
  const double tokens = e.demand.tokens;
  EXPECT_DOUBLE_EQ(e.demand.total_flops.base(), tokens * forward_flops_per_token(llama(), 600).base());
}

TEST(Demand, PeakDefaultsToTheMean) {
  const Estimated e = estimate(
      "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: 10, prompt_tokens: 1000, "
      "output_tokens: 200}\n");
  EXPECT_EQ(e.demand.peak_requests_per_second, 10);
}

TEST(Demand, BatchInference) {
  const Estimated e = estimate(
      "kind: batch-inference\nmodel: {preset: llama-3-8b}\ndataset: {samples: 1M}\ntraffic: {prompt_tokens: "
      "1000, output_tokens: 100}\n");
  EXPECT_FALSE(has_errors(e.problems)) << testing::messages(e.problems);
  EXPECT_EQ(e.demand.samples, 1e6);
  EXPECT_EQ(e.demand.tokens, 1.1e9);
  EXPECT_EQ(e.demand.result.base(), 4e8);
}

TEST(Demand, Families) {
  struct Case {
    std::string preset;
    Family family;
  };
  for (const Case& c :
       {Case{"llama-3-8b", Family::kDense}, Case{"mixtral-8x7b", Family::kMoe},
        Case{"resnet-50", Family::kCnn}, Case{"vit-b-16", Family::kVit}, Case{"bert-large", Family::kBert}}) {
    EXPECT_EQ(
        estimate(
            "model: {preset: " + c.preset +
            "}\ndataset: {samples: 1M}\ntraining: {epochs: 1, global_batch: 256, sequence_length: 512}\n")
            .demand.family,
        c.family)
        << c.preset;
  }
}

}  // namespace
}  // namespace capplan

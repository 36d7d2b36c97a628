// "What would help here": each lever goes through the same estimate as the plan.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/plans.h"

namespace capplan {
namespace {

using testing::find_plan;
using testing::plan_of;

const std::string kTuning =
    "kind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 100M}\n"
    "training: {epochs: 3, sequence_length: 4096, global_batch: 64}\n"
    "pin: {accelerator: H100-SXM-80GB, count: 8}\n";

const LeverEffect& effect(const Plan& plan, std::string_view id) {
  for (const LeverEffect& e : plan.levers.at(0).effects) {
    if (e.id == id) return e;
  }
  throw std::runtime_error("no lever " + std::string(id));
}

TEST(Levers, EveryPlanHasThemAllWithTheirEvidence) {
  const Plan plan = plan_of(kTuning);
  ASSERT_EQ(plan.levers.size(), 1U);
  EXPECT_EQ(plan.levers[0].effects.size(), kLevers);
  EXPECT_EQ(plan.levers[0].cost, plan.options.front().cost.total());
  for (const LeverEffect& e : plan.levers[0].effects) {
    EXPECT_FALSE(e.quality.empty()) << e.id;
    EXPECT_FALSE(e.source.empty()) << e.id;
    EXPECT_TRUE(find_lever(e.id)) << e.id;
  }
}

// What the table says is what the plan costs when the spec asks for it.
TEST(Levers, AreWhatThePlanWouldCost) {
  const Plan plain = plan_of(kTuning);
  for (const char* id : {"fp8", "lora", "qlora", "recompute", "sharding", "prune-50%", "distill"}) {
    const LeverEffect& e = effect(plain, id);
    ASSERT_TRUE(e.impossible.empty()) << id << ": " << e.impossible;
    const Plan pulled = plan_of(kTuning + "optimizations: [" + id + "]\n");
    const PlanOption* same = find_plan(pulled, plain.options.front().id);
    ASSERT_NE(same, nullptr) << id;
    EXPECT_EQ(same->cost.total(), e.cost) << id;
    EXPECT_EQ(same->allocations.front().execution.memory.total().base(), e.memory.base()) << id;
    EXPECT_TRUE(effect(pulled, id).in_use) << id;
  }
}

// Spot capacity falls back on the same firm hours with a lever as without it.
TEST(Levers, KeepTheFallbackOfSpotCapacity) {
  const std::string spot = kTuning +
                           "constraints: {purchases: [spot], options: [cloud], providers: {allow: [aws]}}\n"
                           "deadline: 3 days\n";
  const Plan plain = plan_of(spot);
  ASSERT_TRUE(plain.options.front().allocations.front().interrupted);
  const LeverEffect& e = effect(plain, "fp8");
  const Plan pulled = plan_of(spot + "optimizations: [fp8]\n");
  const PlanOption* same = find_plan(pulled, plain.options.front().id);
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(same->cost.total(), e.cost);
}

// Of several terms of one offer, the levers are those of the one that the plan takes.
TEST(Levers, AreOfTheTermOfThePlan) {
  const Plan plan = plan_of(
      "kind: serving\nmodel: {preset: llama-3-8b}\nhorizon: 36 months\n"
      "traffic: {requests_per_second: 12, prompt_tokens: 1200, output_tokens: 250}\n"
      "constraints: {options: [cloud], providers: {allow: [gcp, aws, azure, oci]}}\n");
  EXPECT_EQ(plan.levers.at(0).cost, plan.options.front().cost.total());
}

// On spot capacity too, where firm hours stand in while it is away.
TEST(Levers, OnSpotFallBackAsThePlanDoes) {
  const Catalog catalog = testing::market_of(
      {{.provider = "x", .usd_per_hour = 3}, {.provider = "x", .usd_per_hour = 1, .purchase = "spot"}});
  const std::string served =
      "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: {mean: 12, peak: 40}, "
      "prompt_tokens: 1200, output_tokens: 250}\nconstraints: {purchases: [spot], options: [rental]}\n";
  const Plan plain = plan_of(served, catalog);
  ASSERT_TRUE(plain.options.front().id.ends_with("/spot"));
  const Plan pulled = plan_of(served + "optimizations: [fp8]\n", catalog);
  const Money cost = effect(plain, "fp8").cost;
  EXPECT_TRUE(std::ranges::any_of(pulled.options, [&](const PlanOption& o) {
    return o.id.ends_with("/spot") && o.feasible && o.cost.total() == cost;
  }));
}

TEST(Levers, DoWhatTheyAreFor) {
  const Plan plan = plan_of(kTuning);
  const LeverTable& table = plan.levers[0];
  EXPECT_LT(effect(plan, "fp8").time, table.time);
  EXPECT_LT(effect(plan, "lora").flops, 0.75);
  EXPECT_LT(effect(plan, "lora").cost, table.cost);
  EXPECT_GT(effect(plan, "recompute").time, table.time);
  EXPECT_LT(effect(plan, "prune-50%").flops, 0.8);
  EXPECT_EQ(effect(plan, "early-stopping").impossible, "no `experiments`");
  EXPECT_EQ(effect(plan, "flash-attention").impossible, "no effect on this run");
}

TEST(Levers, TheBestCombinationCostsNoQualityAndHasNoConflict) {
  const Plan plan = plan_of(kTuning + "experiments: 3x\n");
  const LeverTable& table = plan.levers[0];
  ASSERT_FALSE(table.best.empty());
  EXPECT_LT(table.best_cost, table.cost);
  for (const Text id : table.best) {
    const LeverEffect& e = effect(plan, id);
    EXPECT_TRUE(e.loss == QualityLoss::kExact || e.loss == QualityLoss::kNoise) << id;
    EXPECT_GE(e.cost, table.best_cost) << id;
    for (const Text other : table.best)
      EXPECT_EQ(lever_conflict(*find_lever(id), *find_lever(other)), "") << id << " and " << other;
  }
  EXPECT_NE(std::find(table.best.begin(), table.best.end(), "early-stopping"), table.best.end());
}

TEST(Levers, OfPrecisionExcludeEachOther) {
  EXPECT_THROW(plan_of(kTuning + "optimizations: [fp8, int8]\n"), std::runtime_error);
  EXPECT_THROW(plan_of(kTuning + "optimizations: [lora, qlora]\n"), std::runtime_error);
  EXPECT_NE(effect(plan_of(kTuning), "fp8").conflicts.find("int8"), std::string::npos);
}

TEST(Levers, AnImageClassifierHasItsOwn) {
  const Plan plan = plan_of(
      "model: {preset: resnet-50}\ndataset: {samples: 9M, size: 1 TB}\n"
      "training: {epochs: 90, global_batch: 1024}\npin: {accelerator: A100-SXM-80GB}\n");
  EXPECT_LT(effect(plan, "prune-50%").flops, 0.3);
  EXPECT_EQ(effect(plan, "lora").impossible, "fine-tuning only");
  EXPECT_LT(effect(plan, "larger-batch").time.base(), plan.levers[0].time.base() * 1.001);
}

// The teacher's forward pass weighs as much as the student's own, however little of the student is trained.
TEST(Levers, ATeacherIsOneForwardPass) {
  const std::string job =
      "model:\n  architecture: cnn\n  network:\n    - input: {channels: 64, image_size: 32}\n"
      "    - frozen: [{repeat: {times: 8, layers: [{conv: {channels: 64, kernel: 3}}]}}]\n"
      "    - pool: {global: true}\n    - linear: {width: 10}\n"
      "dataset: {samples: 1M}\ntraining: {epochs: 10, global_batch: 512}\n"
      "pin: {accelerator: A100-SXM-80GB, count: 1}\n";
  // Half of the layers forward, and the whole model's forward pass: once and a half of what it was.
  EXPECT_NEAR(effect(plan_of(job), "distill").flops, 1.5, 0.01);
}

TEST(Levers, SayWhyTheyCannotBePulled) {
  const std::string job = "dataset: {samples: 1M}\ntraining: {epochs: 10, global_batch: 8}\n";
  const Plan net =
      plan_of("model: {preset: u-net}\n" + job + "pin: {accelerator: V100-PCIe-16GB, count: 1}\n");
  EXPECT_NE(effect(net, "distill").impossible.find("few layers alike"), std::string::npos);
  EXPECT_NE(effect(net, "sparse-2-4").impossible.find("no 2:4 units"), std::string::npos);
  EXPECT_NE(effect(net, "int8").impossible.find("train in int8"), std::string::npos);
}

// As many samples in fewer steps, and never more than there are.
TEST(Levers, ALargerBatchTrainsAsMuch) {
  const auto flops = [](const std::string& training) {
    return effect(plan_of("model: {preset: vit-b-16}\ndataset: {samples: 1000}\ntraining: {" + training +
                          "}\npin: {accelerator: A100-SXM-80GB, count: 1}\n"),
                  "larger-batch")
        .flops;
  };
  EXPECT_NEAR(flops("epochs: 1, global_batch: 100"), 1, 0.21);
  EXPECT_NEAR(flops("steps: 5, global_batch: 20"), 1, 1e-9);
}

// What a lever sets is no default.
TEST(Levers, OfPrecisionAreNotCalledADefault) {
  const auto assumed = [](const std::string& more) {
    const Plan plan = plan_of(kTuning + more);
    return std::ranges::any_of(plan.options.front().allocations.front().execution.assumptions,
                               [](const Assumption& a) { return a.path == "training.precision"; });
  };
  EXPECT_TRUE(assumed(""));
  EXPECT_FALSE(assumed("optimizations: [fp8]\n"));
}

}  // namespace
}  // namespace capplan

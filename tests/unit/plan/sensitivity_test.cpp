#include "plan/sensitivity.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/root.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::plan_of;

TEST(Root, IsFoundToTheLastBit) {
  const double root = root_between(0, 2, [](double x) { return x * x - 2; });
  EXPECT_DOUBLE_EQ(root, std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(root_between(3, 0, [](double x) { return std::exp(x) - 5; }), std::log(5.0));
}

// 900 by the hour and 100 fixed: time answers with its exponents on either side.
TEST(CostUnder, MovesTheLinesThatAnswer) {
  PlanModel model;
  AllocationModel a;
  a.time = 3;
  a.market = 4;
  model.allocations = {a};
  CostTerm hours;
  hours.usd = 900;
  hours.fast = 1;
  hours.slow = 0.5;
  hours.drift = 0.1;
  CostTerm fixed;
  fixed.usd = 100;
  model.terms = {hours, fixed};
  using What = Shift::What;
  EXPECT_NEAR(cost_under(model, {What::kTime, 3, std::log(0.5)}), 550, 1e-9);
  EXPECT_NEAR(cost_under(model, {What::kTime, 3, std::log(4.0)}), 1900, 1e-9);
  EXPECT_NEAR(cost_under(model, {What::kTime, 2, 1}), 1000, 1e-9);
  EXPECT_NEAR(cost_under(model, {What::kMarket, 4, std::log(2.0)}), 1900, 1e-9);
  EXPECT_NEAR(cost_under(model, {What::kElectricity, 0, 1}), 1000, 1e-9);
}

TEST(Sensitivity, BarsFallAndSwitchPointsHold) {
  PlanSettings settings;
  settings.sensitivity = true;
  const std::string run =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: 8192, global_batch: "
      "1024}\ndeadline: 40 days\n";
  const Plan plan = plan_of(run, builtin(), settings);
  ASSERT_TRUE(plan.sensitivity.has_value());
  const Sensitivity& found = *plan.sensitivity;
  EXPECT_EQ(found.id, plan.options.front().id);
  ASSERT_FALSE(found.inputs.empty());
  Money last = found.inputs.front().bar->swing();
  bool any_switch = false;
  for (const SensitivityInput& input : found.inputs) {
    const Money swing = input.bar ? input.bar->swing() : Money{};
    EXPECT_LE(swing, last) << input.name;
    last = swing;
    if (input.bar) {
      EXPECT_LT(input.bar->p10, input.central) << input.name;
      EXPECT_GT(input.bar->p90, input.central) << input.name;
    }
    EXPECT_TRUE(!input.below || input.below->value < input.central) << input.name;
    EXPECT_TRUE(!input.above || input.above->value > input.central) << input.name;
    for (const auto& at : {input.below, input.above}) {
      if (!at || !at->apart) continue;
      any_switch = true;
      EXPECT_LT(*at->apart, 0.01) << input.name;  // the engine agrees that both cost the same there
    }
  }
  EXPECT_TRUE(any_switch);
}

// An uncertain figure has a bar, told in its own values, and the engine agrees where it makes plans change
// places: owning pays from some amount of work on.
TEST(Sensitivity, FiguresOfTheSpecHaveBarsAndSwitchPoints) {
  PlanSettings settings;
  settings.sensitivity = true;
  const Plan plan = plan_of(
      "model: {preset: llama-3-8b}\ndataset: {tokens: {p10: 5T, p50: 10T, p90: 200T}}\n"
      "training: {sequence_length: 8192, global_batch: 1024}\npin: {accelerator: H100-SXM-80GB, count: 256}\n"
      "assume: {mfu: 40%}\nhorizon: 36 months\n",
      builtin(), settings);
  ASSERT_TRUE(plan.sensitivity.has_value());
  bool found = false;
  for (const SensitivityInput& input : plan.sensitivity->inputs) {
    if (input.name != "dataset.tokens") continue;
    found = true;
    ASSERT_TRUE(input.bar.has_value());
    EXPECT_NEAR(input.central, 10e12, 1);
    EXPECT_NEAR(input.bar->p10, 5e12, 1e6);
    EXPECT_NEAR(input.bar->p90, 200e12, 1e8);
    ASSERT_TRUE(input.above.has_value());
    EXPECT_GT(input.above->value, 10e12);
    ASSERT_TRUE(input.above->apart.has_value());
    EXPECT_LT(*input.above->apart, 0.05);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace capplan

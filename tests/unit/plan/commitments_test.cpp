#include "plan/commitments.h"

#include <gtest/gtest.h>

#include "support/plans.h"

namespace capplan {
namespace {

constexpr Duration kHorizon = 12 * kMonth;

PlanOption priced(const std::string& id, Purchase purchase, double price, double hours,
                  const Schedule& paid) {
  PlanOption o;
  o.id = id;
  o.option = SupplyOption::kCloud;
  Allocation a;
  a.accelerator = "H100-SXM-80GB";
  a.provider = "aws";
  a.count = 2;
  a.purchase = purchase;
  a.usd_per_accelerator_hour = price;
  a.accelerator_hours = 0.6 * 2 * kHorizon.in(kHour);
  o.allocations = {a};
  Factor of_row = rule_factor("price", price);
  of_row.origin = Origin::kPrice;
  o.cost.add(
      cost_line(Category::kCompute, "x", {rule_factor("hours", hours)}, "accelerator-hour", of_row, paid));
  return o;
}

Plan plan_with(const PlanOption& committed) {
  Plan plan;
  plan.horizon = kHorizon;
  plan.workloads.push_back({"w", {}});
  plan.options = {committed, priced("hourly", Purchase::kOnDemand, 4, 0.6 * 17520, {Duration{}, kHorizon})};
  return plan;
}

Discounting eight_percent() {
  Discounting d;
  d.rate = InterestRate::effective(0.08);
  return d;
}

TEST(Commitments, BusyShareIsTheRatioOfThePrices) {
  const auto found = find_commitments(
      plan_with(priced("year", Purchase::kReserved, 2, 17520, {Duration{}, kHorizon})), eight_percent());
  ASSERT_EQ(found.size(), 1U);
  const Commitment& c = found.front();
  EXPECT_EQ(c.hourly, "hourly");
  EXPECT_NEAR(c.break_even, 0.5, 1e-12);
  EXPECT_NEAR(c.break_even_time().in(kHour), 4380, 1e-9);
  EXPECT_NEAR(c.busy, 0.6, 1e-12);
  EXPECT_NEAR(c.saving.in(kUsd), 0.6 * 17520 * 4 - 17520 * 2, 1e-6);
  EXPECT_TRUE(c.pays());
  EXPECT_NEAR(c.discounted_break_even, 0.5, 1e-9) << "paid as it is used: time changes nothing";
  EXPECT_NEAR(c.pays_after().in(kHour), 4380 / 0.6, 1e-9);
}

TEST(Commitments, WhatIsPaidUpfrontWeighsMore) {
  const auto found =
      find_commitments(plan_with(priced("upfront", Purchase::kReserved, 2.35, 17520, {})), eight_percent());
  ASSERT_EQ(found.size(), 1U);
  const Commitment& c = found.front();
  EXPECT_NEAR(c.upfront.in(kUsd), 2.35 * 17520, 1e-6);
  EXPECT_NEAR(c.break_even, 0.5875, 1e-12);
  const double m = std::pow(1.08, 1.0 / 12) - 1;
  const double evenly = (1 - 1 / 1.08) / m / 12;
  EXPECT_NEAR(c.discounted_break_even, 0.5875 / evenly, 1e-9);
  EXPECT_TRUE(c.pays());
  EXPECT_FALSE(c.pays_discounted());
  EXPECT_GT(c.saving, Usd{});
  EXPECT_LT(c.discounted_saving, Usd{});
}

TEST(Commitments, ATermBeyondTheHorizonIsPaidWhole) {
  const Schedule three_years{Duration{}, 3 * kHorizon};
  const auto found = find_commitments(
      plan_with(priced("three", Purchase::kReserved, 1.5, 3 * 17520, three_years)), eight_percent());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found.front().busy, 0.2, 1e-12);
  EXPECT_FALSE(found.front().pays());
  EXPECT_NEAR(found.front().pays_after().in(kMonth), 36 * 0.375 / 0.6, 1e-9);
}

TEST(Commitments, TheSameProvidersPriceByTheHourComesFirst) {
  Plan plan = plan_with(priced("year", Purchase::kReserved, 2, 17520, {Duration{}, kHorizon}));
  PlanOption cheap = priced("cheap", Purchase::kOnDemand, 1, 0.6 * 17520, {Duration{}, kHorizon});
  cheap.allocations.front().provider = "gcp";
  plan.options.push_back(cheap);
  const Commitment c = find_commitments(plan, eight_percent()).front();
  EXPECT_EQ(c.hourly, "hourly");
  EXPECT_EQ(c.cheapest_provider, "gcp");
  EXPECT_TRUE(c.cheaper_elsewhere());
  plan.options.erase(plan.options.begin() + 1);
  EXPECT_EQ(find_commitments(plan, eight_percent()).front().hourly, "cheap");
  plan.options.pop_back();
  EXPECT_TRUE(find_commitments(plan, eight_percent()).empty());
}

TEST(Commitments, OfACatalogueAgainstItsPlans) {
  const Plan plan = testing::plan_of(
      "model: {preset: llama-3-8b}\nkind: serving\ntraffic: {requests_per_second: 12, prompt_tokens: 1200, "
      "output_tokens: 250}\npin: {accelerator: H100-SXM-80GB}\n");
  const auto found = find_commitments(plan, eight_percent());
  ASSERT_FALSE(found.empty());
  for (const Commitment& c : found) {
    EXPECT_NEAR(c.break_even, c.price / c.hourly_price, 1e-6) << c.id;
    EXPECT_EQ(c.pays(), c.saving > Usd{}) << c.id;
    EXPECT_GE(c.discounted_break_even, c.break_even - 1e-9) << c.id;
  }
}

}  // namespace
}  // namespace capplan

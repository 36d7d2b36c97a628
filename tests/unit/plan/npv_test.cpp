#include <gtest/gtest.h>

#include <cmath>

#include "plan/net_present_value.h"
#include "support/plans.h"

namespace capplan {
namespace {

CostLine line(double usd, bool capital) {
  CostLine l = cost_line(Category::kCompute, "x", 1, "unit", usd, {});
  l.capital = capital;
  return l;
}

TEST(Npv, RentIsPaidMonthlyInArrears) {
  Cost cost;
  cost.add(line(300, false));
  const double m = std::pow(1.12, -1.0 / 12);
  EXPECT_NEAR(net_present_value(cost, 3 * kMonth, kYear, 0.12).in(kUsd), 100 * (m + m * m + m * m * m), 1e-9);
  EXPECT_NEAR(net_present_value(cost, 10 * kHour, kYear, 0.12).in(kUsd), 300 * m, 1e-9);
}

TEST(Npv, PurchasesAtTheStartResidualAtTheHorizon) {
  Cost cost;
  cost.add(line(1000, true));
  cost.add(line(-620, true));
  cost.add(line(120, false));
  double expected = 1000 - 620 / 1.08;
  for (int month = 1; month <= 12; ++month) expected += 10 * std::pow(1.08, -month / 12.0);
  EXPECT_NEAR(net_present_value(cost, kMonth, kYear, 0.08).in(kUsd), expected, 1e-9);
}

TEST(Npv, NoRateIsTheNominalTotal) {
  Cost cost;
  cost.add(line(1000, true));
  cost.add(line(-620, true));
  cost.add(line(120, false));
  EXPECT_NEAR(net_present_value(cost, kMonth, kYear, 0).in(kUsd), 500, 1e-9);
}

TEST(Npv, StandsBesideTheTotalWhereARateIsGiven) {
  const std::string spec = "model: {preset: llama-3-8b}\ndataset: {tokens: 1B}\ndeadline: 60 days\n";
  EXPECT_FALSE(testing::plan_of(spec).options.front().npv.has_value());
  const Plan plan = testing::plan_of(spec + "discount_rate: 8%\n");
  for (const PlanOption& o : plan.options) ASSERT_TRUE(o.npv.has_value());
  for (const PlanOption& o : plan.options) {
    EXPECT_EQ(*o.npv, net_present_value(o.cost, o.wall_clock, kYear, 0.08)) << o.id;
    // Rent alone is worth less later; only a residual value can turn that round.
    EXPECT_TRUE(o.cost.capex() != Money{} || o.npv->in(kUsd) < o.cost.total().usd()) << o.id;
  }
}

}  // namespace
}  // namespace capplan

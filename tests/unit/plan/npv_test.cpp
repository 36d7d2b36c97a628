// Present values of plans, discounted again by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "support/plans.h"

namespace capplan {
namespace {

const std::string kSpec =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 1B}\ndeadline: 60 days\n"
    "pin: {accelerator: H100-SXM-80GB, count: 8}\n";

// `shift` months before the end of each month: 0, 0.5 or 1.
double by_hand(const CashFlow& cash, double yearly, double shift = 0) {
  double value = cash.at_start.in(kUsd);
  for (std::size_t i = 0; i < cash.months.size(); ++i)
    value += cash.months[i].in(kUsd)*std::pow(1 + yearly, -(static_cast<double>(i) + 1 - shift) / 12);
  return -value -
         cash.at_horizon.in(kUsd)*std::pow(1 + yearly, -static_cast<double>(cash.horizon_month()) / 12);
}

TEST(Npv, OnlyWhereARateIsGiven) {
  for (const PlanOption& o : testing::plan_of(kSpec).options) {
    EXPECT_FALSE(o.npv.has_value()) << o.id;
    EXPECT_FALSE(o.npv_after_tax.has_value()) << o.id;
    EXPECT_NEAR(o.cash.total().in(kUsd), -o.cost.total().usd(), 1e-5) << o.id;
  }
}

struct Terms {
  std::string finance;
  double yearly;
  double shift = 0;
};

TEST(Npv, IsTheCashFlowDiscounted) {
  for (const Terms& t :
       {Terms{"discount_rate: 8%\n", 0.08}, Terms{"finance: {rate: 8%, timing: start}\n", 0.08, 1},
        Terms{"finance: {rate: 8%, timing: middle}\n", 0.08, 0.5},
        Terms{"finance: {rate: 6%, terms: real, inflation: 2.5%}\n", 1.06 * 1.025 - 1},
        Terms{"finance: {wacc: {debt: 60%, interest: 7%, equity_return: 12%}, tax: 20%}\n",
              0.6 * 0.07 * 0.8 + 0.4 * 0.12}}) {
    SCOPED_TRACE(t.finance);
    const Plan plan = testing::plan_of(kSpec + t.finance);
    ASSERT_FALSE(plan.options.empty());
    for (const PlanOption& o : plan.options) {
      ASSERT_TRUE(o.npv.has_value()) << o.id;
      EXPECT_NEAR(o.npv->in(kUsd), by_hand(o.cash, t.yearly, t.shift), 1e-6) << o.id;
      // Rent alone is worth less later; only a residual value can turn that round.
      EXPECT_TRUE(o.cost.capex() != Money{} || o.npv->in(kUsd) < o.cost.total().usd() + 1e-6) << o.id;
    }
  }
}

// What is bought is paid at the start, and what is left of it comes in at the horizon.
TEST(Npv, OwningIsPaidAtItsTimes) {
  const Plan plan = testing::plan_of(kSpec + "discount_rate: 8%\n");
  const PlanOption& own = *testing::best_of(plan, SupplyOption::kOnPrem);
  double bought = 0;
  double sold = 0;
  for (const CostLine& line : own.cost.lines) {
    if (line.capital) (line.amount > Money{} ? bought : sold) += line.amount.usd();
  }
  EXPECT_NEAR(own.cash.at_start.in(kUsd), -bought, 1e-6);
  EXPECT_NEAR(own.cash.at_horizon.in(kUsd), -sold, 1e-6);
  const double running = own.cost.total().usd() - bought - sold;
  double expected = bought + sold / 1.08;
  // Storage is paid while data is stored, all else over the year.
  const double storage = own.cost.total(Category::kStorage).usd();
  for (int month = 1; month <= 12; ++month)
    expected += (running - storage) / 12 * std::pow(1.08, -month / 12.0);
  EXPECT_NEAR(own.npv->in(kUsd), expected + storage * std::pow(1.08, -1 / 12.0), 0.5 * storage + 1e-6);
}

// At a rate of nothing, tax takes its share of the cost and no more.
TEST(Npv, AfterTax) {
  const Plan plan = testing::plan_of(kSpec + "finance: {rate: 0.0001%, tax: 21%}\n");
  for (const PlanOption& o : plan.options) {
    ASSERT_TRUE(o.npv_after_tax.has_value());
    EXPECT_NEAR(o.npv_after_tax->in(kUsd), 0.79 * o.cost.total().usd(), 1e-4 * o.cost.total().usd() + 2)
        << o.id;
  }
  const Plan discounted = testing::plan_of(kSpec + "finance: {rate: 8%, tax: 21%}\n");
  for (const PlanOption& o : discounted.options) EXPECT_LT(*o.npv_after_tax, *o.npv) << o.id;
}

}  // namespace
}  // namespace capplan

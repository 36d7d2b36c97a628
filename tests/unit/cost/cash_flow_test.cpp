#include "capplan/cost/cash_flow.h"

#include <gtest/gtest.h>

#include <cmath>

namespace capplan {
namespace {

CostLine line(double usd, const Schedule& paid, bool capital = false) {
  CostLine l = cost_line(Category::kCompute, "x", {}, "unit", rule_factor("price", usd), paid);
  l.capital = capital;
  return l;
}

// Hardware for 1,000, sold after a year for 400, with 120 of running cost.
Cost bought(Duration horizon = kYear) {
  Cost cost;
  cost.add(line(1000, {}, true));
  cost.add(line(-400, {horizon, horizon}, true));
  cost.add(line(120, {Duration{}, horizon}));
  return cost;
}

double month(const CashFlow& flow, std::size_t i) { return flow.months.at(i).in(kUsd); }

TEST(CashFlowOf, StartMonthsAndHorizon) {
  const CashFlow flow = cash_flow(bought(), kYear);
  EXPECT_EQ(flow.at_start.in(kUsd), -1000);
  EXPECT_EQ(flow.at_horizon.in(kUsd), 400);
  ASSERT_EQ(flow.months.size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(month(flow, i), -10, 1e-9);
  EXPECT_NEAR(flow.total().in(kUsd), -bought().total().usd(), 1e-9);
}

TEST(CashFlowOf, EvenlyOverPartsOfMonths) {
  Cost cost;
  cost.add(line(100, {0.5 * kMonth, 3 * kMonth}));
  const CashFlow flow = cash_flow(cost, 4 * kMonth);
  ASSERT_EQ(flow.months.size(), 4u);
  EXPECT_NEAR(month(flow, 0), -20, 1e-9);
  EXPECT_NEAR(month(flow, 1), -40, 1e-9);
  EXPECT_NEAR(month(flow, 2), -40, 1e-9);
  EXPECT_EQ(month(flow, 3), 0);
}

TEST(CashFlowOf, AtOnceWithinTheHorizon) {
  Cost cost;
  cost.add(line(7, {1.5 * kMonth, 1.5 * kMonth}));
  const CashFlow flow = cash_flow(cost, 3 * kMonth);
  EXPECT_EQ(month(flow, 1), -7);
  EXPECT_EQ(flow.total().in(kUsd), -7);
}

// A run of a billion years has no billion entries, and what it costs is all there.
TEST(CashFlowOf, AgesAreBounded) {
  Cost cost;
  cost.add(line(100, {Duration{}, 1e9 * kYear}));
  cost.add(line(50, {500 * kYear, 600 * kYear}));
  const CashFlow flow = cash_flow(cost, kYear);
  EXPECT_EQ(flow.months.size(), 2400u);
  EXPECT_NEAR(flow.total().in(kUsd), -150, 1e-9);
}

TEST(CashFlowOf, ATermThatOutlastsTheHorizonHasMonthsBeyondIt) {
  Cost cost;
  cost.add(line(3600, {Duration{}, 36 * kMonth}));
  const CashFlow flow = cash_flow(cost, kYear);
  ASSERT_EQ(flow.months.size(), 36u);
  for (std::size_t i = 0; i < 36; ++i) EXPECT_NEAR(month(flow, i), -100, 1e-9);
}

TEST(CashFlowOf, LoansMoveCashAndCostNothing) {
  Cost cost = bought();
  cost.transfers = {{"loan", Money::of(-1000 * kUsd), {}},
                    {"loan repaid", Money::of(600 * kUsd), {Duration{}, 6 * kMonth}},
                    {"rest of the loan", Money::of(400 * kUsd), {kYear, kYear}}};
  const CashFlow flow = cash_flow(cost, kYear);
  EXPECT_EQ(flow.at_start, Usd{});
  EXPECT_EQ(flow.at_horizon, Usd{});
  EXPECT_NEAR(month(flow, 0), -110, 1e-9);
  EXPECT_NEAR(month(flow, 11), -10, 1e-9);
  EXPECT_NEAR(flow.total().in(kUsd), -cost.total().usd(), 1e-9);
}

// Three payments of 400, as each of three years begins.
TEST(CashFlowOf, PaymentsAtTheStartOfTheirParts) {
  Cost cost;
  cost.add(line(1200, {Duration{}, 3 * kYear, 3}));
  const CashFlow flow = cash_flow(cost, 3 * kYear);
  EXPECT_NEAR(flow.at_start.in(kUsd), -400, 1e-9);
  EXPECT_NEAR(month(flow, 12), -400, 1e-9);
  EXPECT_NEAR(month(flow, 24), -400, 1e-9);
  EXPECT_NEAR(flow.total().in(kUsd), -1200, 1e-9);
  EXPECT_NEAR(cost.lines.front().paid.share_at_start(), 1.0 / 3, 1e-12);
}

// Hours of a demand that doubles each month, the last of half a month.
TEST(CashFlowOf, AsItIsUsed) {
  Cost cost;
  cost.add(line(700, {Duration{}, 2.5 * kMonth, 0, {1, 2, 4}}));
  const CashFlow flow = cash_flow(cost, 2.5 * kMonth);
  ASSERT_EQ(flow.months.size(), 3u);
  EXPECT_NEAR(month(flow, 0), -100, 1e-9);
  EXPECT_NEAR(month(flow, 1), -200, 1e-9);
  EXPECT_NEAR(month(flow, 2), -400, 1e-9);
  const Schedule& paid = cost.lines.front().paid;
  EXPECT_EQ(paid.share_at_start(), 0);
  EXPECT_EQ(paid.share_paid(Duration{}), 0);
  EXPECT_NEAR(paid.share_paid(1.5 * kMonth), 2.0 / 7, 1e-12);
  EXPECT_NEAR(paid.share_paid(2.25 * kMonth), 5.0 / 7, 1e-12);
  EXPECT_EQ(paid.share_paid(2.5 * kMonth), 1);
}

TEST(CashFlowOf, NothingIsNothingInEveryMonth) {
  const CashFlow flow = cash_flow({}, kYear);
  EXPECT_EQ(flow.months.size(), 12u);
  EXPECT_EQ(flow.total(), Usd{});
}

// Over three years straight to nothing in four: 250 of 1,000 are deducted each year, 250 are left in the
// books. At 25% that saves 62.5 a year; a sale for 400 gains 150, taxed 37.5; running cost of 120 costs 90.
TEST(AfterTax, StraightLineByHand) {
  const Duration horizon = 3 * kYear;
  const CashFlow flow = after_tax(bought(horizon), horizon, {0.25, StraightLine{4 * kYear, 0}});
  EXPECT_EQ(flow.at_start.in(kUsd), -1000);
  EXPECT_NEAR(flow.at_horizon.in(kUsd), 400 - 37.5, 1e-9);
  ASSERT_EQ(flow.months.size(), 36u);
  for (std::size_t i = 0; i < 36; ++i) EXPECT_NEAR(month(flow, i), (62.5 - 30) / 12, 1e-9) << i;
}

// MACRS of five years: 20%, 32%; 48% are left after two years.
TEST(AfterTax, MacrsByHand) {
  const Duration horizon = 2 * kYear;
  const CashFlow flow = after_tax(bought(horizon), horizon, {0.21, MacrsClass::kFiveYears});
  EXPECT_NEAR(month(flow, 0), 0.21 * 200 / 12 - 0.79 * 5, 1e-9);
  EXPECT_NEAR(month(flow, 12), 0.21 * 320 / 12 - 0.79 * 5, 1e-9);
  EXPECT_NEAR(flow.at_horizon.in(kUsd), 400 - 0.21 * (400 - 480), 1e-9);  // sold at a loss
}

// Whatever the law, all that was lost is deducted in the end: undiscounted, tax takes its share of the cost.
TEST(AfterTax, UndiscountedIsTheTotalLessTax) {
  for (const Depreciation& law :
       {Depreciation{StraightLine{5 * kYear, 0}}, Depreciation{MacrsClass::kThreeYears},
        Depreciation{DecliningBalance{0.4}}}) {
    for (const double months : {6.0, 12.0, 18.0, 30.0}) {
      const Cost cost = bought(months * kMonth);
      EXPECT_NEAR(after_tax(cost, months * kMonth, {0.3, law}).total().in(kUsd), -0.7 * cost.total().usd(),
                  1e-6)
          << law.index() << " over " << months;
    }
  }
  EXPECT_NEAR(after_tax(bought(), kYear, {}).total().in(kUsd), cash_flow(bought(), kYear).total().in(kUsd),
              1e-9);
}

TEST(DiscountingOf, NothingWithoutARate) {
  FinanceChoice finance;
  finance.inflation = 0.02;
  EXPECT_FALSE(discounting(finance, std::nullopt));
}

TEST(DiscountingOf, NominalRateWithItsTimingAndTax) {
  FinanceChoice finance;
  finance.rate = 0.08;
  finance.inflation = 0.03;
  finance.timing = Timing::kMiddle;
  EXPECT_NEAR(discounting(finance, std::nullopt)->rate.yearly(), 0.08, 1e-12);  // has inflation in it
  EXPECT_EQ(discounting(finance, std::nullopt)->timing, Timing::kMiddle);
  EXPECT_FALSE(discounting(finance, std::nullopt)->tax);
  finance.tax = 0.21;
  const auto usual = discounting(finance, std::nullopt);
  EXPECT_EQ(usual->tax->rate, 0.21);
  EXPECT_EQ(std::get<MacrsClass>(usual->tax->depreciation), MacrsClass::kFiveYears);
  const auto own = discounting(finance, DepreciationChoice{DepreciationMethod::kStraightLine, 4 * kYear, {}});
  EXPECT_EQ(std::get<StraightLine>(own->tax->depreciation).life, 4 * kYear);
}

TEST(DiscountingOf, RealRateWithInflation) {
  FinanceChoice finance;
  finance.rate = 0.06;
  finance.real = true;
  finance.inflation = 0.025;
  EXPECT_NEAR(discounting(finance, std::nullopt)->rate.yearly(), 1.06 * 1.025 - 1, 1e-12);
}

// 60% at 7% less a fifth of tax, 40% at 12%.
TEST(DiscountingOf, WeightedCostOfCapital) {
  FinanceChoice finance;
  finance.wacc = CapitalMix{0.6, 0.07, 0.12};
  EXPECT_NEAR(discounting(finance, std::nullopt)->rate.yearly(), 0.6 * 0.07 + 0.4 * 0.12, 1e-12);
  finance.tax = 0.2;
  EXPECT_NEAR(discounting(finance, std::nullopt)->rate.yearly(), 0.6 * 0.07 * 0.8 + 0.4 * 0.12, 1e-12);
  // Nominal parts have inflation in them; real ones get it added.
  finance.inflation = 0.03;
  EXPECT_NEAR(discounting(finance, std::nullopt)->rate.yearly(), 0.6 * 0.07 * 0.8 + 0.4 * 0.12, 1e-12);
  finance.real = true;
  EXPECT_NEAR(discounting(finance, std::nullopt)->rate.yearly(),
              0.6 * (1.07 * 1.03 - 1) * 0.8 + 0.4 * (1.12 * 1.03 - 1), 1e-12);
}

TEST(DepreciationOf, EachMethodAndItsDefaults) {
  using M = DepreciationMethod;
  EXPECT_EQ(std::get<StraightLine>(depreciation_of({M::kStraightLine, 3 * kYear, {}})).life, 3 * kYear);
  EXPECT_EQ(std::get<DecliningBalance>(depreciation_of({M::kDeclining, {}, 0.3})).rate, 0.3);
  EXPECT_NEAR(std::get<PricePerformance>(depreciation_of({M::kPricePerformance, {}, {}})).decay * kYear, 0.14,
              1e-12);
  EXPECT_EQ(std::get<MacrsClass>(depreciation_of({M::kMacrs, {}, {}})), MacrsClass::kFiveYears);
  EXPECT_EQ(std::get<MacrsClass>(depreciation_of({M::kMacrs, 3 * kYear, {}})), MacrsClass::kThreeYears);
  EXPECT_EQ(std::get<MacrsClass>(depreciation_of({M::kMacrs, 7 * kYear, {}})), MacrsClass::kSevenYears);
}

}  // namespace
}  // namespace capplan

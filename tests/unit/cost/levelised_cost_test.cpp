#include "capplan/cost/levelised_cost.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "capplan/cost/depreciation.h"

namespace capplan {
namespace {

InterestRate percent(double yearly) { return InterestRate::effective(yearly / 100); }

const Financing kMixed{0.6, percent(9), percent(4), percent(2.5), 0.257};

TEST(CostOfCapital, OfOneKindOfCapital) {
  EXPECT_NEAR(real_cost_of_capital({0, percent(9), percent(4), percent(2.5), 0.257}).yearly(), 0.09, 1e-15);
  EXPECT_NEAR(real_cost_of_capital({1, percent(9), percent(4), percent(2.5), 0}).yearly(), 0.04, 1e-15);
  // Tax takes its part of nominal interest: 1.04 x 1.025 - 1 = 6.6%, of which 74.3% remain.
  const Financing debt{1, percent(9), percent(4), percent(2.5), 0.257};
  EXPECT_NEAR(nominal_cost_of_capital(debt).yearly(), 0.066 * 0.743, 1e-15);
  EXPECT_NEAR(real_cost_of_capital(debt).yearly(), (1 + 0.066 * 0.743) / 1.025 - 1, 1e-15);
}

// The formula of the Annual Technology Baseline, written out.
TEST(CostOfCapital, AsTheBaselineHasIt) {
  const double df = 0.6, rroe = 0.09, ir = 0.04, i = 0.025, tr = 0.257;
  const double wacc =
      (1 + (1 - df) * ((1 + rroe) * (1 + i) - 1) + df * ((1 + ir) * (1 + i) - 1) * (1 - tr)) / (1 + i) - 1;
  EXPECT_NEAR(real_cost_of_capital(kMixed).yearly(), wacc, 1e-15);
}

TEST(FixedChargeRate, Parts) {
  EXPECT_NEAR(present_value_of_depreciation({0.5, 0.5}, percent(10)), 0.5 / 1.1 + 0.5 / 1.21, 1e-15);
  EXPECT_EQ(present_value_of_depreciation({}, percent(10)), 0);
  EXPECT_DOUBLE_EQ(project_finance_factor(0.25, 0.8), 0.8 / 0.75);
  EXPECT_DOUBLE_EQ(project_finance_factor(0.25, 1), 1);  // deducted at once: no tax on capital
  EXPECT_NEAR(construction_finance_factor({1}, percent(8), 0.25), 1 + 0.75 * (std::sqrt(1.08) - 1), 1e-15);
  EXPECT_DOUBLE_EQ(construction_finance_factor({0.5, 0.5}, {}, 0.25), 1);
  EXPECT_NEAR(fixed_charge_rate({}, 4, {1}), 0.25, 1e-15);  // free capital, no tax
}

// What the rate is made for: an owner who is paid it, rising with inflation, pays tax, deducts depreciation
// and earns exactly the cost of capital.
TEST(FixedChargeRate, LeavesTheOwnerTheCostOfCapital) {
  const int years = 6;
  const std::vector<double> depreciation = yearly_depreciation(MacrsClass::kFiveYears, years);
  const double charge = fixed_charge_rate(kMixed, years, depreciation);
  const double tax = kMixed.tax_rate;
  CashFlow flow{-1e6 * kUsd, {}, {}};
  for (int year = 1; year <= years; ++year) {
    flow.months.insert(flow.months.end(), 11, Usd{});
    const double income = charge * std::pow(1.025, year);
    const double deducted = depreciation[static_cast<std::size_t>(year - 1)];
    flow.months.push_back(1e6 * (income * (1 - tax) + deducted * tax) * kUsd);
  }
  EXPECT_NEAR(net_present_value(flow, nominal_cost_of_capital(kMixed)).in(kUsd), 0, 1e-7);
  EXPECT_NEAR(internal_rate_of_return(flow)->yearly(), nominal_cost_of_capital(kMixed).yearly(), 1e-12);
}

TEST(LevelisedCost, OfEnergy) {
  // 8.76 M$ a year over 1 MW all year is a dollar a kWh.
  const FixedCost fixed{50e6 * kUsd, 0.1, 3.76e6 * kUsd / kYear};
  const EnergyPrice price = levelised_cost_of_energy(fixed, 2000 * kKilowatt * 0.5, 0.05 * (kUsd / kKwh));
  EXPECT_NEAR(price.in(kUsd / kKwh), 1.05, 1e-12);
}

TEST(LevelisedCost, OfCompute) {
  // 8,760 $ a year for one device that is up 90% of the year and busy half of that.
  const FixedCost fixed{20e3 * kUsd, 0.4, 760 * kUsd / kYear};
  const DevicePrice hour = kUsd / kHour / kDevice;
  EXPECT_NEAR(levelised_cost_of_compute(fixed, {kDevice, 0.9, 0.5}, 0.1 * hour).in(hour), 1 / 0.45 + 0.1,
              1e-12);
  EXPECT_NEAR(levelised_cost_of_compute(fixed, {4 * kDevice}).in(hour), 0.25, 1e-12);
  EXPECT_TRUE(std::isinf(levelised_cost_of_compute(fixed, {kDevice, 0.9, 0}).base()));
}

}  // namespace
}  // namespace capplan

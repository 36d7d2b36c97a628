#include "capplan/cost/depreciation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace capplan {
namespace {

double sum(const std::vector<double>& shares) { return std::accumulate(shares.begin(), shares.end(), 0.0); }

void expect_percent(const std::vector<double>& shares, const std::vector<double>& percent) {
  ASSERT_EQ(shares.size(), percent.size());
  for (std::size_t i = 0; i < shares.size(); ++i) EXPECT_NEAR(100 * shares[i], percent[i], 1e-9) << i;
}

// IRS Publication 946, table A-1.
TEST(Macrs, TableA1) {
  expect_percent(yearly_depreciation(MacrsClass::kThreeYears, 4), {33.33, 44.45, 14.81, 7.41});
  expect_percent(yearly_depreciation(MacrsClass::kFiveYears, 6), {20.00, 32.00, 19.20, 11.52, 11.52, 5.76});
  expect_percent(yearly_depreciation(MacrsClass::kSevenYears, 8),
                 {14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46});
}

TEST(StraightLine, ByHand) {
  // Microsoft's example of SLN: 30,000 to 7,500 over ten years is 2,250 a year.
  const StraightLine method{10 * kYear, 0.25};
  for (const double share : yearly_depreciation(method, 10)) EXPECT_NEAR(30000 * share, 2250, 1e-9);
  EXPECT_DOUBLE_EQ(value_left(method, 5 * kYear), 0.625);
  EXPECT_EQ(value_left(method, 20 * kYear), 0.25);
  EXPECT_EQ(value_left(StraightLine{}, kYear), 0);  // no life at all
}

TEST(DecliningBalance, NeverEnds) {
  const DecliningBalance method{0.3};
  EXPECT_DOUBLE_EQ(value_left(method, 3 * kYear), 0.343);
  const std::vector<double> shares = yearly_depreciation(method, 3);
  EXPECT_NEAR(shares[1] / shares[0], 0.7, 1e-12);
  EXPECT_NEAR(sum(shares), 1 - 0.343, 1e-12);
}

// Double-declining over five years: 40% of the rest, until the rest spread evenly is more.
TEST(SwitchingBalance, ByHand) {
  expect_percent(yearly_depreciation(SwitchingBalance{5}, 6), {40, 24, 14.4, 10.8, 10.8, 0});
  // Microsoft's example of DDB: 2,400 over ten years loses 480 in the first.
  EXPECT_NEAR(2400 * yearly_depreciation(SwitchingBalance{10}, 1)[0], 480, 1e-9);
  // With a factor of one, or a single year, it is a straight line.
  expect_percent(yearly_depreciation(SwitchingBalance{4, 1}, 4), {25, 25, 25, 25});
  expect_percent(yearly_depreciation(SwitchingBalance{1}, 2), {100, 0});
}

// Epoch AI: 0.14 orders of magnitude a year are 27.6% a year, and use is charged at 32.2% of the value.
TEST(PricePerformance, Epoch) {
  const PricePerformance method{0.14 / kYear};
  EXPECT_NEAR(1 - value_left(method, kYear), 0.2756, 5e-5);
  EXPECT_NEAR(loss_in_use(method) * kYear, 0.322, 5e-4);
  // That charge is the slope at the start.
  EXPECT_NEAR((1 - value_left(method, kSecond)) / (loss_in_use(method) * kSecond), 1, 1e-6);
  EXPECT_NEAR(value_left(method, kYear / 0.14), 0.1, 1e-12);  // one order
}

TEST(Depreciation, FallsFromOneAndSumsToWhatIsLost) {
  const std::vector<Depreciation> methods{StraightLine{4 * kYear, 0.1},  DecliningBalance{0.2},
                                          SwitchingBalance{6},           MacrsClass::kThreeYears,
                                          MacrsClass::kFiveYears,        MacrsClass::kSevenYears,
                                          PricePerformance{0.1 / kYear}, SwitchingBalance{15, 1.5}};
  for (const Depreciation& method : methods) {
    EXPECT_EQ(value_left(method, Duration{}), 1);
    EXPECT_EQ(value_left(method, -kYear), 1);
    double last = 1;
    for (double years = 0.125; years < 20; years += 0.125) {
      const double left = value_left(method, years * kYear);
      EXPECT_LE(left, last + 1e-15) << method.index() << " at " << years;
      EXPECT_GE(left, 0) << method.index() << " at " << years;
      last = left;
    }
    EXPECT_NEAR(sum(yearly_depreciation(method, 20)), 1 - value_left(method, 20 * kYear), 1e-12);
    EXPECT_TRUE(yearly_depreciation(method, 0).empty());
  }
  for (const Depreciation& method : {Depreciation{SwitchingBalance{6}}, Depreciation{MacrsClass::kFiveYears}})
    EXPECT_DOUBLE_EQ(sum(yearly_depreciation(method, 6)), 1);
}

TEST(Depreciation, EvenWithinAYear) {
  EXPECT_NEAR(value_left(MacrsClass::kFiveYears, 1.5 * kYear), 1 - 0.20 - 0.16, 1e-12);
  EXPECT_NEAR(value_left(SwitchingBalance{5}, 0.5 * kYear), 0.8, 1e-12);
}

}  // namespace
}  // namespace capplan

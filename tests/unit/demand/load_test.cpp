#include "capplan/demand/load.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

TEST(Load, AFlatDayHasOneLevelAllTheTime) {
  const auto load = load_by_month(Demand{}, 12 * kMonth);
  ASSERT_EQ(load.size(), 12u);
  for (const auto& month : load) {
    ASSERT_EQ(month.size(), 1u);
    EXPECT_DOUBLE_EQ(month[0].share, 1);
    EXPECT_DOUBLE_EQ(month[0].hours, 730);
  }
}

TEST(Load, HoursOfEqualDemandAreOneLevelBusiestFirst) {
  Demand demand;
  demand.day.assign(24, 0.25);
  demand.day[10] = demand.day[11] = 1;
  const auto load = load_by_month(demand, kMonth);
  ASSERT_EQ(load[0].size(), 2u);
  EXPECT_DOUBLE_EQ(load[0][0].share, 1);
  EXPECT_NEAR(load[0][0].hours, 730.0 * 2 / 24, 1e-9);
  EXPECT_DOUBLE_EQ(load[0][1].share, 0.25);
}

// Twelve months at 10% more each: the first asks for 1.1^-11 of the last.
TEST(Load, GrowthCountsFromTheLastMonthDown) {
  Demand demand;
  demand.growth_per_month = 0.1;
  const auto load = load_by_month(demand, 12 * kMonth);
  EXPECT_NEAR(load[0][0].share, 0.350494, 1e-6);
  EXPECT_DOUBLE_EQ(load[11][0].share, 1);
}

TEST(Load, AHorizonThatIsNoWholeNumberOfMonthsEndsWithAPart) {
  const auto load = load_by_month(Demand{}, 1.5 * kMonth);
  ASSERT_EQ(load.size(), 2u);
  EXPECT_NEAR(load[1][0].hours, 365, 1e-9);
}

TEST(Load, UnitsAreWholeAndNeverNone) {
  EXPECT_EQ(units_for(10, 0.31), 4);
  EXPECT_EQ(units_for(10, 0.3), 3);
  EXPECT_EQ(units_for(10, 0), 1);
}

}  // namespace
}  // namespace capplan

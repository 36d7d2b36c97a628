#include "optimum/schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace capplan {
namespace {

RunHours runs(int machines, int count, double hours_each) {
  return {.count = {0, 0, 0, count},
          .one_month = true,
          .machines = machines,
          .hours = count * hours_each,
          .most_hours = 730};
}

bool fits(const std::vector<RunHours>& all, const std::vector<PoolTime>& parts) {
  return can_be_scheduled(all, parts);
}

// Three runs of 480 h on two machines: 1440 of 1460 machine-hours, by turns (McNaughton's wrap-around).
TEST(Schedule, RunsTakeTurns) {
  EXPECT_TRUE(fits({runs(1, 3, 480)}, {{2, 730, 0, 0}}));
  EXPECT_FALSE(fits({runs(1, 3, 490)}, {{2, 730, 0, 0}}));
}

// A run on one machine cannot use the second while one on two waits: 393 + 531 h are more than 730.
TEST(Schedule, ARunIsNotBesideItself) {
  EXPECT_FALSE(fits({runs(2, 1, 393), runs(1, 1, 531)}, {{2, 730, 0, 0}}));
  EXPECT_TRUE(fits({runs(2, 1, 393), runs(1, 2, 337)}, {{2, 730, 0, 0}}));
  EXPECT_TRUE(fits({runs(2, 1, 393), runs(1, 1, 531)}, {{3, 730, 0, 0}}));
}

// Sizes that do not divide: of 5 machines a run on 3 leaves 2, on which no second one fits.
TEST(Schedule, MachinesStandSideBySide) {
  EXPECT_TRUE(fits({runs(3, 2, 365)}, {{5, 730, 0, 0}}));
  EXPECT_FALSE(fits({runs(3, 2, 366)}, {{5, 730, 0, 0}}));
}

// While the run is on both machines nothing is served there: half a machine on average leaves it half the
// time where one can be served at a time, a quarter where two can.
TEST(Schedule, ServingTakesWhatIsLeft) {
  EXPECT_TRUE(fits({runs(2, 1, 365)}, {{2, 730, 0.5, 1}}));
  EXPECT_FALSE(fits({runs(2, 1, 366)}, {{2, 730, 0.5, 1}}));
  EXPECT_TRUE(fits({runs(2, 1, 547)}, {{2, 730, 0.5, 2}}));
  EXPECT_FALSE(fits({runs(2, 1, 1)}, {{2, 730, 0.5, 0.5}}));
}

// Forty runs of different lengths on twenty machines: more sets than can be listed. They fit where all of
// their hours do (McNaughton), and beside serving where what is left is enough for it.
TEST(Schedule, ManyRunsTakeTurns) {
  std::vector<RunHours> all;
  double hours = 0;
  for (int i = 0; i < 40; ++i) {
    all.push_back(runs(1, 1, 200 + 7 * i));
    hours += 200 + 7 * i;
  }
  const double needed = hours / 20;  // months of that length are full
  for (RunHours& run : all) run.most_hours = needed;
  EXPECT_TRUE(fits(all, {{20, needed, 0, 0}}));
  EXPECT_FALSE(fits(all, {{20, needed * 0.999, 0, 0}}));
  EXPECT_TRUE(fits(all, {{22, needed, 2, 3}}));
  EXPECT_FALSE(fits(all, {{22, needed, 2.01, 3}}));
}

// By day 2 of 2 machines serve: the run has the night, and its part of the day nowhere.
TEST(Schedule, ARunHasItsPartOfEachBlockAtMost) {
  EXPECT_TRUE(fits({runs(1, 1, 330)}, {{2, 400, 2, 2}, {2, 330, 0, 0}}));
  EXPECT_FALSE(fits({runs(1, 1, 331)}, {{2, 400, 2, 2}, {2, 330, 0, 0}}));
}

// What is said to be broken is broken: with the hours of the runs put in, more than is allowed.
TEST(Schedule, ABrokenLimitSaysWhy) {
  const std::vector<RunHours> all = {runs(2, 1, 393), runs(1, 1, 531)};
  const std::vector<PoolTime> parts = {{2, 730, 0, 0}};
  const auto limit = broken_limit({0, 0}, all, std::vector<int>{1, 1}, parts);
  ASSERT_TRUE(limit);
  double usage = 0, allowed = limit->together;
  for (std::size_t i = 0; i < all.size(); ++i) {
    usage += limit->kinds[i].usage * all[i].hours;
    allowed += limit->kinds[i].allowed * all[i].count.runs;
  }
  EXPECT_GT(usage, allowed * 1.001);
  EXPECT_FALSE(broken_limit({0, 0}, std::vector{runs(1, 2, 480)}, std::vector<int>{2}, parts));
}

}  // namespace
}  // namespace capplan

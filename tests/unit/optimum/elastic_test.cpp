#include "optimum/elastic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "support/sanitized.h"
#include "unit/optimum/random_portfolio.h"

namespace capplan {
namespace {

std::vector<DemandLevel> read_demand(const std::string& name) {
  std::ifstream in(std::string(CAPPLAN_SOURCE_DIR) + "/tests/data/demand_" + name + ".csv");
  std::string line;
  std::getline(in, line);  // the source
  std::getline(in, line);  // the header
  std::vector<DemandLevel> demand;
  DemandLevel level;
  char comma = 0;
  while (in >> level.units >> comma >> level.hours) {
    level.units = std::ceil(level.units);
    demand.push_back(level);
  }
  return demand;
}

double hours_of(const std::vector<DemandLevel>& demand) {
  double hours = 0;
  for (const DemandLevel& level : demand) hours += level.hours;
  return hours;
}

// So much an hour of existence, and so much more an hour of use.
HeldWay linear(const std::vector<DemandLevel>& demand, double fixed, double variable) {
  double most = 0;
  for (const DemandLevel& level : demand) most = std::max(most, level.units);
  HeldWay way{{}, variable};
  for (int n = 0; n <= most + 1; ++n) way.usd.push_back(fixed * n * hours_of(demand));
  return way;
}

int held_units(const std::vector<DemandLevel>& demand, double fixed) {
  return hold(demand, std::vector{linear(demand, fixed, 0)}).units.front();
}

// An hour of what is held and of what is taken by the hour at 1.
double usd_an_hour(const std::vector<DemandLevel>& demand, int held, double fixed) {
  double over = 0;
  for (const DemandLevel& level : demand) over += level.hours * std::max(0.0, level.units - held);
  return fixed * held + over / hours_of(demand);
}

struct Case {
  const char* trace;
  double fixed;  // an hour by the hour costs 1
  int held;
  double usd;  // an hour
};

// From the sorted demand of each trace: R* = s_desc[floor(T fixed)], the cost by summing over the trace.
TEST(Elastic, HoldsTheQuantileOfPublishedTraces) {
  for (const Case& c :
       {Case{"servegen_m_large_10min", 0.4, 41, 21.723}, Case{"servegen_m_large_10min", 0.6, 35, 29.287},
        Case{"servegen_m_small_10min", 0.4, 63, 30.983}, Case{"servegen_m_small_10min", 0.6, 55, 42.717},
        Case{"servegen_deepseek_r1_10min", 0.4, 32, 19.508},
        Case{"servegen_deepseek_r1_10min", 0.6, 24, 24.900},
        Case{"azure_llm_2023_conv_1min", 0.4, 12, 5.563}}) {
    const auto demand = read_demand(c.trace);
    ASSERT_FALSE(demand.empty()) << c.trace;
    const HeldCapacity held = hold(demand, std::vector{linear(demand, c.fixed, 0)});
    EXPECT_EQ(held.units.front(), c.held) << c.trace;
    EXPECT_NEAR(held.usd / hours_of(demand), c.usd, 5e-4) << c.trace;
    EXPECT_NEAR(usd_an_hour(demand, c.held, c.fixed), c.usd, 5e-4) << c.trace;
  }
}

// 10 units half of the time, 4 always: the last six are worth holding below half the price by the hour.
TEST(Elastic, HoldsAUnitWhereItIsBusyEnough) {
  const std::vector<DemandLevel> demand = {{10, 12}, {4, 12}};
  EXPECT_EQ(held_units(demand, 0.49), 10);
  EXPECT_EQ(held_units(demand, 0.5), 4);
  EXPECT_EQ(held_units(demand, 0.99), 4);
  EXPECT_EQ(held_units(demand, 1), 0);
  EXPECT_EQ(held_units({}, 0.5), 0);
}

// Owned 0.3 + 0.1 u, committed 0.2 + 0.3 u, on demand u: the lower envelope breaks at u = 2/7 and 1/2.
TEST(Elastic, ReadsSeveralWaysOffTheLoadDurationCurve) {
  const std::vector<DemandLevel> demand = {
      {1, 6}, {2, 8}, {3, 4}, {4, 6}};  // busy: 24, 18, 10, 6 of 24 hours
  const std::vector<HeldWay> ways = {linear(demand, 0.3, 0.1), linear(demand, 0.2, 0.3)};
  const HeldCapacity capacity = hold(demand, ways);
  EXPECT_EQ(capacity.units, (std::vector<int>{2, 1}));
  EXPECT_NEAR(capacity.usd, (0.3 * 24 + 2.4) + (0.3 * 24 + 1.8) + (0.2 * 24 + 3) + 6, 1e-9);
}

// Nothing by the hour: the peak is held. A set of four costs less than three.
TEST(Elastic, HoldsThePeakWhereThereIsNothingElse) {
  const double none = std::numeric_limits<double>::infinity();
  const std::vector<DemandLevel> demand = {{2.5, 10, none}, {1, 20, none}};
  const HeldCapacity single = hold(demand, std::vector<HeldWay>{{{0, 5, 10, 15, 12}, 0.5}});
  EXPECT_EQ(single.units, std::vector<int>{4});
  EXPECT_NEAR(single.usd, 12 + 0.5 * (25 + 20), 1e-9);
  EXPECT_EQ(hold(demand, std::vector<HeldWay>{{{0, 5, 10}, 0.5}}).usd, none);
}

std::vector<DemandLevel> random_demand(RandomPortfolio& random) {
  std::vector<DemandLevel> demand;
  const int levels = random.whole(1, 5);
  for (int i = 0; i < levels; ++i) demand.push_back({1.0 * random.whole(0, 9), random.real(1, 200)});
  return demand;
}

TEST(Elastic, QuantileIsTheBestOfAllCounts) {
  for (int seed = 1; seed <= testing::random_cases(500); ++seed) {
    RandomPortfolio random(static_cast<unsigned>(seed));
    const auto demand = random_demand(random);
    const double fixed = random.real(0.05, 1.2);
    double best = std::numeric_limits<double>::infinity();
    for (int held = 0; held <= 10; ++held) best = std::min(best, usd_an_hour(demand, held, fixed));
    EXPECT_NEAR(usd_an_hour(demand, held_units(demand, fixed), fixed), best, 1e-9) << seed;
  }
}

// Three ways, every split of the machines tried: those held with the lower price of use serve first.
TEST(Elastic, ScreeningIsTheBestOfAllSplits) {
  for (int seed = 1; seed <= testing::random_cases(200); ++seed) {
    RandomPortfolio random(static_cast<unsigned>(seed));
    const auto demand = random_demand(random);
    const double owned = random.real(0.1, 0.6), committed = random.real(0.05, 0.5);
    const double use = random.real(0, 0.2), use_committed = random.real(0.2, 0.5);
    double best = std::numeric_limits<double>::infinity();
    for (int a = 0; a <= 9; ++a) {
      for (int b = 0; a + b <= 9; ++b) {
        double usd = (a * owned + b * committed) * hours_of(demand);
        for (const DemandLevel& level : demand) {
          const double first = std::min(level.units, 1.0 * a),
                       second = std::min(level.units - first, 1.0 * b);
          usd += level.hours * (first * use + second * use_committed + (level.units - first - second));
        }
        best = std::min(best, usd);
      }
    }
    const std::vector<HeldWay> ways = {linear(demand, owned, use), linear(demand, committed, use_committed)};
    EXPECT_NEAR(hold(demand, ways).usd, best, 1e-9 * best) << seed;
  }
}

}  // namespace
}  // namespace capplan

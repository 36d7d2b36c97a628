#include "capplan/optimum/elastic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "capplan/optimum/portfolio.h"
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
  while (in >> level.units >> comma >> level.hours) demand.push_back(level);
  return demand;
}

double hours_of(const std::vector<DemandLevel>& demand) {
  double hours = 0;
  for (const DemandLevel& level : demand) hours += level.hours;
  return hours;
}

// An hour of what is held and of what is taken by the hour at 1.
double usd_an_hour(const std::vector<DemandLevel>& demand, int held, double fixed) {
  double over = 0;
  for (const DemandLevel& level : demand) over += level.hours * std::max(0.0, std::ceil(level.units) - held);
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
    const int held = held_units(demand, c.fixed, 1);
    EXPECT_EQ(held, c.held) << c.trace;
    EXPECT_NEAR(usd_an_hour(demand, held, c.fixed), c.usd, 5e-4) << c.trace;
    const ScreenedCapacity screened = screen(demand, std::vector<Screened>{{c.fixed, 0}, {0, 1}});
    EXPECT_EQ(screened.units[0], c.held) << c.trace;
    EXPECT_NEAR(screened.usd / hours_of(demand), c.usd, 5e-4) << c.trace;
  }
}

// 10 units half of the time, 4 always: the last six are worth holding below half the price by the hour.
TEST(Elastic, HoldsAUnitWhereItIsBusyEnough) {
  const std::vector<DemandLevel> demand = {{10, 12}, {4, 12}};
  EXPECT_EQ(held_units(demand, 0.49, 1), 10);
  EXPECT_EQ(held_units(demand, 0.5, 1), 4);
  EXPECT_EQ(held_units(demand, 0.99, 1), 4);
  EXPECT_EQ(held_units(demand, 1, 1), 0);
  EXPECT_EQ(held_units({}, 0.5, 1), 0);
}

// Owned 0.3 + 0.1 u, committed 0.2 + 0.3 u, on demand u: the lower envelope breaks at u = 2/7 and 1/2.
TEST(Elastic, ReadsSeveralWaysOffTheLoadDurationCurve) {
  const std::vector<DemandLevel> demand = {
      {1, 6}, {2, 8}, {3, 4}, {4, 6}};  // busy: 24, 18, 10, 6 of 24 hours
  const std::vector<Screened> ways = {{0.3, 0.1}, {0.2, 0.3}, {0, 1}};
  const ScreenedCapacity capacity = screen(demand, ways);
  EXPECT_EQ(capacity.units, (std::vector<int>{2, 1, 0}));
  EXPECT_NEAR(capacity.usd, (0.3 * 24 + 2.4) + (0.3 * 24 + 1.8) + (0.2 * 24 + 3) + 6, 1e-9);
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
    EXPECT_NEAR(usd_an_hour(demand, held_units(demand, fixed, 1), fixed), best, 1e-9) << seed;
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
    const std::vector<Screened> ways = {{owned, use}, {committed, use_committed}, {0, 1}};
    EXPECT_NEAR(screen(demand, ways).usd, best, 1e-9 * best) << seed;
  }
}

// The same through the program: one served work, one pool that is bought for a month, rented for the rest.
TEST(Elastic, IsWhatTheProgramFinds) {
  for (int seed = 1; seed <= testing::random_cases(200); ++seed) {
    RandomPortfolio random(static_cast<unsigned>(seed));
    const auto demand = random_demand(random);
    const double fixed = random.real(0.05, 1.2);
    Portfolio portfolio;
    portfolio.months = 1;
    portfolio.hours_a_month = hours_of(demand);
    Pool pool;
    pool.id = "own";
    for (int n = 0; n <= 9; ++n) pool.bought_usd.push_back(n * fixed * portfolio.hours_a_month);
    portfolio.pools.push_back(pool);
    ServeOption owned{.id = "own", .pool = 0, .machines = {{}}, .place = {}, .quota = {}};
    for (const DemandLevel& level : demand) {
      portfolio.blocks.push_back({level.hours});
      owned.machines[0].push_back(level.units);
    }
    ServeOption rented = owned;
    rented.id = "rented";
    rented.pool.reset();
    rented.usd_a_machine_hour = 1;
    portfolio.served.push_back({.id = "work", .options = {owned, rented}, .places = {}});
    const auto optimum = find_optimum(portfolio, {.gap = 0});
    ASSERT_TRUE(optimum) << seed;
    const int held = held_units(demand, fixed, 1);
    const double usd = usd_an_hour(demand, held, fixed) * portfolio.hours_a_month;
    EXPECT_NEAR(optimum->plan.usd, usd, 1e-6 * usd + 1e-6) << seed;
    EXPECT_TRUE(optimum->proven) << seed;
  }
}

}  // namespace
}  // namespace capplan

#include <gtest/gtest.h>

#include "capplan/optimum/portfolio.h"
#include "optimum/busiest_months.h"
#include "unit/optimum/random_portfolio.h"

namespace capplan {
namespace {

const OptimumSettings kToTheEnd = {.gap = 0, .nodes = 20'000, .monitor = nullptr};

template <class Work>
void keep_owned_ways(std::vector<Work>& works, const std::vector<Pool>& pools) {
  for (Work& work : works) {
    std::erase_if(work.options, [&](const auto& option) {
      return !option.pool || (pools[*option.pool].bought_usd.empty() && pools[*option.pool].existing == 0);
    });
  }
}

Portfolio owned_alone(Portfolio portfolio) {
  for (Pool& pool : portfolio.pools) pool.commitments.clear();
  keep_owned_ways(portfolio.runs, portfolio.pools);
  keep_owned_ways(portfolio.served, portfolio.pools);
  return portfolio;
}

// A pool whose nth machine costs 1000, one run a month of 100 hours, and a demand that grows by a machine a
// month.
Portfolio growing(int months) {
  Portfolio portfolio;
  portfolio.months = months;
  portfolio.blocks = {{730}};
  Pool& pool = portfolio.pools.emplace_back();
  pool.id = "own";
  pool.bought_usd = {0, 1000, 2000, 3000, 4000, 5000, 6000};
  RunOption run;
  run.id = "own";
  run.pool = 0;
  run.hours = 100;
  run.usd = 7;
  RunWork runs{.id = "runs", .periods = {}, .options = {run}, .places = {}};
  ServeOption serve;
  serve.id = "own";
  serve.pool = 0;
  serve.usd_a_machine_hour = 0.5;
  ServedWork served{.id = "served", .options = {serve}, .places = {}};
  for (int m = 0; m < months; ++m) {
    runs.periods.push_back({.first_month = m, .runs = 1, .window = {1}, .growth = 1});
    served.options[0].machines.push_back({m + 1.0});
  }
  portfolio.runs.push_back(runs);
  portfolio.served.push_back(served);
  return portfolio;
}

TEST(BusiestMonths, OfAGrowingDemandTheLast) {
  const Portfolio busiest = of_busiest_months(growing(4));
  ASSERT_EQ(busiest.months, 1);
  ASSERT_EQ(busiest.runs[0].periods.size(), 1U);
  EXPECT_EQ(busiest.runs[0].periods[0].first_month, 0);
  EXPECT_DOUBLE_EQ(busiest.runs[0].options[0].usd, 4 * 7);
  EXPECT_EQ(busiest.served[0].options[0].machines, (std::vector<std::vector<double>>{{4}}));
  // 1 + 2 + 3 + 4 machines, of which 4 are left.
  EXPECT_DOUBLE_EQ(busiest.served[0].options[0].usd_a_machine_hour, 0.5 * 10 / 4);
}

TEST(BusiestMonths, AMonthThatAnotherPieceOfWorkFillsIsKept) {
  Portfolio portfolio = growing(4);
  portfolio.runs[0].periods[1].runs = 3;
  const Portfolio busiest = of_busiest_months(portfolio);
  ASSERT_EQ(busiest.months, 2);
  ASSERT_EQ(busiest.runs[0].periods.size(), 2U);
  EXPECT_EQ(busiest.runs[0].periods[0].runs, 3);
  EXPECT_EQ(busiest.runs[0].periods[1].first_month, 1);
  EXPECT_DOUBLE_EQ(busiest.runs[0].options[0].usd, 7 * 6 / 4.0);
}

TEST(BusiestMonths, ARunOfSeveralMonthsHasItsPartOfThem) {
  Portfolio portfolio = growing(4);
  portfolio.runs[0].periods = {{.first_month = 2, .runs = 1, .window = {1, 1}, .growth = 1}};
  const Portfolio busiest = of_busiest_months(portfolio);
  ASSERT_EQ(busiest.months, 1);
  ASSERT_EQ(busiest.runs[0].periods.size(), 1U);
  EXPECT_EQ(busiest.runs[0].periods[0].window, std::vector<double>{1});
  EXPECT_DOUBLE_EQ(busiest.runs[0].periods[0].growth, 0.5);
}

TEST(FindOwned, BuysForTheLastMonthOfAGrowingDemand) {
  const auto owned = find_owned(growing(4), kToTheEnd);
  ASSERT_TRUE(owned);
  EXPECT_TRUE(owned->scheduled);
  EXPECT_FALSE(owned->proven);
  // Four serve all the time, and a run of 100 hours needs a fifth.
  EXPECT_NEAR(owned->plan.usd, 5000 + 4 * 7 + 0.5 * 730 * 10, 1e-6);
}

TEST(FindOwned, IsAPlanThatCostsAsLittleAsAny) {
  int known = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    const Portfolio portfolio = owned_alone(RandomPortfolio(seed).small());
    const auto best = find_optimum(portfolio, kToTheEnd);
    if (!best || !best->scheduled) continue;
    ++known;
    const auto owned = find_owned(portfolio, kToTheEnd);
    ASSERT_TRUE(owned && owned->scheduled);
    const auto again = cost_of_plan(portfolio, owned->plan);
    ASSERT_TRUE(again);
    EXPECT_NEAR(*again, owned->plan.usd, 1e-6);
    EXPECT_NEAR(owned->plan.usd, best->plan.usd, 1e-6 * best->plan.usd);
  }
  EXPECT_GT(known, 30);
}

}  // namespace
}  // namespace capplan

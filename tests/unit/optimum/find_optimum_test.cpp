#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "capplan/optimum/portfolio.h"
#include "optimum/portfolio_program.h"
#include "optimum/screening.h"
#include "support/portfolios.h"
#include "support/sanitized.h"
#include "unit/optimum/enumeration.h"
#include "unit/optimum/random_portfolio.h"

namespace capplan {
namespace {

const OptimumSettings kToTheEnd = {.gap = 0, .nodes = 20'000, .monitor = nullptr};

// Of the program that tells blocks apart in every pool and month, as the enumeration does.
double program_optimum(const Portfolio& portfolio, const Kept& kept, bool limits) {
  ProgramDetail detail;
  detail.limits = limits;
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    for (int m = 0; m < portfolio.months; ++m) detail.by_block.insert({p, m});
  }
  const PortfolioProgram program(portfolio, kept, detail);
  const ProgramSolution solution = program.program().solve({});
  return solution.found() ? program.plan(solution.values).usd : INFINITY;
}

// Enumerated plans may need more than hours allow where runs take turns: what is found may cost more, and its
// bound less, but then it is not said to be proven.
void expect_around(const Portfolio& portfolio, double best) {
  const auto optimum = find_optimum(portfolio, kToTheEnd);
  if (!std::isfinite(best)) {
    EXPECT_FALSE(optimum && optimum->within_limits);
    return;
  }
  const auto relaxed = relaxed_bound(portfolio);
  ASSERT_TRUE(relaxed);
  EXPECT_LE(*relaxed, best * (1 + 1e-7));
  if (!optimum || !optimum->within_limits) return;
  EXPECT_GE(optimum->plan.usd, best * (1 - 1e-7));
  EXPECT_GE(optimum->bound, *relaxed * (1 - 1e-7));
  const auto again = cost_of_plan(portfolio, optimum->plan);
  ASSERT_TRUE(again);
  EXPECT_NEAR(*again, optimum->plan.usd, 1e-6);
}

// Accelerators.
double most_at_once(Portfolio portfolio, const PortfolioPlan& plan) {
  double low = 0, high = 1e6;
  while (high - low > 0.5) {
    portfolio.limits.accelerators = (low + high) / 2;
    (cost_of_plan(portfolio, plan) ? high : low) = *portfolio.limits.accelerators;
  }
  return high;
}

TEST(FindOptimum, ProgramIsWhatTryingEveryPlanFinds) {
  for (int seed = 1; seed <= testing::random_cases(400); ++seed) {
    SCOPED_TRACE(seed);
    const Portfolio portfolio = RandomPortfolio(static_cast<unsigned>(seed)).small();
    const double best = Enumeration(portfolio).best();
    for (const Kept& kept : {all_columns(portfolio), screened(portfolio, false)}) {
      const double found = program_optimum(portfolio, kept, true);
      ASSERT_EQ(std::isfinite(found), std::isfinite(best));
      if (!std::isfinite(best)) continue;
      EXPECT_NEAR(found, best, 1e-6 * best);
    }
    expect_around(portfolio, best);
  }
}

TEST(FindOptimum, KeepsToLimitsAtLeastCost) {
  int limited = 0;
  for (unsigned seed = 1001; limited < testing::random_cases(150); ++seed) {
    SCOPED_TRACE(seed);
    RandomPortfolio random(seed);
    Portfolio portfolio = random.small();
    if (!portfolio.served.empty()) continue;
    portfolio.limits = random.limits();
    ++limited;
    const double best = Enumeration(portfolio).best();
    for (const Kept& kept : {all_columns(portfolio), screened(portfolio, true)}) {
      const double found = program_optimum(portfolio, kept, true);
      ASSERT_EQ(std::isfinite(found), std::isfinite(best));
      if (!std::isfinite(best)) continue;
      EXPECT_NEAR(found, best, 1e-6 * best);
    }
    expect_around(portfolio, best);
  }
}

// One demand in all hours of one month, rented in either of two ways.
TEST(FindOptimum, WhatServesAtOnceIsCountedInWholeMachines) {
  Portfolio portfolio;
  portfolio.months = 1;
  portfolio.blocks = {{730}};
  ServedWork work;
  work.options = {
      {.id = "many", .pool = {}, .machines = {{10}}, .usd_a_machine_hour = 1, .place = {}, .quota = {}},
      {.id = "few", .pool = {}, .machines = {{4}}, .usd_a_machine_hour = 5, .place = {}, .quota = {}}};
  portfolio.served = {work};
  portfolio.limits.accelerators = 7;
  const auto optimum = find_optimum(portfolio, kToTheEnd);
  ASSERT_TRUE(optimum && optimum->within_limits);
  // Five of the one and two of the other, half of the demand each: at six, two more are one too many.
  EXPECT_NEAR(optimum->plan.usd, 730 * (5 * 1 + 2 * 5), 1e-3);
  portfolio.limits.accelerators = 3;
  const auto none = find_optimum(portfolio, kToTheEnd);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->within_limits);
  EXPECT_NEAR(none->plan.usd, 7300, 1e-3);
}

// Three runs of 500 hours in a month of 730 are on three groups of machines; one of them and two of 240, on
// two.
TEST(FindOptimum, RunsThatCannotTakeTurnsAreCountedSideBySide) {
  Portfolio portfolio;
  portfolio.months = 1;
  portfolio.blocks = {{730}};
  RunWork work;
  work.periods = {{.first_month = 0, .runs = 3, .window = {1}, .growth = 1}};
  RunOption slow{
      .id = "slow", .pool = {}, .machines = 2, .hours = 500, .usd = 1000, .place = {}, .quota = {}};
  RunOption fast{
      .id = "fast", .pool = {}, .machines = 2, .hours = 240, .usd = 3000, .place = {}, .quota = {}};
  work.options = {slow, fast};
  portfolio.runs = {work};
  for (const auto& [limit, usd] : {std::pair{6, 3000.0}, std::pair{4, 7000.0}, std::pair{2, 9000.0}}) {
    portfolio.limits.accelerators = limit;
    const auto optimum = find_optimum(portfolio, kToTheEnd);
    ASSERT_TRUE(optimum && optimum->within_limits) << limit;
    EXPECT_NEAR(optimum->plan.usd, usd, 1e-6) << limit;
  }
}

// A cheaper way of which there are few at once stands in for no other: what is left has to go somewhere.
TEST(FindOptimum, WaysWithAMostReplaceNoOther) {
  Portfolio portfolio;
  portfolio.months = 1;
  portfolio.blocks = {{730}};
  RunWork runs;
  runs.periods = {{.first_month = 0, .runs = 2, .window = {1}, .growth = 1}};
  RunOption one{.id = "one", .pool = {}, .hours = 500, .usd = 100, .place = {}, .quota = {}};
  one.most_at_once = 1;
  RunOption any = one;
  any.id = "any";
  any.usd = 300;
  any.most_at_once.reset();
  runs.options = {one, any};
  ServedWork served;
  ServeOption few{
      .id = "few", .pool = {}, .machines = {{4}}, .usd_a_machine_hour = 1, .place = {}, .quota = {}};
  few.most_at_once = 3;
  ServeOption all = few;
  all.id = "all";
  all.usd_a_machine_hour = 2;
  all.most_at_once.reset();
  served.options = {few, all};
  portfolio.runs = {runs};
  portfolio.served = {served};
  portfolio.limits.accelerators = 6;
  const auto optimum = find_optimum(portfolio, kToTheEnd);
  ASSERT_TRUE(optimum && optimum->within_limits);
  EXPECT_NEAR(optimum->plan.usd, 100 + 300 + 730 * (3 * 1 + 1 * 2), 1e-3);
}

// Larger ones, with served work: what is said to keep to a limit does, its bound is one, and it is no looser
// than that of the program of all pools.
TEST(FindOptimum, TightLimitsAreKeptWhereAPlanIsFound) {
  int kept = 0;
  for (const unsigned seed : {4U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    if (testing::kSanitized && kept > 0) break;
    Portfolio portfolio = PortfolioByChance(seed, 4, 2).portfolio();
    const auto free = find_optimum(portfolio, {.nodes = 100});
    ASSERT_TRUE(free);
    portfolio.limits.accelerators = 0.9 * most_at_once(portfolio, free->plan);
    const auto optimum = find_optimum(portfolio, {.nodes = 100});
    ASSERT_TRUE(optimum);
    if (!optimum->within_limits) continue;
    ++kept;
    EXPECT_TRUE(cost_of_plan(portfolio, optimum->plan));
    EXPECT_TRUE(optimum->scheduled);
    EXPECT_LE(optimum->bound, optimum->plan.usd);
    EXPECT_GE(optimum->plan.usd, free->bound * (1 - 1e-9));
    const auto relaxed = relaxed_bound(portfolio);
    ASSERT_TRUE(relaxed);
    EXPECT_GE(optimum->bound, *relaxed * (1 - 1e-5));
  }
  EXPECT_GE(kept, 1);
}

}  // namespace
}  // namespace capplan

#include <gtest/gtest.h>

#include <cmath>

#include "capplan/optimum/portfolio.h"
#include "optimum/portfolio_program.h"
#include "optimum/screening.h"
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
    EXPECT_FALSE(optimum);
    return;
  }
  const auto relaxed = relaxed_bound(portfolio);
  ASSERT_TRUE(relaxed);
  EXPECT_LE(*relaxed, best * (1 + 1e-7));
  if (!optimum) return;
  EXPECT_GE(optimum->plan.usd, best * (1 - 1e-7));
  EXPECT_GE(optimum->bound, *relaxed * (1 - 1e-7));
  const auto again = cost_of_plan(portfolio, optimum->plan);
  ASSERT_TRUE(again);
  EXPECT_NEAR(*again, optimum->plan.usd, 1e-6);
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

}  // namespace
}  // namespace capplan

#include <gtest/gtest.h>

#include <cmath>

#include "capplan/optimum/portfolio.h"
#include "unit/optimum/enumeration.h"
#include "unit/optimum/random_portfolio.h"

namespace capplan {
namespace {

const OptimumSettings kToTheEnd = {.gap = 0, .nodes = 20'000, .monitor = nullptr};

void expect_as_enumerated(const Portfolio& portfolio, unsigned seed) {
  SCOPED_TRACE(seed);
  const double best = Enumeration(portfolio).best();
  const auto optimum = find_optimum(portfolio, kToTheEnd);
  ASSERT_EQ(optimum.has_value(), std::isfinite(best)) << best;
  if (!optimum) return;
  EXPECT_NEAR(optimum->plan.usd, best, 1e-6 * best);
  EXPECT_LE(optimum->bound, best * (1 + 1e-9));
  EXPECT_TRUE(optimum->proven);
  const auto relaxed = relaxed_bound(portfolio);
  ASSERT_TRUE(relaxed);
  EXPECT_LE(*relaxed, best * (1 + 1e-7));
  const auto again = cost_of_plan(portfolio, optimum->plan);
  ASSERT_TRUE(again);
  EXPECT_NEAR(*again, optimum->plan.usd, 1e-6);
}

TEST(FindOptimum, IsWhatTryingEveryPlanFinds) {
  for (unsigned seed = 1; seed <= 400; ++seed) expect_as_enumerated(RandomPortfolio(seed).small(), seed);
}

TEST(FindOptimum, KeepsToLimitsAtLeastCost) {
  int limited = 0;
  for (unsigned seed = 1001; limited < 150; ++seed) {
    RandomPortfolio random(seed);
    Portfolio portfolio = random.small();
    if (!portfolio.served.empty()) continue;
    portfolio.limits = random.limits();
    ++limited;
    expect_as_enumerated(portfolio, seed);
  }
}

}  // namespace
}  // namespace capplan

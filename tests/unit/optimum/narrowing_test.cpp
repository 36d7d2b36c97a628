#include "optimum/narrowing.h"

#include <gtest/gtest.h>

#include <optional>

#include "optimum/parts.h"
#include "optimum/screening.h"
#include "support/portfolios.h"

namespace capplan {
namespace {

constexpr double kNear = 1e-5;

ProgramDetail without_limits() {
  ProgramDetail detail;
  detail.limits = false;
  return detail;
}

struct Case {
  explicit Case(unsigned seed) : chance(seed, 5, 6), part(screened(chance.portfolio(), false)) {}

  PortfolioByChance chance;
  Kept part;
  Narrowing narrowing{chance.portfolio(), part, false, nullptr};
};

// Few pools under the prices of their works say as much as all pools in one program.
TEST(Narrowing, BoundIsTheRelaxationOfAllPools) {
  int narrowed = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const Case c(seed);
    if (c.narrowing.left_out() == 0) continue;
    ++narrowed;
    const PortfolioProgram all(c.chance.portfolio(), c.part, without_limits());
    const double usd = all.program().solve_relaxed(nullptr).objective;
    EXPECT_NEAR(c.narrowing.bound(), usd, kNear * usd) << "seed " << seed;
    EXPECT_LE(c.narrowing.bound(), usd * (1 + 1e-7)) << "seed " << seed;
  }
  EXPECT_GE(narrowed, 6);
}

// A machine of a pool that stays out makes every plan cost more than is said.
TEST(Narrowing, PlansWithOtherPoolsCostMore) {
  int pools = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Case c(seed);
    const Portfolio& portfolio = c.chance.portfolio();
    const std::vector<bool> in = used_pools(portfolio, c.narrowing.part());
    const std::vector<bool> all = used_pools(portfolio, c.part);
    const double bound = c.narrowing.take_in(-kUnlimited);
    for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
      if (in[p] || !all[p]) continue;
      ++pools;
      PortfolioProgram with(portfolio, c.part, without_limits());
      with.program().bound_row(with.add_row_of_machines(p), 1, kUnlimited);
      EXPECT_GE(with.program().solve_relaxed(nullptr).objective, bound * (1 - kNear))
          << "seed " << seed << ", " << portfolio.pools[p].id;
    }
  }
  EXPECT_GE(pools, 4);
}

TEST(Narrowing, TakesInWhatMayCostLess) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Case c(seed);
    const std::size_t before = c.narrowing.left_out();
    c.narrowing.take_in(c.narrowing.bound() * (1 - kNear));
    EXPECT_EQ(c.narrowing.left_out(), before) << "seed " << seed;
    EXPECT_EQ(c.narrowing.take_in(kUnlimited), kUnlimited) << "seed " << seed;
    EXPECT_EQ(used_pools(c.chance.portfolio(), c.narrowing.part()), used_pools(c.chance.portfolio(), c.part))
        << "seed " << seed;
  }
}

// Limits have prices as works have: few pools say what all do, and whether all can keep to them at all.
TEST(Narrowing, BoundIsTheRelaxationWithinLimits) {
  int narrowed = 0;
  int impossible = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    for (const double accelerators : {20.0, 60.0, 150.0}) {
      Portfolio portfolio = PortfolioByChance(seed, 4, 4).portfolio();
      portfolio.limits.accelerators = accelerators;
      portfolio.limits.budget_a_month = seed % 2 == 0 ? std::optional(400e3) : std::nullopt;
      const Kept part = screened(portfolio, true);
      const Narrowing narrowing(portfolio, part, true, nullptr);
      const PortfolioProgram all(portfolio, part, {});
      const RelaxedSolution relaxed = all.program().solve_relaxed(nullptr);
      ASSERT_EQ(narrowing.possible(), relaxed.found()) << "seed " << seed << ", " << accelerators;
      if (!relaxed.found()) {
        ++impossible;
        continue;
      }
      if (narrowing.left_out() == 0) continue;
      ++narrowed;
      EXPECT_NEAR(narrowing.bound(), relaxed.objective, kNear * relaxed.objective)
          << "seed " << seed << ", " << accelerators;
      EXPECT_LE(narrowing.bound(), relaxed.objective * (1 + 1e-6));
    }
  }
  EXPECT_GE(narrowed, 1);
  EXPECT_GE(impossible, 1);
}

// Whoever stops it has all pools, and no bound.
TEST(Narrowing, StoppedItLeavesNothingOut) {
  Monitor monitor;
  monitor.stop();
  const PortfolioByChance chance(1, 5, 6);
  const Kept part = screened(chance.portfolio(), false);
  const Narrowing narrowing(chance.portfolio(), part, false, &monitor);
  EXPECT_EQ(narrowing.left_out(), 0U);
  EXPECT_EQ(narrowing.bound(), -kUnlimited);
}

}  // namespace
}  // namespace capplan

#include "optimum/months.h"

#include <gtest/gtest.h>

#include "optimum/mixed_integer_program.h"
#include "optimum/screening.h"
#include "optimum/search.h"
#include "support/portfolios.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

constexpr OptimumSettings kFewNodes{.nodes = 10, .rounds = 2};

// On the machines of a plan the months cost no more than they did, keep to every rule, and are no better than
// the optimum.
TEST(Months, AreNoDearerThanThePlanWhoseMachinesTheyHave) {
  int apart = 0;
  for (unsigned seed = 1; seed <= static_cast<unsigned>(testing::random_cases(20)); ++seed) {
    const PortfolioByChance chance(seed, 4, 4);
    const Portfolio& portfolio = chance.portfolio();
    const Kept part = screened(portfolio, false);
    const auto found = search(portfolio, part, {}, kFewNodes);
    ASSERT_TRUE(found) << seed;
    const auto laid_out = laid_out_by_month(portfolio, part, found->plan, false, kFewNodes);
    if (!laid_out) continue;
    ++apart;
    const auto usd = cost_of_plan(portfolio, laid_out->plan);
    ASSERT_TRUE(usd) << seed;
    EXPECT_NEAR(*usd, laid_out->plan.usd, 1e-6 * *usd) << seed;
    EXPECT_GE(laid_out->plan.usd, found->bound * (1 - 1e-9)) << seed;
    // A month is searched to a tenth of the gap.
    if (found->scheduled) {
      EXPECT_LE(laid_out->plan.usd, found->plan.usd * (1 + 1e-4)) << seed;
    }
  }
  EXPECT_GE(apart, testing::random_cases(20) / 4);
}

// Two runs of 400 hours on the one machine that is there; what is rented fills up. Month two has none to do.
Portfolio one_machine() {
  Portfolio portfolio;
  portfolio.months = 2;
  portfolio.blocks = {{730}};
  Pool pool;
  pool.id = "pool";
  pool.bought_usd = {0, 100};
  TermOffer month{.id = "month", .term_months = 1, .usd = 50, .most = 3};
  pool.commitments = {month};
  portfolio.pools = {pool};
  const RunOption here{.id = "here", .pool = 0, .hours = 400, .place = {}, .quota = {}};
  const RunOption rented{.id = "rented", .pool = {}, .hours = 400, .usd = 70, .place = {}, .quota = {}};
  portfolio.runs = {{.id = "work",
                     .periods = {{.first_month = 0, .runs = 2, .window = {1}}},
                     .options = {here, rented},
                     .places = {}}};
  return portfolio;
}

TEST(Months, WhatIsHeldByTheMonthIsDecidedAnew) {
  const Portfolio portfolio = one_machine();
  PortfolioPlan plan;
  plan.bought = {{0, 1}};
  plan.placed = {{0, 0, 1, 2}};
  const auto laid_out = laid_out_by_month(portfolio, all_columns(portfolio), plan, false, {});
  ASSERT_TRUE(laid_out);
  EXPECT_TRUE(laid_out->scheduled);
  EXPECT_NEAR(laid_out->plan.usd, 150, 1e-9);
  ASSERT_EQ(laid_out->plan.committed.size(), 1U);
  EXPECT_EQ(laid_out->plan.committed[0].month, 0);
  EXPECT_EQ(laid_out->plan.committed[0].machines, 1);
  EXPECT_EQ(laid_out->bound, -kUnlimited);
}

TEST(Months, AreNotApartWhereARunHasSeveral) {
  Portfolio portfolio = one_machine();
  portfolio.runs[0].periods[0].window = {1, 1};
  EXPECT_FALSE(laid_out_by_month(portfolio, all_columns(portfolio), {}, false, {}));
  portfolio = one_machine();
  portfolio.months = 1;
  EXPECT_FALSE(laid_out_by_month(portfolio, all_columns(portfolio), {}, false, {}));
}

}  // namespace
}  // namespace capplan

#include "capplan/cost/credits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "capplan/cost/cash_flow.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

// A credit of $1M with provider x for 181 days from the newest price; 24,000 dollars of rent over two
// years, paid as the schedule says.
Cost after_credits(const Schedule& paid) {
  const Catalog base = testing::market_of({{.provider = "x", .as_of = "2026-06-01"}});
  const auto catalog = overlay_catalog(
      base, "mine",
      {{"adjustments.yaml",
        "- name: grant\n  select: {provider: x}\n  credits: $1M\n  until: 2026-11-28\n  source: s\n  as_of: "
        "2026-06-01\n"}});
  EXPECT_TRUE(catalog.has_value());
  Cost cost;
  const Factor price{"price", 1, "USD/accelerator/h", Origin::kPrice, "x", {"s", "2026-06-01", false}};
  cost.add(
      cost_line(Category::kCompute, "rent", {rule_factor("hours", 24000)}, "accelerator-hour", price, paid));
  spend_credits(cost, {{"x", Purchase::kReserved}}, *catalog);
  return cost;
}
double covered(const Schedule& paid) { return 24000 - after_credits(paid).total().usd(); }

TEST(Credits, CoverWhatIsPaidByTheirLastDay) {
  EXPECT_EQ(covered({}), 24000);                          // all at once
  EXPECT_EQ(covered({Duration{}, 2 * kYear, 2}), 12000);  // the first of two terms
  EXPECT_EQ(covered({Duration{}, 2 * kYear, 8}), 6000);   // at 0 and 3 months; the third at 6 months is late
  EXPECT_EQ(covered({kYear, kYear}), 0);
  const double evenly = covered({Duration{}, 2 * kYear});
  EXPECT_GT(evenly, 5900);
  EXPECT_LT(evenly, 6100);
}

// What grows is covered as it grows: nothing is owed while the credit lasts, and nobody is paid by it.
TEST(Credits, ArePaidInTheMonthsThatTheyCover) {
  std::vector<double> growing;
  for (int m = 0; m < 24; ++m) growing.push_back(std::pow(1.1, m));
  const CashFlow cash = cash_flow(after_credits({Duration{}, 2 * kYear, 0, growing}), 2 * kYear);
  ASSERT_EQ(cash.months.size(), 24u);
  for (std::size_t m = 0; m < 5; ++m) EXPECT_NEAR(cash.months[m].in(kUsd), 0, 0.01) << m;
  EXPECT_LT(cash.months[6], cash.months[5]);
  EXPECT_LT(cash.months[6].in(kUsd), -400);
}

}  // namespace
}  // namespace capplan

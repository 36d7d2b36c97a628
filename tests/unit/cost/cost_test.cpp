#include "capplan/cost/cost.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

TEST(MoneyOf, RoundsOnceToAMillionth) {
  EXPECT_EQ(Money::of(Usd::of(1.2345674)).micros(), 1234567);
  EXPECT_EQ(Money::of(Usd::of(1.2345675001)).micros(), 1234568);
  EXPECT_EQ(Money::of(Usd::of(-0.0000005001)).micros(), -1);
  EXPECT_EQ(Money::of(Usd::of(0.1)) + Money::of(Usd::of(0.2)), Money::of(Usd::of(0.3)));
}

TEST(Line, AmountIsQuantityTimesPriceRoundedOnce) {
  const CostLine line = cost_line(Category::kCompute, "x", 3, "unit", 1.0 / 3, {"s", "2026-01-01", true});
  EXPECT_EQ(line.amount.micros(), 1000000);
  EXPECT_EQ(line.source, "s");
  EXPECT_TRUE(line.unverified);
}

TEST(CostOf, TotalsAreSumsOfLines) {
  Cost cost;
  cost.add(cost_line(Category::kCompute, "a", 3, "u", 0.3333337, {}));
  cost.add(cost_line(Category::kCompute, "b", 1, "u", 0.0000004, {}));  // nothing
  CostLine bought = cost_line(Category::kNetwork, "c", 1, "u", 5, {});
  bought.capital = true;
  cost.add(bought);
  ASSERT_EQ(cost.lines.size(), 2u);
  EXPECT_EQ(cost.total().micros(), 1000001 + 5000000);
  EXPECT_EQ(cost.capex().micros(), 5000000);
  Money sum;
  for (const Category category : kCategories) sum += cost.total(category);
  EXPECT_EQ(sum, cost.total());
  EXPECT_EQ((cost + cost).total().micros(), 2 * cost.total().micros());
}

TEST(Billing, EveryStartedHour) {
  struct Case {
    double hours, billed;
  };
  for (const Case& c :
       {Case{15.5, 16}, Case{15, 15}, Case{0.01, 1}, Case{15.000000001, 15}, Case{15.001, 16}, Case{0, 0}}) {
    EXPECT_DOUBLE_EQ(billed_time(c.hours * kHour).in(kHour), c.billed) << c.hours;
  }
}

}  // namespace
}  // namespace capplan

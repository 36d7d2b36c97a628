#include "capplan/cost/cost.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "capplan/cost/rented.h"

namespace capplan {
namespace {

TEST(MoneyOf, RoundsOnceToAMillionth) {
  EXPECT_EQ(Money::of(Usd::of(1.2345674)).micros(), 1234567);
  EXPECT_EQ(Money::of(Usd::of(1.2345675001)).micros(), 1234568);
  EXPECT_EQ(Money::of(Usd::of(-0.0000005001)).micros(), -1);
  EXPECT_EQ(Money::of(Usd::of(0.1)) + Money::of(Usd::of(0.2)), Money::of(Usd::of(0.3)));
}

const Provenance kStated{"s", "2026-01-01", false};
const Provenance kGuessed{"s", "2026-01-01", true};

CostLine line_of(Category category, std::vector<Factor> factors, double price,
                 const Provenance& source = kStated) {
  return cost_line(category, "x", std::move(factors), "unit",
                   {"price", price, "USD/unit", Origin::kPrice, "seller", source}, {});
}

TEST(Line, AmountIsTheProductOfItsFactorsTimesPriceRoundedOnce) {
  const CostLine line = line_of(Category::kCompute, {rule_factor("a", 3), rule_factor("b", 0.5)}, 1.0 / 3);
  EXPECT_EQ(line.quantity(), 1.5);
  EXPECT_EQ(line.amount.micros(), 500000);
  EXPECT_EQ(line_of(Category::kCompute, {}, 7).amount.usd(), 7);  // one of it
}

TEST(Line, AGuessMayBeThePriceOrAFactor) {
  EXPECT_FALSE(line_of(Category::kCompute, {rule_factor("a", 3)}, 1).unverified());
  EXPECT_TRUE(line_of(Category::kCompute, {rule_factor("a", 3)}, 1, kGuessed).unverified());
  const Factor guess{"load", 0.8, "", Origin::kFigure, "power.load", kGuessed};
  EXPECT_TRUE(line_of(Category::kCompute, {rule_factor("a", 3), guess}, 1).unverified());
}

TEST(CostOf, AssumesEachGuessOnce) {
  const Factor guess{"load", 0.8, "kW", Origin::kFigure, "power.load", kGuessed};
  const CostLine line = line_of(Category::kCompute, {guess, guess}, 2, kGuessed);
  Cost cost;
  cost.assume_unverified(line);
  cost.assume_unverified(line);
  ASSERT_EQ(cost.assumptions.size(), 2u);
  EXPECT_EQ(cost.assumptions[0].path, "figure.power.load");
  EXPECT_EQ(cost.assumptions[0].value, "0.8 kW");
  EXPECT_EQ(cost.assumptions[1].path, "purchase.seller");
}

TEST(CostOf, TotalsAreSumsOfLines) {
  Cost cost;
  cost.add(line_of(Category::kCompute, {rule_factor("a", 3)}, 0.3333337));
  cost.add(line_of(Category::kCompute, {}, 0.0000004));  // nothing
  CostLine bought = line_of(Category::kNetwork, {}, 5);
  bought.capital = true;
  cost.add(bought);
  cost.idle = Money::of(2 * kUsd);
  cost.transfers = {{"loan", Money::of(-5 * kUsd), {}}};
  ASSERT_EQ(cost.lines.size(), 2u);
  EXPECT_EQ(cost.total().micros(), 1000001 + 5000000);  // borrowing costs nothing
  EXPECT_EQ(cost.capex().micros(), 5000000);
  Money sum;
  for (const Category category : kCategories) sum += cost.total(category);
  EXPECT_EQ(sum, cost.total());
  const Cost twice = cost + cost;
  EXPECT_EQ(twice.total().micros(), 2 * cost.total().micros());
  EXPECT_EQ(twice.idle.usd(), 4);
  EXPECT_EQ(twice.transfers.size(), 2u);
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

TEST(Billing, ByTheSecondAndNoLessThanTheLeast) {
  struct Case {
    double seconds, granularity, least, billed;
  };
  for (const Case& c : {Case{3600.2, 1, 60, 3601}, Case{12, 1, 60, 60}, Case{61, 60, 0, 120},
                        Case{0, 60, 0, 0}, Case{90, 60, 3600, 3600}, Case{3661, 3600, 60, 7200}}) {
    EXPECT_DOUBLE_EQ(billed_time(c.seconds * kSecond, c.granularity * kSecond, c.least * kSecond).base(),
                     c.billed)
        << c.seconds;
  }
}

}  // namespace
}  // namespace capplan

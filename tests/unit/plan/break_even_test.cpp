#include "plan/break_even.h"

#include <gtest/gtest.h>

#include <cmath>

#include "plan/break_even_study.h"
#include "support/plans.h"

namespace capplan {
namespace {

constexpr Duration kHorizon = 12 * kMonth;

// A node of eight: bought at the start, sold at the horizon, with people and electricity.
struct Node {
  double price = 310e3;
  double left = 0.62;   // of the price
  double staff = 48e3;  // a year
  double power = 0.2;   // an accelerator-hour
  double rent = 4.5;    // an accelerator-hour
  double use = 0.3;     // of the horizon
};

PlanOption option(SupplyOption kind, double hours) {
  PlanOption o;
  o.id = kind == SupplyOption::kOnPrem ? "own" : "rent";
  o.option = kind;
  Allocation a;
  a.accelerator = "H100-SXM-80GB";
  a.count = 8;
  a.purchase = kind == SupplyOption::kOnPrem ? Purchase::kOwned : Purchase::kOnDemand;
  a.accelerator_hours = hours;
  a.execution.goodput = 0.9;
  o.allocations = {a};
  return o;
}

CostLine dollars(Category category, double amount, const Schedule& paid, bool capital = false) {
  CostLine line = cost_line(category, "x", {}, "", rule_factor("x", amount), paid);
  line.capital = capital;
  return line;
}

BuyOrRent judged(const Node& n, const Discounting& d, Duration horizon = kHorizon) {
  const Schedule throughout{Duration{}, horizon};
  const double hours = n.use * 8 * horizon.in(kHour);
  PlanOption own = option(SupplyOption::kOnPrem, hours);
  own.cost.add(dollars(Category::kCompute, n.price, {}, true));
  own.cost.add(dollars(Category::kCompute, -n.left * n.price, {horizon, horizon}, true));
  own.cost.add(dollars(Category::kStaff, n.staff * (horizon / kYear), throughout));
  own.cost.add(dollars(Category::kPower, n.power * hours, throughout));
  own.cash = cash_flow(own.cost, horizon);
  PlanOption rent = option(SupplyOption::kRental, hours);
  Factor price = rule_factor("price", n.rent);
  price.origin = Origin::kPrice;
  rent.cost.add(cost_line(Category::kCompute, "rent", {rule_factor("hours", hours)}, "accelerator-hour",
                          price, throughout));
  rent.cash = cash_flow(rent.cost, horizon);
  return buy_or_rent(own, rent, horizon, d);
}

Discounting at(double rate) {
  Discounting d;
  d.rate = InterestRate::effective(rate);
  return d;
}

double per_hour(const std::optional<DevicePrice>& price) { return price->in(kUsd / kHour / kDevice); }

TEST(BreakEven, ByHandUndiscounted) {
  const BuyOrRentFigures f = judged({}, at(0.08)).undiscounted;
  // (310,000 x 0.38 + 48,000) / (8 x 8,760 h x $4.30)
  EXPECT_NEAR(*f.utilization, 165800 / 301344.0, 1e-12);
  // 117,800 / (8 x 730 x 4.3 - 4,000)
  EXPECT_NEAR(*f.months, 117800 / 21112.0, 1e-12);
  EXPECT_NEAR(f.buy.in(kUsd), 165800 + 0.2 * 0.3 * 70080, 1e-6);
  EXPECT_NEAR(f.rent.in(kUsd), 4.5 * 0.3 * 70080, 1e-6);
  EXPECT_NEAR(per_hour(f.rent_used), 4.5, 1e-9);
  EXPECT_NEAR(per_hour(f.rent_delivered), 5, 1e-9);
  EXPECT_NEAR(per_hour(f.buy_used), 165800 / (0.3 * 70080) + 0.2, 1e-9);
}

TEST(BreakEven, ByHandDiscounted) {
  const BuyOrRentFigures f = judged({}, at(0.08)).discounted;
  const double m = std::pow(1.08, 1.0 / 12) - 1;
  const double annuity = (1 - 1 / 1.08) / m;
  const double capital = 310000 - 0.62 * 310000 / 1.08;
  EXPECT_NEAR(*f.utilization, (capital + 4000 * annuity) / (25112 * annuity), 1e-9);
  // The months whose savings are worth the capital: 21,112 (1 - (1 + m)^-n) / m.
  EXPECT_NEAR(21112 * (1 - std::pow(1 + m, -*f.months)) / m, capital, 1e-6);
  EXPECT_NEAR(per_hour(f.rent_used), 4.5, 1e-9) << "what is paid as it is used is worth its price";
  EXPECT_GT(per_hour(f.buy_used), per_hour(judged({}, at(0.08)).undiscounted.buy_used));
}

// Hours of continuous use that pay for a server, h = capital / (rent - running cost): $833,806 that costs
// $0.87 an hour to run against $98.32 an hour.
TEST(BreakEven, HoursOfAServerInContinuousUse) {
  const Node server{833806, 0, 0, 0.87 / 8, 98.32 / 8, 1};
  const BuyOrRent b = judged(server, at(0.08), 60 * kMonth);
  EXPECT_NEAR(*b.undiscounted.months * 730, 8556, 1);
  EXPECT_NEAR(*b.undiscounted.payback_months * 730, 8556, 1);
  EXPECT_NEAR(*b.crossing_month * 730, 8556, 1);
  EXPECT_NEAR(*b.undiscounted.utilization, 8556.0 / 43800, 1e-4);
  EXPECT_GT(*b.discounted.payback_months, *b.undiscounted.payback_months);
}

TEST(BreakEven, DiscountingTurnsTheVerdictRoundAndSaysWhy) {
  const double between = 0.58;  // of 55.0% and 61.6%
  Node n;
  n.use = between;
  const BuyOrRent b = judged(n, at(0.08));
  EXPECT_LT(*b.undiscounted.utilization, between);
  EXPECT_GT(*b.discounted.utilization, between);
  EXPECT_TRUE(b.undiscounted.buying_wins());
  EXPECT_FALSE(b.discounted.buying_wins());
  ASSERT_TRUE(b.rate_of_return);
  EXPECT_GT(b.rate_of_return->yearly(), 0);
  EXPECT_LT(b.rate_of_return->yearly(), 0.08);
  EXPECT_NE(b.why_they_differ.find("8% a year"), std::string::npos);
  const BuyOrRent at_return = judged(n, at(b.rate_of_return->yearly()));
  EXPECT_NEAR(at_return.discounted.saving().in(kUsd), 0, 1e-3);
  EXPECT_TRUE(judged({}, at(0.08)).why_they_differ.empty());
}

// Properties: the lines cross at the utilization; it is within the horizon where the months are; the verdict
// at the spec's use follows from it, where use is even.
TEST(BreakEven, UtilizationMonthsAndVerdictAgree) {
  for (const double rent : {1.5, 2.5, 3.0, 4.5, 9.0}) {
    for (const double use : {0.1, 0.4, 0.7, 1.0}) {
      for (const double rate : {0.0, 0.05, 0.3}) {
        Node n;
        n.rent = rent;
        n.use = use;
        const BuyOrRent b = judged(n, at(rate));
        const BuyOrRentFigures& f = b.discounted;
        ASSERT_TRUE(f.utilization);
        const DeviceTime crossing = b.capacity * *f.utilization;
        EXPECT_NEAR(f.buy_over_use.at(crossing).in(kUsd), f.rent_over_use.at(crossing).in(kUsd), 1e-5);
        EXPECT_NEAR(f.buy_over_use.at(b.use).in(kUsd), f.buy.in(kUsd), 1e-2);
        EXPECT_NEAR(f.rent_over_use.at(b.use).in(kUsd), f.rent.in(kUsd), 1e-2);
        EXPECT_EQ(f.buying_wins(), use > *f.utilization) << rent << " " << use << " " << rate;
        EXPECT_EQ(*f.utilization <= 1, f.months && *f.months <= 12) << rent << " " << rate;
      }
    }
  }
}

TEST(BreakEven, NeverWhereAnOwnedHourCostsNoLess) {
  Node n;
  n.rent = 0.2;
  const BuyOrRentFigures f = judged(n, at(0.08)).undiscounted;
  EXPECT_FALSE(f.utilization);
  EXPECT_FALSE(f.months);
  EXPECT_FALSE(f.payback_months);
  EXPECT_FALSE(f.buying_wins());
}

TEST(BreakEven, TheLinesOfCashGoOnOverASecondHorizon) {
  Node n;
  n.use = 0.9;
  n.rent = 6;
  const BuyOrRent early = judged(n, at(0.08));
  EXPECT_EQ(early.months.size(), 13U);
  n.rent = 3.5;
  const BuyOrRent late = judged(n, at(0.08));
  EXPECT_EQ(late.months.size(), 25U);
  // 310,000 / (0.9 x 8 x 730 x 3.3 - 4,000)
  EXPECT_NEAR(*late.crossing_month, 310000 / (0.9 * 8 * 730 * 3.3 - 4000), 1e-6);
  n.rent = 1;
  EXPECT_FALSE(judged(n, at(0.08)).crossing_month);
}

// What an estimate says is what the comparison says.
TEST(BreakEven, EstimateAndStudyAgree) {
  const std::string spec =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\ndeadline: 45 days\npin: {accelerator: "
      "H100-SXM-80GB}\n";
  const Plan plan = testing::plan_of(spec);
  ASSERT_EQ(plan.break_even.size(), 1U);
  const auto study = study_break_even(testing::spec_of(spec), testing::builtin(), {});
  ASSERT_TRUE(study);
  const BuyOrRent& b = study->workloads.front().purchases.front();
  EXPECT_EQ(b.buy, plan.break_even.front().buy);
  EXPECT_EQ(b.rent, plan.break_even.front().rent);
  EXPECT_DOUBLE_EQ(*b.undiscounted.utilization, plan.break_even.front().utilization);
  EXPECT_DOUBLE_EQ(*b.undiscounted.months, plan.break_even.front().months);
  for (const PlanOption& o : plan.options) {
    if (o.id == b.buy) {
      EXPECT_NEAR(b.undiscounted.buy.in(kUsd), o.cost.total().usd(), 1e-4);
    }
    if (o.id == b.rent) {
      EXPECT_NEAR(b.undiscounted.rent.in(kUsd), o.cost.total().usd(), 1e-4);
    }
  }
}

TEST(BreakEven, NoneWhereTheSpecLeavesOwningOut) {
  const std::string spec =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 10B}\npin: {accelerator: H100-SXM-80GB}\n"
      "constraints: {options: [cloud, rental]}\n";
  EXPECT_TRUE(testing::plan_of(spec).break_even.empty());
  const auto study = study_break_even(testing::spec_of(spec), testing::builtin(), {});
  ASSERT_TRUE(study);
  EXPECT_TRUE(study->workloads.front().purchases.empty());
  EXPECT_EQ(study->workloads.front().why_not, "`constraints.options` leaves owning out");
}

TEST(BreakEven, ALeaseHasNoCapitalToBePaidBack) {
  const std::string spec =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 10B}\npin: {accelerator: H100-SXM-80GB}\n";
  const auto first = [&](const std::string& site) {
    const auto study = study_break_even(testing::spec_of(spec + site), testing::builtin(), {});
    return study->workloads.front().purchases.front();
  };
  EXPECT_TRUE(first("").bought);
  const BuyOrRent leased = first("site: {lease: $1000/month}\n");
  EXPECT_FALSE(leased.bought);
  EXPECT_TRUE(leased.undiscounted.utilization.has_value());
}

TEST(BreakEven, LinesThatGrowWithUse) {
  const Plan plan = testing::plan_of(
      "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\npin: {accelerator: H100-SXM-80GB}\n"
      "operations: {support: 10%, setup: $1000, setup_time: 5 h}\ncarbon_price: $50/t\n");
  double growing = 0;
  for (const PlanOption& o : plan.options) {
    for (const CostLine& line : o.cost.lines) {
      const bool expected = line.category == Category::kPower || line.label == "support plan" ||
                            (line.category == Category::kCompute && line.unit == "accelerator-hour");
      EXPECT_EQ(grows_with_use(line), expected) << o.id << ": " << line.label;
      growing += grows_with_use(line) ? 1 : 0;
    }
  }
  EXPECT_GT(growing, 10);
}

TEST(BreakEven, TheRateIsTheSpecsElseTheCataloguesAndSaysSo) {
  const std::string spec =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 10B}\npin: {accelerator: H100-SXM-80GB}\n";
  const auto usual = study_break_even(testing::spec_of(spec), testing::builtin(), {});
  ASSERT_TRUE(usual);
  EXPECT_NEAR(usual->discounting.rate.yearly(), testing::builtin().figure("finance.cost-of-capital").value,
              1e-12);
  ASSERT_EQ(usual->assumptions.size(), 1U);
  EXPECT_EQ(usual->assumptions.front().path, "finance.rate");
  const auto stated =
      study_break_even(testing::spec_of(spec + "discount_rate: 3%\n"), testing::builtin(), {});
  ASSERT_TRUE(stated);
  EXPECT_NEAR(stated->discounting.rate.yearly(), 0.03, 1e-12);
  EXPECT_TRUE(stated->assumptions.empty());
}

TEST(BreakEven, EachWorkloadAlone) {
  const std::string rest =
      "model: {preset: llama-3-8b}, dataset: {tokens: 10B}, pin: {accelerator: H100-SXM-80GB}";
  const auto study = study_break_even(
      testing::spec_of("workloads:\n  - {name: a, " + rest + "}\n  - {name: b, " + rest + "}\n"),
      testing::builtin(), {});
  ASSERT_TRUE(study);
  ASSERT_EQ(study->workloads.size(), 2U);
  EXPECT_EQ(study->workloads[0].purchases.front().buy, study->workloads[1].purchases.front().buy);
  const auto faulty = study_break_even(testing::spec_of("site: {profile: mars}\nworkloads:\n  - {name: a, " +
                                                        rest + "}\n  - {name: b, " + rest + "}\n"),
                                       testing::builtin(), {});
  ASSERT_FALSE(faulty);
  EXPECT_EQ(faulty.error().size(), 1U) << "said once";
}

}  // namespace
}  // namespace capplan

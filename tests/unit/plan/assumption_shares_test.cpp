#include "plan/assumption_shares.h"

#include <gtest/gtest.h>

#include "support/plans.h"

namespace capplan {
namespace {

const Provenance kUnsourced{"nobody", "2026-08-22", true};

CostLine line_of(Category category, double amount, std::vector<Factor> factors, const Factor& price) {
  CostLine line = cost_line(category, "line", std::move(factors), "unit", price, {});
  line.amount = Money::of(Usd::of(amount));
  return line;
}

Allocation allocation(Purchase purchase) {
  Allocation a;
  a.accelerator = "H100-SXM-80GB";
  a.provider = "nebius";
  a.purchase = purchase;
  return a;
}

// 100 dollars of rented hours, 10 of storage at a median price, 5 of setup.
PlanOption rented() {
  PlanOption o;
  o.allocations = {allocation(Purchase::kOnDemand)};
  const Factor hours = result_factor("hours of a run, as billed", 50, "h", "billed_hours");
  const Factor price{"price",        2,        "USD/accelerator/h",
                     Origin::kPrice, "nebius", {"list", "2026-08-22", false}};
  const Factor median{"median", 0.1, "USD/GB/month", Origin::kRule, "nebius", kUnsourced};
  o.cost.add(line_of(Category::kCompute, 100, {hours}, price));
  o.cost.add(line_of(Category::kStorage, 10, {}, median));
  o.cost.add(line_of(Category::kSetup, 5, {}, spec_factor("setup", 5, "USD", "operations.setup")));
  return o;
}

double share_of(const AssumptionShares& shares, const std::string& path) {
  for (const auto* list : {&shares.of_plan, &shares.of_spec}) {
    for (const AssumptionShare& s : *list) {
      if (s.assumption.path == path) return s.share;
    }
  }
  ADD_FAILURE() << path;
  return -1;
}

Plan a_year() {
  Plan plan;
  plan.horizon = 12 * kMonth;
  return plan;
}

TEST(AssumptionShares, AreThoseOfTheLinesThatRestOnThem) {
  PlanOption o = rented();
  o.cost.assumptions = {{"price.nebius.storage", "0.1 USD/GB/month", "median"},
                        {"billing.granularity", "1 h", "default"}};
  o.energy.assumptions = {{"carbon.nebius", "0.475 kg/kWh", "world mean"}};
  o.allocations[0].execution.assumptions = {{"pin.stack", "megatron-core-2026", "current"}};
  Plan plan = a_year();
  plan.assumptions = {{"objective", "cost", "default"}, {"workloads[0].training.epochs", "1", "default"}};
  const AssumptionShares shares = assumption_shares(plan, o);
  EXPECT_NEAR(share_of(shares, "price.nebius.storage"), 10.0 / 115, 1e-12);
  EXPECT_NEAR(share_of(shares, "billing.granularity"), 100.0 / 115, 1e-12);
  EXPECT_NEAR(share_of(shares, "pin.stack"), 100.0 / 115, 1e-12);
  EXPECT_NEAR(share_of(shares, "workloads[0].training.epochs"), 100.0 / 115, 1e-12);
  EXPECT_EQ(share_of(shares, "carbon.nebius"), 0);
  EXPECT_EQ(share_of(shares, "objective"), 0);
  // Three of them rest on the same hours, which count once.
  EXPECT_EQ(shares.assumed, Money::of(Usd::of(110)));
  EXPECT_NEAR(shares.share, 110.0 / 115, 1e-12);
  EXPECT_NEAR(shares.price_share, 10.0 / 115, 1e-12);
  EXPECT_NEAR(shares.effort_share, 100.0 / 115, 1e-12);
}

TEST(AssumptionShares, NothingAssumedIsNoShare) {
  const AssumptionShares shares = assumption_shares(a_year(), rented());
  EXPECT_EQ(shares.share, 0);
  EXPECT_EQ(shares.assumed, Money{});
  EXPECT_EQ(assumption_shares(a_year(), PlanOption{}).share, 0);
}

// Installation and the value left are shares of what was bought, so they rest on its price as well; the value
// left is negative, and counts by its size: 80 + 8 - 40 and 12 of staff are 140 dollars of lines.
TEST(AssumptionShares, LinesOnTheSumOfOthersRestOnWhatThoseDo) {
  PlanOption o;
  o.allocations = {allocation(Purchase::kOwned)};
  const Factor price{"purchase price", 80, "USD", Origin::kPrice, "H100-SXM-80GB", kUnsourced};
  const Factor bought{"hardware bought", 80, "USD", Origin::kCapital, "hardware", {}};
  o.cost.add(line_of(Category::kCompute, 80, {}, price));
  o.cost.add(line_of(Category::kSetup, 8, {bought}, rule_factor("installation", 0.1)));
  o.cost.add(line_of(Category::kCompute, -40, {bought}, rule_factor("value left", -0.5)));
  for (CostLine& line : o.cost.lines) line.capital = true;
  o.cost.add(line_of(Category::kStaff, 12, {}, rule_factor("salary", 12)));
  o.cost.assumptions = {{"purchase.H100-SXM-80GB", "80 USD", "unverified"}};
  const AssumptionShares shares = assumption_shares(a_year(), o);
  EXPECT_NEAR(share_of(shares, "purchase.H100-SXM-80GB"), 128.0 / 140, 1e-12);
  EXPECT_EQ(shares.assumed, Money::of(Usd::of(128)));
}

// What is assumed of how one workload runs says nothing of the cost of the other.
TEST(AssumptionShares, OfOneAllocationStayWithIt) {
  PlanOption o = rented();
  PlanOption other = rented();
  o.cost = std::move(o.cost) + of_allocation(other.cost, 1);
  o.allocations.push_back(other.allocations[0]);
  o.allocations[1].workload = 1;
  o.allocations[1].execution.assumptions = {{"performance.mfu", "70%", "high"}};
  Plan plan = a_year();
  plan.assumptions = {{"workloads[0].assume.mfu", "40%", "the spec"}};
  const AssumptionShares shares = assumption_shares(plan, o);
  EXPECT_NEAR(share_of(shares, "performance.mfu"), 100.0 / 230, 1e-12);
  EXPECT_NEAR(share_of(shares, "workloads[0].assume.mfu"), 100.0 / 230, 1e-12);
  EXPECT_NEAR(shares.share, 200.0 / 230, 1e-12);
}

// An unsourced figure that reaches a line of a real plan is never left without its share.
TEST(AssumptionShares, EveryUnverifiedLineOfAPlanIsAssumed) {
  const Plan plan = testing::plan_of(
      "model: {preset: llama-3-8b}\ndataset: {tokens: 20B}\nhorizon: 24 months\n"
      "runs: {every: month}\ndeadline: 20 days\nsite: {shared: 40%}\n");
  for (const PlanOption& o : plan.options) {
    const AssumptionShares shares = assumption_shares(plan, o);
    Money unverified;
    for (const CostLine& line : o.cost.lines) {
      if (line.unverified() && line.amount > Money{}) unverified += line.amount;
    }
    EXPECT_GE(shares.assumed, unverified) << o.id;
    if (o.option != SupplyOption::kOnPrem) continue;
    EXPECT_GT(share_of(shares, "site.shared"), 0.5) << o.id;
  }
}

}  // namespace
}  // namespace capplan

// Where copies of a dataset stand, and what bringing it elsewhere costs and takes.
#include <gtest/gtest.h>

#include <string>

#include "support/plans.h"

namespace capplan {
namespace {

using testing::best_of;
using testing::find_plan;
using testing::market_of;
using testing::plan_of;

std::string egress(const std::string& usd_per_gb) {
  return "egress:\n  - {price: " + usd_per_gb + " USD/GB, source: s, as_of: 2026-01-01}\n";
}

// `a` sells in two regions; what leaves it costs twice what leaves `b`.
const Catalog& sellers() {
  static const Catalog catalog = market_of(
      {{.provider = "a",
        .usd_per_hour = 16,
        .count = 8,
        .machine = "m",
        .region = "eu-west",
        .country = "FRA"},
       {.provider = "a",
        .usd_per_hour = 16,
        .count = 8,
        .machine = "m",
        .region = "us-east",
        .country = "USA"},
       {.provider = "b", .usd_per_hour = 3},
       {.provider = "c", .usd_per_hour = 4}},
      {{"a", "rental", egress("0.1")}, {"b", "rental", egress("0.05")}, {"c", "rental", egress("0")}});
  return catalog;
}

// 10 TB, read once.
std::string spec(const std::string& at) {
  return "model: {preset: llama-3-8b}\ndataset: {tokens: 1B, size: 10 TB" + at +
         "}\ntraining: {sequence_length: 8192, global_batch: 64}\ndeadline: 30 days\n"
         "pin: {accelerator: H100-SXM-80GB, count: 8}\n";
}

// Dollars paid to where the data leaves, on the plan of an id.
double paid(const Plan& plan, const std::string& id) {
  const PlanOption* o = find_plan(plan, id);
  if (o == nullptr) throw std::runtime_error("no plan of " + id);
  Money sum;
  for (const CostLine& line : o->cost.lines) {
    if (line.label.starts_with("dataset moved")) sum += line.amount;
  }
  return sum.usd();
}

Duration starts_after(const Plan& plan, const std::string& id) {
  return find_plan(plan, id)->allocations.front().starts_after;
}

TEST(DataPlace, WithoutAPlaceNothingMoves) {
  const Plan plan = plan_of(spec(""), sellers());
  for (const PlanOption& o : plan.options) {
    EXPECT_EQ(o.allocations.front().starts_after, Duration{}) << o.id;
    for (const CostLine& line : o.cost.lines) EXPECT_FALSE(line.label.starts_with("dataset moved")) << o.id;
  }
  bool told = false;
  for (const Assumption& a : plan.assumptions) told = told || a.path == "workloads[0].dataset.at";
  EXPECT_TRUE(told);
}

TEST(DataPlace, LeavingAProviderIsPaidAndTakesTime) {
  const Plan plan = plan_of(spec(", at: [a], link: 10 Gbit/s"), sellers());
  EXPECT_EQ(paid(plan, "rental/a"), 0);
  EXPECT_EQ(starts_after(plan, "rental/a"), Duration{});
  for (const char* elsewhere : {"rental/b", "rental/c", "on-prem/"}) {
    EXPECT_NEAR(paid(plan, elsewhere), 1000, 1e-6) << elsewhere;
    EXPECT_NEAR(starts_after(plan, elsewhere).base(), 8000, 1e-6) << elsewhere;
  }
  const PlanOption& b = *find_plan(plan, "rental/b");
  EXPECT_NEAR((b.wall_clock - b.allocations.front().execution.run_time).base(), 8000, 1e-6);
}

TEST(DataPlace, TheCheapestCopyMoves) {
  const Plan plan = plan_of(spec(", at: [a, b]"), sellers());
  EXPECT_EQ(paid(plan, "rental/a"), 0);
  EXPECT_EQ(paid(plan, "rental/b"), 0);
  EXPECT_NEAR(paid(plan, "rental/c"), 500, 1e-6);
  EXPECT_NEAR(paid(plan, "on-prem/"), 500, 1e-6);
}

TEST(DataPlace, FromTheSiteItIsFree) {
  const Plan plan = plan_of(spec(", at: [a, site], link: 1 Gbit/s"), sellers());
  EXPECT_EQ(paid(plan, "rental/b"), 0);
  EXPECT_NEAR(starts_after(plan, "rental/b").base(), 80000, 1e-6);
  EXPECT_EQ(starts_after(plan, "on-prem/"), Duration{});
}

TEST(DataPlace, ARegionIsAPlaceOfItsOwn) {
  const Plan plan = plan_of(spec(", at: [a/us-east]"), sellers());
  EXPECT_EQ(paid(plan, "on-demand/us-east"), 0);
  EXPECT_NEAR(paid(plan, "on-demand/eu-west"), 1000, 1e-6);
}

TEST(DataPlace, AMoveThatOutlastsTheDeadlineIsLate) {
  const Plan plan = plan_of(spec(", at: [a], link: 1 Mbit/s"), sellers());
  EXPECT_TRUE(find_plan(plan, "rental/a")->meets_deadline);
  EXPECT_FALSE(find_plan(plan, "rental/b")->meets_deadline);
  EXPECT_FALSE(find_plan(plan, "rental/b")->feasible);
}

// The owned part begins with the data that the other place charges for.
TEST(DataPlace, ASplitPaysForItToo) {
  const Plan plan = plan_of(spec(", at: [a]"), sellers());
  ASSERT_NE(best_of(plan, SupplyOption::kHybrid), nullptr);
  EXPECT_NEAR(paid(plan, "hybrid/"), 1000, 1e-6);
}

TEST(DataPlace, UnknownPlacesAreLocated) {
  const auto plan = make_plan(testing::spec_of(spec(", at: [aa]")), sellers(), {});
  ASSERT_FALSE(plan.has_value());
  EXPECT_NE(plan.error()[0].message.find("`aa`"), std::string::npos);
  EXPECT_EQ(plan.error()[0].location.line, 3);
}

}  // namespace
}  // namespace capplan

// Plans that a program finds for all workloads together.
#include "plan/portfolio_plans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "plan/supply.h"
#include "support/plans.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

using testing::has_violation;
using testing::plan_of;

// Two providers and three accelerators keep the program small.
const std::string kFew =
    "constraints: {accelerators: {allow: [A100-SXM-80GB, H100-SXM-80GB]}, providers: {allow: [runpod, "
    "nebius]}";

std::string startup(const std::string& constraints, const std::string& site = "") {
  return kFew + constraints + "}\n" + site +
         "workloads:\n"
         "  - {name: tune, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 400M}, "
         "training: {epochs: 2, sequence_length: 4096, global_batch: 64}, runs: {every: month}, deadline: 4 "
         "days}\n"
         "  - {name: chat, kind: serving, model: {preset: llama-3-8b}, traffic: {requests_per_second: "
         "{by_hour: [2, 2, 2, 2, 2, 2, 2, 2, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 2, 2, 2, 2]}, "
         "prompt_tokens: 1200, output_tokens: 250}, slo: {ttft: 1 s, tpot: 50 ms}}\n";
}

const PlanOption* found_by_program(const Plan& plan, SupplyOption option) {
  const auto found = std::ranges::find_if(
      plan.options, [&](const PlanOption& o) { return o.optimality.has_value() && o.option == option; });
  return found == plan.options.end() ? nullptr : &*found;
}

const std::string kOwned = "site: {existing: [{accelerator: A100-SXM-80GB, count: 8}]}\n";

TEST(PortfolioPlans, WhatIsThereAlreadyIsSharedAndCostsWhatItDraws) {
  const Plan plan = plan_of(startup("", kOwned));
  // Of those that use it, the cheapest.
  const auto mix = std::ranges::find_if(
      plan.options, [](const PlanOption& o) { return std::ranges::any_of(o.fleets, &Fleet::existing); });
  ASSERT_NE(mix, plan.options.end());
  const auto there = std::ranges::find_if(mix->fleets, &Fleet::existing);
  ASSERT_NE(there, mix->fleets.end());
  EXPECT_EQ(there->count, 8);
  EXPECT_EQ(mix->cost.capex(), Money{});
  for (const Allocation& a : mix->allocations) {
    if (a.purchase != Purchase::kOwned) continue;
    ASSERT_TRUE(a.fleet.has_value());
    EXPECT_LE(a.count, 8);
  }
  const PlanOption* rented = found_by_program(plan, SupplyOption::kRental);
  ASSERT_NE(rented, nullptr);
  EXPECT_LT(mix->cost.total(), rented->cost.total());
}

// What a program of everything finds is no dearer than any plan with fewer choices, and never below its
// bound.
TEST(PortfolioPlans, TheMixOfAllIsNoDearerThanAnyOtherFirmPlan) {
  for (const std::string& site : {std::string(), kOwned}) {
    const Plan plan = plan_of(startup("", site));
    ASSERT_TRUE(plan.feasible());
    const PlanOption& first = plan.options.front();
    const auto whole = std::ranges::find_if(
        plan.options, [](const PlanOption& o) { return o.optimality && o.optimality->bound_usd; });
    ASSERT_NE(whole, plan.options.end());
    EXPECT_LE(whole->cost.total().usd(), first.cost.total().usd() * (1 + whole->optimality->gap) + 0.01);
    for (const PlanOption& o : plan.options) {
      if (!o.feasible || !o.firm) continue;
      EXPECT_GE(o.cost.total().usd(), *whole->optimality->bound_usd - 0.01) << o.id;
    }
  }
}

// No other firm plan serves an objective better than the plan that is made for it, but for the gap that a
// search may leave; P90s of lines add up to more than that of their sum.
TEST(PortfolioPlans, EachObjectiveHasAPlanThatIsMadeForIt) {
  const std::string regions = "constraints: {providers: {allow: [aws, nebius]}}\n";
  for (const Objective objective : {Objective::kCarbon, Objective::kTime, Objective::kCostP90}) {
    if (testing::kSanitized && objective == Objective::kCostP90) continue;
    SCOPED_TRACE(objective_name(objective));
    const Plan plan = plan_of(startup("", kOwned).substr(kFew.size() + 2) + regions +
                              "objective: " + std::string(objective_name(objective)) + "\n");
    const auto key = [&](const PlanOption& o) {
      return score(objective, o.cost.total(), o.sampled->p90, o.wall_clock, o.energy.kg_co2e);
    };
    const auto made = std::ranges::find_if(plan.options, [&](const PlanOption& o) {
      return o.optimality && o.optimality->made_for == objective;
    });
    ASSERT_NE(made, plan.options.end());
    EXPECT_TRUE(made->feasible);
    const double allowed = objective == Objective::kCostP90 ? 1.02 : 1.003;
    for (const PlanOption& o : plan.options) {
      if (!o.feasible || !o.firm || !is_usual(o.standing)) continue;
      EXPECT_LE(key(*made), key(o) * allowed) << made->id << " for " << o.id;
    }
  }
}

// The bill follows the demand: 12 hours of 24 at the peak, the others at a tenth of it.
TEST(PortfolioPlans, WhatIsRentedByTheHourFollowsTheDemand) {
  const std::string rest =
      ", prompt_tokens: 1200, output_tokens: 250}\npin: {accelerator: H100-SXM-80GB}\nslo: {tpot: 50 ms}\n"
      "constraints: {providers: {allow: [runpod]}}\nkind: serving\nmodel: {preset: llama-3-8b}\n";
  const Plan flat = plan_of("traffic: {requests_per_second: 200" + rest);
  const Plan day = plan_of(
      "traffic: {requests_per_second: {by_hour: [20, 20, 20, 20, 20, 20, 200, 200, 200, 200, 200, 200, 200, "
      "200, 200, 200, 200, 200, 20, 20, 20, 20, 20, 20]}" +
      rest);
  const auto on_demand = [](const Plan& plan) -> const Allocation& {
    const auto found = std::ranges::find_if(plan.options, [](const PlanOption& o) {
      return o.allocations.size() == 1 && o.allocations[0].purchase == Purchase::kOnDemand;
    });
    EXPECT_NE(found, plan.options.end());
    return found->allocations.front();
  };
  const Allocation& all_day = on_demand(flat);
  const Allocation& by_hour = on_demand(day);
  EXPECT_EQ(all_day.count, by_hour.count);
  const double night = std::ceil(0.1 * by_hour.execution.serving->replicas - 1e-9) *
                       by_hour.execution.serving->tensor_parallel;
  EXPECT_NEAR(by_hour.accelerator_hours, 8760 * (0.5 * by_hour.count + 0.5 * night), 1e-6);
  EXPECT_NEAR(all_day.accelerator_hours, 8760.0 * all_day.count, 1e-6);
}

TEST(PortfolioPlans, QuotasAndMonthlyBudgetsAreKeptTo) {
  const Plan free = plan_of(startup(""));
  ASSERT_TRUE(free.feasible());
  const Plan bounded = plan_of(startup(", quotas: [{provider: runpod, accelerators: 1}]"));
  for (const PlanOption& o : bounded.options) {
    double held = 0;
    for (const Allocation& a : o.allocations) held += !a.fleet && a.provider == "runpod" ? a.count : 0;
    EXPECT_TRUE(held <= 1 || !o.feasible) << o.id;
  }
  if (testing::kSanitized) return;  // all that could let a plan in is tried: a minute there
  const Plan poor = plan_of(startup(", budget_per_month: $1"));
  EXPECT_FALSE(poor.feasible());
  EXPECT_TRUE(std::ranges::any_of(poor.options.front().violations,
                                  [](const std::string& v) { return v.starts_with("budget_per_month"); }));
}

// A demand that doubles over the year is paid as it grows: a budget by month has to hold in the last one.
TEST(PortfolioPlans, WhatGrowsIsPaidAsItGrows) {
  std::string growing = startup("");
  growing.replace(growing.find("prompt_tokens"), 0, "growth_per_month: 6%, ");
  const Plan plan = plan_of(growing);
  ASSERT_NE(found_by_program(plan, SupplyOption::kRental), nullptr);
  int rented = 0;
  for (const PlanOption& o : plan.options) {
    const bool by_hour = std::ranges::any_of(o.allocations, [](const Allocation& a) {
      return a.workload == 1 && a.purchase == Purchase::kOnDemand;
    });
    if (o.option != SupplyOption::kRental || !by_hour) continue;
    SCOPED_TRACE(o.id);
    ++rented;
    ASSERT_EQ(o.cash.months.size(), 12u);
    EXPECT_NEAR(o.cash.total().in(kUsd), -o.cost.total().usd(), 1e-6);
    EXPECT_GT(-o.cash.months.back().in(kUsd), -1.2 * o.cash.months.front().in(kUsd));
  }
  EXPECT_GE(rented, 2);  // of the program, and of each workload alone
}

// What the program takes for paid in a month is what the check of the plan says.
TEST(PortfolioPlans, TheMixKeepsToABudgetByMonth) {
  const auto growing = [](const std::string& constraints) {
    std::string text = startup(constraints);
    return plan_of(text.replace(text.find("prompt_tokens"), 0, "growth_per_month: 6%, "));
  };
  const auto made = [](const Plan& plan) {
    const auto found =
        std::ranges::find_if(plan.options, [](const PlanOption& o) { return o.optimality.has_value(); });
    return found == plan.options.end() ? PlanOption() : *found;
  };
  const auto most = [](const PlanOption& o) {
    Usd usd = -(o.cash.at_start + o.cash.months.front());
    for (const Usd month : o.cash.months) usd = std::max(usd, -month);
    return usd.in(kUsd);
  };
  const PlanOption free = made(growing(""));
  ASSERT_TRUE(free.optimality);
  const double budget = std::floor(0.9 * most(free));
  const PlanOption held = made(growing(", budget_per_month: " + std::to_string(budget) + " USD"));
  EXPECT_TRUE(held.optimality && held.feasible);
  EXPECT_LE(most(held), budget);
  EXPECT_GE(held.cost.total(), free.cost.total());
}

// What is rented counts at its most, side by side: the program looks for what the check of the plan lets in.
TEST(PortfolioPlans, TheMixKeepsToTheAcceleratorsAtOnce) {
  if (testing::kSanitized) GTEST_SKIP() << "the optimum's own tests walk these paths";
  const auto at_once = [](const PlanOption& o) {
    int sum = 0;
    for (const Allocation& a : o.allocations) sum += a.fleet ? 0 : a.count * a.side_by_side;
    for (const Fleet& fleet : o.fleets) sum += fleet.count;
    return sum;
  };
  const Plan free = plan_of(startup(""));
  const auto first =
      std::ranges::find_if(free.options, [](const PlanOption& o) { return o.optimality.has_value(); });
  ASSERT_NE(first, free.options.end());
  const int fewer = at_once(*first) - 1;
  const Plan bounded = plan_of(startup(", max_accelerators: " + std::to_string(fewer)));
  const auto best = std::ranges::find_if(
      bounded.options, [](const PlanOption& o) { return o.optimality.has_value() && o.feasible; });
  ASSERT_NE(best, bounded.options.end());
  EXPECT_LE(at_once(*best), fewer);
  EXPECT_GE(best->cost.total(), first->cost.total());
  EXPECT_LE(best->cost.total().usd(), 1.5 * first->cost.total().usd());
}

// Two runs that are due at once take turns on what they share, or have machines of their own.
TEST(PortfolioPlans, WhatIsDueAtOnceDoesNotShareTheSameHours) {
  const std::string run =
      "model: {preset: llama-3-8b}, dataset: {tokens: 1B}, training: {sequence_length: 8192, global_batch: "
      "64}, pin: {accelerator: H100-SXM-80GB, count: 8}, deadline: ";
  const auto both = [&](const std::string& deadline) {
    return plan_of("constraints: {max_accelerators: 8}\nworkloads:\n  - {name: a, " + run + deadline +
                   "}\n  - {name: b, " + run + deadline + "}\n");
  };
  EXPECT_FALSE(both("6 h").feasible());  // a run takes four
  EXPECT_TRUE(both("10 h").feasible());
}

}  // namespace
}  // namespace capplan

// Rented plans: spot with its fallback, billing, delivery, and carbon with a price.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "capplan/cost/spot.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::best_of;
using testing::find_plan;
using testing::market_of;
using testing::plan_of;
using testing::Row;

const std::string kRun =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 10B}\ntraining: {sequence_length: 8192, global_batch: "
    "64}\n"
    "pin: {accelerator: H100-SXM-80GB, count: 8}\n";
const std::string kSpot = kRun + "constraints: {purchases: [spot, marketplace]}\n";

const Row kFirm{.provider = "x", .usd_per_hour = 3};
const Row kSpotRow{.provider = "x", .usd_per_hour = 1, .purchase = "spot"};

// A plan points into its catalogue.
const Catalog& both() {
  static const Catalog catalog = market_of({kFirm, kSpotRow});
  return catalog;
}

double compute(const PlanOption& o) { return o.cost.total(Category::kCompute).usd(); }
std::string deadline(Duration time) {
  return "deadline: " + std::to_string(static_cast<int>(std::ceil(time.in(kHour)))) + " h\n";
}

TEST(Spot, WaitsWithoutADeadline) {
  const Plan plan = plan_of(kSpot, both());
  const PlanOption& spot = *find_plan(plan, "/spot");
  const PlanOption& firm = *find_plan(plan, "/on-demand");
  const Interrupted& parts = *spot.allocations.front().interrupted;
  EXPECT_EQ(parts.fallback, nullptr);
  EXPECT_EQ(parts.on_fallback, Duration{});
  EXPECT_GT(parts.on_spot, firm.wall_clock);         // restarts and lost work
  EXPECT_GT(spot.wall_clock, parts.on_spot * 1.01);  // and waiting, which is not paid
  EXPECT_NEAR(compute(spot), 8 * std::ceil(parts.on_spot.in(kHour)) * 1, 1e-6);
}

TEST(Spot, FallsBackToKeepTheDeadline) {
  const Plan loose = plan_of(kSpot, both());
  const Duration undisturbed = find_plan(loose, "/on-demand")->wall_clock;
  double last = 0;
  for (const double times : {3.0, 1.5, 1.1}) {
    const Duration allowed = undisturbed * times;
    const Plan plan = plan_of(kSpot + deadline(allowed), both());
    const PlanOption& spot = *find_plan(plan, "/spot");
    const Interrupted& parts = *spot.allocations.front().interrupted;
    ASSERT_NE(parts.fallback, nullptr);
    EXPECT_EQ(parts.fallback->purchase, Purchase::kOnDemand);
    EXPECT_TRUE(spot.meets_deadline) << times;
    EXPECT_LE(spot.wall_clock, allowed + kHour) << times;
    EXPECT_GT(parts.on_fallback, Duration{}) << times;
    const double hours = std::ceil(parts.on_spot.in(kHour)) + 3 * std::ceil(parts.on_fallback.in(kHour));
    EXPECT_NEAR(compute(spot), 8 * hours, 1e-6) << times;
    EXPECT_NEAR(spot.allocations.front().accelerator_hours, 8 * (parts.on_spot + parts.on_fallback).in(kHour),
                1e-6);
    EXPECT_LT(compute(spot), compute(*find_plan(plan, "/on-demand"))) << times;
    EXPECT_GT(compute(spot), last) << "less time is dearer: " << times;
    last = compute(spot);
  }
}

TEST(Spot, WaitsWhereTheProviderSellsNoFirmHours) {
  const Catalog catalog = market_of({{.provider = "y", .usd_per_hour = 3}, kSpotRow});
  const Plan plan = plan_of(kSpot + "deadline: 40 h\n", catalog);
  EXPECT_EQ(find_plan(plan, "/spot")->allocations.front().interrupted->fallback, nullptr);
}

TEST(Spot, SaysWhichTracesItRestsOn) {
  const Plan plan = plan_of(kSpot, both());
  bool told = false;
  for (const Assumption& a : find_plan(plan, "/spot")->allocations.front().execution.assumptions)
    told = told || (a.path == "spot.capacity" && a.value.find("stand in") != std::string::npos);
  EXPECT_TRUE(told);
}

TEST(Spot, LateIsNoCheaperThanExpected) {
  const Plan plan = plan_of(kSpot + "deadline: 10 days\n", both());
  const PlanOption& spot = *find_plan(plan, "/spot");
  EXPECT_LE(spot.sampled->p10, spot.cost.total());
  EXPECT_GE(spot.sampled->p90, spot.cost.total());
  EXPECT_GE(spot.allocations.front().execution.time_p90, 1);
}

// Data that arrives after the deadline leaves no time to fall back in: such a plan is late, not an error.
TEST(Spot, ADeadlineBeforeTheFirstHourIsMissed) {
  const std::string far =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 10B, size: 10 TB, at: [y], link: 10 Mbit/s}\n"
      "pin: {accelerator: H100-SXM-80GB, count: 8}\nconstraints: {purchases: [spot]}\ndeadline: 2 days\n";
  const Catalog catalog = market_of({kFirm, kSpotRow, {.provider = "y", .usd_per_hour = 3}});
  const Plan plan = plan_of(far, catalog);
  const PlanOption& spot = *find_plan(plan, "/spot");
  EXPECT_FALSE(spot.meets_deadline);
  EXPECT_TRUE(std::isfinite(spot.wall_clock.base()));
  EXPECT_GT(compute(spot), 0);
}

const std::string kChat =
    "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: {mean: 12, peak: 40}, "
    "prompt_tokens: 1200, output_tokens: 250}\nslo: {ttft: 500 ms, tpot: 50 ms}\n";

// Of a year of 8,760 h spot serves the share A of the time, less e^(-R / M) of it while machines start; firm
// hours serve the rest.
TEST(SpotServing, FirmHoursServeWhileSpotIsAway) {
  const Plan plan = plan_of(kChat + "constraints: {purchases: [spot]}\n", both());
  const PlanOption& spot = *find_plan(plan, "/spot");
  const Allocation& a = spot.allocations.front();
  ASSERT_TRUE(a.interrupted && a.interrupted->fallback != nullptr);
  EXPECT_EQ(a.interrupted->fallback->purchase, Purchase::kOnDemand);
  SpotJob start;
  start.restart = Duration::of(both().figure("checkpoint.restart-time").value);
  start.notice = Duration{};
  const auto zones = spot_capacity({"H100-SXM-80GB", "x", std::min(a.count, 8), 1}, start, both());
  const double there = zones->central.availability();
  const double serves = there * std::exp(-start.restart / zones->central.up);
  EXPECT_NEAR(compute(spot), a.count * (std::ceil(8760 * there) + 3 * std::ceil(8760 * (1 - serves))), 1e-6);
  EXPECT_GT(compute(spot), compute(*find_plan(plan, "/on-demand")) / 3);
  EXPECT_GT(spot.sampled->p90, spot.cost.total());
  EXPECT_TRUE(spot.feasible);
  ASSERT_FALSE(spot.notes.empty());
  EXPECT_TRUE(spot.notes.front().starts_with("firm hours serve ")) << spot.notes.front();
}

TEST(SpotServing, WithoutFirmHoursNothingServes) {
  const Catalog catalog = market_of({{.provider = "y", .usd_per_hour = 3}, kSpotRow});
  const Plan plan = plan_of(kChat + "constraints: {purchases: [spot]}\n", catalog);
  const PlanOption& spot = *find_plan(plan, "/spot");
  EXPECT_FALSE(spot.feasible);
  EXPECT_TRUE(testing::has_violation(spot, "spot: nothing serves "));
}

// Machines count, not what one of the largest kind would hold.
TEST(Spot, MoreThanOneNodeIsNotKnown) {
  const std::string unknown = "spot capacity for more than one node is not known";
  const auto noted = [&](int count) {
    const Catalog catalog =
        market_of({{.provider = "x", .usd_per_hour = 12, .count = 4, .machine = "m", .cluster = "c"},
                   {.provider = "x",
                    .usd_per_hour = 4,
                    .purchase = "spot",
                    .count = 4,
                    .machine = "m",
                    .cluster = "c"}});
    const std::string run =
        "model: {preset: llama-3-8b}\ndataset: {tokens: 10B}\npin: {accelerator: "
        "H100-SXM-80GB, count: " +
        std::to_string(count) + "}\n";
    const Plan plan = plan_of(run + "constraints: {purchases: [spot]}\n", catalog);
    const PlanOption& spot = *find_plan(plan, "/spot");
    EXPECT_EQ(spot.allocations.front().nodes, count / 4);
    return std::ranges::find(spot.notes, unknown) != spot.notes.end();
  };
  EXPECT_FALSE(noted(4));
  EXPECT_TRUE(noted(8));
  EXPECT_TRUE(noted(16));
}

TEST(Marketplace, IsSlowerAndSaysSo) {
  const Catalog catalog = market_of({kFirm, {.provider = "y", .usd_per_hour = 2, .purchase = "marketplace"}},
                                    {{"y", "rental", "marketplace: true\n"}});
  const Plan plan = plan_of(kSpot, catalog);
  const PlanOption& hosts = *find_plan(plan, "/marketplace");
  EXPECT_GT(hosts.wall_clock, find_plan(plan, "/on-demand")->wall_clock * 1.01);
  EXPECT_FALSE(hosts.allocations.front().interrupted.has_value());
  EXPECT_NEAR(compute(hosts), 8 * 2 * std::ceil(hosts.wall_clock.in(kHour)), 1e-6);
}

TEST(Billing, BySecondsIsNeverDearer) {
  const std::string seconds = "billing: {unit: 1 s, minimum: 60 s, source: s, as_of: 2026-01-01}\n";
  const Plan by_hour = plan_of(kRun + "runs: {every: month}\n", market_of({kFirm}));
  const Plan by_second =
      plan_of(kRun + "runs: {every: month}\n", market_of({kFirm}, {{"x", "rental", seconds}}));
  const PlanOption& hours = *find_plan(by_hour, "/on-demand");
  const PlanOption& fine = *find_plan(by_second, "/on-demand");
  const double run = hours.allocations.front().execution.run_time.in(kHour);
  EXPECT_NEAR(compute(hours), 12 * 8 * 3 * std::ceil(run), 1e-6);
  EXPECT_NEAR(compute(fine), 12 * 8 * 3 * std::ceil(run * 3600 - 1e-6) / 3600, 1e-4);
}

TEST(SetupTime, DelaysTheStartAndIsPaidFor) {
  const Plan plan = plan_of(kRun + "operations: {setup_time: 2 days}\n", market_of({kFirm}));
  const PlanOption& rent = *find_plan(plan, "/on-demand");
  EXPECT_EQ(rent.allocations.front().starts_after, 2 * kDay);
  EXPECT_NEAR(rent.cost.total(Category::kSetup).usd(), 8 * 48 * 3, 1e-6);
  EXPECT_EQ(best_of(plan, SupplyOption::kOnPrem)->allocations.front().starts_after, Duration{});
}

// What is paid by the month is paid while machines are set up, too.
TEST(SetupTime, IsHeldByTheMonth) {
  const auto staff = [](const std::string& more) {
    const Plan plan = plan_of(kRun + more, market_of({kFirm}));
    return find_plan(plan, "/on-demand")->cost.total(Category::kStaff).usd();
  };
  const double run = staff("operations: {debugging: 7300 USD/month}\n");
  const double both = staff("operations: {debugging: 7300 USD/month, setup_time: 2 days}\n");
  EXPECT_NEAR(both - run, 10 * 48, 1e-6);  // $10 an hour
  const std::string monthly = "runs: {every: month}\n";
  EXPECT_NEAR(staff(monthly + "operations: {debugging: 7300 USD/month, setup_time: 2 days}\n"), 12 * 7300,
              1e-6);
}

TEST(LeadTime, OwnedCapacityComesLater) {
  const auto owned = [](const std::string& more) {
    return *best_of(plan_of(kRun + "deadline: 30 days\n" + more, market_of({kFirm})), SupplyOption::kOnPrem);
  };
  const PlanOption at_once = owned("");
  EXPECT_TRUE(at_once.meets_deadline);
  const PlanOption soon = owned("site: {lead_time: 10 days}\n");
  EXPECT_TRUE(soon.meets_deadline);
  EXPECT_EQ(soon.wall_clock, at_once.wall_clock + 10 * kDay);
  const PlanOption late = owned("site: {lead_time: 12 weeks}\n");
  EXPECT_FALSE(late.meets_deadline);
  EXPECT_FALSE(late.feasible);
}

// Monthly runs of a tenth of a month or so; the first is due after 30 days, the second after 60.
TEST(LeadTime, OfRecurringWorkMissesTheFirstRunsAlone) {
  const std::string monthly =
      "model: {preset: llama-3-8b}\ndataset: {tokens: 10B}\ntraining: {sequence_length: 8192, global_batch: "
      "64}\nruns: {every: month}\ndeadline: 30 days\nexperiments: {runs: 2, size: 100%}\n";
  const auto owned = [&](const std::string& more) {
    return *best_of(plan_of(monthly + "pin: {accelerator: H100-SXM-80GB}\n" + more, market_of({kFirm})),
                    SupplyOption::kOnPrem);
  };
  const PlanOption at_once = owned("");
  const Allocation& before = at_once.allocations.front();
  EXPECT_TRUE(at_once.feasible);
  const PlanOption soon = owned("site: {lead_time: 5 days}\n");
  EXPECT_TRUE(soon.feasible);
  EXPECT_EQ(soon.allocations.front().runs_missed, 0);
  const PlanOption late = owned("site: {lead_time: 10 weeks}\n");
  const Allocation& after = late.allocations.front();
  EXPECT_FALSE(late.feasible);
  ASSERT_EQ(late.violations.size(), 1U);
  // Run k must begin by k x 365/12 + 30 days less the time of a run: 70 days are later than that of k = 0, 1.
  const double run = after.execution.run_time.in(kDay);
  ASSERT_LT(run, 20.8);
  EXPECT_EQ(after.runs_missed, 2);
  EXPECT_TRUE(testing::has_violation(late, "lead time: the first 2 of 12 runs"));
  EXPECT_EQ(after.count, before.count);
  EXPECT_NEAR(after.accelerator_hours, 12 * run * 24 * after.count, 1e-6);  // of 14, experiments included
  EXPECT_LE(late.wall_clock, 365 * kDay);
  const PlanOption never = owned("site: {lead_time: 11 months}\n");
  EXPECT_LE(never.allocations.front().count, 4 * before.count);
}

TEST(LeadTime, AHybridRentsTheRunsThatAreDueBefore) {
  const Plan plan = plan_of(kRun + "runs: {every: month}\ndeadline: 30 days\nsite: {lead_time: 10 weeks}\n",
                            market_of({kFirm}));
  const PlanOption& hybrid = *best_of(plan, SupplyOption::kHybrid);
  EXPECT_TRUE(hybrid.feasible) << (hybrid.violations.empty() ? "" : hybrid.violations.front());
  const Allocation& own = hybrid.allocations.front();
  EXPECT_LE(own.accelerator_hours, 10 * own.execution.run_time.in(kHour)*own.count * (1 + 1e-9));
}

TEST(RepairTime, WorkTakesLongerWhereSparesDoNotCoverIt) {
  const auto owned = [](const std::string& site) {
    return *best_of(plan_of(kRun + "site: {" + site + "}\n", market_of({kFirm})), SupplyOption::kOnPrem);
  };
  const PlanOption none = owned("repairs: 10%, spares: 0%");
  const PlanOption month = owned("repairs: 10%, spares: 0%, repair_time: 1 month");
  const PlanOption year = owned("repairs: 10%, spares: 0%, repair_time: 1 year");
  const PlanOption covered = owned("repairs: 10%, spares: 5%, repair_time: 1 month");
  // Up a year over 10% of it: 1 / (1 + 0.1 / 12), and 1 / 1.1.
  EXPECT_NEAR(month.wall_clock / none.wall_clock, 1 + 0.1 / 12, 1e-9);
  EXPECT_NEAR(year.wall_clock / none.wall_clock, 1.1, 1e-9);
  EXPECT_NEAR(none.allocations.front().execution.goodput / year.allocations.front().execution.goodput, 1.1,
              1e-9);
  EXPECT_EQ(covered.wall_clock, none.wall_clock);
  EXPECT_GT(year.cost.total(Category::kPower), none.cost.total(Category::kPower));
}

TEST(LeadTime, NothingServesUntilThen) {
  const Plan plan = plan_of(
      "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: {mean: 12, peak: 40}, "
      "prompt_tokens: 1200, output_tokens: 250}\nslo: {ttft: 500 ms, tpot: 50 ms}\nsite: {lead_time: 90 "
      "days}\n",
      market_of({kFirm}));
  const PlanOption& owned = *best_of(plan, SupplyOption::kOnPrem);
  EXPECT_FALSE(owned.feasible);
  EXPECT_TRUE(testing::has_violation(owned, "lead time: "));
  const Allocation& a = owned.allocations.front();
  EXPECT_NEAR(a.accelerator_hours, a.count * (365.0 - 90) * 24, 1e-6);
}

// What the price of carbon adds is the carbon that the plan states, whoever owns the machines.
TEST(CarbonPricing, IsOfTheElectricityOfThePlan) {
  const Plan free = plan_of(kRun, both());
  const Plan priced = plan_of(kRun + "carbon_price: 80 USD/t\n", both());
  for (const char* id : {"/on-demand", "/spot", "on-prem/"}) {
    const PlanOption& before = *find_plan(free, id);
    const PlanOption& after = *find_plan(priced, id);
    EXPECT_EQ(before.energy.kg_co2e, after.energy.kg_co2e) << id;
    EXPECT_GT(after.energy.kg_co2e, 0) << id;
    EXPECT_NEAR((after.cost.total() - before.cost.total()).usd(), after.energy.kg_co2e / 1000 * 80, 1e-4)
        << id;
  }
}

}  // namespace
}  // namespace capplan

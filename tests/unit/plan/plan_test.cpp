#include "capplan/plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "plan/supply.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::best_of;
using testing::builtin;
using testing::find_plan;
using testing::has_violation;
using testing::market_of;
using testing::plan_of;
using testing::Row;
using testing::spec_of;

const std::string kLlama =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\ntraining: {sequence_length: 8192, global_batch: "
    "512}\n";
const std::string kSmall =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 1B}\ntraining: {sequence_length: 8192, global_batch: "
    "64}\n";

// An 8-accelerator node of each of four sellers, and one with a spot price.
Catalog small_market() {
  return market_of(
      {{.provider = "a", .usd_per_hour = 2, .region = "eu-west", .cluster = "c", .country = "FRA"},
       {.provider = "b", .usd_per_hour = 3, .cluster = "c"},
       {.provider = "c", .usd_per_hour = 4},
       {.provider = "d", .usd_per_hour = 4.5},
       {.provider = "d", .usd_per_hour = 1.5, .purchase = "spot"},
       {.provider = "e", .accelerator = "TPU-v5p-95GB", .usd_per_hour = 0.5, .cluster = "c"}},
      {{"c", "cloud"}});
}

TEST(Ranking, CheapestFirmFirstThenByTheObjective) {
  const Plan plan = plan_of(kSmall);
  ASSERT_TRUE(plan.feasible());
  int rank = 0;
  for (std::size_t i = 0; i < plan.options.size(); ++i) {
    EXPECT_EQ(plan.options[i].rank, ++rank);
    if (i == 0) continue;
    const PlanOption& before = plan.options[i - 1];
    const PlanOption& o = plan.options[i];
    EXPECT_GE(before.feasible, o.feasible);
    const auto odd = [](const PlanOption& p) {
      return p.standing == PriceStanding::kOutlier || p.standing == PriceStanding::kUnreferenced;
    };
    if (!o.feasible) continue;  // those are ordered by how much they break first
    EXPECT_LE(odd(before), odd(o));
    EXPECT_TRUE(odd(before) != odd(o) || before.cost.total() <= o.cost.total()) << o.id;
  }
}

const Plan& ranked_by(Objective objective) {
  static std::map<Objective, Plan> plans;
  const auto found = plans.find(objective);
  if (found != plans.end()) return found->second;
  return plans
      .emplace(objective, plan_of(kSmall, builtin(), {.include_outliers = false, .objective = objective}))
      .first->second;
}

TEST(Ranking, Objectives) {
  const auto first = [](Objective objective) { return ranked_by(objective).options.front(); };
  const PlanOption cheapest = first(Objective::kCost);
  EXPECT_LE(first(Objective::kTime).wall_clock, cheapest.wall_clock);
  EXPECT_LE(first(Objective::kCarbon).energy.kg_co2e, cheapest.energy.kg_co2e);
  EXPECT_LE(first(Objective::kCostP90).sampled->p90, cheapest.sampled->p90);
}

// Of the feasible at usual prices, each is followed by one that is no better; ties end at the id.
TEST(Ranking, OrderIsThatOfTheObjective) {
  for (const Objective objective :
       {Objective::kCost, Objective::kTime, Objective::kCarbon, Objective::kCostP90}) {
    SCOPED_TRACE(objective_name(objective));
    const Plan& plan = ranked_by(objective);
    const auto key = [&](const PlanOption& o) {
      const Money p90 = o.sampled->p90;
      return std::tuple(score(objective, o.cost.total(), p90, o.wall_clock, o.energy.kg_co2e), o.cost.total(),
                        std::string_view(o.id));
    };
    const PlanOption* before = nullptr;
    for (const PlanOption& o : plan.options) {
      if (!o.feasible || !is_usual(o.standing)) continue;
      if (before != nullptr) {
        EXPECT_LT(key(*before), key(o)) << before->id << " before " << o.id;
      }
      before = &o;
      const bool says_so = std::ranges::any_of(
          o.notes, [](const std::string& n) { return n.starts_with("made for the least cost"); });
      EXPECT_EQ(says_so, o.option == SupplyOption::kHybrid && objective != Objective::kCost) << o.id;
    }
  }
}

TEST(Ranking, OutliersAreLastUnlessAskedFor) {
  const Catalog catalog = market_of({{.provider = "a", .usd_per_hour = 0.5},
                                     {.provider = "b", .usd_per_hour = 4},
                                     {.provider = "c", .usd_per_hour = 4},
                                     {.provider = "d", .usd_per_hour = 4}});
  const std::string spec = kSmall + "constraints: {options: [rental]}\n";
  EXPECT_NE(plan_of(spec, catalog).options.front().allocations[0].provider, "a");
  EXPECT_EQ(plan_of(spec, catalog, {.include_outliers = true, .objective = {}})
                .options.front()
                .allocations[0]
                .provider,
            "a");
}

TEST(Ranking, TheFrontIsNotDominated) {
  const Plan plan = plan_of(kSmall);
  int on_front = 0;
  for (const PlanOption& a : plan.options) {
    if (!a.on_pareto_front) continue;
    ++on_front;
    for (const PlanOption& b : plan.options) {
      const bool odd = b.standing == PriceStanding::kOutlier || b.standing == PriceStanding::kUnreferenced;
      if (!b.feasible || odd) continue;
      EXPECT_FALSE(b.cost.total() < a.cost.total() && b.sampled->p90 < a.sampled->p90 &&
                   b.wall_clock < a.wall_clock)
          << a.id << " by " << b.id;
    }
  }
  EXPECT_GT(on_front, 1);
}

TEST(Firm, OnlyFirmPlansAreFeasibleByDefault) {
  const Catalog catalog = small_market();
  const Plan plan = plan_of(kSmall, catalog);
  const PlanOption* spot = find_plan(plan, "/spot");
  ASSERT_NE(spot, nullptr);
  EXPECT_FALSE(spot->feasible);
  EXPECT_TRUE(has_violation(*spot, "purchases: spot"));
  EXPECT_EQ(spot->relaxation, "`constraints: {purchases: [spot]}`");
  const Plan admitted = plan_of(kSmall + "constraints: {purchases: [spot]}\n", catalog);
  EXPECT_TRUE(find_plan(admitted, "/spot")->feasible);
  for (const PlanOption& o : plan_of(kLlama).options) EXPECT_TRUE(!o.feasible || o.firm) << o.id;
}

struct Violated {
  std::string constraint;
  std::string part_of_id;
  std::string violation;
};

TEST(Feasibility, EachKindOfViolation) {
  const Catalog catalog = small_market();
  for (const Violated& v : std::vector<Violated>{
           {"constraints: {budget: $1}", "rental/a", "budget: "},
           {"deadline: 10 min", "cloud/c", "deadline: "},
           {"constraints: {providers: {deny: [a]}}", "rental/a", "providers: a"},
           {"constraints: {providers: {allow: [b]}}", "rental/a", "providers: a"},
           {"constraints: {regions: {allow: [\"us-*\"]}}", "rental/a", "regions: eu-west"},
           {"constraints: {regions: {allow: [\"eu-*\"]}}", "rental/b", "regions: the price names no region"},
           {"constraints: {options: [cloud]}", "rental/a", "options: rental"},
           {"constraints: {data: {may_leave_site: false}}", "rental/a", "data: "},
           {"", "rental/e", "platforms: needs code for xla"},
       }) {
    SCOPED_TRACE(v.constraint);
    const Plan plan = plan_of(kSmall + v.constraint + "\n", catalog);
    const PlanOption* option = find_plan(plan, v.part_of_id);
    ASSERT_NE(option, nullptr);
    EXPECT_FALSE(option->feasible);
    EXPECT_TRUE(has_violation(*option, v.violation))
        << (option->violations.empty() ? "none" : option->violations[0]);
    EXPECT_FALSE(option->relaxation.empty());
  }
  EXPECT_TRUE(find_plan(plan_of(kSmall, catalog), "rental/a")->feasible);
}

TEST(Feasibility, BudgetAndDeadlineSayWhatWouldDo) {
  const Catalog catalog = small_market();
  const Plan poor = plan_of(kSmall + "constraints: {budget: $1}\n", catalog);
  EXPECT_FALSE(poor.feasible());
  const PlanOption& o = *find_plan(poor, "rental/a");
  const double needed = std::ceil(o.cost.total().usd());
  EXPECT_NE(o.relaxation.find("a budget of "), std::string::npos);
  const Plan rich = plan_of(
      kSmall + "constraints: {budget: $" + std::to_string(static_cast<long>(needed)) + "}\n", catalog);
  EXPECT_TRUE(find_plan(rich, o.id)->feasible);
}

TEST(Feasibility, PlatformsAndPinsAdmitOtherSoftware) {
  const Catalog catalog = small_market();
  EXPECT_TRUE(
      find_plan(plan_of(kSmall + "constraints: {platforms: [xla]}\n", catalog), "rental/e")->feasible);
  EXPECT_TRUE(find_plan(plan_of(kSmall + "pin: {accelerator: TPU-v5p}\n", catalog), "rental/e")->feasible);
}

TEST(Feasibility, MaxAcceleratorsBinds) {
  const Plan plan = plan_of(kLlama + "deadline: 300 days\nconstraints: {max_accelerators: 64}\n");
  ASSERT_TRUE(plan.feasible());
  for (const PlanOption& o : plan.options) {
    for (const Allocation& a : o.allocations) EXPECT_LE(a.count, 64) << o.id;
  }
}

TEST(Feasibility, MaxAcceleratorsHoldsForAllWorkloadsTogether) {
  const auto two = [](int most) {
    const std::string rest =
        "model: {preset: llama-3-8b}, dataset: {tokens: 1B}, pin: {accelerator: H100-SXM-80GB, count: 8}, "
        "deadline: 6 h";
    return "constraints: {max_accelerators: " + std::to_string(most) + "}\nworkloads:\n  - {name: a, " +
           rest + "}\n  - {name: b, " + rest + "}\n";
  };
  EXPECT_TRUE(plan_of(two(16)).feasible());
  const Plan plan = plan_of(two(15));
  EXPECT_FALSE(plan.feasible());
  EXPECT_TRUE(has_violation(plan.options.front(), "max_accelerators: 16, 15 allowed"));
  EXPECT_EQ(plan.options.front().relaxation, "max_accelerators of 16");
}

TEST(Feasibility, DataThatStaysLeavesOwningAlone) {
  const Plan plan = plan_of(kSmall + "constraints: {data: {may_leave_site: false}}\n");
  ASSERT_TRUE(plan.feasible());
  for (const PlanOption& o : plan.options)
    EXPECT_EQ(o.feasible, o.option == SupplyOption::kOnPrem && o.violations.empty()) << o.id;
}

TEST(Pins, AcceleratorAndCount) {
  const Plan plan = plan_of(kLlama + "pin: {accelerator: H100-SXM-80GB, count: 64}\n");
  ASSERT_TRUE(plan.feasible());
  for (const PlanOption& o : plan.options) {
    for (const Allocation& a : o.allocations) {
      EXPECT_EQ(a.accelerator, "H100-SXM-80GB") << o.id;
      EXPECT_EQ(a.count, 64) << o.id;
    }
  }
  EXPECT_EQ(find_plan(plan, "hyperstack"), nullptr);  // its nodes are not joined
}

TEST(Pins, UnknownAndAmbiguousNamesAreLocatedErrors) {
  struct Case {
    std::string name, part;
  };
  for (const Case& c : {Case{"H100-SMX-80GB", "unknown accelerator"},
                        Case{"H100 80GB", "may be any of H100-PCIe-80GB, H100-SXM-80GB"}}) {
    const auto plan = make_plan(spec_of(kLlama + "pin: {accelerator: \"" + c.name + "\"}\n"), builtin(), {});
    ASSERT_FALSE(plan.has_value());
    EXPECT_NE(plan.error()[0].message.find(c.part), std::string::npos) << plan.error()[0].message;
    EXPECT_EQ(plan.error()[0].location.line, 5);
  }
  EXPECT_FALSE(
      make_plan(spec_of("model: {preset: lama-3-8b}\ndataset: {tokens: 1T}\n"), builtin(), {}).has_value());
}

TEST(Options, AllFourAreListedAndHybridIsDominatedForOneRun) {
  const Plan plan = plan_of(kLlama + "deadline: 45 days\n");
  for (const SupplyOption option :
       {SupplyOption::kCloud, SupplyOption::kRental, SupplyOption::kOnPrem, SupplyOption::kHybrid})
    EXPECT_NE(best_of(plan, option), nullptr) << supply_option_name(option);
  const PlanOption* hybrid = best_of(plan, SupplyOption::kHybrid);
  EXPECT_TRUE(hybrid->dominated);
  EXPECT_EQ(hybrid->allocations.size(), 2u);
  const PlanOption* end = find_plan(plan, "rental/");
  EXPECT_LT(end->cost.total(), hybrid->cost.total());
}

TEST(Options, MissingPurchasePricesRejectOwnership) {
  const Plan plan = plan_of(kSmall);
  int unpriced = 0;
  for (const Rejection& r : plan.rejected)
    unpriced += r.reason == "no purchase price is known; none is guessed";
  EXPECT_GT(unpriced, 5);
  for (const PlanOption& o : plan.options) {
    for (const Allocation& a : o.allocations)
      EXPECT_TRUE(a.purchase != Purchase::kOwned || builtin().accelerator(a.accelerator)->purchase) << o.id;
  }
}

TEST(Options, NobodyJoinsNodesWithoutACluster) {
  for (const PlanOption& o : plan_of(kLlama + "deadline: 45 days\n").options) {
    for (const Allocation& a : o.allocations) {
      if (a.purchase == Purchase::kOwned) continue;
      const auto& offers = builtin().tables().offers;
      const bool joined = std::any_of(offers.begin(), offers.end(), [&](const Offer& f) {
        return f.provider == a.provider && f.accelerator == a.accelerator && !f.cluster.empty();
      });
      EXPECT_TRUE(joined || a.count <= std::max(8, builtin().accelerator(a.accelerator)->per_node)) << o.id;
    }
  }
}

TEST(Money, LinesCategoriesAndCapitalSum) {
  for (const PlanOption& o : plan_of(kLlama + "deadline: 45 days\n").options) {
    Money lines, categories;
    for (const CostLine& l : o.cost.lines) lines += l.amount;
    for (const Category category : kCategories) categories += o.cost.total(category);
    EXPECT_EQ(lines, o.cost.total()) << o.id;
    EXPECT_EQ(categories, o.cost.total()) << o.id;
    EXPECT_LE(o.sampled->p10, o.cost.total()) << o.id;
    EXPECT_GE(o.sampled->p90, o.cost.total()) << o.id;
    EXPECT_LE(o.cost.idle, o.cost.total()) << o.id;
    EXPECT_GE(o.cost.idle, Money{}) << o.id;
  }
}

TEST(Workloads, SeveralArePlacedTogether) {
  const std::string two =
      "workloads:\n"
      "  - {name: pretrain, model: {preset: llama-3-8b}, dataset: {tokens: 10B}}\n"
      "  - {name: chat, kind: serving, model: {preset: llama-3-8b}, traffic: {requests_per_second: {mean: "
      "12, peak: 40}, prompt_tokens: 1200, output_tokens: 250}, slo: {ttft: 500 ms, tpot: 50 ms}}\n";
  const Plan plan = plan_of(two);
  ASSERT_TRUE(plan.feasible());
  std::set<std::string> ids;
  for (const PlanOption& o : plan.options) {
    EXPECT_EQ(o.allocations.size(), 2u) << o.id;
    EXPECT_TRUE(ids.insert(o.id).second) << o.id;
    if (o.option == SupplyOption::kOnPrem) {
      for (const Allocation& a : o.allocations) EXPECT_EQ(a.purchase, Purchase::kOwned);
    }
  }
  ASSERT_NE(best_of(plan, SupplyOption::kHybrid), nullptr);
  const auto& mixed = best_of(plan, SupplyOption::kHybrid)->allocations;
  EXPECT_NE(mixed[0].purchase == Purchase::kOwned, mixed[1].purchase == Purchase::kOwned);
}

TEST(Deadline, OwnedAcceleratorsCannotWorkLongerThanTheHorizon) {
  const Plan plan =
      plan_of(kSmall + "experiments: 600x\npin: {accelerator: H100-SXM-80GB, count: 8}\nhorizon: 1 months\n");
  for (const PlanOption& o : plan.options) {
    if (!o.feasible) continue;
    for (const Allocation& a : o.allocations) {
      if (a.purchase != Purchase::kOwned) continue;
      EXPECT_LE(a.accelerator_hours, a.count * plan.horizon.in(kHour) * (1 + 1e-9)) << o.id;
    }
  }
}

// 601 runs of some hours on 8 accelerators do not fit into a month, whoever they are rented from or owned by.
TEST(Horizon, RunsOneAfterAnotherFitIntoIt) {
  const std::string month = kSmall + "experiments: 600x\nhorizon: 1 months\n";
  const Catalog catalog = market_of({{.provider = "a", .usd_per_hour = 2, .cluster = "c"},
                                     {.provider = "b",
                                      .usd_per_hour = 1.5,
                                      .purchase = "commitment",
                                      .cluster = "c",
                                      .term_min_h = "730",
                                      .term_max_h = "730"}});
  const auto pinned = [&](int count) {
    return plan_of(month + "pin: {accelerator: H100-SXM-80GB, count: " + std::to_string(count) + "}\n",
                   catalog);
  };
  for (const char* id : {"rental/a", "rental/b", "on-prem/"}) {
    SCOPED_TRACE(id);
    const Plan eight = pinned(8);
    const PlanOption& late = *find_plan(eight, id);
    EXPECT_FALSE(late.feasible);
    EXPECT_FALSE(late.meets_deadline);
    EXPECT_TRUE(has_violation(late, "horizon: the runs take "));
    const double busy = late.wall_clock / eight.horizon;
    EXPECT_GT(busy, 1);
    const std::string percent = std::to_string(static_cast<int>(busy * 100));
    EXPECT_NE(late.violations.front().find(percent), std::string::npos) << late.violations.front();

    const Plan open = plan_of(month + "pin: {accelerator: H100-SXM-80GB}\n", catalog);
    const PlanOption& fits = *find_plan(open, id);
    EXPECT_TRUE(fits.feasible);
    EXPECT_LE(fits.wall_clock, open.horizon);
    EXPECT_GT(fits.allocations.front().count, 8);
  }
}

TEST(Pins, ServedMachinesComeWhole) {
  const Catalog catalog = market_of({{.provider = "x", .usd_per_hour = 16, .count = 8, .machine = "m"}});
  const std::string chat =
      "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: {mean: 1, peak: 2}, "
      "prompt_tokens: 1200, output_tokens: 250}\n";
  const auto at = [&](int count) {
    return plan_of(chat + "pin: {accelerator: H100-SXM-80GB, count: " + std::to_string(count) + "}\n",
                   catalog);
  };
  EXPECT_NE(find_plan(at(16), "rental/x"), nullptr);
  const Plan part = at(12);
  EXPECT_EQ(find_plan(part, "rental/x"), nullptr);
  EXPECT_TRUE(std::ranges::any_of(part.rejected, [](const Rejection& r) {
    return r.reason == "pinned to 12 accelerators; they come in 8s";
  }));
}

// What a FinOps engineer would be shown: 8B parameters on 1T tokens in 45 days.
TEST(Llama, RankOneCanBeBought) {
  const Plan plan = plan_of(kLlama + "deadline: 45 days\n");
  ASSERT_TRUE(plan.feasible());
  const PlanOption& first = plan.options.front();
  SCOPED_TRACE(first.id);
  EXPECT_EQ(first.option, SupplyOption::kRental);
  EXPECT_TRUE(first.firm);
  EXPECT_TRUE(first.meets_deadline);
  EXPECT_EQ(first.standing, PriceStanding::kUsual);
  EXPECT_GE(first.cost.total().usd(), 80000);
  EXPECT_LE(first.cost.total().usd(), 160000);
  const Allocation& a = first.allocations.at(0);
  const Market market = current_market(builtin());
  const bool joined = std::any_of(market.offers.begin(), market.offers.end(), [&](const MarketOffer& m) {
    return m.offer->provider == a.provider && m.offer->accelerator == a.accelerator && m.cluster != nullptr;
  });
  EXPECT_TRUE(joined);
  EXPECT_GT(a.execution.mfu, 0.4);
  EXPECT_LT(a.execution.mfu, 0.75);
}

TEST(Llama, NothingFeasibleIsFarBelowTheMarket) {
  const Plan plan = plan_of(kLlama + "deadline: 45 days\n");
  bool odd = false;
  for (const PlanOption& o : plan.options) {
    if (!o.feasible) break;
    const bool is_odd = o.standing == PriceStanding::kOutlier || o.standing == PriceStanding::kUnreferenced;
    EXPECT_TRUE(is_odd || !odd) << o.id << " stands below an outlier";
    odd = odd || is_odd;
  }
}

TEST(Plan, EveryAssumptionOfTheSpecIsListed) {
  const Plan plan = plan_of("model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\n");
  std::set<std::string> paths;
  for (const Assumption& a : plan.assumptions) paths.insert(a.path);
  for (const char* path : {"horizon", "objective", "site.profile", "workloads[0].training.sequence_length",
                           "workloads[0].training.global_batch", "workloads[0].dataset.bytes_per_token"})
    EXPECT_TRUE(paths.contains(path)) << path;
}

TEST(Plan, BestOfEachShowsOneOfEach) {
  const Plan plan = plan_of(kSmall);
  std::set<std::tuple<SupplyOption, std::string, std::string, bool>> seen;
  for (const PlanOption* o : best_of_each(plan)) {
    if (o->allocations.size() != 1) continue;
    const Allocation& a = o->allocations[0];
    EXPECT_TRUE(
        seen.emplace(o->option, std::string(a.provider), std::string(a.accelerator), is_firm(a.purchase))
            .second)
        << o->id;
  }
  EXPECT_LT(seen.size(), plan.options.size());
}

// The plan for one accelerator and for eight is the one that a pin of the count finds.
TEST(PlansByCount, AreThoseOfAPin) {
  const std::string spec =
      "model: {preset: resnet-50}\ndataset: {samples: 9M, size: 1 TB}\n"
      "training: {epochs: 90, global_batch: 1024}\ndeadline: 14 days\n";
  const Plan plan = plan_of(spec);
  ASSERT_EQ(plan.by_count.size(), 2U);
  for (const PlanOfCount& row : plan.by_count) {
    const Plan pinned = plan_of(spec + "pin: {count: " + std::to_string(row.count) + "}\n");
    EXPECT_EQ(row.option.id, pinned.options.front().id);
    EXPECT_EQ(row.option.cost.total(), pinned.options.front().cost.total());
    EXPECT_EQ(row.option.allocations.front().count, row.count);
    EXPECT_GE(row.option.cost.total(), plan.options.front().cost.total());
    EXPECT_TRUE(pinned.by_count.empty());
  }
}

}  // namespace
}  // namespace capplan

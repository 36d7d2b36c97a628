// What must hold for every spec. CAPPLAN_PROPERTY_RUNS says how many are tried for each property.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "capplan/report/report.h"
#include "plan/assumption_shares.h"
#include "property/holds.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::market_of;
using testing::plan_of;
using testing::Row;

constexpr const char* kAccelerators[] = {"H100-SXM-80GB", "A100-SXM-80GB", "B200-SXM-180GB", "L40S-48GB"};

// One workload in millions of tokens, on one accelerator.
struct Task {
  int millions = 1;
  int accelerator = 0;
  int nodes = 1;
  int deadline_days = 30;

  std::string text(double tokens_times = 1, bool pinned = true) const {
    std::string spec = "model: {preset: llama-3-8b}\ndataset: {tokens: " +
                       std::to_string(static_cast<long long>(millions * tokens_times)) +
                       "_000_000}\ntraining: {sequence_length: 4096, global_batch: 256}\ndeadline: " +
                       std::to_string(deadline_days) + " days\n";
    if (pinned)
      spec += "pin: {accelerator: " + std::string(kAccelerators[accelerator]) +
              ", count: " + std::to_string(8 * nodes) + "}\n";
    return spec;
  }
};

Task any_task() {
  Task task;
  task.millions = *rc::gen::inRange(1, 50000);
  task.accelerator = *rc::gen::inRange(0, 4);
  task.nodes = *rc::gen::inRange(1, 9);
  task.deadline_days = *rc::gen::inRange(1, 300);
  return task;
}

std::vector<Row> any_market() {
  std::vector<Row> rows;
  const int sellers = *rc::gen::inRange(1, 7);
  for (int i = 0; i < sellers; ++i) {
    for (const char* accelerator : kAccelerators) {
      Row row{.provider = "p" + std::to_string(i)};
      row.accelerator = accelerator;
      row.usd_per_hour = *rc::gen::inRange(50, 1000) / 100.0;
      row.cluster = "c";
      rows.push_back(row);
    }
  }
  return rows;
}

std::map<std::string, const PlanOption*> by_id(const Plan& plan) {
  std::map<std::string, const PlanOption*> options;
  for (const PlanOption& o : plan.options) options[o.id] = &o;
  return options;
}

TEST(Property, MoreTokensNeverCostLess) {
  expect_holds([] {
    const Task task = any_task();
    const double times = *rc::gen::inRange(1, 5);
    const Plan small = plan_of(task.text(), builtin());
    const Plan large = plan_of(task.text(times), builtin());
    const auto costs = by_id(large);
    for (const PlanOption& o : small.options) {
      const auto same = costs.find(o.id);
      if (same == costs.end() || o.option == SupplyOption::kHybrid) continue;
      RC_ASSERT(same->second->cost.total() >= o.cost.total());
    }
  });
}

TEST(Property, TenTimesThePricesAreTenTimesTheRent) {
  expect_holds([] {
    const Task task = any_task();
    std::vector<Row> rows = any_market();
    const Catalog before = market_of(rows);
    for (Row& row : rows) row.usd_per_hour *= 10;
    const Catalog after = market_of(rows);
    const Plan dear_plan = plan_of(task.text(), after);
    const auto dear = by_id(dear_plan);
    const Plan plan = plan_of(task.text(), before);
    int compared = 0;
    for (const PlanOption& o : plan.options) {
      if (o.option != SupplyOption::kRental) continue;
      ++compared;
      const double rent = o.cost.total(Category::kCompute).usd();
      RC_ASSERT(std::abs(dear.at(o.id)->cost.total(Category::kCompute).usd() - 10 * rent) <=
                1e-5 + 1e-9 * rent);
    }
    RC_ASSERT(compared > 0 || !plan.rejected.empty());
  });
}

TEST(Property, ALowerPriceNeverRanksLower) {
  expect_holds([] {
    const Task task = any_task();
    std::vector<Row> rows = any_market();
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(rows.size())));
    const PlanSettings settings{.include_outliers = true, .objective = {}};
    const auto rank = [&](const Plan& plan) {
      for (const PlanOption& o : plan.options) {
        const Allocation& a = o.allocations.front();
        if (o.allocations.size() == 1 && a.provider == rows[at].provider &&
            a.accelerator == rows[at].accelerator)
          return o.rank;
      }
      return 0;
    };
    const int before = rank(plan_of(task.text(1, false), market_of(rows), settings));
    rows[at].usd_per_hour *= 0.5;
    const int after = rank(plan_of(task.text(1, false), market_of(rows), settings));
    RC_ASSERT(after <= before);
  });
}

TEST(Property, LineItemsSumAndIntervalsHoldTheTotal) {
  expect_holds([] {
    for (const PlanOption& o : plan_of(any_task().text(1, *rc::gen::arbitrary<bool>()), builtin()).options) {
      Money lines;
      Money categories;
      for (const CostLine& line : o.cost.lines) lines += line.amount;
      for (const Category category : kCategories) categories += o.cost.total(category);
      RC_ASSERT(lines == o.cost.total());
      RC_ASSERT(categories == o.cost.total());
      RC_ASSERT(o.sampled->p10 <= o.cost.total());
      RC_ASSERT(o.cost.total() <= o.sampled->p90);
      RC_ASSERT(o.cost.idle <= o.cost.total());
    }
  });
}

// What a reader sees of a plan.
std::string seen(const Plan& plan) {
  std::string all;
  for (const PlanOption& o : plan.options) {
    all += o.id + " " + std::to_string(o.cost.total().micros()) + " " +
           std::to_string(o.sampled->p10.micros()) + " " + std::to_string(o.sampled->p90.micros()) + " " +
           std::to_string(o.wall_clock.base()) + " " + std::to_string(o.energy.kg_co2e) + "\n";
  }
  return all;
}

// What stands in a file is the same to the byte, on however many threads it was made.
TEST(Property, TheSamePlanIsTheSameBytes) {
  expect_holds([] {
    const std::string text = any_task().text(1, *rc::gen::arbitrary<bool>());
    const Catalog catalog = market_of(any_market());
    PlanSettings settings;
    const auto bytes = [&](int threads) {
      settings.threads = threads;
      RenderOptions options;
      options.all = true;
      return render(plan_of(text, catalog, settings), Format::kJson, options);
    };
    const std::string once = bytes(1);
    RC_ASSERT(bytes(1) == once);
    RC_ASSERT(bytes(2) == once);
  });
}

// Sellers at one price: plans that are alike in everything are in the order of their ids.
TEST(Property, TiesEndAtTheId) {
  expect_holds([] {
    std::vector<Row> rows = any_market();
    for (Row& row : rows) row.usd_per_hour = 2;
    const Plan plan = plan_of(any_task().text(), market_of(rows));
    const PlanOption* before = nullptr;
    for (const PlanOption& o : plan.options) {
      if (before != nullptr && before->feasible == o.feasible && before->standing == o.standing &&
          before->violations.size() == o.violations.size() && before->cost.total() == o.cost.total())
        RC_ASSERT(before->id < o.id);
      before = &o;
    }
  });
}

// Everybody's prices are some of the same four accelerators.
const Catalog& small_market() {
  static const Catalog catalog = [] {
    std::vector<Row> rows;
    for (int i = 0; i < 5; ++i) {
      for (const char* accelerator : kAccelerators) {
        rows.push_back({.provider = "p" + std::to_string(i),
                        .accelerator = accelerator,
                        .usd_per_hour = 2.0 + i,
                        .cluster = "c"});
      }
    }
    return market_of(rows);
  }();
  return catalog;
}

TEST(Property, SharesOfAssumptionsAreSharesAndCountNoLineTwice) {
  expect_holds([] {
    const Task task = any_task();
    const std::string shared = "site: {shared: " + std::to_string(*rc::gen::inRange(1, 101)) + "%}\n";
    const Plan plan = plan_of(task.text() + shared);
    for (const PlanOption& o : plan.options) {
      const AssumptionShares shares = assumption_shares(plan, o);
      double sum = 0;
      double most = 0;
      for (const auto* list : {&shares.of_plan, &shares.of_spec}) {
        for (const AssumptionShare& s : *list) {
          RC_ASSERT(s.share >= 0 && s.share <= 1);
          sum += s.share;
          most = std::max(most, s.share);
        }
      }
      RC_ASSERT(most <= shares.share && shares.share <= std::min(1.0, sum + 1e-9));
      RC_ASSERT(std::max(shares.price_share, shares.effort_share) <= shares.share);
      RC_ASSERT(shares.share <= shares.price_share + shares.effort_share + 1e-9);
      // Without a value left, the size of the lines is the total.
      if (o.cost.capex() == Money{}) RC_ASSERT(shares.assumed <= o.cost.total());
    }
  });
}

TEST(Property, TheSameSpecMakesTheSamePlan) {
  expect_holds([] {
    const std::string text = any_task().text(1, false);
    const Catalog copy = small_market();
    RC_ASSERT(seen(plan_of(text, small_market())) == seen(plan_of(text, copy)));
  });
}

TEST(Property, TheOrderOfOffersChangesNothing) {
  expect_holds([] {
    const Task task = any_task();
    std::vector<Row> rows = any_market();
    const std::string before = seen(plan_of(task.text(1, false), market_of(rows)));
    std::reverse(rows.begin(), rows.end());
    RC_ASSERT(seen(plan_of(task.text(1, false), market_of(rows))) == before);
  });
}

TEST(Property, TheOrderOfWorkloadsChangesNoTotal) {
  expect_holds([] {
    const auto workload = [](const std::string& name, int millions) {
      return "  - {name: " + name +
             ", model: {preset: llama-3-8b}, dataset: {tokens: " + std::to_string(millions) +
             "_000_000}, training: {sequence_length: 4096, global_batch: 256}}\n";
    };
    const std::string a = workload("a", *rc::gen::inRange(1, 5000));
    const std::string b = workload("b", *rc::gen::inRange(1, 5000));
    const auto totals = [](const Plan& plan) {
      std::vector<std::int64_t> all;
      for (const PlanOption& o : plan.options) all.push_back(o.cost.total().micros());
      std::sort(all.begin(), all.end());
      return all;
    };
    RC_ASSERT(totals(plan_of("workloads:\n" + a + b, small_market())) ==
              totals(plan_of("workloads:\n" + b + a, small_market())));
  });
}

}  // namespace
}  // namespace capplan

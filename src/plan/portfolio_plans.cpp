#include "plan/portfolio_plans.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "capplan/cost/cash_flow.h"
#include "capplan/cost/operations.h"
#include "capplan/demand/load.h"
#include "optimum/plan_cost.h"
#include "plan/portfolio_part.h"
#include "plan/portfolio_pricer.h"

namespace capplan {
namespace {

// A spec of which each part of a plan can be priced by itself: what is paid once for the whole is left out,
// and its budgets are less by that.
struct SpecOfParts {
  explicit SpecOfParts(const BoundSpec& whole) : spec(*whole.spec), bound(whole) {
    Cost once;
    add_operations(once, fixed_alone(spec.operations), {0, whole.horizon, std::nullopt, 1});
    const CashFlow cash = cash_flow(once, whole.horizon);
    if (spec.constraints.budget) *spec.constraints.budget += cash.total();
    paid_at_start = -cash.at_start;
    auto& budget = spec.constraints.budget_per_month;
    if (budget && !cash.months.empty()) *budget += *std::ranges::min_element(cash.months);
    spec.operations = without_fixed(spec.operations);
    bound.spec = &spec;
  }
  SpecOfParts(const SpecOfParts&) = delete;
  SpecOfParts& operator=(const SpecOfParts&) = delete;

  PlanSpec spec;
  Usd paid_at_start;  // once for the whole
  BoundSpec bound;
};

// Limits of the search, so that no clock decides: most of what can be gained is found in the first few nodes.
// The rest of the gap is printed. Of one option alone less is asked.
constexpr OptimumSettings kOfAll{.nodes = 100, .rounds = 3};
constexpr OptimumSettings kOfOneOption{.nodes = 10, .rounds = 2};
constexpr OptimumSettings kOfProbe = kOfOneOption;  // of what would let a plan in
constexpr OptimumSettings kOfOwned{.gap = 1e-2, .nodes = 30, .cuts = false, .rounds = 3};

using Solver = std::optional<Optimum> (*)(const Portfolio&, const OptimumSettings&);

std::optional<Optimum> solve(Solver solver, const BuiltPortfolio& built, OptimumSettings settings,
                             Monitor* monitor) {
  settings.monitor = monitor;
  std::optional<Optimum> optimum = solver(built.portfolio, settings);
  // A plan whose runs could not be laid out is none.
  if (optimum && !optimum->scheduled) optimum.reset();
  return optimum;
}

// Carbon first: a plan that costs as much again may emit a thousandth less.
constexpr double kCarbonFirst = 1000;

PlanOption priced(const SupplyContext& whole, const SupplyContext& parts, const BuiltPortfolio& built,
                  const Optimum& optimum) {
  PlanOption option = price_portfolio(whole, parts, built, optimum.plan);
  // What the program leaves out is the same in every plan; what it rounds is in the difference, too.
  const double usd = option.cost.total().usd();
  const double bound = std::min(usd, optimum.bound + usd - optimum.plan.usd);
  option.optimality = Optimality();
  if (std::isfinite(bound))
    option.optimality = Optimality{bound, (usd - bound) / std::max(usd, 1.0), optimum.proven};
  return option;
}

// Whether every workload has some way of being done.
bool is_whole(const BuiltPortfolio& built, const BoundSpec& spec) {
  std::vector<bool> done(spec.workloads.size(), false);
  const auto mark = [&](const std::vector<WorkSource>& works) {
    for (const WorkSource& work : works) {
      if (!work.ways.empty()) done[work.workload] = true;
    }
  };
  mark(built.runs);
  mark(built.served);
  const auto has_ways = [](const WorkSource& work) { return !work.ways.empty(); };
  return std::ranges::all_of(done, std::identity{}) && std::ranges::all_of(built.runs, has_ways) &&
         std::ranges::all_of(built.served, has_ways);
}

// The same plan, of the whole that `part` leaves ways out of; nullopt: it does not keep to what holds there.
std::optional<PortfolioPlan> in_whole(PortfolioPlan plan, const Portfolio& part, const Portfolio& whole) {
  const auto find = [](const auto& works, const auto& part_works, std::size_t work, std::size_t option) {
    const auto& options = works[work].options;
    const auto& one = part_works[work].options[option];
    const auto found = std::ranges::find_if(
        options, [&](const auto& other) { return other.id == one.id && other.pool == one.pool; });
    return static_cast<std::size_t>(found - options.begin());
  };
  for (auto& placed : plan.placed) placed.option = find(whole.runs, part.runs, placed.work, placed.option);
  for (auto& served : plan.served)
    served.option = find(whole.served, part.served, served.work, served.option);
  if (!cost_of_plan(whole, plan)) return std::nullopt;
  return plan;
}

// By another objective than cost, given the plan that is made for cost. Its bound is of what its program
// makes least, which is no sum of lines: it has none.
std::optional<PlanOption> best_by_objective(const PortfolioInput& input, const SupplyContext& parts,
                                            const PlanOption& for_cost) {
  const SupplyContext& c = input.context;
  PortfolioInput by{parts, input.candidates, input.allowed, c.spec.objective};
  if (by.objective == Objective::kCarbon) {
    if (for_cost.energy.kg_co2e <= 0) return std::nullopt;
    by.usd_a_kg = kCarbonFirst * for_cost.cost.total().usd() / for_cost.energy.kg_co2e;
  }
  BuiltPortfolio built = build_portfolio(by);
  if (by.objective == Objective::kTime) built = only_fast(c.spec, std::move(built));
  // Only dollars are held to a budget.
  if (by.objective != Objective::kTime) {
    built.portfolio.limits.budget.reset();
    built.portfolio.limits.budget_a_month.reset();
  }
  if (!is_whole(built, c.spec)) return std::nullopt;
  const auto best = solve(find_optimum, built, kOfAll, c.monitor);
  if (!best) return std::nullopt;
  PlanOption option = priced(c, parts, built, *best);
  option.optimality = Optimality{.bound_usd = {}, .made_for = by.objective};
  return option;
}

}  // namespace

bool has_portfolio(const BoundSpec& spec) {
  return spec.workloads.size() > 1 || !spec.spec->site.existing.empty() ||
         std::ranges::any_of(spec.workloads, [](const BoundWorkload& w) {
           return is_served(w) ? is_elastic(w.demand) : w.workload->runs.has_value();
         });
}

std::vector<PlanOption> best_portfolios(const PortfolioInput& input, bool pure) {
  const SpecOfParts spec_of_parts(input.context.spec);
  const SupplyContext& c = input.context;
  const SupplyContext parts{spec_of_parts.bound, c.catalog, c.executions, c.threads,
                            c.monitor,           c.market,  c.spot};
  BuiltPortfolio built = build_portfolio({parts, input.candidates, input.allowed});
  built.portfolio.limits.paid_at_start = spec_of_parts.paid_at_start.in(kUsd);
  std::vector<PlanOption> found;
  if (!is_whole(built, c.spec)) return found;
  const auto mix = solve(find_optimum, built, pure ? kOfAll : kOfProbe, c.monitor);
  if (mix) found.push_back(priced(c, parts, built, *mix));
  if (c.spec.objective != Objective::kCost && !found.empty()) {
    // First, so that of two of one name this one stays.
    if (auto best = best_by_objective(input, parts, found.front()))
      found.insert(found.begin(), std::move(*best));
  }
  if (!pure) return found;
  const std::size_t place_of_mix = found.empty() ? 0 : found.size() - 1;
  std::optional<PortfolioPlan> cheaper;  // than the mix, within limits
  const auto add = [&](SupplyOption option, Solver solver, const OptimumSettings& settings) {
    const BuiltPortfolio alone = restrict_to(built, option);
    if (!is_whole(alone, c.spec)) return;
    const auto best = solve(solver, alone, settings, c.monitor);
    if (!best) return;
    found.push_back(priced(c, parts, alone, *best));
    const bool better = mix && (!mix->within_limits || best->plan.usd < mix->plan.usd) &&
                        (!cheaper || best->plan.usd < cheaper->usd);
    if (!better || !best->within_limits) return;
    if (auto plan = in_whole(best->plan, alone.portfolio, built.portfolio)) cheaper = std::move(plan);
  };
  add(SupplyOption::kCloud, find_optimum, kOfOneOption);
  add(SupplyOption::kRental, find_optimum, kOfOneOption);
  add(SupplyOption::kOnPrem, find_owned, kOfOwned);
  if (!cheaper || !has_limits(built.portfolio.limits)) return found;
  OptimumSettings better = kOfAll;
  better.start = &*cheaper;
  const auto again = solve(find_optimum, built, better, c.monitor);
  if (again && again->within_limits) found[place_of_mix] = priced(c, parts, built, *again);
  return found;
}

}  // namespace capplan

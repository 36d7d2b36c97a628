#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "capplan/optimum/portfolio.h"
#include "optimum/parts.h"
#include "optimum/portfolio_program.h"
#include "optimum/screening.h"
#include "optimum/search.h"

namespace capplan {
namespace {

bool has_limits(const PortfolioLimits& limits) {
  return limits.accelerators || !limits.quotas.empty() || limits.budget || limits.budget_a_month;
}

void append(Optimum& all, Optimum part) {
  const auto move_to = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_to(all.plan.bought, part.plan.bought);
  move_to(all.plan.committed, part.plan.committed);
  move_to(all.plan.placed, part.plan.placed);
  move_to(all.plan.served, part.plan.served);
  all.plan.usd += part.plan.usd;
  all.bound += part.bound;
  all.scheduled = all.scheduled && part.scheduled;
}

void sort_by_index(PortfolioPlan& plan) {
  std::ranges::sort(plan.bought, {}, [](const auto& one) { return one.pool; });
  std::ranges::sort(plan.committed, {},
                    [](const auto& one) { return std::tuple(one.pool, one.commitment, one.month); });
  std::ranges::sort(plan.placed, {},
                    [](const auto& one) { return std::tuple(one.work, one.period, one.option); });
  std::ranges::sort(plan.served, {}, [](const auto& one) { return std::tuple(one.work, one.option); });
}

std::optional<Optimum> without_limits(const Portfolio& portfolio, const OptimumSettings& settings) {
  Optimum all;
  for (const Kept& part : independent_parts(portfolio, screened(portfolio, false))) {
    if (auto plan = cheapest_of_each(portfolio, part)) {
      const double usd = plan->usd;
      append(all, {.plan = std::move(*plan), .bound = usd, .proven = true, .scheduled = true});
    } else if (auto found = search(portfolio, part, false, settings)) {
      append(all, std::move(*found));
    } else {
      return std::nullopt;
    }
  }
  sort_by_index(all.plan);
  return all;
}

}  // namespace

std::optional<Optimum> find_optimum(const Portfolio& portfolio, const OptimumSettings& settings) {
  auto optimum = without_limits(portfolio, settings);
  if (!optimum) return std::nullopt;
  if (has_limits(portfolio.limits) && !cost_of_plan(portfolio, optimum->plan)) {
    const double bound = optimum->bound;
    optimum = search(portfolio, screened(portfolio, true), true, settings);
    if (!optimum) return std::nullopt;
    optimum->bound = std::min(std::max(bound, optimum->bound), optimum->plan.usd);
  }
  optimum->proven = optimum->scheduled && is_proven(optimum->plan.usd, optimum->bound);
  return optimum;
}

std::optional<double> relaxed_bound(const Portfolio& portfolio) {
  const ProgramDetail detail;
  PortfolioProgram program(portfolio, all_columns(portfolio), detail);
  program.program().relax();
  const ProgramSolution solution = program.program().solve({});
  if (!solution.found()) return std::nullopt;
  return solution.bound;
}

}  // namespace capplan

#include <cstddef>
#include <optional>
#include <vector>

#include "capplan/optimum/portfolio.h"
#include "optimum/busiest_months.h"
#include "optimum/portfolio_program.h"
#include "optimum/screening.h"
#include "optimum/search.h"

namespace capplan {
namespace {

// The ways that need no machines but those that stand there and those of pools of which any are bought.
Kept columns_on(const Portfolio& portfolio, const std::vector<double>& bought) {
  Kept kept = all_columns(portfolio);
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    if (portfolio.pools[p].existing == 0 && bought[p] == 0) drop_pool(portfolio, p, kept);
  }
  return kept;
}

// Machines of each pool, and parts of machines, where parts may be bought.
std::optional<std::vector<double>> bought_in_parts(const Portfolio& portfolio, bool limits,
                                                   Monitor* monitor) {
  ProgramDetail detail;
  detail.limits = limits;
  PortfolioProgram program(portfolio, all_columns(portfolio), detail);
  const RelaxedSolution solution = program.program().solve_relaxed(monitor);
  if (!solution.found()) return std::nullopt;
  return program.machines(solution.values);
}

std::vector<double> bought_by(const Portfolio& portfolio, const PortfolioPlan& plan) {
  std::vector<double> machines(portfolio.pools.size(), 0.0);
  for (const auto& bought : plan.bought) machines[bought.pool] = bought.machines;
  return machines;
}

// The cheapest plan is over a budget, or none is.
Portfolio without_budgets(Portfolio portfolio) {
  portfolio.limits.budget.reset();
  portfolio.limits.budget_a_month.reset();
  return portfolio;
}

}  // namespace

std::optional<Optimum> find_owned(const Portfolio& budgeted, const OptimumSettings& settings) {
  const Portfolio portfolio = without_budgets(budgeted);
  const bool limits = portfolio.limits.accelerators || !portfolio.limits.quotas.empty();
  const Portfolio busiest = of_busiest_months(portfolio);
  const auto parts = bought_in_parts(busiest, limits, settings.monitor);
  if (!parts) return std::nullopt;
  const auto machines = search(busiest, columns_on(busiest, *parts), {.limits = limits}, settings);
  if (!machines) return std::nullopt;
  const PortfolioPlan& capacity = machines->plan;
  auto owned = search(portfolio, columns_on(portfolio, bought_by(portfolio, capacity)),
                      {.limits = limits, .capacity = &capacity}, settings);
  if (!owned) return std::nullopt;
  owned->bound = -kUnlimited;
  owned->proven = false;
  return owned;
}

}  // namespace capplan

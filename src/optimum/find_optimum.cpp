#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "capplan/optimum/portfolio.h"
#include "optimum/narrowing.h"
#include "optimum/parts.h"
#include "optimum/portfolio_program.h"
#include "optimum/screening.h"
#include "optimum/search.h"
#include "optimum/served_alone.h"

namespace capplan {
namespace {

// Columns of a program with limits, which nothing takes apart, that are more than a search gets through.
constexpr int kTooLarge = 20'000;

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

Optimum proven(PortfolioPlan plan) {
  const double usd = plan.usd;
  return {.plan = std::move(plan), .bound = usd, .proven = true, .scheduled = true};
}

// Where one elastic demand is all of it, without a search.
std::optional<Optimum> solve(const Portfolio& portfolio, const Kept& part, const OptimumSettings& settings) {
  if (auto plan = served_alone(portfolio, part)) return proven(std::move(*plan));
  return search(portfolio, part, false, settings);
}

// On few pools first; then, where that leaves more open than the gap asked for, also on those of which a
// machine could be in a plan of so much less.
std::optional<Optimum> search_few(const Portfolio& portfolio, Narrowing& narrowing,
                                  const OptimumSettings& settings) {
  std::optional<Optimum> found = solve(portfolio, narrowing.part(), settings);
  if (!found || narrowing.left_out() == 0) return found;
  double others = narrowing.bound();  // of plans with machines that were left out
  const double enough = found->plan.usd * (1 - settings.gap);
  // A search that leaves more than the gap on few pools leaves as much on more of them, and takes longer.
  const bool settled = found->bound >= enough;
  if ((settled && others < enough) || (found->proven && !is_proven(found->plan.usd, others))) {
    const std::size_t left_out = narrowing.left_out();
    others = narrowing.take_in(enough);
    if (narrowing.left_out() < left_out) {
      const auto more = solve(portfolio, narrowing.part(), settings);
      found->bound = more ? more->bound : -kUnlimited;
      if (more &&
          (more->scheduled == found->scheduled ? more->plan.usd < found->plan.usd : more->scheduled)) {
        found->plan = more->plan;
        found->scheduled = more->scheduled;
      }
    }
  }
  found->bound = std::min(found->plan.usd, std::max(narrowing.bound(), std::min(found->bound, others)));
  found->proven = found->scheduled && is_proven(found->plan.usd, found->bound);
  return found;
}

// `looked_at`: by pool, those that a search had.
std::optional<Optimum> without_limits(const Portfolio& portfolio, const OptimumSettings& settings,
                                      std::vector<bool>& looked_at) {
  Optimum all;
  for (const Kept& part : independent_parts(portfolio, screened(portfolio, false))) {
    auto plan = cheapest_of_each(portfolio, part);
    if (!plan) plan = served_alone(portfolio, part);
    if (plan) {
      append(all, proven(std::move(*plan)));
      continue;
    }
    Narrowing narrowing(portfolio, part, settings.monitor);
    auto found = search_few(portfolio, narrowing, settings);
    if (!found) return std::nullopt;
    append(all, std::move(*found));
    const std::vector<bool> used = used_pools(portfolio, narrowing.part());
    for (std::size_t p = 0; p < used.size(); ++p) looked_at[p] = looked_at[p] || used[p];
  }
  sort_by_index(all.plan);
  return all;
}

// All pools in one program where that is not too large; else those that are wanted where no limit holds, with
// no bound, and all only where these give no plan.
std::optional<Optimum> within_limits(const Portfolio& portfolio, const std::vector<bool>& wanted,
                                     const OptimumSettings& settings) {
  const Kept all = screened(portfolio, true);
  if (PortfolioProgram(portfolio, all, {}).program().columns() > kTooLarge) {
    Kept few = all;
    for (std::size_t p = 0; p < wanted.size(); ++p) {
      if (!wanted[p]) drop_pool(portfolio, p, few);
    }
    if (auto found = search(portfolio, few, true, settings)) {
      found->bound = -kUnlimited;
      return found;
    }
  }
  return search(portfolio, all, true, settings);
}

}  // namespace

std::optional<Optimum> find_optimum(const Portfolio& portfolio, const OptimumSettings& settings) {
  std::vector<bool> wanted(portfolio.pools.size(), false);
  auto optimum = without_limits(portfolio, settings, wanted);
  if (!optimum) return std::nullopt;
  if (has_limits(portfolio.limits) && !cost_of_plan(portfolio, optimum->plan)) {
    const double bound = optimum->bound;
    optimum = within_limits(portfolio, wanted, settings);
    if (!optimum) return std::nullopt;
    optimum->bound = std::min(std::max(bound, optimum->bound), optimum->plan.usd);
  }
  optimum->proven = optimum->scheduled && is_proven(optimum->plan.usd, optimum->bound);
  return optimum;
}

std::optional<double> relaxed_bound(const Portfolio& portfolio) {
  const ProgramDetail detail;
  PortfolioProgram program(portfolio, all_columns(portfolio), detail);
  const RelaxedSolution solution = program.program().solve_relaxed(nullptr);
  if (!solution.found()) return std::nullopt;
  return solution.objective;
}

}  // namespace capplan

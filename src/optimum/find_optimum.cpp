#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "capplan/optimum/portfolio.h"
#include "optimum/narrowing.h"
#include "optimum/parts.h"
#include "optimum/plan_cost.h"
#include "optimum/portfolio_program.h"
#include "optimum/screening.h"
#include "optimum/search.h"
#include "optimum/served_alone.h"

namespace capplan {
namespace {

// Columns of a program with limits that a search is tried on, where there is a plan already and where there
// is none; fewer where its nodes say that it is not to look for long.
constexpr int kLargeWithPlan = 10'000;
constexpr int kLargeWithout = 20'000;
constexpr int kColumnsANode = 400;

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
std::optional<Optimum> solve(const Portfolio& portfolio, const Kept& part, const SearchRules& rules,
                             const OptimumSettings& settings) {
  if (!rules.limits) {
    if (auto plan = served_alone(portfolio, part)) return proven(std::move(*plan));
  }
  return search(portfolio, part, rules, settings);
}

// On few pools first; then, where that leaves more open than the gap asked for, also on those of which a
// machine could be in a plan of so much less.
std::optional<Optimum> search_few(const Portfolio& portfolio, Narrowing& narrowing, bool limits,
                                  const OptimumSettings& settings) {
  const SearchRules rules{.limits = limits, .beyond = narrowing.beyond_prices()};
  std::optional<Optimum> found = solve(portfolio, narrowing.part(), rules, settings);
  if (!found || narrowing.left_out() == 0) return found;
  double others = narrowing.bound();  // of plans with machines that were left out
  const double enough = found->plan.usd * (1 - settings.gap);
  // A search that leaves more than the gap on few pools leaves as much on more of them, and takes longer.
  const bool settled = found->bound >= enough;
  if ((settled && others < enough) || (found->proven && !is_proven(found->plan.usd, others))) {
    const std::size_t left_out = narrowing.left_out();
    others = narrowing.take_in(enough);
    if (narrowing.left_out() < left_out) {
      const auto more = solve(portfolio, narrowing.part(), rules, settings);
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

std::optional<Optimum> without_limits(const Portfolio& portfolio, const OptimumSettings& settings) {
  Optimum all;
  for (const Kept& part : independent_parts(portfolio, screened(portfolio, false))) {
    auto plan = cheapest_of_each(portfolio, part);
    if (!plan) plan = served_alone(portfolio, part);
    if (plan) {
      append(all, proven(std::move(*plan)));
      continue;
    }
    Narrowing narrowing(portfolio, part, false, settings.monitor);
    auto found = search_few(portfolio, narrowing, false, settings);
    if (!found) return std::nullopt;
    append(all, std::move(*found));
  }
  sort_by_index(all.plan);
  return all;
}

// A plan whose runs could not be laid out is none where there is another, if without limits.
std::optional<Optimum> if_scheduled(std::optional<Optimum> found) {
  if (found && !found->scheduled) found.reset();
  return found;
}

// Limits tie all works together, so that their program is large: the ways of doing work that its relaxation
// uses come first. Where these leave more than the gap, all ways on few pools follow; where nothing is found,
// also in a program that is large, and last with all pools.
std::optional<Optimum> within_limits(const Portfolio& portfolio, const OptimumSettings& settings,
                                     double beyond = kDear) {
  const Kept all = screened(portfolio, true);
  Narrowing narrowing(portfolio, all, true, settings.monitor, beyond);
  if (!narrowing.possible() && beyond < kProhibitive) return within_limits(portfolio, settings, kProhibitive);
  if (!narrowing.possible()) return std::nullopt;
  if (!std::isfinite(narrowing.bound()))
    return if_scheduled(search_few(portfolio, narrowing, true, settings));
  const SearchRules rules{
      .limits = true, .beyond = narrowing.beyond_prices(), .start = settings.start, .ties = false};
  Kept few = narrowing.used();
  if (settings.start != nullptr) admit(*settings.start, few);
  auto found = if_scheduled(search(portfolio, few, rules, settings));
  if (found) found->bound = std::min(found->plan.usd, narrowing.bound());
  const auto columns = [&](const Kept& kept) {
    return PortfolioProgram(portfolio, kept, {}).program().columns();
  };
  const int most =
      std::min(found ? kLargeWithPlan : kLargeWithout, kColumnsANode * std::min(settings.nodes, 100));
  if ((found && found->gap() <= settings.gap) || columns(narrowing.part()) > most) return found;
  auto more = if_scheduled(search_few(portfolio, narrowing, true, settings));
  if (!more && !found && narrowing.left_out() > 0 && columns(all) <= most)
    more = if_scheduled(search(portfolio, all, rules, settings));
  if (!found || (more && more->plan.usd < found->plan.usd)) return more;
  if (more) found->bound = std::min(found->plan.usd, more->bound);
  return found;
}

}  // namespace

std::optional<Optimum> find_optimum(const Portfolio& portfolio, const OptimumSettings& settings) {
  auto optimum = without_limits(portfolio, settings);
  if (!optimum) return std::nullopt;
  if (has_limits(portfolio.limits) && !cost_of_plan(portfolio, optimum->plan)) {
    const double bound = optimum->bound;
    const auto& budget = portfolio.limits.budget;
    auto within = budget && bound > *budget ? std::nullopt : within_limits(portfolio, settings);
    optimum->within_limits = within.has_value();
    if (within) optimum = std::move(within);
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

#include "plan/portfolio_plans.h"

#include <algorithm>
#include <optional>
#include <set>

#include "capplan/cost/operations.h"
#include "capplan/demand/load.h"
#include "plan/portfolio_pricer.h"

namespace capplan {
namespace {

// A spec of which each part of a plan can be priced by itself: what is paid once for the whole is left out.
struct SpecOfParts {
  explicit SpecOfParts(const BoundSpec& whole) : spec(*whole.spec), bound(whole) {
    spec.operations = without_fixed(spec.operations);
    bound.spec = &spec;
  }
  SpecOfParts(const SpecOfParts&) = delete;
  SpecOfParts& operator=(const SpecOfParts&) = delete;

  PlanSpec spec;
  BoundSpec bound;
};

// Limits of the search, so that no clock decides: most of what can be gained is found in the first few nodes.
// The rest of the gap is printed. Of one option alone less is asked.
constexpr OptimumSettings kOfAll{.nodes = 100, .rounds = 3};
constexpr OptimumSettings kOfOneOption{.nodes = 10, .rounds = 2};
constexpr OptimumSettings kOfOwned{.gap = 2e-2, .nodes = 10, .cuts = false, .rounds = 2};

std::optional<Optimum> solve(const BuiltPortfolio& built, OptimumSettings settings, Monitor* monitor) {
  settings.monitor = monitor;
  std::optional<Optimum> optimum = find_optimum(built.portfolio, settings);
  // A plan whose runs could not be laid out is none.
  if (optimum && !optimum->scheduled) optimum.reset();
  return optimum;
}

PlanOption priced(const SupplyContext& whole, const SupplyContext& parts, const BuiltPortfolio& built,
                  const Optimum& optimum) {
  PlanOption option = price_portfolio(whole, parts, built, optimum.plan);
  // What the program leaves out is the same in every plan; what it rounds is in the difference, too.
  const double usd = option.cost.total().usd();
  const double bound = std::min(usd, optimum.bound + usd - optimum.plan.usd);
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

struct Owned {
  std::set<std::size_t> pools;
  BuiltPortfolio built;
  Optimum optimum;
};

// With nothing to rent beside them no pool can be shown not to pay: those that are cheapest for some workload
// alone are looked at, as the only kind or as a second one.
constexpr std::size_t kOnlyKind = 3;
constexpr std::size_t kSecondKind = 1;

// Owned machines alone: their number is a knapsack in every month, and the program of all kinds together has
// a weak bound and a long search. So: the kind that does all of the work at the least cost, then another one
// beside it where that costs less; where no kind does all of it, those that are cheapest for each workload.
// No bound comes of it.
std::optional<Owned> best_owned(const BuiltPortfolio& built, const PortfolioInput& in) {
  const auto try_out = [&](std::set<std::size_t> pools, std::optional<Owned>& best) {
    BuiltPortfolio alone = restrict_to(built, pools);
    if (!is_whole(alone, in.context.spec)) return;
    auto optimum = solve(alone, kOfOwned, in.context.monitor);
    if (optimum && (!best || optimum->plan.usd < best->optimum.plan.usd))
      best = Owned{std::move(pools), std::move(alone), std::move(*optimum)};
  };
  const auto kinds = [&](std::size_t first) { return pools_to_own(built, in.candidates, first); };
  std::optional<Owned> best;
  for (const std::size_t pool : kinds(kOnlyKind)) try_out({pool}, best);
  if (!best) {
    const std::vector<std::size_t> all = kinds(kSecondKind);
    try_out({all.begin(), all.end()}, best);
    return best;
  }
  const std::set<std::size_t> only = best->pools;
  for (const std::size_t pool : kinds(kSecondKind)) {
    std::set<std::size_t> both = only;
    if (both.insert(pool).second) try_out(std::move(both), best);
  }
  return best;
}

}  // namespace

bool has_portfolio(const BoundSpec& spec) {
  return spec.workloads.size() > 1 || !spec.spec->site.existing.empty() ||
         std::ranges::any_of(spec.workloads, [](const BoundWorkload& w) {
           return is_served(w) ? is_elastic(w.demand) : w.workload->runs.has_value();
         });
}

std::vector<PlanOption> best_portfolios(const PortfolioInput& input) {
  const SpecOfParts spec_of_parts(input.context.spec);
  const SupplyContext& c = input.context;
  const SupplyContext parts{spec_of_parts.bound, c.catalog, c.executions, c.threads,
                            c.monitor,           c.market,  c.spot};
  const BuiltPortfolio built = build_portfolio({parts, input.candidates, input.allowed});
  std::vector<PlanOption> found;
  if (!is_whole(built, c.spec)) return found;
  if (const auto best = solve(built, kOfAll, c.monitor)) found.push_back(priced(c, parts, built, *best));
  for (const SupplyOption option : {SupplyOption::kCloud, SupplyOption::kRental}) {
    const BuiltPortfolio alone = restrict_to(built, option);
    if (!is_whole(alone, c.spec)) continue;
    const auto best = solve(alone, kOfOneOption, c.monitor);
    if (best) found.push_back(priced(c, parts, alone, *best));
  }
  if (const auto best = best_owned(built, input)) {
    found.push_back(priced(c, parts, best->built, best->optimum));
    found.back().optimality = Optimality{};
  }
  return found;
}

}  // namespace capplan

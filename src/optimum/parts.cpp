#include "optimum/parts.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "optimum/plan_cost.h"
#include "optimum/run_time.h"
#include "optimum/screening.h"

namespace capplan {
namespace {

// Pools that the kept options of each work use: works of runs first, then served ones.
std::vector<std::set<std::size_t>> pools_by_work(const Portfolio& portfolio, const Kept& kept) {
  std::vector<std::set<std::size_t>> pools;
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    auto& used = pools.emplace_back();
    for (const auto& period : kept.placed[w]) {
      for (std::size_t o = 0; o < period.size(); ++o) {
        const auto& pool = portfolio.runs[w].options[o].pool;
        if (period[o] && pool) used.insert(*pool);
      }
    }
  }
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    auto& used = pools.emplace_back();
    for (std::size_t o = 0; o < kept.served[w].size(); ++o) {
      const auto& pool = portfolio.served[w].options[o].pool;
      if (kept.served[w][o] && pool) used.insert(*pool);
    }
  }
  return pools;
}

std::size_t root(std::vector<std::size_t>& parents, std::size_t of) {
  while (parents[of] != of) of = parents[of] = parents[parents[of]];
  return of;
}

bool pays_for_a_place(const std::vector<DataPlaceCost>& places, const std::optional<std::size_t>& place) {
  return place && places[*place].usd != 0;
}

// The first by cost, then by id, of the options that `may` be taken.
template <class Options, class May, class Cost>
std::optional<std::size_t> cheapest(const Options& options, const May& may, const Cost& cost) {
  std::optional<std::size_t> best;
  for (std::size_t o = 0; o < options.size(); ++o) {
    if (!may(o)) continue;
    if (!best || std::tuple(cost(o), options[o].id) < std::tuple(cost(*best), options[*best].id)) best = o;
  }
  return best;
}

bool add_rented_runs(const Portfolio& portfolio, const Kept& part, std::size_t w, PortfolioPlan& plan) {
  const RunWork& work = portfolio.runs[w];
  for (std::size_t r = 0; r < work.periods.size(); ++r) {
    const auto option = cheapest(
        work.options, [&](std::size_t o) { return part.placed[w][r][o] && !work.options[o].pool; },
        [&](std::size_t o) { return usd_of(work.options[o], work.periods[r]); });
    if (!option) return false;
    plan.placed.push_back({w, r, *option, work.periods[r].runs});
  }
  return true;
}

bool add_rented_serving(const Portfolio& portfolio, const Kept& part, std::size_t w, PortfolioPlan& plan) {
  const ServedWork& work = portfolio.served[w];
  const std::vector<std::vector<double>> none(static_cast<std::size_t>(portfolio.months),
                                              std::vector<double>(portfolio.blocks.size(), 0.0));
  std::vector<PortfolioPlan::Served> served;
  for (std::size_t o = 0; o < work.options.size(); ++o) served.push_back({w, o, none});
  std::set<std::size_t> used;
  for (std::size_t m = 0; m < none.size(); ++m) {
    for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
      const auto needed = [&](const ServeOption& option) { return option.machines[m][b] > 0; };
      if (std::ranges::none_of(work.options, needed)) continue;
      const auto option = cheapest(
          work.options, [&](std::size_t o) { return part.served[w][o] && !work.options[o].pool; },
          [&](std::size_t o) { return work.options[o].usd_a_machine_hour * work.options[o].machines[m][b]; });
      if (!option) return false;
      served[*option].share[m][b] = 1;
      used.insert(*option);
    }
  }
  for (const std::size_t o : used) plan.served.push_back(std::move(served[o]));
  return true;
}

bool only_rented(const Portfolio& portfolio, const Kept& part) {
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    const RunWork& work = portfolio.runs[w];
    for (const auto& period : part.placed[w]) {
      for (std::size_t o = 0; part.runs[w] && o < period.size(); ++o) {
        if (period[o] && (work.options[o].pool || pays_for_a_place(work.places, work.options[o].place)))
          return false;
      }
    }
  }
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    const ServedWork& work = portfolio.served[w];
    for (std::size_t o = 0; part.serving[w] && o < work.options.size(); ++o) {
      if (part.served[w][o] && (work.options[o].pool || pays_for_a_place(work.places, work.options[o].place)))
        return false;
    }
  }
  return true;
}

}  // namespace

std::vector<bool> used_pools(const Portfolio& portfolio, const Kept& kept) {
  std::vector<bool> used(portfolio.pools.size(), false);
  for (const auto& pools : pools_by_work(portfolio, kept)) {
    for (const std::size_t pool : pools) used[pool] = true;
  }
  return used;
}

std::vector<Kept> independent_parts(const Portfolio& portfolio, const Kept& kept) {
  const auto pools = pools_by_work(portfolio, kept);
  std::vector<std::size_t> parents(portfolio.pools.size() + pools.size());
  std::iota(parents.begin(), parents.end(), std::size_t{0});
  for (std::size_t w = 0; w < pools.size(); ++w) {
    for (const std::size_t pool : pools[w])
      parents[root(parents, pool)] = root(parents, portfolio.pools.size() + w);
  }
  std::vector<Kept> parts;
  std::vector<std::size_t> roots;
  for (std::size_t w = 0; w < pools.size(); ++w) {
    const std::size_t mine = root(parents, portfolio.pools.size() + w);
    if (std::ranges::find(roots, mine) != roots.end()) continue;
    roots.push_back(mine);
    Kept& part = parts.emplace_back(kept);
    for (std::size_t other = 0; other < pools.size(); ++other) {
      const bool in = root(parents, portfolio.pools.size() + other) == mine;
      const std::size_t runs = portfolio.runs.size();
      if (other < runs) part.runs[other] = in;
      if (other >= runs) part.serving[other - runs] = in;
    }
    for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
      if (root(parents, p) != mine) drop_capacity(p, part);
    }
  }
  return parts;
}

std::optional<PortfolioPlan> cheapest_of_each(const Portfolio& portfolio, const Kept& part) {
  return only_rented(portfolio, part) ? all_rented(portfolio, part) : std::nullopt;
}

std::optional<PortfolioPlan> all_rented(const Portfolio& portfolio, const Kept& part) {
  PortfolioPlan plan;
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    if (part.runs[w] && !add_rented_runs(portfolio, part, w, plan)) return std::nullopt;
  }
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    if (part.serving[w] && !add_rented_serving(portfolio, part, w, plan)) return std::nullopt;
  }
  plan.usd = usd_of_plan(portfolio, plan);
  return plan;
}

}  // namespace capplan

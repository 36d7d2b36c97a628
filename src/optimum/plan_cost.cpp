#include "optimum/plan_cost.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "optimum/run_time.h"

namespace capplan {
namespace {

// Of a machine: what the solver's tolerances leave over.
constexpr double kOver = 1e-6;

using Place = std::pair<std::size_t, std::size_t>;  // of a work, its place

double usd_of_pools(const Portfolio& portfolio, const PortfolioPlan& plan) {
  double usd = 0;
  for (const auto& bought : plan.bought) {
    usd += portfolio.pools[bought.pool].bought_usd[static_cast<std::size_t>(bought.machines)];
  }
  for (const auto& committed : plan.committed) {
    usd += committed.machines * portfolio.pools[committed.pool].commitments[committed.commitment].usd;
  }
  return usd;
}

double usd_of_runs(const Portfolio& portfolio, const PortfolioPlan& plan) {
  double usd = 0;
  std::set<Place> places;
  for (const auto& placed : plan.placed) {
    const RunWork& work = portfolio.runs[placed.work];
    usd += placed.runs * usd_of(work.options[placed.option], work.periods[placed.period]);
    if (const auto& place = work.options[placed.option].place) places.emplace(placed.work, *place);
  }
  for (const auto& [work, place] : places) usd += portfolio.runs[work].places[place].usd;
  return usd;
}

double usd_of_serving(const Portfolio& portfolio, const PortfolioPlan& plan) {
  double usd = 0;
  std::set<Place> places;
  for (const auto& served : plan.served) {
    const ServeOption& option = portfolio.served[served.work].options[served.option];
    double machine_hours = 0;
    for (std::size_t m = 0; m < served.share.size(); ++m) {
      for (std::size_t b = 0; b < portfolio.blocks.size(); ++b)
        machine_hours += served.share[m][b] * option.machines[m][b] * portfolio.blocks[b].hours;
    }
    usd += option.usd_a_machine_hour * machine_hours;
    if (option.place) places.emplace(served.work, *option.place);
  }
  for (const auto& [work, place] : places) usd += portfolio.served[work].places[place].usd;
  return usd;
}

}  // namespace

std::vector<std::vector<int>> machines_there(const Portfolio& portfolio, const PortfolioPlan& plan) {
  std::vector<std::vector<int>> machines;
  for (const Pool& pool : portfolio.pools)
    machines.emplace_back(static_cast<std::size_t>(portfolio.months), pool.existing);
  const auto add = [&](std::size_t pool, int from, int end, int count) {
    for (int m = from; m < std::min(end, portfolio.months); ++m)
      machines[pool][static_cast<std::size_t>(m)] += count;
  };
  for (const auto& bought : plan.bought)
    add(bought.pool, portfolio.pools[bought.pool].first_month, portfolio.months, bought.machines);
  for (const auto& committed : plan.committed) {
    const int term = portfolio.pools[committed.pool].commitments[committed.commitment].term_months;
    add(committed.pool, committed.month, committed.month + term, committed.machines);
  }
  return machines;
}

std::vector<std::vector<std::vector<double>>> machines_serving(const Portfolio& portfolio,
                                                               const PortfolioPlan& plan) {
  const std::vector<std::vector<double>> none(static_cast<std::size_t>(portfolio.months),
                                              std::vector<double>(portfolio.blocks.size(), 0.0));
  std::vector<std::vector<std::vector<double>>> machines(portfolio.pools.size(), none);
  for (const auto& served : plan.served) {
    const ServeOption& option = portfolio.served[served.work].options[served.option];
    if (!option.pool) continue;
    for (std::size_t m = 0; m < served.share.size(); ++m) {
      for (std::size_t b = 0; b < portfolio.blocks.size(); ++b)
        machines[*option.pool][m][b] += served.share[m][b] * option.machines[m][b];
    }
  }
  return machines;
}

bool has_limits(const PortfolioLimits& limits) {
  return limits.accelerators || !limits.quotas.empty() || limits.budget || limits.budget_a_month;
}

bool has_quota(const PortfolioLimits& limits, const std::string& quota) {
  return std::ranges::any_of(limits.quotas, [&](const QuotaLimit& limit) { return limit.quota == quota; });
}

bool is_counted(const PortfolioLimits& limits, const std::string& quota) {
  return limits.accelerators || has_quota(limits, quota);
}

RentedAtOnce rented_at_once(const Portfolio& portfolio, const PortfolioPlan& plan) {
  RentedAtOnce rented;
  for (const auto& placed : plan.placed) {
    const RunWork& work = portfolio.runs[placed.work];
    const RunOption& option = work.options[placed.option];
    if (option.pool) continue;
    int& most = rented.runs[{placed.work, placed.option}];
    most = std::max(most, side_by_side(placed.runs, option, work.periods[placed.period], portfolio));
  }
  for (const auto& served : plan.served) {
    const ServeOption& option = portfolio.served[served.work].options[served.option];
    if (option.pool) continue;
    int& most = rented.served[{served.work, served.option}];
    for (std::size_t m = 0; m < served.share.size(); ++m) {
      for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
        const double machines = served.share[m][b] * option.machines[m][b];
        most = std::max(most, static_cast<int>(std::ceil(machines - kOver)));
      }
    }
  }
  return rented;
}

double usd_of_plan(const Portfolio& portfolio, const PortfolioPlan& plan) {
  return usd_of_pools(portfolio, plan) + usd_of_runs(portfolio, plan) + usd_of_serving(portfolio, plan);
}

}  // namespace capplan

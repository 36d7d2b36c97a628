// The rules of a portfolio once more, on a plan instead of on columns.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "capplan/optimum/portfolio.h"
#include "optimum/mixed_integer_program.h"
#include "optimum/payments.h"
#include "optimum/plan_cost.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

// Relative, and in the units of the row: what the solver's tolerances leave over.
constexpr double kNear = 1e-6;

bool at_most(double value, double limit) { return value <= limit + kNear * std::max(1.0, std::abs(limit)); }

bool can_be_bought(const Portfolio& portfolio, const PortfolioPlan& plan) {
  std::map<std::size_t, int> bought;
  for (const auto& one : plan.bought) bought[one.pool] += one.machines;
  for (const auto& [pool, machines] : bought) {
    if (machines < 0 ||
        machines >= std::max<int>(1, static_cast<int>(portfolio.pools[pool].bought_usd.size())))
      return false;
  }
  return std::ranges::all_of(plan.committed, [&](const auto& one) {
    const TermOffer& commitment = portfolio.pools[one.pool].commitments[one.commitment];
    return one.month >= 0 && one.month < portfolio.months && one.machines >= commitment.least &&
           one.machines <= commitment.most;
  });
}

bool every_run_placed(const Portfolio& portfolio, const PortfolioPlan& plan) {
  std::map<std::pair<std::size_t, std::size_t>, int> placed;
  for (const auto& one : plan.placed) {
    const RunWork& work = portfolio.runs[one.work];
    if (one.runs < 0 || !fits(work.options[one.option], work.periods[one.period], portfolio)) return false;
    placed[{one.work, one.period}] += one.runs;
  }
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    for (std::size_t r = 0; r < portfolio.runs[w].periods.size(); ++r) {
      if (placed[{w, r}] != portfolio.runs[w].periods[r].runs) return false;
    }
  }
  return true;
}

// The shares of a demand are whole together, wherever any option needs a machine for it.
bool all_served(const Portfolio& portfolio, const PortfolioPlan& plan, std::size_t work) {
  for (std::size_t m = 0; m < static_cast<std::size_t>(portfolio.months); ++m) {
    for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
      const bool needed = std::ranges::any_of(portfolio.served[work].options, [&](const ServeOption& option) {
        return option.machines[m][b] > 0;
      });
      double sum = 0;
      for (const auto& served : plan.served) {
        if (served.work != work) continue;
        if (served.share[m][b] < 0) return false;
        sum += served.share[m][b];
      }
      if (needed && std::abs(sum - 1) > kNear) return false;
    }
  }
  return true;
}

struct PoolUse {
  std::vector<double> machine_hours;  // left for runs, by month
  std::vector<int> machines;          // by month
};

// Runs whose period is one month take their hours there; false where there are none for them.
bool take_months(const Portfolio& portfolio, const PortfolioPlan& plan, std::size_t pool, PoolUse& use) {
  for (const auto& placed : plan.placed) {
    const RunOption& option = portfolio.runs[placed.work].options[placed.option];
    const Period& period = portfolio.runs[placed.work].periods[placed.period];
    if (option.pool != pool || months_of(period, portfolio) != 1) continue;
    const auto m = static_cast<std::size_t>(period.first_month);
    if (option.machines > use.machines[m]) return false;
    use.machine_hours[m] -= placed.runs * option.machines * hours_of(option, period);
  }
  return std::ranges::all_of(use.machine_hours, [](double hours) { return hours >= -kNear * 1e3; });
}

// Whether the runs with several months can share what is left of them: a transport problem.
bool share_months(const Portfolio& portfolio, const PortfolioPlan& plan, std::size_t pool,
                  const PoolUse& use) {
  MixedIntegerProgram program;
  std::vector<std::vector<Term>> months(use.machines.size());
  for (const auto& placed : plan.placed) {
    const RunOption& option = portfolio.runs[placed.work].options[placed.option];
    const Period& period = portfolio.runs[placed.work].periods[placed.period];
    if (option.pool != pool || months_of(period, portfolio) == 1) continue;
    std::vector<Term> all;
    for (int i = 0; i < months_of(period, portfolio); ++i) {
      const int month = period.first_month + i;
      const auto m = static_cast<std::size_t>(month);
      if (option.machines > use.machines[m]) continue;
      const double most = placed.runs * most_hours(option, period, portfolio, i);
      const Variable hours = program.add_column(Domain::kContinuous, 0, most, 0);
      all.push_back({hours, 1});
      months[m].push_back({hours, 1.0 * option.machines});
    }
    const double hours = placed.runs * hours_of(option, period);
    if (all.empty()) return false;
    program.add_row(hours * (1 - kNear), all, kUnlimited);
  }
  for (std::size_t m = 0; m < months.size(); ++m)
    program.add_row(-kUnlimited, months[m], std::max(0.0, use.machine_hours[m]));
  return program.columns() == 0 || program.solve({}).found();
}

bool pools_suffice(const Portfolio& portfolio, const PortfolioPlan& plan) {
  const auto machines = machines_there(portfolio, plan);
  const auto serving = machines_serving(portfolio, plan);
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    PoolUse use{.machine_hours = {}, .machines = machines[p]};
    for (std::size_t m = 0; m < machines[p].size(); ++m) {
      double hours = 0;
      for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
        if (!at_most(serving[p][m][b], machines[p][m])) return false;
        hours += portfolio.blocks[b].hours * std::max(0.0, machines[p][m] - serving[p][m][b]);
      }
      use.machine_hours.push_back(hours);
    }
    if (!take_months(portfolio, plan, p, use) || !share_months(portfolio, plan, p, use)) return false;
  }
  return true;
}

bool each_within_most(const Portfolio& portfolio, const RentedAtOnce& rented) {
  const auto within = [](const auto& option, int at_once) {
    return !option.most_at_once || at_once <= *option.most_at_once;
  };
  return std::ranges::all_of(rented.runs,
                             [&](const auto& one) {
                               const auto& [way, groups] = one;
                               return within(portfolio.runs[way.first].options[way.second], groups);
                             }) &&
         std::ranges::all_of(rented.served, [&](const auto& one) {
           const auto& [way, machines] = one;
           return within(portfolio.served[way.first].options[way.second], machines);
         });
}

// At once; of one quota, or all.
double accelerators(const Portfolio& portfolio, const std::vector<std::vector<int>>& machines,
                    const RentedAtOnce& rented, int month, const std::string* quota) {
  const auto counts = [&](const std::string& of) { return quota == nullptr || of == *quota; };
  const auto m = static_cast<std::size_t>(month);
  double sum = 0;
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    if (counts(portfolio.pools[p].quota)) sum += machines[p][m] * portfolio.pools[p].accelerators_a_machine;
  }
  for (const auto& [way, groups] : rented.runs) {
    const RunOption& option = portfolio.runs[way.first].options[way.second];
    if (counts(option.quota)) sum += groups * option.machines * option.accelerators_a_machine;
  }
  for (const auto& [way, most] : rented.served) {
    const ServeOption& option = portfolio.served[way.first].options[way.second];
    if (counts(option.quota)) sum += most * option.accelerators_a_machine;
  }
  return sum;
}

}  // namespace

bool keeps_limits(const Portfolio& portfolio, const PortfolioPlan& plan) {
  const PortfolioLimits& limits = portfolio.limits;
  const RentedAtOnce rented = rented_at_once(portfolio, plan);
  if (!each_within_most(portfolio, rented)) return false;
  if (limits.budget && !at_most(usd_of_plan(portfolio, plan), *limits.budget)) return false;
  const auto machines = machines_there(portfolio, plan);
  const auto at_once = [&](int month, const std::string* quota) {
    return accelerators(portfolio, machines, rented, month, quota);
  };
  for (int m = 0; m < portfolio.months; ++m) {
    if (limits.accelerators && !at_most(at_once(m, nullptr), *limits.accelerators)) return false;
    for (const QuotaLimit& limit : limits.quotas) {
      if (!at_most(at_once(m, &limit.quota), limit.accelerators)) return false;
    }
  }
  if (!limits.budget_a_month) return true;
  std::vector<double> paid = usd_by_month(portfolio, plan);
  paid.front() += limits.paid_at_start;
  return std::ranges::all_of(paid, [&](double month) { return at_most(month, *limits.budget_a_month); });
}

std::optional<double> cost_of_plan(const Portfolio& portfolio, const PortfolioPlan& plan) {
  if (!can_be_bought(portfolio, plan) || !every_run_placed(portfolio, plan)) return std::nullopt;
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    if (!all_served(portfolio, plan, w)) return std::nullopt;
  }
  if (!pools_suffice(portfolio, plan)) return std::nullopt;
  if (!keeps_limits(portfolio, plan)) return std::nullopt;
  return usd_of_plan(portfolio, plan);
}

}  // namespace capplan

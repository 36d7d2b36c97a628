// The rows that tie all works together: accelerators, quotas, budgets.
#include <algorithm>
#include <utility>

#include "optimum/payments.h"
#include "optimum/plan_cost.h"
#include "optimum/portfolio_program.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

bool counts(const std::string& quota, const std::string* limited) {
  return limited == nullptr || quota == *limited;
}

template <class Option>
double most_at_once(const Option& option) {
  return option.most_at_once ? *option.most_at_once : kUnlimited;
}

}  // namespace

void PortfolioProgram::add_limits() {
  const PortfolioLimits& limits = portfolio_.limits;
  if (limits.accelerators || !limits.quotas.empty()) add_rented_at_once();
  for (int m = 0; m < portfolio_.months; ++m) {
    if (limits.accelerators) add_accelerator_limit(*limits.accelerators, nullptr, m);
    for (const QuotaLimit& limit : limits.quotas) add_accelerator_limit(limit.accelerators, &limit.quota, m);
    if (!limits.budget_a_month) continue;
    Terms paid;
    add_paid_for_pools(m, paid);
    add_paid_for_runs(m, paid);
    add_paid_for_serving(m, paid);
    add_limit(std::move(paid), *limits.budget_a_month - (m == 0 ? limits.paid_at_start : 0));
  }
  if (limits.budget) add_limit(program_.costs(), *limits.budget);
}

void PortfolioProgram::add_limit(Terms used, double most) {
  std::optional<Variable> beyond;
  if (beyond_) {
    beyond = program_.add_column(Domain::kContinuous, 0, kUnlimited, 0);
    used.push_back({*beyond, -1});
  }
  const double there = elsewhere_ ? 0 : most;
  limit_rows_.push_back({program_.add_row(-kUnlimited, used, there), there, beyond});
}

void PortfolioProgram::add_rented_at_once() {
  for (std::size_t w = 0; w < runs_.size(); ++w) {
    for (std::size_t o = 0; o < portfolio_.runs[w].options.size(); ++o) add_runs_at_once(w, o);
  }
  for (std::size_t w = 0; w < shares_.size(); ++w) {
    for (std::size_t o = 0; o < shares_[w].size(); ++o) add_served_at_once(w, o);
  }
}

void PortfolioProgram::add_runs_at_once(std::size_t w, std::size_t o) {
  const RunWork& work = portfolio_.runs[w];
  const RunOption& option = work.options[o];
  if (option.pool || !is_counted(portfolio_.limits, option.quota)) return;
  const Variable groups = program_.add_column(Domain::kInteger, 0, most_at_once(option), 0);
  for (std::size_t r = 0; r < runs_[w].size(); ++r) {
    if (!runs_[w][r][o]) continue;
    const Period& period = work.periods[r];
    const Variable count = runs_[w][r][o]->count;
    program_.add_row(-kUnlimited, {{count, 1}, {groups, -1.0 * period.runs}}, 0);
    if (side_by_side(period.runs, option, period, portfolio_) <= 1) continue;
    const double hours = months_of(period, portfolio_) * portfolio_.hours_a_month;
    program_.add_row(-kUnlimited, {{count, hours_of(option, period) / hours}, {groups, -1}}, 0);
  }
  runs_at_once_.push_back({w, o, groups});
}

void PortfolioProgram::add_served_at_once(std::size_t w, std::size_t o) {
  const ServeOption& option = portfolio_.served[w].options[o];
  if (option.pool || !is_counted(portfolio_.limits, option.quota)) return;
  const Variable machines = program_.add_column(Domain::kInteger, 0, most_at_once(option), 0);
  for (std::size_t m = 0; m < shares_[w][o].size(); ++m) {
    for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
      const auto& share = shares_[w][o][m][b];
      if (share) program_.add_row(-kUnlimited, {{*share, option.machines[m][b]}, {machines, -1}}, 0);
    }
  }
  served_at_once_.push_back({w, o, machines});
}

void PortfolioProgram::add_accelerator_limit(double most, const std::string* quota, int month) {
  Terms used;
  double existing = 0;
  for (std::size_t p = 0; p < portfolio_.pools.size(); ++p) {
    const Pool& pool = portfolio_.pools[p];
    if (!counts(pool.quota, quota)) continue;
    existing += pool.existing * pool.accelerators_a_machine;
    add_capacity({p, month}, pool.accelerators_a_machine, used);
  }
  for (const AtOnce& rented : runs_at_once_) {
    const RunOption& option = portfolio_.runs[rented.work].options[rented.option];
    if (counts(option.quota, quota))
      used.push_back({rented.count, option.machines * option.accelerators_a_machine});
  }
  for (const AtOnce& rented : served_at_once_) {
    const ServeOption& option = portfolio_.served[rented.work].options[rented.option];
    if (counts(option.quota, quota)) used.push_back({rented.count, option.accelerators_a_machine});
  }
  add_limit(std::move(used), most - existing);
}

void PortfolioProgram::add_paid_for_pools(int month, Terms& terms) const {
  for (std::size_t p = 0; p < pieces_.size(); ++p) {
    for (const Piece& piece : pieces_[p]) {
      const double usd = piece.cost.usd[2] + (month == 0 ? piece.cost.usd[1] : 0);
      terms.push_back({piece.machines, usd});
    }
    for (std::size_t k = 0; k < committed_[p].size(); ++k) {
      for (int start = 0; start <= month; ++start) {
        const auto& purchase = committed_[p][k][static_cast<std::size_t>(start)];
        const double usd = usd_in_month(portfolio_.pools[p].commitments[k], month - start);
        if (purchase && usd != 0) terms.push_back({purchase->machines, usd});
      }
    }
  }
}

void PortfolioProgram::add_paid_for_runs(int month, Terms& terms) const {
  for (std::size_t w = 0; w < runs_.size(); ++w) {
    const RunWork& work = portfolio_.runs[w];
    for (std::size_t i = 0; i < work.places.size(); ++i) {
      if (run_places_[w][i] && !elsewhere_)
        terms.push_back({*run_places_[w][i], usd_in_month(work.places[i], month)});
    }
    for (std::size_t r = 0; r < runs_[w].size(); ++r) {
      const int i = month - work.periods[r].first_month;
      if (i < 0 || i >= months_of(work.periods[r], portfolio_)) continue;
      for (std::size_t o = 0; o < work.options.size(); ++o) {
        const RunOption& option = work.options[o];
        if (!runs_[w][r][o]) continue;
        const auto hours = hours_without_waiting(option, work.periods[r], portfolio_);
        const double part = hours[static_cast<std::size_t>(i)] / hours_of(option, work.periods[r]);
        terms.push_back({runs_[w][r][o]->count, part * usd_of(option, work.periods[r])});
      }
    }
  }
}

void PortfolioProgram::add_paid_for_serving(int month, Terms& terms) const {
  const auto m = static_cast<std::size_t>(month);
  for (std::size_t w = 0; w < shares_.size(); ++w) {
    const ServedWork& work = portfolio_.served[w];
    for (std::size_t i = 0; i < work.places.size(); ++i) {
      if (served_places_[w][i] && !elsewhere_)
        terms.push_back({*served_places_[w][i], usd_in_month(work.places[i], month)});
    }
    for (std::size_t o = 0; o < shares_[w].size(); ++o) {
      for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
        if (!shares_[w][o][m][b]) continue;
        const double usd =
            work.options[o].usd_a_machine_hour * work.options[o].machines[m][b] * portfolio_.blocks[b].hours;
        terms.push_back({*shares_[w][o][m][b], usd});
      }
    }
  }
}

}  // namespace capplan

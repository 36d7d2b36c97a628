#include "optimum/portfolio_program.h"

#include <algorithm>
#include <cmath>

#include "optimum/dominance.h"
#include "optimum/parts.h"
#include "optimum/payments.h"
#include "optimum/plan_cost.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

// A share of a demand below this is what the solver's tolerances leave over; likewise of a machine.
constexpr double kNoShare = 1e-9;
constexpr double kNoMachine = 1e-6;

std::vector<std::optional<Variable>> place_columns(MixedIntegerProgram& program,
                                                   const std::vector<DataPlaceCost>& places, bool paid) {
  std::vector<std::optional<Variable>> columns(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].usd != 0) columns[i] = program.add_column(Domain::kInteger, 0, 1, paid ? places[i].usd : 0);
  }
  return columns;
}

bool any_machines(const ServedWork& work, int month, std::size_t block) {
  return std::ranges::any_of(work.options, [&](const ServeOption& option) {
    return option.machines[static_cast<std::size_t>(month)][block] > 0;
  });
}

}  // namespace

PortfolioProgram::PortfolioProgram(const Portfolio& portfolio, const Kept& kept, const ProgramDetail& detail)
    : portfolio_(portfolio), limits_(detail.limits), beyond_(detail.beyond), elsewhere_(detail.elsewhere) {
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    add_bought(p, kept.bought[p]);
    add_committed(p, kept.committed[p]);
    sizes_.emplace_back(static_cast<std::size_t>(portfolio.months));
  }
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) add_runs(w, kept.runs[w], kept.placed[w]);
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) add_served(w, kept.serving[w], kept.served[w]);
  const std::vector<bool> used = used_pools(portfolio, kept);
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    for (int m = 0; used[p] && m < portfolio.months; ++m) add_pool_month({p, m}, detail);
    tie_serving_to_pieces(p);
  }
  for (const TurnLimit& limit : detail.turns) add_turn_limit(limit);
  if (limits_) add_limits();
}

void PortfolioProgram::add_bought(std::size_t p, int most) {
  const Pool& pool = portfolio_.pools[p];
  auto& pieces = pieces_.emplace_back();
  if (most <= 0) return;
  std::vector<std::vector<double>> tables = {pool.bought_usd};
  if (limits_ && portfolio_.limits.budget_a_month) {
    tables.push_back(usd_at_start(pool));
    tables.push_back(usd_a_month(pool, portfolio_.months));
  }
  for (auto& table : tables) table.resize(static_cast<std::size_t>(most) + 1);
  std::size_t section = 0;  // first of the pieces that come in their turn by themselves
  for (CostPiece& cost : cost_pieces(tables)) {
    Piece piece{program_.add_column(Domain::kInteger, 0, cost.machines, cost.usd[0]), std::move(cost), {}};
    if (piece.cost.in_turn) {
      piece.begun = program_.add_column(Domain::kInteger, 0, 1, 0);
      for (std::size_t before = section; before < pieces.size(); ++before) {
        const double all = pieces[before].cost.machines;
        program_.add_row(0, {{pieces[before].machines, 1}, {*piece.begun, -all}}, kUnlimited);
      }
      section = pieces.size();
    }
    pieces.push_back(std::move(piece));
    if (const auto& begun = pieces[section].begun) {
      const double all = pieces.back().cost.machines;
      program_.add_row(-kUnlimited, {{pieces.back().machines, 1}, {*begun, -all}}, 0);
    }
  }
}

void PortfolioProgram::add_committed(std::size_t p, const std::vector<std::vector<int>>& most) {
  auto& purchases = committed_.emplace_back();
  for (std::size_t k = 0; k < most.size(); ++k) {
    const TermOffer& commitment = portfolio_.pools[p].commitments[k];
    auto& months = purchases.emplace_back();
    for (const int n : most[k]) {
      auto& purchase = months.emplace_back();
      if (n < std::max(1, commitment.least)) continue;
      purchase = Purchase{program_.add_column(Domain::kInteger, 0, n, commitment.usd), {}};
      if (commitment.least <= 1) continue;
      purchase->made = program_.add_column(Domain::kInteger, 0, 1, 0);
      program_.add_row(-kUnlimited, {{purchase->machines, 1}, {*purchase->made, -1.0 * n}}, 0);
      program_.add_row(0, {{purchase->machines, 1}, {*purchase->made, -1.0 * commitment.least}}, kUnlimited);
    }
  }
}

void PortfolioProgram::add_runs(std::size_t w, bool in_question, const std::vector<std::vector<bool>>& kept) {
  const RunWork& work = portfolio_.runs[w];
  auto& places = run_places_.emplace_back(work.places.size());
  auto& periods = runs_.emplace_back();
  run_rows_.emplace_back();
  if (!in_question) return;
  places = place_columns(program_, work.places, !elsewhere_);
  for (std::size_t r = 0; r < work.periods.size(); ++r) {
    const Period& period = work.periods[r];
    auto& options = periods.emplace_back(work.options.size());
    Terms all;
    std::vector<Terms> at_place(work.places.size());
    for (std::size_t o = 0; o < work.options.size(); ++o) {
      if (!kept[r][o]) continue;
      options[o] = new_runs(work.options[o], period);
      all.push_back({options[o]->count, 1});
      if (work.options[o].place) at_place[*work.options[o].place].push_back({options[o]->count, 1});
    }
    run_rows_.back().push_back(add_work_row(period.runs, std::move(all)));
    for (std::size_t i = 0; i < at_place.size(); ++i) {
      if (!places[i] || at_place[i].empty()) continue;
      at_place[i].push_back({*places[i], -1.0 * period.runs});
      program_.add_row(-kUnlimited, at_place[i], 0);
    }
  }
}

std::optional<PortfolioProgram::WorkRow> PortfolioProgram::add_work_row(double all, Terms terms) {
  std::optional<Variable> elsewhere;
  if (elsewhere_) {
    if (terms.empty()) return std::nullopt;
    elsewhere = program_.add_column(Domain::kContinuous, 0, all, 0);
    terms.push_back({*elsewhere, 1});
  }
  return WorkRow{program_.add_row(all, terms, all), elsewhere};
}

PortfolioProgram::Runs PortfolioProgram::new_runs(const RunOption& option, const Period& period) {
  Runs runs{program_.add_column(Domain::kInteger, 0, period.runs, usd_of(option, period)), {}};
  if (!option.pool) return runs;
  const int months = months_of(period, portfolio_);
  if (months == 1) {
    runs.hours.push_back({{runs.count, hours_of(option, period)}});
    return runs;
  }
  Terms all = {{runs.count, -hours_of(option, period)}};
  for (int i = 0; i < months; ++i) {
    const Variable hours = program_.add_column(Domain::kContinuous, 0, kUnlimited, 0);
    runs.hours.push_back({{hours, 1}});
    all.push_back({hours, 1});
    program_.add_row(-kUnlimited, {{hours, 1}, {runs.count, -most_hours(option, period, portfolio_, i)}}, 0);
  }
  program_.add_row(0, all, 0);
  return runs;
}

void PortfolioProgram::add_served(std::size_t w, bool in_question, const std::vector<bool>& kept) {
  const ServedWork& work = portfolio_.served[w];
  const auto months = static_cast<std::size_t>(portfolio_.months);
  auto& places = served_places_.emplace_back(work.places.size());
  const std::vector<std::optional<Variable>> none(portfolio_.blocks.size());
  shares_.emplace_back(work.options.size(), std::vector<std::vector<std::optional<Variable>>>(months, none));
  served_rows_.emplace_back(months, std::vector<std::optional<WorkRow>>(portfolio_.blocks.size()));
  if (!in_question) return;
  places = place_columns(program_, work.places, !elsewhere_);
  for (int m = 0; m < portfolio_.months; ++m) {
    for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
      if (any_machines(work, m, b)) add_shares(w, kept, m, b);
    }
  }
}

void PortfolioProgram::add_shares(std::size_t w, const std::vector<bool>& kept, int month,
                                  std::size_t block) {
  const ServedWork& work = portfolio_.served[w];
  const auto m = static_cast<std::size_t>(month);
  Terms all;
  std::vector<Terms> at_place(work.places.size());
  for (std::size_t o = 0; o < work.options.size(); ++o) {
    if (!kept[o] || (!limits_ && served_as_well(work, kept, o, {m, block}))) continue;
    const ServeOption& option = work.options[o];
    const double usd = option.usd_a_machine_hour * option.machines[m][block] * portfolio_.blocks[block].hours;
    const Variable share = program_.add_column(Domain::kContinuous, 0, 1, usd);
    shares_[w][o][m][block] = share;
    all.push_back({share, 1});
    if (option.place) at_place[*option.place].push_back({share, 1});
  }
  served_rows_[w][m][block] = add_work_row(1, std::move(all));
  for (std::size_t i = 0; i < at_place.size(); ++i) {
    if (!served_places_[w][i] || at_place[i].empty()) continue;
    at_place[i].push_back({*served_places_[w][i], -1});
    program_.add_row(-kUnlimited, at_place[i], 0);
  }
}

void PortfolioProgram::add_capacity(const PoolMonth& where, double factor, Terms& terms) const {
  const Pool& pool = portfolio_.pools[where.pool];
  if (where.month >= pool.first_month) {
    for (const Piece& piece : pieces_[where.pool]) terms.push_back({piece.machines, factor});
  }
  for (std::size_t k = 0; k < pool.commitments.size(); ++k) {
    const int first = std::max(0, where.month - pool.commitments[k].term_months + 1);
    for (int start = first; start <= where.month; ++start) {
      const auto& purchase = committed_[where.pool][k][static_cast<std::size_t>(start)];
      if (purchase) terms.push_back({purchase->machines, factor});
    }
  }
}

PortfolioPlan PortfolioProgram::plan(const std::vector<double>& values) const {
  const auto value = [&](Variable column) { return values[static_cast<std::size_t>(column.index)]; };
  const auto whole = [&](Variable column) { return static_cast<int>(std::lround(value(column))); };
  PortfolioPlan plan;
  for (std::size_t p = 0; p < pieces_.size(); ++p) {
    int machines = 0;
    for (const Piece& piece : pieces_[p]) machines += whole(piece.machines);
    if (machines > 0) plan.bought.push_back({p, machines});
    for (std::size_t k = 0; k < committed_[p].size(); ++k) {
      for (int m = 0; m < portfolio_.months; ++m) {
        const auto& purchase = committed_[p][k][static_cast<std::size_t>(m)];
        if (purchase && whole(purchase->machines) > 0)
          plan.committed.push_back({p, k, m, whole(purchase->machines)});
      }
    }
  }
  for (std::size_t w = 0; w < runs_.size(); ++w) {
    for (std::size_t r = 0; r < runs_[w].size(); ++r) {
      for (std::size_t o = 0; o < runs_[w][r].size(); ++o) {
        const auto& runs = runs_[w][r][o];
        if (runs && whole(runs->count) > 0) plan.placed.push_back({w, r, o, whole(runs->count)});
      }
    }
  }
  for (std::size_t w = 0; w < shares_.size(); ++w) add_shares_to(plan, values, w);
  plan.usd = usd_of_plan(portfolio_, plan);
  return plan;
}

std::vector<double> PortfolioProgram::machines(const std::vector<double>& values) const {
  std::vector<double> machines;
  for (std::size_t p = 0; p < pieces_.size(); ++p) {
    double sum = 0;
    const auto add = [&](Variable column) { sum += values[static_cast<std::size_t>(column.index)]; };
    for (const Piece& piece : pieces_[p]) add(piece.machines);
    for (const auto& commitment : committed_[p]) {
      for (const auto& purchase : commitment) {
        if (purchase) add(purchase->machines);
      }
    }
    machines.push_back(sum > kNoMachine ? sum : 0);
  }
  return machines;
}

Kept PortfolioProgram::used(const std::vector<double>& values, Kept kept) const {
  const auto is_used = [&](Variable column) {
    return values[static_cast<std::size_t>(column.index)] > kNoMachine;
  };
  for (std::size_t w = 0; w < runs_.size(); ++w) {
    for (std::size_t o = 0; o < portfolio_.runs[w].options.size(); ++o) {
      const bool any = std::ranges::any_of(
          runs_[w], [&](const auto& period) { return period[o] && is_used(period[o]->count); });
      for (auto& period : kept.placed[w]) period[o] = period[o] && any;
    }
  }
  for (std::size_t w = 0; w < shares_.size(); ++w) {
    for (std::size_t o = 0; o < shares_[w].size(); ++o) {
      const bool any = std::ranges::any_of(shares_[w][o], [&](const auto& month) {
        return std::ranges::any_of(month, [&](const auto& share) { return share && is_used(*share); });
      });
      kept.served[w][o] = kept.served[w][o] && any;
    }
  }
  return kept;
}

void PortfolioProgram::add_shares_to(PortfolioPlan& plan, const std::vector<double>& values,
                                     std::size_t w) const {
  const std::size_t options = shares_[w].size();
  const auto months = static_cast<std::size_t>(portfolio_.months);
  std::vector<std::vector<std::vector<double>>> share(
      options, std::vector(months, std::vector<double>(portfolio_.blocks.size(), 0.0)));
  std::vector<bool> any(options, false);
  for (std::size_t m = 0; m < months; ++m) {
    for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
      double all = 0;
      for (std::size_t o = 0; o < options; ++o) {
        const auto& column = shares_[w][o][m][b];
        if (!column) continue;
        const double value = values[static_cast<std::size_t>(column->index)];
        if (value < kNoShare) continue;
        share[o][m][b] = value;
        all += value;
        any[o] = true;
      }
      for (std::size_t o = 0; o < options; ++o) {
        if (all > 0) share[o][m][b] /= all;
      }
    }
  }
  for (std::size_t o = 0; o < options; ++o) {
    if (any[o]) plan.served.push_back({w, o, std::move(share[o])});
  }
}

std::vector<RunHours> PortfolioProgram::run_hours(const std::vector<double>& values,
                                                  const PoolMonth& where) const {
  std::vector<RunHours> all;
  for (const Load& load : loads(where)) {
    double hours = 0;
    for (const Term& term : *load.hours)
      hours += term.coefficient * values[static_cast<std::size_t>(term.column.index)];
    const auto runs = static_cast<int>(std::lround(values[static_cast<std::size_t>(load.count.index)]));
    const Period& period = portfolio_.runs[load.work].periods[load.period];
    if (runs > 0 && hours > 0) {
      all.push_back({.count = {load.work, load.period, load.option, runs},
                     .one_month = months_of(period, portfolio_) == 1,
                     .machines = load.machines,
                     .hours = hours,
                     .most_hours = load.most_hours});
    }
  }
  return all;
}

}  // namespace capplan

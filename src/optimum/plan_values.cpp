// A plan as values of the program's whole columns.
#include <algorithm>
#include <cmath>

#include "optimum/plan_cost.h"
#include "optimum/portfolio_program.h"

namespace capplan {
namespace {

double& at(std::vector<double>& values, Variable column) {
  return values[static_cast<std::size_t>(column.index)];
}

}  // namespace

std::vector<double> PortfolioProgram::values(const PortfolioPlan& plan) const {
  std::vector<double> values(static_cast<std::size_t>(program_.columns()), 0.0);
  set_capacity(plan, values);
  set_places(plan, values);
  set_machines_there(plan, values);
  for (const auto& placed : plan.placed) {
    const auto& runs = runs_[placed.work][placed.period][placed.option];
    if (runs) at(values, runs->count) = placed.runs;
  }
  const RentedAtOnce rented = rented_at_once(portfolio_, plan);
  for (const AtOnce& runs : runs_at_once_) {
    const auto found = rented.runs.find({runs.work, runs.option});
    if (found != rented.runs.end()) at(values, runs.count) = found->second;
  }
  for (const AtOnce& served : served_at_once_) {
    const auto found = rented.served.find({served.work, served.option});
    if (found != rented.served.end()) at(values, served.count) = found->second;
  }
  return values;
}

void PortfolioProgram::set_capacity(const PortfolioPlan& plan, std::vector<double>& values) const {
  for (const auto& bought : plan.bought) {
    int left = bought.machines;
    for (const Piece& piece : pieces_[bought.pool]) {
      const int machines = std::min(left, piece.cost.machines);
      at(values, piece.machines) = machines;
      if (piece.begun) at(values, *piece.begun) = machines > 0 ? 1 : 0;
      left -= machines;
    }
  }
  for (const auto& committed : plan.committed) {
    const auto& purchase =
        committed_[committed.pool][committed.commitment][static_cast<std::size_t>(committed.month)];
    if (!purchase) continue;
    at(values, purchase->machines) = committed.machines;
    if (purchase->made) at(values, *purchase->made) = 1;
  }
}

void PortfolioProgram::set_places(const PortfolioPlan& plan, std::vector<double>& values) const {
  for (const auto& placed : plan.placed) {
    const auto& place = portfolio_.runs[placed.work].options[placed.option].place;
    if (place && run_places_[placed.work][*place]) at(values, *run_places_[placed.work][*place]) = 1;
  }
  for (const auto& served : plan.served) {
    const auto& place = portfolio_.served[served.work].options[served.option].place;
    if (place && served_places_[served.work][*place]) at(values, *served_places_[served.work][*place]) = 1;
  }
}

void PortfolioProgram::set_machines_there(const PortfolioPlan& plan, std::vector<double>& values) const {
  const auto machines = machines_there(portfolio_, plan);
  for (std::size_t p = 0; p < sizes_.size(); ++p) {
    for (std::size_t m = 0; m < sizes_[p].size(); ++m) {
      for (const Size& size : sizes_[p][m]) at(values, size.there) = machines[p][m] >= size.machines ? 1 : 0;
    }
  }
  for (const Groups& groups : groups_) {
    const auto m = static_cast<std::size_t>(groups.where.month);
    const int there = machines[groups.where.pool][m] / groups.size;
    at(values, groups.count) = there;
  }
}

void PortfolioProgram::bound_runs(const RunCount& most) {
  const auto& runs = runs_[most.work][most.period][most.option];
  if (runs) program_.bound_column(runs->count, 0, most.runs);
}

void PortfolioProgram::fix_capacity(const PortfolioPlan& plan) {
  std::vector<double> fixed(static_cast<std::size_t>(program_.columns()), 0.0);
  set_capacity(plan, fixed);
  const auto fix = [&](Variable column) {
    program_.bound_column(column, at(fixed, column), at(fixed, column));
  };
  for (const auto& pieces : pieces_) {
    for (const Piece& piece : pieces) {
      fix(piece.machines);
      if (piece.begun) fix(*piece.begun);
    }
  }
  for (const auto& pool : committed_) {
    for (const auto& commitment : pool) {
      for (const auto& purchase : commitment) {
        if (!purchase) continue;
        fix(purchase->machines);
        if (purchase->made) fix(*purchase->made);
      }
    }
  }
}

}  // namespace capplan

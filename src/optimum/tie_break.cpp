#include "optimum/tie_break.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>

namespace capplan {
namespace {

constexpr int kNodes = 500;
// Relative; the solver's own tolerance.
constexpr double kNearLeast = 1e-9;
// Likewise, of the relaxation.
constexpr double kNearBound = 1e-8;

// Indices of what has an id, in the order of ids.
template <class Named>
std::vector<std::size_t> by_id(const std::vector<Named>& named) {
  std::vector<std::size_t> order(named.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) -> const std::string& { return named[i].id; });
  return order;
}

}  // namespace

void PortfolioProgram::prefer_capacity_by_id() {
  double rank = 0;
  const auto prefer = [&](Variable machines) {
    // Less than one in all: a machine more always counts for more than ids.
    program_.set_cost(machines, 1 + rank / program_.columns());
    ++rank;
  };
  for (const std::size_t p : by_id(portfolio_.pools)) {
    for (const Piece& piece : pieces_[p]) prefer(piece.machines);
    for (const std::size_t k : by_id(portfolio_.pools[p].commitments)) {
      for (const auto& purchase : committed_[p][k]) {
        if (purchase) prefer(purchase->machines);
      }
    }
  }
}

void PortfolioProgram::prefer_work_by_id() {
  for (std::size_t w = 0; w < runs_.size(); ++w) {
    double rank = 0;
    for (const std::size_t o : by_id(portfolio_.runs[w].options)) {
      for (const auto& period : runs_[w]) {
        if (!period.empty() && period[o]) program_.set_cost(period[o]->count, rank);
      }
      ++rank;
    }
  }
  for (std::size_t w = 0; w < shares_.size(); ++w) {
    double rank = 0;
    for (const std::size_t o : by_id(portfolio_.served[w].options)) {
      for (const auto& month : shares_[w][o]) {
        for (const auto& share : month) {
          if (share) program_.set_cost(*share, rank);
        }
      }
      ++rank;
    }
  }
}

std::vector<double> first_by_id(PortfolioProgram& program, const PortfolioPlan& best,
                                const OptimumSettings& settings) {
  MixedIntegerProgram& p = program.program();
  std::vector<Term> cost = p.costs();
  if (cost.empty() || best.usd <= 0) return {};
  const RelaxedSolution relaxed = p.solve_relaxed(settings.monitor);
  if (!relaxed.found()) return {};
  p.bound_by_prices(relaxed, std::max(0.0, best.usd - relaxed.objective) + kNearBound * best.usd);
  // In parts of the whole, so that the solver's tolerances mean what they do elsewhere.
  for (Term& term : cost) {
    p.set_cost(term.column, 0);
    term.coefficient /= best.usd;
  }
  p.add_row(-kUnlimited, cost, 1 + kNearLeast);
  const SolverSettings search = {.gap = 0, .nodes = kNodes, .monitor = settings.monitor};
  program.prefer_capacity_by_id();
  const ProgramSolution capacity = p.solve(search, program.values(best));
  if (!capacity.found() || capacity.objective - capacity.bound > 1e-6) return {};
  program.fix_capacity(program.plan(capacity.values));
  program.prefer_work_by_id();
  const ProgramSolution work = p.solve(search, capacity.values);
  return work.found() ? work.values : capacity.values;
}

}  // namespace capplan

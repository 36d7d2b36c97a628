#include <optional>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"
#include "optimum/portfolio_program.h"

namespace capplan {
namespace {

// Settled to a millionth and a cent.
bool settled(double usd, double bound) { return usd - bound <= 1e-6 * usd + 0.01; }

ProgramDetail all_blocks(const Portfolio& portfolio) {
  ProgramDetail detail;
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    for (int m = 0; m < portfolio.months; ++m) detail.by_block.insert({p, m});
  }
  return detail;
}

}  // namespace

std::optional<Optimum> find_optimum(const Portfolio& portfolio, const OptimumSettings& settings) {
  const PortfolioProgram program(portfolio, all_columns(portfolio), all_blocks(portfolio));
  const ProgramSolution solution =
      program.program().solve({.gap = settings.gap, .nodes = settings.nodes, .monitor = settings.monitor});
  if (!solution.found()) return std::nullopt;
  Optimum optimum{.plan = program.plan(solution.values), .bound = 0, .proven = false, .scheduled = true};
  optimum.bound = std::min(solution.bound, optimum.plan.usd);
  optimum.proven = settled(optimum.plan.usd, optimum.bound);
  return optimum;
}

std::optional<double> relaxed_bound(const Portfolio& portfolio) {
  PortfolioProgram program(portfolio, all_columns(portfolio), {});
  program.program().relax();
  const ProgramSolution solution = program.program().solve({});
  if (!solution.found()) return std::nullopt;
  return solution.bound;
}

}  // namespace capplan

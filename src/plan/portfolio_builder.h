// A spec's work, and everything that could do it, as a portfolio: what can be shared as pools, what is rented
// for one workload alone as options of it. Its amounts are the cost engine's.
#pragma once

#include "plan/portfolio_pools.h"

namespace capplan {

// What an option of a piece of work is: machines of a pool, or a candidate that is rented for it alone.
struct WaySource {
  std::optional<std::size_t> pool;
  const Candidate* candidate = nullptr;
  Execution execution;  // there
  int count = 1;        // accelerators: of a run; of served work, of what serves its highest demand
  Duration starts_after;
};

struct WorkSource {
  std::size_t workload = 0;  // of the spec
  double runs = 1;           // runs of the workload that one run of this work stands for
  std::vector<WaySource> ways;
};

// Indices of works, options, pools and commitments are those of the portfolio.
struct BuiltPortfolio {
  Portfolio portfolio;
  std::vector<PoolSource> pools;
  std::vector<WorkSource> runs, served;
};

BuiltPortfolio build_portfolio(const PortfolioInput& input);

}  // namespace capplan

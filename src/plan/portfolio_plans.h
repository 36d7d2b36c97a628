// Plans that a program finds: what to own, to commit to and to rent by the hour for all workloads together.
#pragma once

#include "plan/portfolio_builder.h"

namespace capplan {

// Whether there is anything to be gained by a program: several workloads, runs that recur, demand that rises
// and falls, or accelerators that are there already. One run alone is cheapest at an end of any split.
bool has_portfolio(const BoundSpec& spec);

struct PortfolioOptions {
  std::vector<PlanOption>
      best;  // of everything together first, then of one option alone, where there are any
};

// `input.allowed` and the candidates as in build_portfolio; `input.context` of the spec as it is.
PortfolioOptions best_portfolios(const PortfolioInput& input);

}  // namespace capplan

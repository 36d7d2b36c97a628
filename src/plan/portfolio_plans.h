// Plans that a program finds: what to own, to commit to and to rent by the hour for all workloads together.
#pragma once

#include "plan/portfolio_builder.h"

namespace capplan {

// Whether there is anything to be gained by a program: several workloads, runs that recur, demand that rises
// and falls, or accelerators that are there already. One run alone is cheapest at an end of any split.
bool has_portfolio(const BoundSpec& spec);

// The best plan of everything together, then, `pure`, those of one option alone, where there are any. The
// candidates and `input.allowed` are those of build_portfolio; `input.context` is of the spec as it is.
std::vector<PlanOption> best_portfolios(const PortfolioInput& input, bool pure);

}  // namespace capplan

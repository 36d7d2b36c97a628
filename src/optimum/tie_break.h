// One plan of several that cost the same, by their ids.
#pragma once

#include <vector>

#include "capplan/optimum/portfolio.h"
#include "optimum/portfolio_program.h"

namespace capplan {

// Values of the plan that costs no more than `best` and comes first: the fewest machines, those of pools and
// commitments with lower ids and earlier months first; then, on these, work on options with lower ids. Empty
// where the search does not end within a small part of the nodes.
std::vector<double> first_by_id(PortfolioProgram& program, const PortfolioPlan& best,
                                const OptimumSettings& settings);

}  // namespace capplan

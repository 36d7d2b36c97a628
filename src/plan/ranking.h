// One order of all plans, the same every time.
#pragma once

#include "capplan/plan/plan.h"

namespace capplan {

// Feasible before infeasible, those by how much they break; odd prices last among each (unless included),
// then by the objective, total cost and id. Sets ranks and the Pareto front of cost, P90 and time among the
// feasible.
void rank_options(std::vector<PlanOption>& options, Objective objective, bool include_outliers);

}  // namespace capplan

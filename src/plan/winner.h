// The first plan of a spec of one workload by cost, without pricing what provably costs more.
#pragma once

#include "plan/supply.h"

namespace capplan {

// Those candidates and plans that had to be looked at: the first of them is the first of all.
struct Winner {
  std::vector<Candidate> candidates;
  std::vector<PlanOption> options;
};

// Nothing where bounds do not tell: several workloads, another objective than cost, work that a program lays
// out, credits, or no feasible plan at a usual price. `supplies` are all there are for the workload.
std::optional<Winner> find_winner(const SupplyContext& context, const std::vector<Supply>& supplies,
                                  bool include_outliers);

}  // namespace capplan

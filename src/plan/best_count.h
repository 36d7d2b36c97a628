// How many accelerators of each supply serve a workload best.
#pragma once

#include "plan/supply.h"

namespace capplan {

// Of each supply the best count for the workload, or why there is none, in the order of the supplies: by the
// objective, among those that meet the deadline; else the fastest. A stopped monitor leaves out the supplies
// that were not reached.
using Supplied = tl::expected<Candidate, Rejection>;
std::vector<Supplied> find_best_counts(const SupplyContext& context, std::size_t workload,
                                       const std::vector<Supply>& supplies);

}  // namespace capplan

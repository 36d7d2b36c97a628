// A training workload over counts on one supply: what more accelerators buy.
#pragma once

#include "plan/supply.h"

namespace capplan {

// Counts that can be had there, whatever `pin.count` and `pin.data_parallel` say, at which a run is faster
// than on fewer accelerators.
std::vector<ScalingRow> scaling_rows(const SupplyContext& context, std::size_t workload,
                                     const Supply& supply);

// The cheapest of those in time; of all where none is.
std::size_t cheapest_row(const std::vector<ScalingRow>& rows);

}  // namespace capplan

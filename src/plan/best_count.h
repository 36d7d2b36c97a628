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

// The supplies by kind of machine: each kind's layouts are searched once.
std::vector<std::vector<Supply>> by_machine(const SupplyContext& context, std::size_t workload,
                                            const std::vector<Supply>& supplies);

// Whether owned accelerators could do the workload, or a part of it, in a count that costs less than this
// unused. Of training it has to fit.
bool can_be_owned(const SupplyContext& context, std::size_t workload, const Accelerator& accelerator,
                  Money unused);

}  // namespace capplan

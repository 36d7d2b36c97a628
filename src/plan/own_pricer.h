// Prices one workload on accelerators of one's own.
#pragma once

#include "plan/supply.h"

namespace capplan {

// At a count, for the whole horizon.
Candidate price_owned_at(const SupplyContext& context, std::size_t workload, const Accelerator& accelerator,
                         const Execution& undisturbed, int count);

// A run on owned accelerators: what is away for repair leaves the work to the others. Replicas of a served
// model are sized without.
Execution with_repairs(const BoundSpec& spec, const BoundWorkload& workload, Execution undisturbed);

// Owned accelerators of this spec, used for so long.
OwnedJob owned_job(const BoundSpec& spec, const Accelerator& accelerator, int count, Duration used,
                   PriceCase prices);

// What owning costs, with what running it takes besides and the price of its carbon.
Cost operated_cost(const SupplyContext& context, const OwnedJob& job);

// From the start of the plan to the first useful hour: delivery, and the dataset on its way.
Duration owned_starts_after(const SupplyContext& context, const BoundWorkload& workload);

// The longest that a run may take on owned accelerators for every run to be on time; zero where none is short
// enough.
Duration owned_time_for_all_runs(const SupplyContext& context, const BoundWorkload& workload);

// The same, of recurring work, for those runs that are not due before the accelerators are in service.
Duration owned_time_for_later_runs(const SupplyContext& context, const BoundWorkload& workload);

}  // namespace capplan

// Prices one workload on accelerators of one's own.
#pragma once

#include "plan/supply.h"

namespace capplan {

// At a count, for the whole horizon.
Candidate price_owned_at(const SupplyContext& context, std::size_t workload, const Accelerator& accelerator,
                         const Execution& execution, int count);

// Owned accelerators of this spec, used for so long.
OwnedJob owned_job(const BoundSpec& spec, const Accelerator& accelerator, int count, Duration used,
                   PriceCase prices);

// What owning costs, with what running it takes besides and the price of its carbon.
Cost operated_cost(const SupplyContext& context, const OwnedJob& job);

// From the start of the plan to the first useful hour: delivery, and the dataset on its way.
Duration owned_starts_after(const SupplyContext& context, const BoundWorkload& workload);

}  // namespace capplan

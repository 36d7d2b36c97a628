// Storage and egress at a provider, by its tiers; the median of its kind where it states none.
#pragma once

#include "capplan/cost/cost.h"

namespace capplan {

void add_data_costs(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                    const Catalog& catalog);

}  // namespace capplan

// Storage and egress at a provider, by its tiers; the median of its kind where it states none.
#pragma once

#include "capplan/cost/cost.h"

namespace capplan {

// What storage of one's own costs is in no source: the median of all providers, marked.
void add_owned_storage(Cost& cost, const DataNeed& need, double share, const Catalog& catalog);

void add_data_costs(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                    const Catalog& catalog);

}  // namespace capplan

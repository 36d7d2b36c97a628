// Storage and egress at a provider, by its tiers; the median of its kind where it states none.
#pragma once

#include "capplan/cost/rented.h"

namespace capplan {

// What storage of one's own costs is in no source: the median of all providers, marked.
void add_owned_storage(Cost& cost, const DataNeed& need, double share, const Catalog& catalog);

// What the place that data stands in charges for letting it go.
void add_move(Cost& cost, const DataMove& move, const Catalog& catalog);

void add_data_costs(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                    const Catalog& catalog);

}  // namespace capplan

// Where the data of a workload stands, what it leaves there, and what moving it takes.
#pragma once

#include "plan/resolve.h"

namespace capplan {

// Without what is brought in.
DataNeed data_need(const BoundSpec& spec, const BoundWorkload& workload, Duration stored_for);

// What brings a copy of the dataset there for the least money, of copies that cost the same the first;
// nothing where one stands there already, or where the spec does not say where copies stand. A provider of
// nullptr is the site.
std::optional<DataMove> cheapest_move(const BoundWorkload& workload, const Provider* provider, Text region,
                                      const Catalog& catalog);

// Over which it moves: the spec's, else the usual one.
Bandwidth link_of(const BoundWorkload& workload, const Catalog& catalog);

// How long the data is on its way.
inline Duration time_of(const std::optional<DataMove>& move) { return move ? move->time() : Duration{}; }

}  // namespace capplan

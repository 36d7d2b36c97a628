// Figures of what is computed, and of how it runs.
#pragma once

#include "explain/nodes.h"

namespace capplan {

// A key of `workloads[i].demand`, or another input of it (demand_figures.cpp); of `allocations[i].execution`
// below that ("time_breakdown_s.compute").
std::optional<Derivation> explain_demand(const Explained& x, std::size_t workload, std::string_view key);
std::optional<Derivation> explain_execution(const Explained& x, const Allocation& a, std::string_view key);

// Whether the plan shares one workload out over several allocations, this among them.
bool is_split(const Explained& x, const Allocation& a);

Derivation explain_count(const Explained& x, const Allocation& a);
Derivation explain_accelerator_hours(const Explained& x, const Allocation& a);

}  // namespace capplan

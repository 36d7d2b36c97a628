// Figures of what is computed, and of how it runs.
#pragma once

#include "explain/nodes.h"

namespace capplan {

// A key of `workloads[i].demand`, and of `allocations[i].execution` below it ("time_breakdown_s.compute").
std::optional<Derivation> explain_demand(const Explained& x, std::size_t workload, std::string_view key);
std::optional<Derivation> explain_execution(const Explained& x, const Allocation& a, std::string_view key);

Derivation explain_count(const Allocation& a);

}  // namespace capplan

// For a spec that nothing keeps to: the least change of each constraint alone that lets a plan in.
#pragma once

#include "plan/resolve.h"

namespace capplan {

// Found by planning the spec as changed: cheapest plan first. Only plans at usual prices count. Numbers are
// rounded up to what one would write; one such step less lets nothing in, or the change says "at most".
std::vector<Relaxation> find_relaxations(const BoundSpec& spec, const Catalog& catalog,
                                         const PlanSettings& settings);

}  // namespace capplan

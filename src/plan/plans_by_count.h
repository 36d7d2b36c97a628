// The best plan on one accelerator and on a node of eight.
#pragma once

#include <vector>

#include "capplan/plan/plan.h"

namespace capplan {

// A founder asks for one accelerator or a node of them; the best count of all may be neither. Of a single
// trained workload whose count is open and whose best plan is no large cluster; empty for others.
std::vector<PlanOfCount> plans_by_count(const PlanSpec& spec, const Catalog& catalog,
                                        const PlanSettings& settings, const Plan& planned);

}  // namespace capplan

// Warnings for what people get wrong. A plan of such a spec is computed as it stands: only its author knows
// whether a figure is odd or mistaken. Each check looks for one mistake, is silent where a usual spec could
// look the same, and stands at the value it doubts.
#pragma once

#include "capplan/core/diagnostic.h"
#include "plan/resolve.h"

namespace capplan {

Diagnostics check_sanity(const BoundSpec& spec, const Plan& plan, const Catalog& catalog);

}  // namespace capplan

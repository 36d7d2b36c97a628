// What a plan breaks, in words, and the cheapest change that would let it in.
#pragma once

#include "plan/supply.h"

namespace capplan {

void check_constraints(PlanOption& option, const BoundSpec& spec, const Catalog& catalog);

}  // namespace capplan

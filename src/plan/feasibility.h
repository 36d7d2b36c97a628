// What a plan breaks, in words, and the cheapest change that would let it in.
#pragma once

#include "plan/supply.h"

namespace capplan {

// What is held against a deadline: a run from when it may begin, or all phases of a split one.
Duration time_of_run(const PlanOption& option, const Allocation& part, const BoundSpec& spec);
// Accelerators at one time, of a provider or, where that is empty, of all.
double accelerators_at_once(const PlanOption& option, const BoundSpec& spec, std::string_view provider);
// Paid in the dearest month, with what is paid at the start.
Usd most_in_a_month(const PlanOption& option);

void check_constraints(PlanOption& option, const BoundSpec& spec, const Catalog& catalog);

}  // namespace capplan

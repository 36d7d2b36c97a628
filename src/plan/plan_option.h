// A plan made of candidates: its time, its cash, and what it breaks.
#pragma once

#include "plan/candidate.h"

namespace capplan {

// The sum of its parts; of several the first names it.
PlanOption option_of(const std::vector<const Candidate*>& parts, SupplyOption option);

// Adds what follows from the cost and the allocations: time where it has none, credits, cash, violations,
// notes.
void complete_option(PlanOption& option, const BoundSpec& spec, const Catalog& catalog);

// Whether a candidate of a workload breaks nothing but, perhaps, the deadline, the lead time, the budget and
// the options.
bool can_be_part(const Candidate& candidate, const BoundSpec& spec, const Catalog& catalog);

// The cheapest candidates that can be a part, owned or rented at a firm and usual price: those that splits
// are made of.
std::vector<const Candidate*> cheapest_parts(const std::vector<Candidate>& candidates, bool owned,
                                             const BoundSpec& spec, const Catalog& catalog);

}  // namespace capplan

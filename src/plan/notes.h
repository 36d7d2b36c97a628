// What a plan's figures do not say by themselves, in words.
#pragma once

#include "plan/resolve.h"

namespace capplan {

void note_option(PlanOption& option, const BoundSpec& spec, const Catalog& catalog);

// Of ranked plans: which of them nobody can tell apart, and what a mix of options saves against the best plan
// of one.
void note_ties(Plan& plan);
void note_mix(Plan& plan);

}  // namespace capplan

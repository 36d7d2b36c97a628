// What a plan's cost rests on that nobody stated or measured, in words.
#pragma once

#include "capplan/report/report.h"

namespace capplan {

// "12% of it rests on assumed prices: price.crusoe.storage 9%, figure.insurance.share 3%; 88% on assumed
// work: pin.stack"; empty where nothing worth a word does.
std::string assumption_note(const Plan& plan, const PlanOption& option);

// All that a plan assumes with the share of its cost, the largest first; without a plan, what all assume.
std::string assumption_lines(const Plan& plan, const PlanOption* option, const RenderOptions& options,
                             std::string_view bullet);

}  // namespace capplan

// How all JSON results are written.
#pragma once

#include <nlohmann/json.hpp>

#include "capplan/core/assumption.h"
#include "capplan/core/diagnostic.h"
#include "capplan/plan/plan.h"

namespace capplan {

using Json = nlohmann::ordered_json;

// At most 12 significant digits. JSON has no infinity; none is ever computed, and null would hide it.
Json num(double value);
// Counts read better, and parse as integers, without a decimal point.
Json count(double value);

Json assumptions_json(const Assumptions& assumptions);
Json diagnostics_json(const Diagnostics& diagnostics);

// What a plan costs in all, with its range and by category.
Json totals_json(const PlanOption& option);

std::string text_of(const Json& document);
// The same on one line.
std::string line_of(const Json& document);

}  // namespace capplan

// What would let a plan in, where nothing is feasible.
#pragma once

#include <string>

#include "capplan/report/report.h"

namespace capplan {

// A heading and a line for each, the cheapest first; empty where something is feasible. `bullet` begins a
// line.
std::string relaxation_lines(const Plan& plan, const RenderOptions& options, const std::string& bullet);

}  // namespace capplan

// "What would help here": the levers of a plan's workloads in words.
#pragma once

#include "report/grid.h"

namespace capplan {

// Those that save, with what they do to quality; then the rest in a line each.
std::string lever_table_text(const Plan& plan, const RenderOptions& options);
std::string lever_markdown(const Plan& plan, const ShownCurrency& shown);

}  // namespace capplan

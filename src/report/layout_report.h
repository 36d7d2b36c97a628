// Layouts in words, and the curve of a run over counts.
#pragma once

#include "report/grid.h"

namespace capplan {

// "tensor 4 · pipeline 16 × 8 · data 64 · ZeRO 1 · micro-batch 1": degrees above 1, the schedule, what is
// sharded and what is computed again.
std::string layout_text(const Parallelism& layout);

// How the trained workloads of a plan are laid out, what limits them, and what the next best layouts lose.
std::string layout_lines(const PlanOption& plan, const RenderOptions& options, const std::string& bullet);

// The curves as tables, thinned to a good count in each range.
std::string scaling_table(const Plan& plan, const RenderOptions& options);
std::string scaling_markdown(const Plan& plan, const ShownCurrency& shown);
// All rows.
Listing scaling_listing(const Plan& plan);

}  // namespace capplan

// The plan as a table for people, in a terminal or in Markdown.
#pragma once

#include "report/grid.h"

namespace capplan {

std::string render_plan_table(const Plan& plan, const RenderOptions& options);
std::string render_plan_markdown(const Plan& plan, const RenderOptions& options);

}  // namespace capplan

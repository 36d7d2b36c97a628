// A tornado and its switch points as text.
#pragma once

#include "capplan/report/report.h"

namespace capplan {

// Table and Markdown: a row an input, then the switch points in words. CSV: a row an input. JSON: schema
// capplan.sensitivity/1.
std::string render_sensitivity(const Plan& plan, Format format, const RenderOptions& options);

}  // namespace capplan

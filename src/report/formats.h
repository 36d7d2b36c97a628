// One function a format.
#pragma once

#include "capplan/report/report.h"

namespace capplan {

std::string render_plan_json(const Plan& plan, const RenderOptions& options);
std::string render_plan_csv(const Plan& plan, const RenderOptions& options);
std::string render_listing_json(const Listing& listing);

// The columns of a plan in CSV, its cells, and as many empty ones.
std::string plan_csv_columns();
std::string plan_csv_cells(const PlanOption& option, const Plan& plan);
std::string empty_plan_csv_cells();

// RFC 4180, and nothing that a spreadsheet would take for a formula.
std::string csv_cell(std::string text);

}  // namespace capplan

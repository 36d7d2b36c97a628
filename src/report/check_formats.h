// One function a format of `capplan check`.
#pragma once

#include <string>
#include <string_view>

#include "report/check_report.h"
#include "report/grid.h"

namespace capplan {

// What each spec costs; of those that have something to say, with a base.
Grid check_grid(const Check& check);
// How many more there are than the grid has rows.
std::size_t unchanged_specs(const Check& check);
// Of those that were not priced; empty where all were.
std::string untouched_text(const Check& check);
// "+$12.4k (+10.5%)"; without a base what all cost.
std::string check_headline(const Check& check);

std::string render_check_markdown(const Check& check, std::string_view what);
std::string render_check_github(const Check& check);
std::string render_check_junit(const Check& check);
std::string render_check_sarif(const Check& check, const RenderOptions& options);
std::string render_check_json(const Check& check, const RenderOptions& options);
std::string render_check_csv(const Check& check);

}  // namespace capplan

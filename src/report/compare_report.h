// Scenarios side by side. A row a scenario in CSV and JSON Lines, so that shards can be put together; a whole
// in the other formats.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/plan/scenario.h"
#include "capplan/report/report.h"

namespace capplan {

enum class ComparisonFormat { kTable, kJson, kJsonLines, kCsv, kMarkdown };
std::optional<ComparisonFormat> find_comparison_format(std::string_view name);
// Whether a row can be written before the next one is known.
bool is_row_by_row(ComparisonFormat format);

// The header of CSV; nothing for JSON Lines.
std::string comparison_header(const std::vector<ScenarioAxis>& axes, ComparisonFormat format);
std::string comparison_row(const ScenarioOutcome& outcome, ComparisonFormat format);

struct Comparison {
  std::vector<ScenarioAxis> axes;
  std::vector<ScenarioOutcome> outcomes = {};
  std::size_t scenarios = 0;  // of the whole matrix; more than the outcomes where it was interrupted
  std::string catalog_as_of, catalog_sha256;
  Assumptions assumptions = {};  // that all scenarios rest on, besides those of each plan
};
// Table, JSON or Markdown. What the first scenario costs is what the others are held against.
std::string render(const Comparison& comparison, ComparisonFormat format, const RenderOptions& options);

}  // namespace capplan

// A text table that fits a width: columns of low priority go first, and what was left out is said.
#pragma once

#include <string>
#include <vector>

#include "capplan/report/report.h"
#include "core/text.h"

namespace capplan {

struct GridRow {
  std::vector<std::string> cells;
  std::vector<std::string> below;  // lines under the row, indented
  bool strong = false;
};

struct Grid {
  std::vector<Column> columns;
  std::vector<GridRow> rows;
};

std::string render_grid(const Grid& grid, const RenderOptions& options);
// Whether a column of that key has room in a terminal of that width; 0: no limit.
bool shows_column(const Grid& grid, std::string_view key, int width);
std::string render_markdown(const Grid& grid);
// Outside code spans, what would be a tag, a link or a mention is none.
std::string inert_markdown(std::string_view text);

// Characters that a terminal shows, not bytes; one column each.
std::size_t display_width(std::string_view text);

// Breaks text at spaces so that each line fits; the first line begins after `first`, the others after
// `indent` spaces.
std::string wrap(const std::string& text, int width, const std::string& first, std::size_t indent);
// The others begin after `rest`: the bars of a tree go on through them.
std::string wrap(const std::string& text, int width, const std::string& first, const std::string& rest);

// Replaces the few characters beyond ASCII that tables use.
std::string to_ascii(std::string text);

enum class Style { kStrong, kGood, kBad, kQuiet };
std::string styled(const std::string& text, Style style, const RenderOptions& options);

}  // namespace capplan

#include "report/grid.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace capplan {
namespace {

constexpr std::size_t kGap = 2;

std::vector<std::size_t> widths_of(const Grid& grid) {
  std::vector<std::size_t> widths;
  for (const Column& column : grid.columns) widths.push_back(display_width(column.title));
  for (const GridRow& row : grid.rows) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row.cells[i]));
  }
  return widths;
}

// Indices of the columns that fit; the least important go first, then the rightmost of those.
std::vector<std::size_t> fitting(const Grid& grid, const std::vector<std::size_t>& widths, int width) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < widths.size(); ++i) kept.push_back(i);
  const auto total = [&] {
    std::size_t sum = 1;
    for (const std::size_t i : kept) sum += widths[i] + kGap;
    return sum - std::min(kGap, sum);
  };
  while (width > 0 && kept.size() > 1 && total() > static_cast<std::size_t>(width)) {
    const auto worst = std::max_element(kept.begin(), kept.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(grid.columns[a].priority, a) < std::pair(grid.columns[b].priority, b);
    });
    if (grid.columns[*worst].priority == 0) break;
    kept.erase(worst);
  }
  return kept;
}

std::string aligned(const std::string& text, std::size_t width, bool right) {
  const std::size_t shown = display_width(text);
  const std::string pad(width > shown ? width - shown : 0, ' ');
  return right ? pad + text : text + pad;
}

std::string line_of(const Grid& grid, const std::vector<std::string>& cells,
                    const std::vector<std::size_t>& kept, const std::vector<std::size_t>& widths) {
  std::string line = " ";
  for (const std::size_t i : kept)
    line += aligned(cells[i], widths[i], grid.columns[i].right) + std::string(kGap, ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

Grid printable_grid(Grid grid) {
  for (GridRow& row : grid.rows) {
    for (std::vector<std::string>* texts : {&row.cells, &row.below}) {
      for (std::string& text : *texts) text = printable(text);
    }
  }
  return grid;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string render_grid(const Grid& given, const RenderOptions& options) {
  const Grid grid = printable_grid(given);
  const std::vector<std::size_t> widths = widths_of(grid);
  const std::vector<std::size_t> kept = fitting(grid, widths, options.width);
  std::vector<std::string> titles;
  for (const Column& column : grid.columns) titles.push_back(column.title);
  std::string out = styled(line_of(grid, titles, kept, widths), Style::kQuiet, options) + "\n";
  for (const GridRow& row : grid.rows) {
    const std::string line = line_of(grid, row.cells, kept, widths);
    out += (row.strong ? styled(line, Style::kStrong, options) : line) + "\n";
    for (const std::string& below : row.below) out += wrap(below, options.width, "     ", 7) + "\n";
  }
  if (const std::size_t hidden = grid.columns.size() - kept.size(); hidden > 0) {
    out += styled(" (" + std::to_string(hidden) + (hidden == 1 ? " column" : " columns") +
                      " hidden: use a wider terminal or --width 160)",
                  Style::kQuiet, options) +
           "\n";
  }
  return out;
}

bool shows_column(const Grid& grid, std::string_view key, int width) {
  const std::vector<std::size_t> kept = fitting(grid, widths_of(grid), width);
  return std::any_of(kept.begin(), kept.end(), [&](std::size_t i) { return grid.columns[i].key == key; });
}

std::string inert_markdown(std::string_view text) {
  std::string out;
  bool in_code = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '`') in_code = !in_code;
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool tag = c == '<' && (next == '/' || next == '!' || next == '?' ||
                                  std::isalpha(static_cast<unsigned char>(next)) != 0);
    const bool link = c == ']' && (next == '(' || next == '[');
    if (!in_code && (tag || link)) out += '\\';
    out += c;
    const bool mention = c == '@' && std::isalnum(static_cast<unsigned char>(next)) != 0;
    if (!in_code && mention) out += "<!-- -->";
  }
  return out;
}

std::string render_markdown(const Grid& given) {
  const Grid grid = printable_grid(given);
  std::string out = "|";
  for (const Column& column : grid.columns) out += " " + column.title + " |";
  out += "\n|";
  for (const Column& column : grid.columns) out += column.right ? "---:|" : "---|";
  out += "\n";
  for (const GridRow& row : grid.rows) {
    out += "|";
    for (std::string cell : row.cells) {
      cell = inert_markdown(cell);
      for (std::size_t at = cell.find('|'); at != std::string::npos; at = cell.find('|', at + 2))
        cell.insert(at, "\\");
      out += " " + cell + " |";
    }
    out += "\n";
  }
  return out;
}

std::string wrap(const std::string& text, int width, const std::string& first, std::size_t indent) {
  return wrap(text, width, first, std::string(indent, ' '));
}

std::string wrap(const std::string& text, int width, const std::string& first, const std::string& rest) {
  std::string out = first;
  std::size_t column = display_width(first);
  std::size_t begin = 0;
  bool start = true;
  while (begin < text.size()) {
    std::size_t end = text.find(' ', begin);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(begin, end - begin);
    const std::size_t size = display_width(word);
    if (!start && width > 0 && column + 1 + size > static_cast<std::size_t>(width)) {
      out += "\n" + rest;
      column = display_width(rest);
      start = true;
    }
    if (!start) {
      out += ' ';
      ++column;
    }
    out += word;
    column += size;
    start = false;
    begin = end + 1;
  }
  return out;
}

std::string to_ascii(std::string text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kReplacements{
      {{"·", "-"}, {"█", "#"},   {"×", "x"}, {"→", "->"}, {"–", "-"},    {"✔", "+"},       {"✘", "x"},
       {"◆", "*"}, {"…", "..."}, {"▲", "^"}, {"—", "-"},  {"€", "EUR "}, {"£", "GBP "},    {"₹", "INR "},
       {"─", "-"}, {"│", "|"},   {"├", "|"}, {"└", "`"},  {"−", "-"},    {"√", "root of "}}};
  for (const auto& [from, to] : kReplacements) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

std::string styled(const std::string& text, Style style, const RenderOptions& options) {
  if (!options.colour) return text;
  static constexpr std::array<std::string_view, 4> kCodes{"\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[2m"};
  return std::string(kCodes[static_cast<std::size_t>(style)]) + text + "\x1b[0m";
}

}  // namespace capplan

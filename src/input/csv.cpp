#include "input/csv.h"

#include <csv.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/number_text.h"
#include "core/text.h"
#include "input/distribution_value.h"
#include "input/yaml.h"

namespace capplan {
namespace {

struct Builder {
  CsvTable* table;
  CsvTable::Row row;
  bool header_done = false;
};

// libcsv does not count lines; the caller feeds one physical line at a time and sets `row.line`.
void on_cell(void* data, std::size_t size, void* state) {
  static_cast<Builder*>(state)->row.cells.emplace_back(static_cast<const char*>(data), size);
}

void on_row(int, void* state) {
  auto& builder = *static_cast<Builder*>(state);
  if (builder.header_done) {
    builder.table->rows.push_back(std::move(builder.row));
  } else {
    builder.table->header = std::move(builder.row.cells);
    builder.header_done = true;
  }
  builder.row = {};
}

void report(Diagnostics& problems, const std::string& file, int line, std::string message,
            std::string hint = "") {
  problems.push_back({Severity::kError, {file, line, 1, 1}, std::move(message), std::move(hint)});
}

void check_header(const CsvTable& table, std::span<const std::string_view> columns,
                  std::span<const std::string_view> required, Diagnostics& problems) {
  const std::vector<std::string_view> known(columns.begin(), columns.end());
  for (const std::string& name : table.header) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string_view near = nearest_name(name, known);
    report(problems, table.file, 1, "unknown column `" + name.substr(0, 60) + "`; expected " + join(known),
           near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  }
  for (const std::string_view name : required) {
    if (std::find(table.header.begin(), table.header.end(), name) == table.header.end())
      report(problems, table.file, 1, "the column `" + std::string(name) + "` is missing");
  }
}

bool parse_all(const SourceText& source, Builder& builder, Diagnostics& problems) {
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) return false;
  int line = 0;
  std::size_t begin = 0;
  bool good = true;
  while (good && begin < source.text.size()) {
    const std::size_t newline = source.text.find('\n', begin);
    const std::size_t end = newline == std::string::npos ? source.text.size() : newline + 1;
    ++line;
    if (builder.row.cells.empty()) builder.row.line = line;
    good =
        csv_parse(&parser, source.text.data() + begin, end - begin, on_cell, on_row, &builder) == end - begin;
    begin = end;
  }
  good = good && csv_fini(&parser, on_cell, on_row, &builder) == 0;
  if (!good)
    report(problems, source.name, std::max(line, 1),
           std::string("not valid CSV: ") + csv_strerror(csv_error(&parser)));
  csv_free(&parser);
  return good;
}

}  // namespace

std::string_view CsvTable::cell(const Row& row, std::string_view column) const {
  const auto found = std::find(header.begin(), header.end(), column);
  if (found == header.end()) return {};
  const auto index = static_cast<std::size_t>(found - header.begin());
  return index < row.cells.size() ? std::string_view(row.cells[index]) : std::string_view();
}

Location CsvTable::location(const Row& row) const { return {file, row.line, 1, 1}; }

Result<CsvTable> parse_csv(const SourceText& source, std::span<const std::string_view> columns,
                           std::span<const std::string_view> required) {
  Diagnostics problems;
  CsvTable table;
  table.file = source.name;
  if (find_binary(source.text) != std::string_view::npos) {
    report(problems, source.name, 1, "not UTF-8 text");
    return tl::unexpected(std::move(problems));
  }
  if (const std::size_t at = find_control(source.text); at != std::string::npos) {
    const auto line =
        std::count(source.text.begin(), source.text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    report(problems, source.name, static_cast<int>(line),
           "a control character, which would steer a terminal");
    return tl::unexpected(std::move(problems));
  }
  Builder builder{&table, {}, false};
  if (parse_all(source, builder, problems)) {
    if (!builder.header_done) report(problems, source.name, 1, "the file is empty");
    if (builder.header_done) check_header(table, columns, required, problems);
    for (const CsvTable::Row& row : table.rows) {
      if (row.cells.size() != table.header.size())
        report(problems, source.name, row.line,
               std::to_string(row.cells.size()) + " cells where the header has " +
                   std::to_string(table.header.size()));
    }
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return table;
}

std::optional<double> CsvRow::number(std::string_view column, double min) {
  const std::string_view cell = trim(text(column));
  if (cell.empty()) return std::nullopt;
  double value = 0;
  const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failure != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value) || value < min) {
    error("`" + std::string(column) + "`: expected a number from " + plain_number(min) + ", found `" +
          std::string(cell.substr(0, 60)) + "`");
    return std::nullopt;
  }
  return value;
}

bool CsvRow::has_distribution(std::string_view column) const { return trim(text(column)).starts_with('{'); }

std::optional<Distribution> CsvRow::distribution(const Field& column) {
  const std::string name(column.key);
  const Result<YamlNode> node = parse_yaml({table_.file, std::string(text(column.key))});
  const Result<Distribution> read =
      node ? read_distribution(*node, column, name, {}) : tl::unexpected(node.error());
  if (read) return *read;
  // Places within the cell are none of the file.
  for (const Diagnostic& problem : read.error())
    error((node ? "" : "`" + name + "`: ") + problem.message, problem.hint);
  return std::nullopt;
}

std::optional<int> CsvRow::whole(std::string_view column, int min) {
  const auto value = number(column, min);
  if (!value) return std::nullopt;
  constexpr double kLargest = 1e9;
  if (*value != std::floor(*value) || *value > kLargest) {
    error("`" + std::string(column) + "`: expected a whole number, found `" + std::string(text(column)) +
          "`");
    return std::nullopt;
  }
  return static_cast<int>(*value);
}

std::string_view CsvRow::date(std::string_view column) {
  const std::string_view cell = trim(text(column));
  if (!is_iso_date(cell))
    error("`" + std::string(column) + "`: expected a date such as 2026-08-22, found `" +
          std::string(cell.substr(0, 60)) + "`");
  return cell;
}

void CsvRow::error(std::string message, std::string hint) {
  problems_.push_back({Severity::kError, table_.location(row_), std::move(message), std::move(hint)});
}

}  // namespace capplan

// CSV (RFC 4180) with a header row, read by column name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "input/schema.h"
#include "input/source_text.h"

namespace capplan {

class CsvTable {
 public:
  struct Row {
    std::vector<std::string> cells;
    int line = 0;
  };

  std::string file;
  std::vector<std::string> header;
  std::vector<Row> rows;

  // "" where the column or the cell is not there.
  std::string_view cell(const Row& row, std::string_view column) const;
  Location location(const Row& row) const;
};

// Every row must have as many cells as the header. `columns` are those that may stand there; `required` must.
Result<CsvTable> parse_csv(const SourceText& source, std::span<const std::string_view> columns,
                           std::span<const std::string_view> required);

// Reads cells of one row; each problem is reported once with the row's line.
class CsvRow {
 public:
  CsvRow(const CsvTable& table, const CsvTable::Row& row, Diagnostics& problems)
      : table_(table), row_(row), problems_(problems) {}

  std::string_view text(std::string_view column) const { return table_.cell(row_, column); }
  // nullopt for an empty cell, and for one that is not a number at or above `min` (reported).
  std::optional<double> number(std::string_view column, double min = 0);
  // A distribution may stand in place of a number, written as in a spec: "{p10: 2.1, p50: 2.4, p90: 2.9}".
  bool has_distribution(std::string_view column) const;
  // In the units of the column, whose name is the field's; nullopt where it is wrong (reported).
  std::optional<Distribution> distribution(const Field& column);
  std::optional<int> whole(std::string_view column, int min = 1);
  std::string_view date(std::string_view column);
  void error(std::string message, std::string hint = "");
  Location location() const { return table_.location(row_); }
  const CsvTable& table() const { return table_; }
  const CsvTable::Row& cells() const { return row_; }

 private:
  const CsvTable& table_;
  const CsvTable::Row& row_;
  Diagnostics& problems_;
};

}  // namespace capplan

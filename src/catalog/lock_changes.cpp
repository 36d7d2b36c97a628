#include <algorithm>
#include <map>
#include <set>

#include "capplan/catalog/lock.h"
#include "catalog/lock_rows.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr std::string_view kPriceColumns[] = {"usd_per_hour", "price_per_hour"};

std::string_view file_of(std::string_view row) { return row.substr(0, row.find(' ')); }

// A row beneath its header, as a table of one row.
std::optional<CsvTable> table_of(const std::string& header, const LockRow& row) {
  return any_table({row.name, header + row.text});
}

std::string price_of(const std::string& header, const LockRow& row) {
  const auto table = table_of(header, row);
  for (const std::string_view column : kPriceColumns) {
    if (!table || table->rows.size() != 1) break;
    if (const std::string_view cell = table->cell(table->rows.front(), column); !cell.empty())
      return std::string(cell);
  }
  return {};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Lines that only one of the texts has, side by side in their order.
void add_lines(const std::string& name, const std::string& before, const std::string& after,
               std::vector<LockChange>& changes) {
  const auto only = [](const std::vector<std::string>& lines, const std::vector<std::string>& others) {
    const std::set<std::string> known(others.begin(), others.end());
    std::vector<std::string> left;
    for (const std::string& line : lines) {
      if (!known.contains(line)) left.push_back(line);
    }
    return left;
  };
  const std::vector<std::string> old_lines = lines_of(before), new_lines = lines_of(after);
  const std::vector<std::string> gone = only(old_lines, new_lines), come = only(new_lines, old_lines);
  const std::size_t count = std::max({gone.size(), come.size(), std::size_t{1}});
  for (std::size_t i = 0; i < count; ++i) {
    changes.push_back({LockChange::Kind::kChanged, name, "", i < gone.size() ? gone[i] : "",
                       i < come.size() ? come[i] : ""});
  }
}

class Headers {
 public:
  explicit Headers(const std::vector<LockRow>& rows) {
    for (const LockRow& row : rows) {
      if (file_of(row.name) == row.name) texts_[row.name] = row.text;
    }
  }
  // Of the table that a row stands in; empty for what is no row of a table.
  std::string of(const LockRow& row) const {
    const auto found = file_of(row.name) == row.name ? texts_.end() : texts_.find(file_of(row.name));
    return found == texts_.end() ? std::string() : found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

void add_cells(const Headers& old_headers, const LockRow& before, const Headers& new_headers,
               const LockRow& after, std::vector<LockChange>& changes) {
  const auto old_table = table_of(old_headers.of(before), before);
  const auto new_table = table_of(new_headers.of(after), after);
  if (!old_table || !new_table || old_table->rows.size() != 1 || new_table->rows.size() != 1)
    return add_lines(after.name, before.text, after.text, changes);
  std::vector<std::string> columns = new_table->header;
  for (const std::string& column : old_table->header) {
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
  }
  for (const std::string& column : columns) {
    const std::string_view a = old_table->cell(old_table->rows.front(), column);
    const std::string_view b = new_table->cell(new_table->rows.front(), column);
    if (a != b)
      changes.push_back({LockChange::Kind::kChanged, after.name, column, std::string(a), std::string(b)});
  }
}

}  // namespace

std::string_view lock_change_name(LockChange::Kind kind) {
  switch (kind) {
    case LockChange::Kind::kAdded:
      return "added";
    case LockChange::Kind::kRemoved:
      return "removed";
    case LockChange::Kind::kChanged:
      return "changed";
  }
  return {};
}

std::size_t row_count(const Lock& lock) { return rows_of(lock).size(); }

std::vector<LockChange> lock_changes(const Lock& before, const Lock& after) {
  const std::vector<LockRow> old_rows = rows_of(before), new_rows = rows_of(after);
  const Headers old_headers(old_rows), new_headers(new_rows);
  std::map<std::string, std::pair<const LockRow*, const LockRow*>> rows;
  for (const LockRow& row : old_rows) rows[row.name].first = &row;
  for (const LockRow& row : new_rows) rows[row.name].second = &row;
  std::vector<LockChange> changes;
  for (const auto& [name, pair] : rows) {
    const auto [was, is] = pair;
    if (name == kLockHead) continue;
    if (was == nullptr) {
      changes.push_back({LockChange::Kind::kAdded, name, "", "", price_of(new_headers.of(*is), *is)});
    } else if (is == nullptr) {
      changes.push_back({LockChange::Kind::kRemoved, name, "", price_of(old_headers.of(*was), *was), ""});
    } else if (was->text != is->text) {
      if (new_headers.of(*is).empty())
        add_lines(name, was->text, is->text, changes);
      else
        add_cells(old_headers, *was, new_headers, *is, changes);
    }
  }
  return changes;
}

}  // namespace capplan

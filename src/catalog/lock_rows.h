// The rows that a lock lists with a digest each: of a table every row, of any other profile the whole file.
#pragma once

#include <string>
#include <vector>

#include "capplan/catalog/lock.h"
#include "input/csv.h"

namespace capplan {

struct LockRow {
  std::string name;  // "offers/nebius.csv H100-SXM-80GB 1 on-demand"; no two rows of a lock share one
  std::string text;  // as it stands in the file, with its line ends
  int line = 1;      // in the file
};

// The row of what a lock says of itself.
inline constexpr std::string_view kLockHead = "lock";

// Of one file; `prefix` stands before every name. The header of a table is a row too.
std::vector<LockRow> rows_of(const ProfileFile& file, const std::string& prefix = "");
// Of a lock: first what it says of itself, then the files in order.
std::vector<LockRow> rows_of(const Lock& lock);

// "offers/nebius.csv H100-SXM-80GB 1 on-demand": the path of a table and what tells its row apart; the path
// alone of a table without a key.
std::string row_name(const std::string& path, const CsvTable& table, const CsvTable::Row& row);

// A table whatever its columns are; nullopt where it is none.
std::optional<CsvTable> any_table(const ProfileFile& file);

}  // namespace capplan

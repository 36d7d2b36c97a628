#include "catalog/lock_rows.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include "core/text.h"

namespace capplan {
namespace {

constexpr std::size_t kLongestName = 200;  // bytes; a name is for people, the digest for the program

// What tells the rows of a table apart.
struct TableKey {
  std::string_view path;  // of the file, or how it begins
  std::span<const std::string_view> columns;
};
constexpr std::array<std::string_view, 7> kOfferKey{"accelerator", "count",    "machine", "region",
                                                    "area",        "purchase", "tier"};
constexpr std::array<std::string_view, 2> kExchangeKey{"currency", "as_of"};
constexpr std::array<std::string_view, 2> kCarbonKey{"scope", "region"};
constexpr std::array<std::string_view, 5> kSpotKey{"cloud", "zone", "machine", "instances", "collected"};
constexpr std::array<std::string_view, 4> kKernelKey{"op", "scope", "format", "group"};
constexpr std::array<TableKey, 6> kTableKeys{{{"offers/", kOfferKey},
                                              {"exchange.csv", kExchangeKey},
                                              {"carbon.csv", kCarbonKey},
                                              {"spot.csv", kSpotKey},
                                              {"kernels.csv", kKernelKey},
                                              {"kernel_priors.csv", kKernelKey}}};

std::span<const std::string_view> key_of(std::string_view path) {
  const auto* found = std::find_if(kTableKeys.begin(), kTableKeys.end(),
                                   [&](const TableKey& k) { return path.starts_with(k.path); });
  return found == kTableKeys.end() ? std::span<const std::string_view>() : found->columns;
}

// On one line of the list of digests.
std::string as_name(std::string_view whole) {
  const std::string text = printable(whole);
  std::size_t end = std::min(text.size(), kLongestName);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::size_t offset_of_line(std::string_view text, int line) {
  std::size_t offset = 0;
  for (int at = 1; at < line && offset < text.size(); ++at) {
    const std::size_t end = text.find('\n', offset);
    offset = end == std::string_view::npos ? text.size() : end + 1;
  }
  return offset;
}

// Rows with one key are told apart by their order.
void make_unique(std::vector<LockRow>& rows) {
  std::map<std::string, int> seen;
  std::set<std::string> taken;
  for (LockRow& row : rows) {
    const std::string key = row.name;
    while (!taken.insert(row.name).second) row.name = key + " #" + std::to_string(++seen[key] + 1);
  }
}

std::string list_text(const std::vector<std::string>& names) { return join({names.begin(), names.end()}); }

}  // namespace

std::optional<CsvTable> any_table(const ProfileFile& file) {
  const std::string_view text = file.text;
  const std::string_view header = trim(text.substr(0, text.find('\n')));
  std::vector<std::string_view> columns;
  for (std::size_t begin = 0; begin <= header.size();) {
    const std::size_t end = std::min(header.find(',', begin), header.size());
    columns.push_back(header.substr(begin, end - begin));
    begin = end + 1;
  }
  Result<CsvTable> table = parse_csv({file.path, file.text}, columns, {});
  return table ? std::optional(std::move(*table)) : std::nullopt;
}

std::string row_name(const std::string& path, const CsvTable& table, const CsvTable::Row& row) {
  std::string name = path;
  for (const std::string_view column : key_of(path)) {
    if (const std::string_view cell = table.cell(row, column); !cell.empty()) name.append(" ").append(cell);
  }
  return as_name(name);
}

std::vector<LockRow> rows_of(const ProfileFile& file, const std::string& prefix) {
  const std::string name = prefix + file.path;
  const auto key = key_of(file.path);
  const auto table = key.empty() ? std::nullopt : any_table(file);
  if (!table) return {{as_name(name), file.text, 1}};
  const std::string_view text = file.text;
  const std::size_t header_end =
      table->rows.empty() ? text.size() : offset_of_line(text, table->rows.front().line);
  std::vector<LockRow> rows{{as_name(name), std::string(text.substr(0, header_end)), 1}};
  std::size_t begin = header_end;
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    const int lines = i + 1 < table->rows.size() ? table->rows[i + 1].line - table->rows[i].line : 0;
    const std::size_t end = lines > 0 ? begin + offset_of_line(text.substr(begin), lines + 1) : text.size();
    const CsvTable::Row& row = table->rows[i];
    rows.push_back({as_name(prefix + row_name(file.path, *table, row)),
                    std::string(text.substr(begin, end - begin)), row.line});
    begin = end;
  }
  return rows;
}

std::vector<LockRow> rows_of(const Lock& lock) {
  const std::string offers = lock.scope.accelerators ? list_text(*lock.scope.accelerators) : "all";
  std::vector<LockRow> rows{{std::string(kLockHead),
                             lock.engine + "\n" + lock.as_of + "\n" + lock.catalog_sha256 + "\n" +
                                 list_text(lock.scope.models) + "\n" + offers + "\n" + lock.overlay_folder,
                             1}};
  const auto add = [&](std::vector<LockRow> more) {
    std::move(more.begin(), more.end(), std::back_inserter(rows));
  };
  for (const ProfileFile& file : lock.files) add(rows_of(file));
  for (const ProfileFile& file : lock.overlay) add(rows_of(file, "overlay/"));
  make_unique(rows);
  return rows;
}

}  // namespace capplan

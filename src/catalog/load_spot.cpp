// Statistics of spot capacity by zone.
#include "catalog/profile_loader.h"

namespace capplan {
namespace {

constexpr std::string_view kSpotColumns[] = {"cloud",        "zone",        "machine",    "accelerator",
                                             "accelerators", "instances",   "observed_h", "availability",
                                             "mean_up_h",    "mean_down_h", "up_cv",      "down_cv",
                                             "collected",    "source",      "as_of"};

constexpr Field kAvailability{
    .key = "availability", .type = ValueType::kNumber, .doc = "share of time", .max = 1, .above_min = true};
constexpr Field kMeanUp = above_zero(number_column("mean_up_h", "hours"));
constexpr Field kMeanDown = above_zero(number_column("mean_down_h", "hours"));
constexpr Field kUpSpread = number_column("up_cv", "standard deviation over mean");
constexpr Field kDownSpread = number_column("down_cv", "standard deviation over mean");

std::optional<Duration> hours(CsvRow& row, std::string_view column, const std::optional<double>& number) {
  if (number && *number == 0) row.error("`" + std::string(column) + "` must be above 0");
  return number ? std::optional(*number * kHour) : std::nullopt;
}

SpotZone read_zone(ProfileLoader& loader, CsvRow& row) {
  const auto keep = [&](std::string_view column) { return loader.arena.keep(row.text(column)); };
  SpotZone z;
  z.cloud = keep("cloud");
  z.zone = keep("zone");
  z.machine = keep("machine");
  z.accelerator = keep("accelerator");
  z.accelerators = row.whole("accelerators", 0).value_or(0);
  z.instances = row.whole("instances").value_or(1);
  z.observed = hours(row, "observed_h", row.number("observed_h")).value_or(Duration{});
  z.availability = loader.number(row, kAvailability).value_or(0);
  z.up = hours(row, kMeanUp.key, loader.number(row, kMeanUp));
  z.down = hours(row, kMeanDown.key, loader.number(row, kMeanDown));
  z.up_cv = loader.number(row, kUpSpread).value_or(1);
  z.down_cv = loader.number(row, kDownSpread).value_or(1);
  z.collected = loader.arena.keep(row.date("collected"));
  z.source = keep("source");
  z.as_of = loader.arena.keep(row.date("as_of"));
  if (z.cloud.empty() || z.zone.empty()) row.error("a zone needs its `cloud` and its name");
  if (z.availability <= 0 || z.availability > 1) row.error("`availability` must be above 0 and at most 1");
  if (z.accelerator.empty() != (z.accelerators == 0))
    row.error("`accelerator` and `accelerators` go together; a CPU machine has neither");
  if (z.observed.base() <= 0) row.error("a zone needs `observed_h`, the length of its trace");
  if (z.source.empty()) row.error("every zone needs a source");
  return z;
}

}  // namespace

void load_spot_zones(ProfileLoader& loader, const SourceText& source) {
  const std::optional<CsvTable> table = loader.parse_table(source, kSpotColumns, kSpotColumns);
  if (!table) return;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    loader.tables.spot_zones.push_back(read_zone(loader, row));
  }
}

}  // namespace capplan

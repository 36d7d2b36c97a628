// Laws of measured kernels, and the fitted constants of the step model that stands on them.
#include "catalog/profile_loader.h"

namespace capplan {
namespace {

constexpr std::string_view kKernelColumns[] = {
    "op",        "scope",     "format",     "group",       "peak_share", "bandwidth_share", "launch_us",
    "smoothing", "serial_us", "serial_cap", "narrow_head", "most_share", "source",          "as_of"};
constexpr Duration kMicrosecond = Duration::of(1e-6);

KernelRow read_row(ProfileLoader& loader, CsvRow& row) {
  const auto keep = [&](std::string_view column) { return loader.arena.keep(row.text(column)); };
  const auto number = [&](std::string_view column) {
    return loader.number(row, number_column(column, "of the law"));
  };
  KernelRow k;
  if (const auto op = find_kernel_op(row.text("op"))) {
    k.op = *op;
  } else {
    row.error("`op`: unknown operation `" + std::string(row.text("op").substr(0, 60)) + "`");
  }
  k.scope = keep("scope");
  k.format = keep("format");
  k.group = row.whole("group").value_or(0);
  k.peak_share = number("peak_share").value_or(0);
  k.bandwidth_share = number("bandwidth_share").value_or(0);
  k.launch = number("launch_us").value_or(0) * kMicrosecond;
  k.smoothing = number("smoothing").value_or(1);
  k.serial = number("serial_us").value_or(0) * kMicrosecond;
  k.serial_cap = number("serial_cap").value_or(0);
  k.narrow_head = number("narrow_head").value_or(1);
  k.most_share = number("most_share").value_or(1);
  k.source = keep("source");
  k.as_of = loader.arena.keep(row.date("as_of"));
  if (k.scope.empty()) row.error("a kernel law needs a `scope`");
  if (k.bandwidth_share <= 0) row.error("`bandwidth_share` must be above 0");
  if (k.source.empty()) row.error("every kernel law needs a source");
  return k;
}

using T = ValueType;
constexpr double kLowest = -10;

constexpr Field kConstant[] = {
    {.key = "name", .type = T::kText, .doc = "of the step model's constants", .required = true},
    {.key = "scope", .type = T::kText, .doc = "\"any\", or an accelerator", .required = true},
    {.key = "value", .type = T::kNumber, .doc = "fitted", .required = true},
    {.key = "prior", .type = T::kNumber, .doc = "what it is held towards", .required = true},
    {.key = "runs", .type = T::kInteger, .doc = "records that bear on it"},
};
constexpr Field kBand[] = {
    {.key = "evidence", .type = T::kText, .doc = "\"base\", or what widens it", .required = true},
    {.key = "p10",
     .type = T::kNumber,
     .doc = "of ln(measured / predicted time)",
     .required = true,
     .min = kLowest},
    {.key = "p90",
     .type = T::kNumber,
     .doc = "of ln(measured / predicted time)",
     .required = true,
     .min = kLowest},
    {.key = "runs", .type = T::kInteger, .doc = "left-out records"},
};
constexpr Field kCalibration[] = {
    {.key = "id", .type = T::kText, .doc = "unique name", .required = true},
    {.key = "runs", .type = T::kInteger, .doc = "records, one a configuration", .required = true},
    {.key = "residual_median", .type = T::kNumber, .doc = "|predicted / measured - 1|", .required = true},
    {.key = "residual_p90", .type = T::kNumber, .doc = "|predicted / measured - 1|", .required = true},
    required(kSourceField),
    required(kAsOfField),
    {.key = "constants", .type = T::kMaps, .doc = "of the step model", .required = true, .fields = kConstant},
    {.key = "residuals", .type = T::kMaps, .doc = "on left-out runs", .fields = kBand},
};

}  // namespace

void load_kernels(ProfileLoader& loader, const SourceText& source) {
  const std::optional<CsvTable> table = loader.parse_table(source, kKernelColumns, kKernelColumns);
  if (!table) return;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    loader.tables.kernels.push_back(read_row(loader, row));
  }
}

void load_calibration(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, kCalibration);
  if (!root) return;
  const Section in(*root, kCalibration);
  const auto whole = [](const Section& s) { return static_cast<int>(s.number("runs").value_or(0)); };
  Calibration c;
  c.id = loader.keep(in.text("id"));
  c.runs = whole(in);
  c.residual_median = in.number("residual_median").value_or(0);
  c.residual_p90 = in.number("residual_p90").value_or(0);
  c.provenance = {loader.keep(in.text("source")), loader.keep(in.text("as_of")), false};
  loader.tables.calibrations.push_back(c);
  for (const Section& s : in.sections("constants"))
    loader.tables.constants.push_back({loader.keep(s.text("name")), loader.keep(s.text("scope")),
                                       s.number("value").value_or(1), s.number("prior").value_or(1),
                                       whole(s)});
  for (const Section& s : in.sections("residuals"))
    loader.tables.residuals.push_back({loader.keep(s.text("evidence")), s.number("p10").value_or(0),
                                       s.number("p90").value_or(0), whole(s)});
}

}  // namespace capplan

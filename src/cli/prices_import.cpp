// One's own quotes into a profile folder.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>

#include "cli/atomic_file.h"
#include "cli/commands.h"
#include "core/number_text.h"
#include "core/quantity_text.h"
#include "core/text.h"
#include "input/csv.h"
#include "report/formats.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kColumns[] = {
    "provider", "accelerator", "count",   "price",      "unit",       "purchase",        "region",
    "country",  "machine",     "cluster", "term_min_h", "term_max_h", "upfront_percent", "memory_gib",
    "as_of",    "source",      "notes",   "option",     "currency"};
constexpr std::string_view kRequired[] = {"provider", "accelerator", "count", "price", "unit"};
constexpr std::string_view kFirstColumns = "accelerator,count,machine,region,country,purchase,";
constexpr std::string_view kLastColumns =
    ",upfront_percent,term_min_h,term_max_h,basis,cluster,memory_gib,status,as_of,source,notes\n";

// An hourly price in the currency it was quoted in.
struct HourlyPrice {
  double amount = 0;  // for the whole row
  std::string currency = "USD";
};

struct Quotes {
  std::map<std::string, std::string> files;             // path below the folder: text
  std::map<std::string, std::string> providers;         // provider: option
  std::map<std::string, std::vector<Location>> places;  // of each row below a file's header, in the quotes
  std::size_t rows = 0;
};

class Importer {
 public:
  Importer(const Catalog& catalog, const ImportOptions& options, const CsvTable& table, Diagnostics& problems)
      : catalog_(catalog), options_(options), table_(table), problems_(problems), foreign_(is_foreign()) {}

  Quotes import() {
    for (const CsvTable::Row& cells : table_.rows) {
      CsvRow row(table_, cells, problems_);
      import_row(row);
    }
    for (const auto& [provider, option] : quotes_.providers) {
      if (catalog_.provider(provider) == nullptr) {
        quotes_.files["providers/" + provider + ".yaml"] =
            fmt::format("id: {0}\nname: {0}\noption: {1}\nsource: imported quotes\nas_of: {2}\n", provider,
                        option, newest_);
      }
    }
    return std::move(quotes_);
  }

 private:
  // "EUR/GPU/h": the row's currency before a unit that begins with its slash.
  static std::string full_unit(const CsvRow& row) {
    const std::string unit(trim(row.text("unit")));
    return unit.starts_with("/") ? std::string(trim(row.text("currency"))) + unit : unit;
  }

  // For all `count` accelerators, by the hour.
  std::optional<HourlyPrice> hourly(CsvRow& row, int count, const std::string& as_of) {
    const auto price = row.number("price");
    if (!price) return std::nullopt;
    const std::string unit = full_unit(row);
    const auto parsed = parse_quantity("1 " + unit, {catalog_.tables().exchange, as_of});
    const std::string currency = parsed && parsed->rate ? std::string(parsed->rate->currency) : "USD";
    static constexpr Dim kWhole{.usd = 1, .second = -1};
    static constexpr Dim kEach{.usd = 1, .second = -1, .device = -1};
    if (!parsed || !parsed->unit || (*parsed->unit != kWhole && *parsed->unit != kEach)) {
      row.error(
          "`unit`: expected USD/h or USD/month for the whole row, or USD/GPU/h for one accelerator, found `" +
              unit.substr(0, 40) + "`",
          parsed ? "" : parsed.error());
      return std::nullopt;
    }
    const std::string_view stated = trim(row.text("currency"));
    if (!stated.empty() && stated != currency)
      row.error("`currency` says " + std::string(stated.substr(0, 40)) + ", `unit` " + currency);
    const double rate = parsed->rate ? parsed->rate->usd : 1;
    return HourlyPrice{*price * (parsed->value / rate) * kHour.base() * (*parsed->unit == kEach ? count : 1),
                       currency};
  }

  // Quotes in other currencies stay as they were quoted: the profile's rates make dollars of them.
  bool is_foreign() const {
    return std::any_of(table_.rows.begin(), table_.rows.end(), [&](const CsvTable::Row& cells) {
      const CsvRow row(table_, cells, problems_);
      const auto unit = parse_quantity("1 " + full_unit(row), catalog_.exchange_rates());
      return unit && unit->rate;
    });
  }
  std::string header() const {
    return std::string(kFirstColumns) + (foreign_ ? "price_per_hour,currency" : "usd_per_hour") +
           std::string(kLastColumns);
  }
  std::string price_cells(const HourlyPrice& price) const {
    return plain_number(price.amount) + (foreign_ ? "," + price.currency : "");
  }

  std::string find_accelerator(CsvRow& row) {
    std::string name(trim(row.text("accelerator")));
    const NameMatch match = catalog_.match_accelerator(name);
    if (match.ids.empty()) {
      const std::string_view near = catalog_.nearest_accelerator(name);
      row.error("unknown accelerator `" + name.substr(0, 60) + "`",
                near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
    }
    return name;
  }

  static bool is_file_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
  }

  std::string date_of(CsvRow& row) {
    if (row.text("as_of").empty()) {
      if (options_.as_of.empty()) row.error("a quote has a date: give a column `as_of`, or --as-of");
      return options_.as_of;
    }
    return std::string(row.date("as_of"));
  }

  void import_row(CsvRow& row) {
    const std::string provider = to_lower(trim(row.text("provider")));
    if (!is_file_name(provider))
      row.error("`provider`: expected a short name of letters, digits and hyphens, found `" +
                provider.substr(0, 60) + "`");
    const int count = row.whole("count").value_or(0);
    if (row.text("count").empty()) row.error("a quote needs `count`");
    if (row.text("price").empty()) row.error("a quote needs `price`");
    const std::string accelerator = find_accelerator(row);
    const std::string purchase =
        row.text("purchase").empty() ? "on-demand" : std::string(row.text("purchase"));
    if (!find_purchase(purchase) || purchase == "owned")
      row.error("`purchase`: unknown name `" + purchase.substr(0, 60) + "`",
                "on-demand, spot, marketplace, queued, reserved, savings-plan, commitment or block");
    const std::string as_of = date_of(row);
    newest_ = std::max(newest_, as_of);
    const HourlyPrice price = hourly(row, count, as_of).value_or(HourlyPrice{});
    std::string& file = quotes_.files["offers/" + provider + ".csv"];
    if (file.empty()) file = header();
    const auto cell = [&](std::string_view column) { return csv_cell(std::string(row.text(column))); };
    const std::string source = row.text("source").empty()
                                   ? "quote imported from " + fs::path(options_.file).filename().string()
                                   : std::string(row.text("source"));
    file += csv_cell(accelerator) + "," + std::to_string(count) + "," + cell("machine") + "," +
            cell("region") + "," + cell("country") + "," + purchase + "," + price_cells(price) + "," +
            cell("upfront_percent") + "," + cell("term_min_h") + "," + cell("term_max_h") + ",list," +
            cell("cluster") + "," + cell("memory_gib") + ",ok," + as_of + "," + csv_cell(source) + "," +
            cell("notes") + "\n";
    quotes_.places["offers/" + provider + ".csv"].push_back(row.location());
    quotes_.providers[provider] = row.text("option") == "cloud" ? "cloud" : "rental";
    ++quotes_.rows;
  }

  const Catalog& catalog_;
  const ImportOptions& options_;
  const CsvTable& table_;
  Diagnostics& problems_;
  bool foreign_;  // a quote is in another currency than dollars
  Quotes quotes_;
  std::string newest_;
};

// What is said of a row that was written, said of the quote that it came from.
Diagnostics at_quotes(Diagnostics problems, const std::string& folder, const Quotes& quotes) {
  for (const auto& [path, places] : quotes.places) {
    std::string file = folder;
    file.append("/").append(path);
    for (Diagnostic& problem : problems) {
      const int row = problem.location.line - 2;  // the first line is the header
      if (problem.location.file == file && row >= 0 && row < static_cast<int>(places.size()))
        problem.location = places[static_cast<std::size_t>(row)];
    }
  }
  sort_by_location(problems);
  return problems;
}

bool write_files(const Session& session, const std::string& folder, const Quotes& quotes) {
  for (const auto& [path, text] : quotes.files) {
    const fs::path target = fs::path(folder) / path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    const auto written = write_file(target.string(), text);
    if (written) continue;
    session.report_file(target.string(), written.error());
    return false;
  }
  return true;
}

}  // namespace

ExitCode run_prices_import(const Session& session, const ImportOptions& options) {
  const auto source = read_source(options.file, kCsvLimit);
  if (!source) {
    session.report_file(source.error().path, source.error().reason);
    return ExitCode::kFile;
  }
  if (!options.as_of.empty() && !is_iso_date(options.as_of)) {
    session.err() << "capplan: --as-of: expected a date such as 2026-08-22, found `" << options.as_of
                  << "`\n";
    return ExitCode::kUsage;
  }
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const auto table = parse_csv(*source, kColumns, kRequired);
  Diagnostics problems;
  Quotes quotes;
  if (table) {
    quotes = Importer(*catalog, options, *table, problems).import();
  } else {
    problems = table.error();
  }
  // The folder must load as it will be used, so every other fault of the quotes shows now.
  if (!has_errors(problems)) {
    std::vector<ProfileFile> files;
    for (const auto& [path, text] : quotes.files) files.push_back({path, text});
    const auto overlaid = overlay_catalog(*catalog, options.folder, files);
    problems = at_quotes(overlaid ? overlaid->warnings() : overlaid.error(), options.folder, quotes);
  }
  session.report(problems, source->text);
  if (has_errors(problems)) return ExitCode::kInvalidContent;
  if (!write_files(session, options.folder, quotes)) return ExitCode::kFile;
  if (!session.options().quiet)
    session.err() << "imported " << quotes.rows << " quotes into " << options.folder
                  << "; next: capplan estimate SPEC --profiles " << options.folder << "\n";
  return ExitCode::kFine;
}

}  // namespace capplan

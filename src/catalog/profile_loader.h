// What the readers of profile files share: where text lives, where problems go, and the tables they fill.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "capplan/catalog/catalog.h"
#include "catalog/adjustments.h"
#include "catalog/check_overlay.h"
#include "input/csv.h"
#include "input/schema.h"

namespace capplan {

inline constexpr Dim kDataRate{.second = -1, .byte = 1};
inline constexpr Field kUnverifiedFlag{
    .key = "unverified", .type = ValueType::kBool, .doc = "nobody could name a source"};

// Owns text and layers that are not in the binary; addresses stay valid as it grows.
class TextArena {
 public:
  Text keep(std::string_view text) { return text.empty() ? Text() : Text(texts_.emplace_back(text)); }
  std::span<const Operator> keep(std::vector<Operator> operators) {
    return operators.empty() ? std::span<const Operator>() : operators_.emplace_back(std::move(operators));
  }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<Operator>> operators_;
};

// The distributions among the figures of a folder, and the probabilities that they are read at.
struct UncertainReading {
  const Probabilities& at;
  std::vector<UncertainProfileFigure> figures;
  std::map<std::string, std::size_t> price_rows;  // of tables.offers, by the path of the figure

  // Keeps the figure, in place of an earlier one of the same path, and gives its probability.
  double note(UncertainFigure figure, Diagnostics& problems);
};

struct ProfileLoader {
  std::string path;  // of the file within the folder: "offers/nebius.csv"
  Tables& tables;
  TextArena& arena;
  Diagnostics& problems;
  std::vector<Location>& offer_places;   // of each row of tables.offers
  std::vector<PeakPlaces>& peak_places;  // of each of tables.accelerators
  std::vector<Adjustment>& adjustments;
  std::span<const ExchangeRate> exchange;  // of the base and of these files
  UncertainReading* uncertain;             // nullptr: distributions are errors

  Text keep(const std::optional<std::string>& text) { return text ? arena.keep(*text) : Text(); }
  // "memory,link" of a list of keys.
  Text keep_list(const std::vector<std::string>& texts, char separator);
  // Rates of the date of a figure.
  ExchangeRates rates_on(const std::optional<std::string>& date) {
    return {exchange, date ? arena.keep(*date) : Text()};
  }
  // The section with its amounts read by the rates of its own `as_of`.
  Section dated(const Section& in) { return in.with_rates(rates_on(in.text("as_of"))); }
  // "0.02 EUR/GB/month at 1.1761 USD of 2026-05-08", "median of {min: $2/h, max: $3/h}"; empty for one number
  // in dollars.
  std::string stated_amount(const Section& in, std::string_view key) const;
  // Its `source`, with the amount as stated where that says more than the value; its date and whether it is
  // unverified.
  Provenance provenance(const Section& in, std::string_view amount = {});
  // The unit of the value of a key, or of the first number of its distribution; none of a bare number.
  tl::expected<std::optional<Dim>, std::string> stated_unit(const YamlNode& in, std::string_view key,
                                                            const ExchangeRates& rates) const;
  // Two statements of how a figure spreads are one too many.
  void refuse_ends_of_distribution(const Section& in, std::string_view key);
  // Checks a mapping against `fields`. Its distributions are noted as `name` with their path, and will be
  // read at their probabilities. False where it has errors (reported).
  bool check(YamlNode& in, std::span<const Field> fields, const std::string& name);
  // Parses YAML and checks it against `fields`; nullopt where it has errors (reported).
  std::optional<YamlNode> parse(const SourceText& source, std::span<const Field> fields);
  // Of a figure in a table: "carbon.csv world world g_per_kwh".
  std::string name_of(const CsvRow& row, const Field& column) const;
  // A cell of a table where a distribution may stand in place of the number.
  std::optional<double> number(CsvRow& row, const Field& column);
  // The same of a table with these columns.
  std::optional<CsvTable> parse_table(const SourceText& source, std::span<const std::string_view> columns,
                                      std::span<const std::string_view> required_columns);
};

void load_accelerator(ProfileLoader& loader, const SourceText& source);
void load_model(ProfileLoader& loader, const SourceText& source);
void load_provider(ProfileLoader& loader, const SourceText& source);
void load_site(ProfileLoader& loader, const SourceText& source);
void load_figures(ProfileLoader& loader, const SourceText& source);
// `provider` is the file's name without its ending.
void load_offers(ProfileLoader& loader, const SourceText& source, std::string_view provider);
void load_exchange(ProfileLoader& loader, const SourceText& source);
void load_adjustments(ProfileLoader& loader, const SourceText& source);
void load_carbon(ProfileLoader& loader, const SourceText& source);
void load_spot_zones(ProfileLoader& loader, const SourceText& source);
void load_kernels(ProfileLoader& loader, const SourceText& source);
void load_calibration(ProfileLoader& loader, const SourceText& source);
void load_levers(ProfileLoader& loader, const SourceText& source);
void load_stack(ProfileLoader& loader, const SourceText& source);

// Keys that every profile file shares.
inline constexpr Field kSourceField{
    .key = "source", .type = ValueType::kText, .doc = "where the figures come from"};
inline constexpr Field kAsOfField{
    .key = "as_of", .type = ValueType::kDate, .doc = "date of the figures", .example = "2026-08-22"};
inline constexpr Field kNotesField{
    .key = "notes", .type = ValueType::kText, .doc = "what a reader should know"};

// A column of a table: bare numbers, in the unit that its name says.
constexpr Field number_column(std::string_view key, std::string_view doc) {
  return {.key = key, .type = ValueType::kNumber, .doc = doc};
}
constexpr Field above_zero(Field field) {
  field.above_min = true;
  return field;
}

constexpr Field required(Field field) {
  field.required = true;
  return field;
}

}  // namespace capplan

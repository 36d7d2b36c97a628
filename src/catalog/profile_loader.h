// What the readers of profile files share: where text lives, where problems go, and the tables they fill.
#pragma once

#include <deque>
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

struct ProfileLoader {
  Tables& tables;
  TextArena& arena;
  Diagnostics& problems;
  std::vector<Location>& offer_places;   // of each row of tables.offers
  std::vector<PeakPlaces>& peak_places;  // of each of tables.accelerators
  std::vector<Adjustment>& adjustments;
  std::span<const ExchangeRate> exchange;  // of the base and of these files

  Text keep(const std::optional<std::string>& text) { return text ? arena.keep(*text) : Text(); }
  // "memory,link" of a list of keys.
  Text keep_list(const std::vector<std::string>& texts, char separator);
  // Rates of the date of a figure.
  ExchangeRates rates_on(const std::optional<std::string>& date) {
    return {exchange, date ? arena.keep(*date) : Text()};
  }
  // The section with its amounts read by the rates of its own `as_of`.
  Section dated(const Section& in) { return in.with_rates(rates_on(in.text("as_of"))); }
  // "0.02 EUR/GB/month at 1.1761 USD of 2026-05-08"; empty for an amount in dollars.
  std::string stated_amount(const Section& in, std::string_view key) const;
  // Its `source`, with the amount as stated where that was converted; its date and whether it is unverified.
  Provenance provenance(const Section& in, std::string_view amount = {});
  // Parses YAML and checks it against `fields`; nullopt where it has errors (reported).
  std::optional<YamlNode> parse(const SourceText& source, std::span<const Field> fields);
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

constexpr Field required(Field field) {
  field.required = true;
  return field;
}

}  // namespace capplan

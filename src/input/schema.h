// One table says what a file may hold. The reader checks a document against it, `capplan schema` prints it as
// JSON Schema, and the documentation quotes it, so the three cannot drift apart.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "capplan/core/exchange.h"
#include "capplan/core/uncertain.h"
#include "capplan/core/units.h"
#include "input/yaml.h"

namespace capplan {

enum class ValueType {
  kMap,          // `fields`
  kMaps,         // list of `fields`
  kText,         // any text
  kTexts,        // list of text
  kTextOrTexts,  // text, or a list of it
  kName,         // one of `names`
  kNames,        // list of `names`
  kBool,         // true | false
  kInteger,      // whole number, bare or scaled: 7B
  kNumber,       // any number, bare or scaled
  kRatio,        // 0.45 or 45%
  kMultiple,     // 3x
  kIntegers,     // list of whole numbers
  kNumbers,      // list of numbers
  kQuantity,     // number with a unit of dimension `dim`
  kDate,         // 2026-08-22
};

struct Field {
  std::string_view key;
  ValueType type;
  std::string_view doc;
  std::string_view example = {};
  bool required = false;
  Dim dim = {};
  double min = 0;  // in base units; of a list: of its items, of maps their number
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;      // min itself is not allowed
  std::string_view noun = {};  // "tokens": the word that may follow the number
  std::span<const std::string_view> names = {};
  std::span<const Field> fields =
      {};  // of a map; beside a scalar type: the mapping that may stand in its place
  // Instead of `fields` where a mapping may contain its own kind.
  std::span<const Field> (*nested)() = nullptr;  // `noun` then names it

  std::span<const Field> parts() const { return nested != nullptr ? nested() : fields; }
};

// Checks shape, keys, types, units and ranges below `node`; adds a diagnostic for each problem.
// `path` names the node in messages ("workloads[0].model"; "" for the root). Amounts of a mapping with a date
// of its own, `as_of`, are dollars by the rates of that date. Returns the rates that amounts in other
// currencies than dollars need, in the order of their codes. Distributions go to `uncertain`, in the
// order of the file; without it they are errors.
std::vector<ExchangeRate> check_fields(const YamlNode& node, std::span<const Field> fields,
                                       const std::string& path, Diagnostics& problems,
                                       const ExchangeRates& rates = {},
                                       std::vector<UncertainFigure>* uncertain = nullptr);

// Typed access to a mapping that has been checked. A value that is absent or was found wrong reads as
// nullopt, so that what depends on it can go on and report what else is wrong. Amounts in other currencies
// are dollars by `rates`. A distribution reads as its median, or the quantile that its node names.
class Section {
 public:
  Section() = default;
  Section(const YamlNode& node, std::span<const Field> fields, const ExchangeRates& rates = {})
      : node_(&node), fields_(fields), rates_(rates) {}

  Section with_rates(const ExchangeRates& rates) const {
    Section section = *this;
    section.rates_ = rates;
    return section;
  }

  explicit operator bool() const { return node_ != nullptr; }
  bool has(std::string_view key) const;
  bool has_distribution(std::string_view key) const;
  // Of the value where the key is there, of the mapping itself where it is not.
  Location location(std::string_view key) const;
  Location key_location(std::string_view key) const;
  Location location() const;

  std::optional<std::string> text(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  // The nodes of a list of texts, or the one text that stands in its place.
  std::vector<const YamlNode*> items(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  // Integers, numbers, ratios and multiples; of a quantity its base units.
  std::optional<double> number(std::string_view key) const;
  // Of a quantity; of other values none.
  Dim dim(std::string_view key) const { return field(key).dim; }
  std::vector<double> numbers(std::string_view key) const;
  template <Dim D>
  std::optional<Quantity<D>> quantity(std::string_view key) const {
    const std::optional<double> base = base_value(key, D);
    return base ? std::optional(Quantity<D>::of(*base)) : std::nullopt;
  }
  std::optional<Duration> duration(std::string_view key) const { return quantity<Dim{.second = 1}>(key); }
  std::optional<Bytes> bytes(std::string_view key) const { return quantity<Dim{.byte = 1}>(key); }
  std::optional<Flops> flops(std::string_view key) const { return quantity<Dim{.flop = 1}>(key); }
  std::optional<Usd> usd(std::string_view key) const { return quantity<Dim{.usd = 1}>(key); }
  std::optional<Bandwidth> bandwidth(std::string_view key) const {
    return quantity<Dim{.second = -1, .byte = 1}>(key);
  }
  // As it is written, on one line: "2.10 EUR/h", "{min: 2 EUR/h, max: 3 EUR/h}".
  std::string written(std::string_view key) const;
  // What an amount in another currency was converted by.
  std::optional<ExchangeRate> rate(std::string_view key) const;
  Section section(std::string_view key) const;
  std::vector<Section> sections(std::string_view key) const;
  const YamlNode* node() const { return node_; }

 private:
  const Field& field(std::string_view key) const;
  const YamlNode* value(std::string_view key) const;
  std::optional<double> base_value(std::string_view key, Dim dim) const;

  const YamlNode* node_ = nullptr;
  std::span<const Field> fields_;
  ExchangeRates rates_;
};

}  // namespace capplan

// Quantities as people write them: "80 GiB", "$2.50/h", "7B", "2T tokens", "45%". What is ambiguous is an
// error that names both readings, never a guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "capplan/core/exchange.h"
#include "capplan/core/units.h"

namespace capplan {

struct ParsedQuantity {
  double value = 0;         // in base units; a percentage is its fraction
  std::optional<Dim> unit;  // absent: a bare or scaled number
  bool percent = false;
  std::string noun;                  // "tokens" in "2T tokens"; empty otherwise
  std::optional<ExchangeRate> rate;  // of an amount in another currency: what made it dollars
};

// Either the quantity, or what is wrong with it in words. Money may be written in any currency of `rates`,
// by its code or its sign ("180k EUR", "€180k", "0.089 EUR/kWh"), and is dollars in the result.
tl::expected<ParsedQuantity, std::string> parse_quantity(std::string_view text,
                                                         const ExchangeRates& rates = {});

// "unknown currency `SEK`; known are EUR, USD"
std::string unknown_currency(std::string_view currency, const ExchangeRates& rates);

// How a quantity of this dimension is written, for messages: "a duration such as `30 days`".
std::string describe_dimension(const Dim& dim);

// Every unit expression ("GiB", "USD/kWh") that has this dimension, simple ones first.
std::vector<std::string> unit_spellings(const Dim& dim);

// Words that may follow a count ("tokens", "samples", …).
const std::vector<std::string_view>& count_nouns();

}  // namespace capplan

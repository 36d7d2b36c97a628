// Currencies. Every amount is dollars once it has been read; what it was converted by is stated with the
// result.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capplan/core/provenance.h"

namespace capplan {

struct ExchangeRate {
  Text currency;   // ISO 4217: "EUR"
  Text as_of;      // ISO date
  double usd = 0;  // dollars for one unit; above 0
  Text source;
};

// "1.1761 USD of 2026-05-08"
std::string rate_text(const ExchangeRate& rate);

// The rates in force on a date: of each currency the newest that is not after it; where all are later, the
// earliest. A view: the rows must outlive it. The order of rows does not matter.
class ExchangeRates {
 public:
  ExchangeRates() = default;  // dollars alone
  ExchangeRates(std::span<const ExchangeRate> rows, Text date) : rows_(rows), date_(date) {}

  ExchangeRates on(Text date) const { return {rows_, date}; }

  // nullptr for a currency that no row names. A dollar is a dollar, without a row.
  const ExchangeRate* find(std::string_view currency) const;
  // "CHF", "EUR", "USD": all that are known, in alphabetical order.
  std::vector<std::string_view> currencies() const;

 private:
  std::span<const ExchangeRate> rows_;
  Text date_;
};

// "€" of "EUR"; empty for a currency that has no sign of its own: ¥ is written for two.
std::string_view currency_sign(std::string_view currency);
// "EUR" of "€"; empty for what is no sign of one currency.
std::string_view currency_of_sign(std::string_view sign);
// The sign of one currency that `text` begins with; empty where it begins otherwise.
std::string_view leading_sign(std::string_view text);

}  // namespace capplan

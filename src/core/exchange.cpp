#include "capplan/core/exchange.h"

#include <algorithm>
#include <iterator>

#include "core/number_text.h"

namespace capplan {
namespace {

constexpr ExchangeRate kDollar{"USD", {}, 1, "by definition"};

struct Sign {
  std::string_view sign;
  std::string_view currency;
};
constexpr Sign kSigns[] = {{"$", "USD"}, {"€", "EUR"}, {"£", "GBP"}, {"₹", "INR"}};

}  // namespace

const ExchangeRate* ExchangeRates::find(std::string_view currency) const {
  if (currency == kDollar.currency) return &kDollar;
  const ExchangeRate* newest = nullptr;
  const ExchangeRate* earliest = nullptr;
  for (const ExchangeRate& rate : rows_) {
    if (rate.currency != currency) continue;
    if (rate.as_of <= date_ && (newest == nullptr || rate.as_of > newest->as_of)) newest = &rate;
    if (earliest == nullptr || rate.as_of < earliest->as_of) earliest = &rate;
  }
  return newest != nullptr ? newest : earliest;
}

std::vector<std::string_view> ExchangeRates::currencies() const {
  std::vector<std::string_view> all{kDollar.currency};
  for (const ExchangeRate& rate : rows_) all.push_back(rate.currency);
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string rate_text(const ExchangeRate& rate) {
  return plain_number(rate.usd) + " USD of " + std::string(rate.as_of);
}

std::string_view currency_sign(std::string_view currency) {
  const auto* found = std::ranges::find(kSigns, currency, &Sign::currency);
  return found == std::end(kSigns) ? std::string_view() : found->sign;
}

std::string_view currency_of_sign(std::string_view sign) {
  const auto* found = std::ranges::find(kSigns, sign, &Sign::sign);
  return found == std::end(kSigns) ? std::string_view() : found->currency;
}

std::string_view leading_sign(std::string_view text) {
  const auto* found = std::ranges::find_if(kSigns, [&](const Sign& s) { return text.starts_with(s.sign); });
  return found == std::end(kSigns) ? std::string_view() : found->sign;
}

}  // namespace capplan

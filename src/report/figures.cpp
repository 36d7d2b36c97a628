#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "capplan/core/exchange.h"
#include "core/number_text.h"

namespace capplan {
namespace {

// At most `digits` significant digits and no trailing zeros.
std::string significant(double value, int digits) {
  if (value == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  const int decimals = std::max(0, digits - 1 - magnitude);
  const double scale = std::pow(10.0, digits - 1 - magnitude);
  std::string text = fmt::format("{:.{}f}", std::round(value * scale) / scale, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

// Commas between the thousands of the digits before the point.
std::string with_thousands(std::string text) {
  const std::size_t begin = text.starts_with('-') ? 1 : 0;
  std::size_t at = std::min(text.find('.'), text.size());
  for (; at > begin + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string grouped(double value) { return with_thousands(fmt::format("{:.0f}", value)); }

// "$", "€", or "CHF " where a currency has no sign of its own.
std::string money_sign(const ShownCurrency& shown) {
  const std::string_view sign = currency_sign(shown.code);
  return sign.empty() ? shown.code + " " : std::string(sign);
}

// Units and hundredths below a hundred, whole units below ten thousand, then `digits` significant ones.
std::string scaled_money(double usd, const ShownCurrency& shown, int digits) {
  const std::string sign = (usd < 0 ? "-" : "") + money_sign(shown);
  const double amount = std::abs(usd) / shown.usd;
  if (amount > 0 && amount < 0.01) return sign + significant(amount, 2);
  if (amount < 99.995) return sign + fmt::format("{:.2f}", amount);
  if (amount < 9999.5) return sign + grouped(amount);
  const double carry = 1 - 0.5 * std::pow(10.0, -digits);
  if (amount < 1e6 * carry) return sign + significant(amount / 1e3, digits) + "k";
  if (amount < 1e9 * carry) return sign + significant(amount / 1e6, digits) + "M";
  return sign + significant(amount / 1e9, digits) + "B";
}

// Of a time that is stated in months: a horizon, a term.
std::optional<double> whole_months(Duration time) {
  constexpr double kRounding = 1e-9;
  const double months = std::round(time.in(kMonth));
  if (months < 1 || std::abs(time.in(kMonth)-months) > kRounding * months) return std::nullopt;
  return months;
}

}  // namespace

std::string money_text(double usd, const ShownCurrency& shown) { return scaled_money(usd, shown, 4); }
std::string short_money_text(double usd, const ShownCurrency& shown) { return scaled_money(usd, shown, 3); }

std::string range_text(const PlanOption& option, const ShownCurrency& shown) {
  if (!option.sampled) return {};
  const std::string low = short_money_text(option.sampled->p10.usd(), shown);
  const std::string high = short_money_text(option.sampled->p90.usd(), shown);
  return low == high ? low : low + "–" + high;
}

std::string currency_text(const ShownCurrency& shown) {
  if (shown.as_of.empty()) return shown.code;
  return shown.code + " at " + plain_number(shown.usd) + " USD of " + shown.as_of;
}

std::string time_text(Duration time) {
  if (const auto months = whole_months(time)) return grouped(*months) + " mo";
  if (time < 1.0 * kSecond) return significant(time.base() * 1e3, 3) + " ms";
  if (time < 120.0 * kSecond) return significant(time.base(), 3) + " s";
  if (time < 2.0 * kHour) return significant(time.base() / 60, 3) + " min";
  if (time < 2.0 * kDay) return significant(time.in(kHour), 3) + " h";
  if (time < 1000.0 * kDay) return significant(time.in(kDay), 3) + " d";
  return significant(time.in(kYear), 3) + " y";
}

std::string span_text(Duration span) {
  const double months = std::round(span.in(kMonth)*10) / 10;
  return plain_number(months) + (months == 1 ? " month" : " months");
}

std::string count_text(double value) {
  if (value >= 9.9995e11) return significant(value / 1e12, 3) + " T";
  if (value >= 9.9995e8) return significant(value / 1e9, 3) + " B";
  if (value >= 999950) return significant(value / 1e6, 3) + " M";
  return grouped(value);
}

std::string flops_text(Flops flops) {
  static constexpr std::array<std::string_view, 5> kUnits{"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"};
  double value = flops.in(kFlop);
  if (value >= 1e18) return fmt::format("{:.3g} FLOP", value);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return significant(value, 3) + " " + std::string(kUnits[unit]);
}

std::string gib_text(Bytes bytes) { return significant(bytes.in(kGiB), 3) + " GiB"; }

std::string mass_text(double kg) {
  return kg >= 1000 ? significant(kg / 1000, 3) + " t" : significant(kg, 3) + " kg";
}

std::string number_text(double value) {
  constexpr double kMostInFull = 1e15;
  constexpr double kLeastInFull = 1e-4;
  const double size = std::abs(value);
  if (size != 0 && (size < kLeastInFull || size >= kMostInFull)) return fmt::format("{:.6g}", value);
  if (size == std::floor(size)) return grouped(value);
  constexpr double kNoPlaces = 1e5;
  return with_thousands(size < kNoPlaces ? significant(value, 6) : fmt::format("{:.1f}", value));
}

std::string cents_text(double value) { return with_thousands(fmt::format("{:.2f}", value)); }

std::string percent_text(double ratio) { return significant(ratio * 100, 3) + "%"; }

}  // namespace capplan

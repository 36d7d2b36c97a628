// Numbers for people: the only rounding rules of tables. JSON and CSV carry full precision.
#pragma once

#include <string>

#include "capplan/core/money.h"
#include "capplan/core/units.h"
#include "capplan/report/report.h"

namespace capplan {

// Four significant digits: $12.34, $1,234, $118.6k, $1.234M; €118.6k or CHF 118.6k at the rate of `shown`.
std::string money_text(double usd, const ShownCurrency& shown = {});
// Three significant digits, for ranges: $101k.
std::string short_money_text(double usd, const ShownCurrency& shown = {});
// P10 to P90, "$101k–$120k"; one figure where they read the same, none where there are no samples.
std::string range_text(const PlanOption& option, const ShownCurrency& shown);
// "USD", or "EUR at 1.1761 USD of 2026-05-08".
std::string currency_text(const ShownCurrency& shown);
// 12 min, 5.2 h, 35.4 d, 3.01 y; 36 mo for whole months, which somebody stated.
std::string time_text(Duration time);
// "36 months", "1 month", "4.3 months": horizons and terms.
std::string span_text(Duration span);
// 8.03 B, 25.6 M, 9,000
std::string count_text(double value);
// 7.7 TFLOP, 5.8e22 FLOP
std::string flops_text(Flops flops);
// 80 GiB
std::string gib_text(Bytes bytes);
// 9.8 t, 120 kg
std::string mass_text(double kg);
// Six significant digits, whole numbers in full, with thousands: 0.0632168, 11,521.9, 23,842, 165,740.5,
// 2.42904e+17.
std::string number_text(double value);
// 11,521.87
std::string cents_text(double value);
// "43%"
std::string percent_text(double ratio);

}  // namespace capplan

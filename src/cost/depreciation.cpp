#include "capplan/cost/depreciation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace capplan {
namespace {

// Value left at the end of each year of a balance that declines and then falls evenly. `first_year` is the
// part of the first year that counts; the rest of the life follows, and what remains of a year at its end.
std::vector<double> switching_balance(int life_years, double factor, double first_year) {
  std::vector<double> left;
  double value = 1;
  double remaining = life_years;
  double counted = first_year;
  while (remaining > 0) {
    const double declining = value * factor / life_years * counted;
    const double even = value * std::min(1.0, counted / remaining);
    value -= std::min(value, std::max(declining, even));
    remaining -= counted;
    left.push_back(value);
    counted = 1;
  }
  return left;
}

int life_of(MacrsClass property) {
  if (property == MacrsClass::kThreeYears) return 3;
  return property == MacrsClass::kFiveYears ? 5 : 7;
}

// Straight between the ends of years.
double between_years(const std::vector<double>& left_at_end, double years) {
  const double whole = std::floor(years);
  if (whole >= static_cast<double>(left_at_end.size())) return 0;
  const auto year = static_cast<std::size_t>(whole);
  const double from = year == 0 ? 1 : left_at_end[year - 1];
  return from + (left_at_end[year] - from) * (years - whole);
}

double left(const StraightLine& method, Duration age) {
  if (age >= method.life) return method.salvage;
  return 1 - (1 - method.salvage) * (age / method.life);
}

double left(const DecliningBalance& method, Duration age) { return std::pow(1 - method.rate, age / kYear); }

double left(const SwitchingBalance& method, Duration age) {
  return between_years(switching_balance(method.life_years, method.factor, 1), age / kYear);
}

double left(MacrsClass property, Duration age) {
  std::vector<double> left_at_end = switching_balance(life_of(property), 2, 0.5);
  for (double& value : left_at_end) value = std::round(value * 1e4) / 1e4;
  return between_years(left_at_end, age / kYear);
}

double left(const PricePerformance& method, Duration age) { return std::pow(10, -(method.decay * age)); }

}  // namespace

double value_left(const Depreciation& method, Duration age) {
  if (age <= Duration{}) return 1;
  return std::visit([&](const auto& m) { return left(m, age); }, method);
}

std::vector<double> yearly_depreciation(const Depreciation& method, int years) {
  std::vector<double> lost;
  lost.reserve(static_cast<std::size_t>(std::max(0, years)));
  for (int year = 0; year < years; ++year)
    lost.push_back(value_left(method, year * kYear) - value_left(method, (year + 1) * kYear));
  return lost;
}

LossRate loss_in_use(const PricePerformance& method) { return method.decay * std::numbers::ln10; }

}  // namespace capplan

#include "capplan/demand/load.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace capplan {

int months_of(Duration horizon) { return std::max(1, static_cast<int>(std::ceil(horizon / kMonth - 1e-9))); }

bool is_elastic(const Demand& demand) { return !demand.day.empty() || demand.growth_per_month != 0; }

std::vector<std::vector<LoadLevel>> load_by_month(const Demand& demand, Duration horizon) {
  const int months = months_of(horizon);
  std::map<double, double, std::greater<>> day;  // share of the busiest hour, hours a day
  for (const double share : demand.day) day[share] += 1;
  if (day.empty()) day[1] = 24;
  const double last = std::pow(1 + demand.growth_per_month, months - 1);
  const double highest = std::max(1.0, last);
  std::vector<std::vector<LoadLevel>> load;
  for (int m = 0; m < months; ++m) {
    const Duration month = std::min(kMonth, horizon - m * kMonth);
    const double growth = std::pow(1 + demand.growth_per_month, m) / highest;
    std::vector<LoadLevel> levels;
    levels.reserve(day.size());
    for (const auto& [share, hours] : day) levels.push_back({share * growth, month.in(kHour)*hours / 24});
    load.push_back(std::move(levels));
  }
  return load;
}

int units_for(int units, double share) {
  return std::max(1, static_cast<int>(std::ceil(units * share - 1e-9)));
}

}  // namespace capplan

#include "capplan/demand/load.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace capplan {

int months_of(Duration horizon) { return std::max(1, static_cast<int>(std::ceil(horizon / kMonth - 1e-9))); }

bool is_elastic(const Demand& demand) { return !demand.day.empty() || demand.growth_per_month != 0; }

std::vector<double> growth_by_month(double growth_per_month, Duration horizon) {
  const int months = months_of(horizon);
  std::vector<double> growth;
  growth.reserve(static_cast<std::size_t>(months));
  for (int m = 0; m < months; ++m) growth.push_back(std::pow(1 + growth_per_month, m));
  return growth;
}

std::vector<double> share_by_month(const Demand& demand, Duration horizon) {
  std::vector<double> shares = growth_by_month(demand.growth_per_month, horizon);
  const double highest = *std::max_element(shares.begin(), shares.end());
  for (double& share : shares) share /= highest;
  return shares;
}

std::vector<std::vector<LoadLevel>> load_by_month(const Demand& demand, Duration horizon) {
  std::map<double, double, std::greater<>> day;  // share of the busiest hour, hours a day
  for (const double share : demand.day) day[share] += 1;
  if (day.empty()) day[1] = 24;
  std::vector<std::vector<LoadLevel>> load;
  Duration left = horizon;
  for (const double growth : share_by_month(demand, horizon)) {
    const Duration month = std::min(kMonth, left);
    left -= month;
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

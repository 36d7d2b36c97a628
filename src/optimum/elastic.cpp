#include "capplan/optimum/elastic.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

double all_hours(std::span<const DemandLevel> demand) {
  double hours = 0;
  for (const DemandLevel& level : demand) hours += level.hours;
  return hours;
}

// Hours in which unit k, from 1, is busy.
double busy_hours(std::span<const DemandLevel> demand, int unit) {
  double hours = 0;
  for (const DemandLevel& level : demand) hours += std::ceil(level.units) >= unit ? level.hours : 0;
  return hours;
}

int most_units(std::span<const DemandLevel> demand) {
  double most = 0;
  for (const DemandLevel& level : demand) most = std::max(most, std::ceil(level.units));
  return static_cast<int>(most);
}

}  // namespace

int held_units(std::span<const DemandLevel> demand, double fixed_usd, double by_the_hour_usd) {
  const double hours = all_hours(demand);
  const int most = most_units(demand);
  // Later units are busy less: the first that is not worth its price ends it.
  int units = 0;
  while (units < most && busy_hours(demand, units + 1) * by_the_hour_usd > fixed_usd * hours) ++units;
  return units;
}

ScreenedCapacity screen(std::span<const DemandLevel> demand, std::span<const Screened> ways) {
  ScreenedCapacity capacity{.units = std::vector<int>(ways.size(), 0), .usd = 0};
  const double hours = all_hours(demand);
  for (int unit = 1; unit <= most_units(demand); ++unit) {
    const double busy = busy_hours(demand, unit);
    const auto usd = [&](const Screened& way) { return way.fixed_usd * hours + way.variable_usd * busy; };
    // Of equal ones that which holds nothing, then the first.
    const auto best = std::ranges::min_element(ways, [&](const Screened& a, const Screened& b) {
      return usd(a) != usd(b) ? usd(a) < usd(b) : a.fixed_usd < b.fixed_usd;
    });
    capacity.usd += usd(*best);
    if (best->fixed_usd > 0) ++capacity.units[static_cast<std::size_t>(best - ways.begin())];
  }
  return capacity;
}

}  // namespace capplan

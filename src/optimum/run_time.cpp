#include "optimum/run_time.h"

#include <algorithm>
#include <cmath>

namespace capplan {

int months_of(const Period& period, const Portfolio& portfolio) {
  return std::min(static_cast<int>(period.window.size()), portfolio.months - period.first_month);
}

double hours_of(const RunOption& option, const Period& period) { return option.hours * period.growth; }

double usd_of(const RunOption& option, const Period& period) { return option.usd * period.growth; }

double most_hours(const RunOption& option, const Period& period, const Portfolio& portfolio, int i) {
  return portfolio.hours_a_month * period.window[static_cast<std::size_t>(i)] * option.window_share;
}

bool fits(const RunOption& option, const Period& period, const Portfolio& portfolio) {
  double hours = 0;
  for (int i = 0; i < months_of(period, portfolio); ++i) hours += most_hours(option, period, portfolio, i);
  // A run that takes all of its time is in time, whatever the last bit says.
  return hours_of(option, period) <= hours * (1 + 1e-9);
}

std::vector<double> hours_without_waiting(const RunOption& option, const Period& period,
                                          const Portfolio& portfolio) {
  std::vector<double> hours;
  double left = hours_of(option, period);
  for (int i = 0; i < months_of(period, portfolio); ++i) {
    hours.push_back(std::min(left, most_hours(option, period, portfolio, i)));
    left -= hours.back();
  }
  return hours;
}

int side_by_side(double runs, const RunOption& option, const Period& period, const Portfolio& portfolio) {
  if (runs <= 0) return 0;
  const double months =
      runs * hours_of(option, period) / (months_of(period, portfolio) * portfolio.hours_a_month);
  return std::max(1, static_cast<int>(std::ceil(months - 1e-9)));
}

}  // namespace capplan

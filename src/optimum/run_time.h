// When a run may take place, and in which months it falls.
#pragma once

#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

// Months of the horizon that a period has.
int months_of(const Period& period, const Portfolio& portfolio);

double hours_of(const RunOption& option, const Period& period);
double usd_of(const RunOption& option, const Period& period);

// Hours that one run may take in the i-th month of its period.
double most_hours(const RunOption& option, const Period& period, const Portfolio& portfolio, int i);
// Whether one run ends in time.
bool fits(const RunOption& option, const Period& period, const Portfolio& portfolio);
// By month of its period, where it begins as the period does and does not wait: what counts against the
// budget of a month.
std::vector<double> hours_without_waiting(const RunOption& option, const Period& period,
                                          const Portfolio& portfolio);

}  // namespace capplan

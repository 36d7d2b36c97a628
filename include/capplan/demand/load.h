// How served traffic rises and falls: by the hour of a day, the same every day, and by its growth from month
// to month.
#pragma once

#include <vector>

#include "capplan/demand/demand.h"

namespace capplan {

struct LoadLevel {
  double share = 1;  // of the highest demand of the whole horizon
  double hours = 0;
};

// The months of a horizon; the last counts as a whole one where it is not.
int months_of(Duration horizon);

// Each month's demand over the first's.
std::vector<double> growth_by_month(double growth_per_month, Duration horizon);
// The same over that of the month with most.
std::vector<double> share_by_month(const Demand& demand, Duration horizon);

// Hours of equal demand of each month, busiest first: one level where the day is flat. Their hours are those
// of the horizon.
std::vector<std::vector<LoadLevel>> load_by_month(const Demand& demand, Duration horizon);

// Whether what is rented by the hour has anything to follow.
bool is_elastic(const Demand& demand);

// Of units that serve the highest demand together, those that a share of it needs: whole ones, at least one.
int units_for(int units, double share);

}  // namespace capplan

// Closed forms for one demand that any capacity serves, with nothing else to share it: how much to hold all
// the time, and how much to take by the hour.
#pragma once

#include <span>
#include <vector>

namespace capplan {

// A demand in units of capacity, held for so many hours.
struct DemandLevel {
  double units = 0;
  double hours = 0;
};

// How to pay for a unit: so much an hour whether it is used or not, and so much more while it is.
struct Screened {
  double fixed_usd = 0;     // an hour of existence
  double variable_usd = 0;  // an hour of use
};

struct ScreenedCapacity {
  std::vector<int> units;  // of each way; a way without a fixed price takes what is left, and counts 0
  double usd = 0;          // over all hours
};

// Unit k (from 1) is held iff the share of hours in which the demand is k or more is above
// fixed / price-by-the-hour: the newsvendor's critical ratio, read off the load-duration curve.
int held_units(std::span<const DemandLevel> demand, double fixed_usd, double by_the_hour_usd);

// Several ways: each unit of the load-duration curve goes to the lower envelope of fixed + variable x busy
// share (screening curves; Turvey, Optimal Pricing and Investment in Electricity Supply, 1968). At least one
// way has no fixed price. Whole units; what is left of a unit counts as one.
ScreenedCapacity screen(std::span<const DemandLevel> demand, std::span<const Screened> ways);

}  // namespace capplan

// How much to hold for one demand that nothing else shares, and how much to take by the hour. With one linear
// way of holding this is the quantile rule: unit k is held iff the share of hours in which the demand is k or
// more is above fixed / price-by-the-hour, the newsvendor's critical ratio, read off the load-duration curve.
// With several it is screening curves: each unit of that curve goes to the lower envelope of fixed + variable
// x busy hours (Turvey, Optimal Pricing and Investment in Electricity Supply, 1968). Prices of holding need
// not be linear here.
#pragma once

#include <span>
#include <vector>

namespace capplan {

// A demand in units of capacity, held for so many hours.
struct DemandLevel {
  double units = 0;
  double hours = 0;
  double by_the_hour_usd = 1;  // an hour of a unit that is not held; infinite: there is none
};

// Units that are paid for over all hours, used or not.
struct HeldWay {
  std::vector<double> usd;  // of n units, at index n; [0] is 0; infinite: that many cannot be had
  double variable_usd = 0;  // an hour of use, besides
};

struct HeldCapacity {
  std::vector<int> units;  // by way
  double usd = 0;  // of what is held and what is taken by the hour, over all hours; infinite: not enough
};

// The least cost. Of plans that differ by less than a millionth of a dollar that which holds fewer, then in
// earlier ways. What is cheaper to use is used first, and nothing that costs less by the hour.
HeldCapacity hold(std::span<const DemandLevel> demand, std::span<const HeldWay> ways);

// Indices of ways, in the order in which they are used.
std::vector<std::size_t> merit_order(std::span<const HeldWay> ways);

}  // namespace capplan

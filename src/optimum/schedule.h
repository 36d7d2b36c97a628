// Whether the runs of a pool and month can take turns hour by hour.
#pragma once

#include <optional>
#include <span>

#include "optimum/portfolio_program.h"

namespace capplan {

// A part of a month on a pool.
struct PoolTime {
  int machines = 0;
  double hours = 0;
  double serving = 0;       // machines, on average over the part
  double most_serving = 0;  // machines that served work takes at any one time, where it gets them
};

// Runs may pause and go on, on whole machines; served work takes what is left at each moment, and is rented
// for the rest. Exact: hours are given to sets of runs that fit side by side, so that each run has its hours,
// none more of a part of the month than it may, and serving its average (a linear program over such sets:
// Blazewicz, Drabowski and Weglarz, Scheduling multiprocessor tasks to minimize schedule length, IEEE
// Transactions on Computers C-35, 1986). The answer is no where there are too many sets to list, and 200 of
// them are not enough.
bool can_be_scheduled(std::span<const RunHours> runs, std::span<const PoolTime> parts);

// A limit that every schedule keeps to and that these runs, or this serving, break: a solution of the dual of
// the above (Farkas). `parts` by block; `all` are how many runs of each kind there may ever be. Absent: there
// is none.
std::optional<TurnLimit> broken_limit(const PoolMonth& where, std::span<const RunHours> runs,
                                      std::span<const int> all, std::span<const PoolTime> parts);

}  // namespace capplan

#pragma once

#include "capplan/cost/cost.h"

namespace capplan {

// Present value of a plan's cash at a nominal yearly rate, as a cost: purchases at the start, the residual
// value at the horizon, everything else evenly at the end of each month in which the work runs (owned
// hardware: of the horizon).
Usd net_present_value(const Cost& cost, Duration wall_clock, Duration horizon, double yearly_rate);

}  // namespace capplan

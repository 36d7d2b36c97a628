// What would make the workloads of a plan cheaper: each lever through the same estimate as the plan.
#pragma once

#include "plan/supply.h"

namespace capplan {

// Every lever on the accelerators and the price of one allocation, which `supply` is from.
LeverTable lever_table(const SupplyContext& context, const Candidate& candidate, const Supply& supply);

}  // namespace capplan

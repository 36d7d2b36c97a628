// The best split of one workload as a plan.
#pragma once

#include <functional>

#include "plan/supply.h"

namespace capplan {

// Between the cheapest owned candidates that are `worth_it` and the cheapest rented ones; nothing where there
// is none. `others` are the plans that it may lose to.
std::optional<PlanOption> best_split_plan(const SupplyContext& context,
                                          const std::vector<Candidate>& candidates,
                                          const std::vector<PlanOption>& others,
                                          const std::function<bool(const Candidate&)>& worth_it);

}  // namespace capplan

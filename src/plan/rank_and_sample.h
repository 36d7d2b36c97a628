// The last step of a plan: how sure its options are, their order, and what that hangs on.
#pragma once

#include <functional>

#include "plan/supply.h"

namespace capplan {

struct SamplingContext {
  const BoundSpec& spec;
  const Catalog& catalog;
  const PlanSettings& settings;
  const Market& market;
  // Where the allocations of an option are from; without an accelerator where that is not known.
  std::function<std::vector<Supply>(const PlanOption&)> supplies_of;
};

// Ranks the options and samples all of them, or where nobody compares them the first and the first firm one
// alone. Where the P90 ranks, all are sampled before.
void rank_and_sample(Plan& plan, const SamplingContext& context);

}  // namespace capplan

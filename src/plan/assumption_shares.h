// How much of a plan's cost rests on each of its assumptions: the part of its line items that would be other
// amounts if the assumption were wrong.
#pragma once

#include <string>
#include <vector>

#include "capplan/plan/plan.h"

namespace capplan {

struct AssumptionShare {
  Assumption assumption;
  // 0..1: of the plan's line items by size (what is paid and the value left alike), those that rest on it. 0
  // where it bears on time, carbon or choices alone.
  double share = 0;
  bool of_price = false;  // a price or a figure of the cost itself, not how long or how much is computed
};

struct AssumptionShares {
  std::vector<AssumptionShare> of_plan;  // the plan's own, in its order
  std::vector<AssumptionShare> of_spec;  // those of all plans
  // A line counts once, however many assumptions it rests on.
  Money assumed;            // of lines that rest on any
  double share = 0;         // the same over all lines by size
  double price_share = 0;   // on a price or figure
  double effort_share = 0;  // on how long or how much is computed
};

// docs/methodology.md, section 10.
AssumptionShares assumption_shares(const Plan& plan, const PlanOption& option);

// Of its cost, its energy and its allocations, each once.
Assumptions assumptions_of(const PlanOption& option);

}  // namespace capplan

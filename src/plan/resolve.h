// Binds the names of a spec to the catalogue.
#pragma once

#include "capplan/plan/plan.h"

namespace capplan {

// A workload with everything that it names found.
struct BoundWorkload {
  const Workload* workload = nullptr;
  ModelArch model;  // as named, before any lever
  Demand demand;
  const Accelerator* pinned = nullptr;  // nullptr: any
  Duration deadline;                    // of one run
};

struct BoundSpec {
  const PlanSpec* spec = nullptr;
  Duration horizon;
  Objective objective = Objective::kCost;
  const Site* site = nullptr;
  std::vector<BoundWorkload> workloads;
  Assumptions assumptions;
};

// Warnings go to `problems` too.
BoundSpec bind_spec(const PlanSpec& spec, const Catalog& catalog, const PlanSettings& settings,
                    Diagnostics& problems);

}  // namespace capplan

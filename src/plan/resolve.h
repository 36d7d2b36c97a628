// Binds the names of a spec to the catalogue.
#pragma once

#include "capplan/cost/cash_flow.h"
#include "capplan/plan/plan.h"

namespace capplan {

// Where a copy of a dataset stands: with a provider, or on one's own site.
struct DataPlace {
  const Provider* provider = nullptr;  // nullptr: the site
  Text region;                         // empty: any
};

// A workload with everything that it names found.
struct BoundWorkload {
  const Workload* workload = nullptr;
  ModelArch model;  // as named, before any lever
  Demand demand;
  const Accelerator* pinned = nullptr;  // nullptr: any
  Duration deadline;                    // of one run
  std::vector<DataPlace> places;        // that hold a copy of the dataset; empty: wherever it is used
};

struct BoundSpec {
  const PlanSpec* spec = nullptr;
  Duration horizon;
  Objective objective = Objective::kCost;
  SiteTerms site;
  std::optional<Discounting> discounting;
  std::vector<BoundWorkload> workloads;
  Assumptions assumptions;
};

// Warnings go to `problems` too.
BoundSpec bind_spec(const PlanSpec& spec, const Catalog& catalog, const PlanSettings& settings,
                    Diagnostics& problems);

}  // namespace capplan

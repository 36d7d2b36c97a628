// What would let a training run in that lacks memory.
#pragma once

#include <string>

#include "performance/layout_search.h"

namespace capplan {

struct UnfitRun {
  const Demand& demand;
  const Workload& workload;
  Machine machine;
  const StepSetup& setup;
  const TrainingConstants& constants;
};

// The smallest of: one layout pin let go (of several the one whose run is fastest), the fewest accelerators
// on which some layout fits, or an accelerator with `needed` of memory.
std::string smallest_change(const UnfitRun& run, Bytes needed);

}  // namespace capplan

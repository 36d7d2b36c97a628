// How sure a predicted training time is, from how far the step model was off on runs it had not seen.
#pragma once

#include <string>

#include "capplan/catalog/catalog.h"
#include "capplan/demand/demand.h"

namespace capplan {

// P10 and P90 of measured over predicted time, and what they rest on.
struct TimeBand {
  double p10 = 1;
  double p90 = 1;
  std::string evidence;
};

// Runs on it that the constants were fitted to: of stacks of layers, or of models given operator by operator.
int calibration_runs(const Catalog& catalog, Text accelerator, bool by_operators = false);

// Bands of profiles/calibration.yaml: of dense models on an accelerator with runs of its own, on one without,
// of mixtures of experts, and of adapters. Where there are no kernel measurements either, or none of the
// vendor, a stated judgement widens them.
TimeBand time_band(const Catalog& catalog, Family family, const Accelerator& accelerator, bool shape_known);

}  // namespace capplan

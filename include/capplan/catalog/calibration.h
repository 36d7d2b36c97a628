// What `capplan calibrate` found: the constants of the step model, and how far it is from measured runs.
#pragma once

#include <vector>

#include "capplan/core/provenance.h"

namespace capplan {

// A named constant of the step model (performance/training_constants.h). `scope` is "any", or the accelerator
// that the value is for.
struct FittedConstant {
  Text name;
  Text scope;
  double value = 1;
  double prior = 1;  // what it is held towards
  int runs = 0;      // records that it was fitted with; 0: the prior stands
};

// Quantiles of ln(measured / predicted time) on runs that the constants were fitted without.
struct ResidualBand {
  Text evidence;  // "runs", "no-runs", "mixture" or "adapters" (performance/interval.h)
  double p10 = 0;
  double p90 = 0;
  int runs = 0;
};

struct Calibration {
  Text id;
  int runs = 0;                // records that it was fitted to, one a configuration
  double residual_median = 0;  // |predicted / measured - 1|
  double residual_p90 = 0;
  Provenance provenance;
};

}  // namespace capplan

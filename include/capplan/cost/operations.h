// What is paid besides accelerators and data, wherever they are: setting up, people who keep jobs running,
// head nodes, support, licences (the parts of a cluster's cost that SemiAnalysis, clustermax.ai/tco, counts
// beside the accelerators' hours).
#pragma once

#include "capplan/cost/cost.h"
#include "capplan/spec/plan_spec.h"

namespace capplan {

struct Operated {
  int count = 1;
  Duration held;                 // how long the accelerators are paid for, setting up included
  std::optional<Factor> hourly;  // of a rented accelerator: what is held while it is set up costs that
  double workloads = 1;          // that share what is paid once for all
};

void add_operations(Cost& cost, const OperationsChoice& operations, const Operated& job);

// What is paid once for a whole plan, left out: a second part of it does not pay it again.
OperationsChoice without_fixed(OperationsChoice operations);
// That alone.
OperationsChoice fixed_alone(const OperationsChoice& operations);

}  // namespace capplan

// Training time of models that the step model does not cover, from tables of published efficiency.
#pragma once

#include "capplan/performance/execution.h"

namespace capplan {

// Time = model FLOPs / (MFU x count x dense peak); data parallelism alone unless more is pinned.
ExecutionResult estimate_by_table(const Demand& demand, const Workload& workload, const Machine& machine,
                                  const Catalog& catalog);

}  // namespace capplan

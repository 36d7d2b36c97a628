// What a run's precision rests on, as assumptions.
#pragma once

#include "capplan/performance/execution.h"

namespace capplan {

// The default precision where the spec names none, and a peak that nobody could source.
void note_precision(Execution& execution, const Workload& workload, const Accelerator& accelerator);

}  // namespace capplan

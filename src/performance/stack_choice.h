// The software that a run is taken to use where nobody says.
#pragma once

#include "capplan/catalog/catalog.h"

namespace capplan {

// The newest stack of the accelerator's platform; of CUDA parts before bf16, which flash attention and
// Transformer Engine do not run on, the newest without them; where a platform has none, CUDA's newest.
// Of those for lists of operators, or for stacks of transformer layers.
const Stack* usual_stack(const Catalog& catalog, const Accelerator& accelerator, bool for_operators = false);

}  // namespace capplan

// What one accelerator must hold.
#pragma once

#include <string>

#include "capplan/performance/execution.h"

namespace capplan {

// Training memory of the fullest accelerator under a layout. Mixed precision with Adam keeps 2 bytes of
// weights, 2 or 4 of gradients and 12 of optimizer state a parameter (ZeRO, arXiv 1910.02054, section 3.1);
// ZeRO stages divide optimizer, gradients and weights by the data-parallel degree. Activations follow arXiv
// 2205.05198, equations 1 to 6, for the model's own feed-forward and key-value widths; flash attention stores
// no scores.
MemoryUse training_memory(const Demand& demand, const Workload& workload, const Accelerator& accelerator,
                          Precision precision, const Parallelism& layout, const Stack& stack);

// What a framework takes for itself: context, buffers, fragmentation.
Bytes framework_overhead(const Accelerator& accelerator);

// "13.5 GiB"
std::string memory_text(Bytes bytes);

}  // namespace capplan

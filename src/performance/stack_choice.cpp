#include "performance/stack_choice.h"

namespace capplan {

const Stack* usual_stack(const Catalog& catalog, const Accelerator& a, bool for_operators) {
  const bool old = a.platform == Platform::kCuda && a.peak.bf16.base() <= 0;
  for (const Platform platform : {a.platform, Platform::kCuda}) {
    const Stack* newest = nullptr;
    for (const Stack& s : catalog.tables().stacks) {
      if (s.platform != platform || s.for_operators != for_operators ||
          (old && s.attention != AttentionKernel::kUnfused))
        continue;
      if (newest == nullptr || s.since > newest->since) newest = &s;
    }
    if (newest != nullptr) return newest;
  }
  return nullptr;
}

}  // namespace capplan

#include "performance/stack_choice.h"

namespace capplan {

const Stack* usual_stack(const Catalog& catalog, const Accelerator& a) {
  const bool old = a.platform == Platform::kCuda && a.peak.bf16.base() <= 0;
  for (const Platform platform : {a.platform, Platform::kCuda}) {
    const Stack* newest = nullptr;
    for (const Stack& s : catalog.tables().stacks) {
      if (s.platform != platform || (old && s.attention != AttentionKernel::kUnfused)) continue;
      if (newest == nullptr || s.since > newest->since) newest = &s;
    }
    if (newest != nullptr) return newest;
  }
  return nullptr;
}

}  // namespace capplan

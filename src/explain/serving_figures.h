// Figures of replicas that serve text, or work through a batch of it.
#pragma once

#include "explain/nodes.h"

namespace capplan {

// A key of an execution ("ttft_ms", "replicas", "run_hours" of batch inference).
std::optional<Derivation> explain_serving(const Explained& x, const Allocation& a, std::string_view key);

}  // namespace capplan

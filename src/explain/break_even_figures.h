// Buying against renting, as the result of an estimate has it: dollar for dollar.
#pragma once

#include "explain/nodes.h"

namespace capplan {

// "utilization" or "months".
std::optional<Derivation> explain_break_even(const Explained& x, const BreakEven& b, std::string_view key);

}  // namespace capplan

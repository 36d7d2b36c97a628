// Arithmetic of one token.
#pragma once

#include "capplan/core/units.h"
#include "capplan/model/model_arch.h"

namespace capplan {

// Forward pass of one token: 2 FLOP a matrix-multiply parameter, and attention over `context` tokens in full.
Flops forward_flops_per_token(const TransformerShape& shape, double context);

// Fine-tuning with frozen weights has no weight gradient: 4 FLOP a parameter in place of 6; attention as
// usual. The adapters themselves (under 1%) are left out (LoRA, arXiv 2106.09685).
Flops lora_flops_per_token(const TransformerShape& shape, double sequence_length);

}  // namespace capplan

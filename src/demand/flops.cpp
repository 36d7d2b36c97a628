#include "demand/flops.h"

#include "capplan/demand/demand.h"

namespace capplan {

Flops forward_flops_per_token(const TransformerShape& shape, double context) {
  const ParameterCount count = count_parameters(shape);
  return Flops::of(2 * (count.matmul + count.expert_active)) + attention_flops_per_token(shape, context);
}

Flops training_flops_per_token(const TransformerShape& shape, double sequence_length) {
  return 3 * forward_flops_per_token(shape, sequence_length);
}

Flops training_flops_per_token(double params) { return Flops::of(6 * params); }

Flops lora_flops_per_token(const TransformerShape& shape, double sequence_length) {
  const ParameterCount count = count_parameters(shape);
  return Flops::of(4 * (count.matmul + count.expert_active)) +
         3 * attention_flops_per_token(shape, sequence_length);
}

}  // namespace capplan

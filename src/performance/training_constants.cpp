#include "performance/training_constants.h"

#include <array>

namespace capplan {
namespace {

using C = TrainingConstants;
// A width of zero: refitted without it, no error moved by more than the noise (docs/accuracy.md), so it keeps
// its value.
constexpr auto kFields = std::to_array<ConstantField>({
    {"gemm_bf16", &C::gemm_bf16, 0, false, "16-bit matrix products over their kernel law"},
    {"gemm_fp8", &C::gemm_fp8, 0.1, false, "fp8 with one scale a tensor, over kernels with a scale a token"},
    {"gemm_fp8_rowwise", &C::gemm_fp8_rowwise, 0.2, false, "fp8 with a scale a row, over one a tensor"},
    {"gemm_mxfp8", &C::gemm_mxfp8, 0, false, "MXFP8 over kernels with 128 x 128 blocks"},
    {"gemm_nvfp4", &C::gemm_nvfp4, 0, false, "NVFP4 over its kernel law"},
    {"quantise", &C::quantise, 0.3, false, "time to quantise activations over bytes / bandwidth"},
    {"attention_flash1", &C::attention_flash1, 0, false, "FlashAttention over its second version"},
    {"attention_flash2", &C::attention_flash2, 0.2, false,
     "FlashAttention-2 on Hopper and newer over the vendor's kernel"},
    {"attention_vendor", &C::attention_vendor, 0.1, false, "the vendor's attention in training over its law"},
    {"attention_backward", &C::attention_backward, 0, false, "backward attention over forward"},
    {"attention_ring", &C::attention_ring, 0.2, false,
     "attention in the pieces of a context-parallel ring over whole"},
    {"elementwise", &C::elementwise, 0.3, false, "element-wise operators, time over bytes / bandwidth"},
    {"elementwise_backward", &C::elementwise_backward, 0, false, "their backward over forward"},
    {"softmax_bytes", &C::softmax_bytes, 0, false, "bytes moved for each stored attention score"},
    {"logits", &C::logits, 0, false, "time over 18 bytes for each logit"},
    {"eager", &C::eager, 0, false, "a step without torch.compile over one with it"},
    {"launch_forward_ms", &C::launch_forward_ms, 0.3, false,
     "least time of a layer forward where the host launches kernels"},
    {"launch_backward_ms", &C::launch_backward_ms, 0.3, false, "and backward"},
    {"launch_newer", &C::launch_newer, 0, false, "the same on stacks that are not bound by the host"},
    {"tensor_blocking", &C::tensor_blocking, 0, false,
     "exposed share of tensor-parallel collectives that block"},
    {"tensor_overlapped", &C::tensor_overlapped, 0, false, "and of those that overlap"},
    {"shard_exposed", &C::shard_exposed, 0.3, false, "share of sharded-state traffic that nothing hides"},
    {"shard_in_domain", &C::shard_in_domain, 0, false,
     "its time over bytes / bandwidth inside a link domain"},
    {"shard_across", &C::shard_across, 0, false, "and between nodes"},
    {"gradient_blocking", &C::gradient_blocking, 0, false, "gradient reduction that blocks, over its law"},
    {"gradient_hidden", &C::gradient_hidden, 0, false,
     "share of a gradient reduction that the backward pass hides"},
    {"growth", &C::growth, 0, false, "longer step for each doubling of accelerators beyond 8"},
    {"growth_tpu", &C::growth_tpu, 0, false, "longer step for each doubling of TPU slices"},
    {"expert_gemm", &C::expert_gemm, 0, false, "grouped matrix products over their law"},
    {"permute", &C::permute, 0.4, false, "sorting tokens by expert, time over bytes / bandwidth"},
    {"expert_exposed", &C::expert_exposed, 0.3, false, "exposed share of expert all-to-all"},
    {"expert_fused", &C::expert_fused, 0.2, false, "experts and sorting in fused kernels over separate ones"},
    {"power_cap", &C::power_cap, 0, false, "exponent of nominal over capped power on matrix products"},
    {"step_ms", &C::step_ms, 0, false, "fixed time of a step"},
    {"accelerator_gemm", &C::accelerator_gemm, 0.07, true,
     "matrix products of one accelerator over the shared law"},
});

}  // namespace

std::span<const ConstantField> constant_fields() { return kFields; }

TrainingConstants training_constants(const Catalog& catalog, Text accelerator) {
  TrainingConstants constants;
  for (const Text scope : {Text("any"), accelerator}) {
    for (const FittedConstant& fitted : catalog.tables().constants) {
      if (fitted.scope != scope) continue;
      for (const ConstantField& field : kFields) {
        if (field.name == fitted.name) constants.*field.member = fitted.value;
      }
    }
  }
  return constants;
}

}  // namespace capplan

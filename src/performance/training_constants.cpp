#include "performance/training_constants.h"

#include <array>

namespace capplan {
namespace {

using C = TrainingConstants;
constexpr ActsOn kOperators = ActsOn::kOperators;
constexpr ActsOn kBoth = ActsOn::kBoth;
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
     "FlashAttention-2 on Hopper and newer over the vendor's kernel", kBoth},
    {"attention_vendor", &C::attention_vendor, 0.1, false, "the vendor's attention in training over its law",
     kBoth},
    {"attention_backward", &C::attention_backward, 0, false, "backward attention over forward", kBoth},
    {"attention_ring", &C::attention_ring, 0.2, false,
     "attention in the pieces of a context-parallel ring over whole"},
    {"elementwise", &C::elementwise, 0.3, false, "element-wise operators, time over bytes / bandwidth"},
    {"elementwise_backward", &C::elementwise_backward, 0, false, "their backward over forward"},
    {"softmax_bytes", &C::softmax_bytes, 0, false, "bytes moved for each stored attention score", kBoth},
    {"logits", &C::logits, 0, false, "time over 18 bytes for each logit"},
    {"eager", &C::eager, 0, false, "a step without torch.compile over one with it"},
    {"launch_forward_ms", &C::launch_forward_ms, 0.3, false,
     "least time of a layer forward where the host launches kernels"},
    {"launch_backward_ms", &C::launch_backward_ms, 0.3, false, "and backward"},
    {"launch_newer", &C::launch_newer, 0, false, "the same on stacks that are not bound by the host"},
    {"tensor_blocking", &C::tensor_blocking, 0, false,
     "exposed share of tensor-parallel collectives that block"},
    {"tensor_overlapped", &C::tensor_overlapped, 0, false, "and of those that overlap"},
    {"shard_exposed", &C::shard_exposed, 0.3, false, "share of sharded-state traffic that nothing hides",
     kBoth},
    {"shard_in_domain", &C::shard_in_domain, 0, false, "its time over bytes / bandwidth inside a link domain",
     kBoth},
    {"shard_across", &C::shard_across, 0, false, "and between nodes", kBoth},
    {"gradient_blocking", &C::gradient_blocking, 0, false, "gradient reduction that blocks, over its law",
     kBoth},
    {"gradient_hidden", &C::gradient_hidden, 0, false,
     "share of a gradient reduction that the backward pass hides"},
    {"growth", &C::growth, 0, false, "longer step for each doubling of accelerators beyond 8", kBoth},
    {"growth_tpu", &C::growth_tpu, 0, false, "longer step for each doubling of TPU slices", kBoth},
    {"expert_gemm", &C::expert_gemm, 0, false, "grouped matrix products over their law"},
    {"permute", &C::permute, 0.4, false, "sorting tokens by expert, time over bytes / bandwidth"},
    {"expert_exposed", &C::expert_exposed, 0.3, false, "exposed share of expert all-to-all"},
    {"expert_fused", &C::expert_fused, 0.2, false, "experts and sorting in fused kernels over separate ones"},
    {"products_fed", &C::products_fed, 0.4, false,
     "arithmetic of products and convolutions for each operation of the vector units that feed them",
     kOperators},
    {"convolution_intensity", &C::convolution_intensity, 0.4, false,
     "arithmetic of a convolution for each byte it reads again", kOperators},
    {"convolution_volume", &C::convolution_volume, 0.3, false, "of volumes over those of images", kOperators},
    {"convolution_grouped", &C::convolution_grouped, 0.5, false,
     "what groups of 16 channels take longer than one group", kOperators},
    {"grouped_fallback", &C::grouped_fallback, 0.5, false,
     "groups without a channels-last kernel over those with one", kOperators},
    {"depthwise_flops", &C::depthwise_flops, 0.4, false, "depthwise arithmetic over the vector peak",
     kOperators},
    {"depthwise_bytes", &C::depthwise_bytes, 0.3, false, "and what it moves, over bytes / bandwidth",
     kOperators},
    {"recurrent", &C::recurrent, 0.4, false, "products of a recurrent state over the law of their rate",
     kOperators},
    {"recurrent_us", &C::recurrent_us, 0.4, false, "wait of a recurrent layer for its step before",
     kOperators},
    {"batch_norm", &C::batch_norm, 0.2, false, "batch norms, over passes / bandwidth", kOperators},
    {"layer_norm_eager", &C::layer_norm_eager, 0.5, false,
     "layer norms with their casts, where no kernel fuses them", kOperators},
    {"activation_pass", &C::activation_pass, 0.3, false, "activations that no kernel fuses", kOperators},
    {"sum_pass", &C::sum_pass, 0.2, false, "sums, products with gates, and copies", kOperators},
    {"pool_pass", &C::pool_pass, 0.4, false, "pools and resampling", kOperators},
    {"channels_first", &C::channels_first, 0.2, false, "changes of layout around each convolution",
     kOperators},
    {"score_eager", &C::score_eager, 0.4, false, "passes over stored scores that no kernel fuses",
     kOperators},
    {"selection_kernels", &C::selection_kernels, 0.5, false, "kernels of a stage that selects candidates",
     kOperators},
    {"lookup", &C::lookup, 0.5, false, "rows read from embedding tables", kOperators},
    {"table_exchange", &C::table_exchange, 0.3, false, "vectors exchanged, over bytes / bandwidth",
     kOperators},
    {"table_exchange_across", &C::table_exchange_across, 0.4, false, "and between nodes", kOperators},
    {"rare_lookups", &C::rare_lookups, 0.5, false,
     "share of look-ups whose rows are not kept everywhere, in software that keeps frequent ones",
     kOperators},
    {"convolution_us", &C::convolution_us, 0.4, false, "start and end of a convolution", kOperators},
    {"operator_launch_us", &C::operator_launch_us, 0.4, false, "start and end of another kernel", kOperators},
    {"operator_gradient_exposed", &C::operator_gradient_exposed, 0.3, false,
     "share of a gradient reduction that no backward pass of operators hides", kOperators},
    {"operator_gradient_across", &C::operator_gradient_across, 0.3, false,
     "that reduction between nodes, over its law", kOperators},
    {"operator_host_us", &C::operator_host_us, 0.3, false, "launch of a kernel from the host", kOperators},
    {"operator_graph_us", &C::operator_graph_us, 0.3, false, "and from a graph of kernels", kOperators},
    {"operator_step_ms", &C::operator_step_ms, 0.5, false, "fixed time of a step of operators", kOperators},
    {"shared_sample", &C::shared_sample, 0.2, false,
     "exponent of the time of one sample over the accelerators that share it", kOperators},
    {"power_cap", &C::power_cap, 0, false, "exponent of nominal over capped power on matrix products"},
    {"step_ms", &C::step_ms, 0, false, "fixed time of a step"},
    {"accelerator_gemm", &C::accelerator_gemm, 0.07, true,
     "matrix products of one accelerator over the shared law"},
    {"accelerator_operators", &C::accelerator_operators, 0.07, true,
     "the same among other operators than those of a stack of layers", kOperators},
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

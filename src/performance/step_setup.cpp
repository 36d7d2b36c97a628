#include "performance/step_setup.h"

#include <algorithm>

namespace capplan {

StepSetup make_step_setup(const Demand& demand, const Workload& workload, const Machine& machine,
                          Precision precision, const Stack& stack, const Catalog& catalog) {
  const Accelerator& a = *machine.accelerator;
  StepSetup s;
  s.shape = &*demand.model.shape;
  s.sequence = demand.sequence_length;
  s.attention_context = demand.sequence_length;
  s.global_batch = demand.global_batch;
  s.precision = precision;
  if (demand.family == Family::kLora) s.trained_share = 0.01;
  s.stack = stack;
  if (const auto flash = workload.pin.flash_attention; flash && !*flash) {
    s.stack.attention = AttentionKernel::kUnfused;
  } else if (flash && s.stack.attention == AttentionKernel::kUnfused) {
    s.stack.attention = AttentionKernel::kFlash2;
  }
  s.network = Network(catalog, a, machine.per_node,
                      workload.assume.interconnect.value_or(
                          machine.node_bandwidth.value_or(usual_node_bandwidth(a, machine.per_node))));
  s.layer_gemm = gemm_law(catalog, a, precision);
  s.element = std::max(kHalfBytes, bytes_per_element(precision));
  const Precision half = a.peak.bf16.base() > 0 ? Precision::kBf16 : Precision::kFp16;
  s.half_gemm = gemm_law(catalog, a, s.element > kHalfBytes ? precision : half);
  s.attention = attention_law(catalog, a, precision);
  s.memory_bandwidth = a.memory_bandwidth;
  s.blackwell = a.generation == "blackwell";
  s.newer_than_ampere = a.generation == "hopper" || a.generation == "blackwell";
  if (const Accelerator* measured = measured_part(catalog, a);
      measured != nullptr && measured->power && a.power)
    s.power_headroom = std::max(1.0, *measured->power / *a.power);
  return s;
}

}  // namespace capplan

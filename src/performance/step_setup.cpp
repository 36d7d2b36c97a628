#include "performance/step_setup.h"

#include <algorithm>

namespace capplan {
namespace {

constexpr TransformerShape kOneLayer = [] {
  TransformerShape s;
  s.layers = s.hidden = s.ffn = s.heads = s.kv_heads = s.head_dim = 1;
  return s;
}();

// Of matrix units over vector units, where a part's data sheet has no 32-bit rate.
constexpr double kUsualMatrixRate = 16;
constexpr double kBetterInterconnect = 2;
// Of products as they are met in training; the units' peak is twice the dense one (arXiv 2104.08378).
// Unverified: what is left after compressing weights and handling masks is a first guess.
constexpr double kSparseSpeed = 1.3;

}  // namespace

bool has_sparse_units(const Accelerator& a) {
  return a.vendor == "nvidia" && (a.generation == "ampere" || a.generation == "ada" ||
                                  a.generation == "hopper" || a.generation == "blackwell");
}

StepSetup make_step_setup(const Demand& demand, const Workload& workload, const Machine& machine,
                          Precision precision, const Stack& stack, const Catalog& catalog) {
  const Accelerator& a = *machine.accelerator;
  StepSetup s;
  s.operators = demand.model.operators;
  s.shape = s.operators.empty() ? &*demand.model.shape : &kOneLayer;
  s.sequence = demand.sequence_length;
  s.attention_context = demand.sequence_length;
  s.global_batch = demand.global_batch;
  s.precision = precision;
  if (demand.family == Family::kLora) s.trained_share = kAdapterShare;
  if (!s.operators.empty()) {
    s.tables_dealt_out = demand.family == Family::kDlrm;
    s.sequence = s.attention_context = 1;
    s.trained_share = adapters_of(workload) != Adapters::kNone
                          ? kAdapterShare
                          : total(s.operators).trained_share(s.tables_dealt_out);
  }
  s.adapters = adapters_of(workload);
  s.quantised_weights = workload.has_lever(Lever::kQlora);
  s.stack = stack;
  if (!s.operators.empty())
    s.stack.gradient_bytes = std::max(stack.gradient_bytes, bytes_per_element(precision));
  s.compiled = !stack.tunes_plainly;
  // Transformer Engine overlaps collectives with products through CUDA's user buffers only.
  if (a.platform == Platform::kRocm) s.stack.tensor_overlap = false;
  if (const auto flash = workload.pin.flash_attention; flash && !*flash) {
    s.stack.attention = AttentionKernel::kUnfused;
  } else if (flash && s.stack.attention == AttentionKernel::kUnfused) {
    s.stack.attention = AttentionKernel::kFlash2;
  }
  const double wider = workload.has_lever(Lever::kInterconnect) ? kBetterInterconnect : 1;
  s.network = Network(catalog, a, machine.per_node,
                      workload.assume.interconnect.value_or(
                          machine.node_bandwidth.value_or(usual_node_bandwidth(a, machine.per_node))) *
                          wider);
  s.layer_gemm = gemm_law(catalog, a, precision);
  s.vector_peak = a.peak.fp32.base() > 0 ? a.peak.fp32 : peak_of(a, precision) / kUsualMatrixRate;
  s.channels_first = !workload.pin.channels_last.value_or(bytes_per_element(precision) <= kHalfBytes);
  s.element = std::max(kHalfBytes, bytes_per_element(precision));
  const Precision half = a.peak.bf16.base() > 0 ? Precision::kBf16 : Precision::kFp16;
  s.half_gemm = gemm_law(catalog, a, s.element > kHalfBytes ? precision : half);
  s.attention = attention_law(catalog, a, precision);
  if (workload.has_lever(Lever::kSparse) && has_sparse_units(a)) s.sparse_speed = kSparseSpeed;
  s.memory_bandwidth = a.memory_bandwidth;
  s.blackwell = a.generation == "blackwell";
  s.newer_than_ampere = a.generation == "hopper" || a.generation == "blackwell";
  if (const Accelerator* measured = measured_part(catalog, a);
      measured != nullptr && measured->power && a.power)
    s.power_headroom = std::max(1.0, *measured->power / *a.power);
  return s;
}

Adapters adapters_of(const Workload& workload) {
  if (workload.has_lever(Lever::kQlora)) return Adapters::kAll;
  return workload.has_lever(Lever::kLora) ? Adapters::kAttention : Adapters::kNone;
}

}  // namespace capplan

#include "performance/memory.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

// CUDA context and communication buffers about 1 GiB, fragmentation about 4% of the card (unverified).
constexpr double kContextGib = 1.0;
constexpr double kFragmentation = 0.04;
constexpr double kGatheredLayers = 2;          // FSDP holds the layer in use and the one being fetched
constexpr double kAdapterShare = 0.01;         // LoRA: trainable parameters over all
constexpr double kBytesPerActivation = 2 * 2;  // a convolution's output and its normalised copy, 16 bit each

struct BytesPerParam {
  double weights, gradients, optimizer;
};

double optimizer_bytes(Optimizer optimizer, bool mixed) {
  const double master = mixed ? 4 : 0;
  switch (optimizer) {
    case Optimizer::kAdam:
    case Optimizer::kLamb:
      return master + 8;
    case Optimizer::kSgd:
      return master + 4;
    case Optimizer::kAdafactor:
      return master;
  }
  return master + 8;
}

BytesPerParam state_bytes(const Workload& workload, Precision precision) {
  const bool mixed = precision != Precision::kFp32 && precision != Precision::kTf32;
  // FP8 and FP4 training keep 16-bit weights for the products to be cast from.
  const double element = mixed ? 2 : 4;
  const double optimizer = optimizer_bytes(workload.training.optimizer, mixed);
  if (workload.has_lever(Lever::kQlora))
    return {bytes_per_element(Precision::kNvfp4), element * kAdapterShare, optimizer * kAdapterShare};
  if (workload.has_lever(Lever::kLora)) return {element, element * kAdapterShare, optimizer * kAdapterShare};
  return {element, element, optimizer};
}

// Bytes that one token leaves in one layer for the backward pass, 16-bit values and 1-bit masks as bytes
// (arXiv 2205.05198, section 4.1, generalised: with ffn = 4 h, no gate and as many kv heads this is 34 h).
double layer_bytes_per_token(const TransformerShape& s) {
  const double h = s.hidden;
  const double q = static_cast<double>(s.heads) * s.head_dim;
  const double kv = static_cast<double>(s.kv_heads) * s.head_dim;
  const double experts = s.experts ? s.experts->per_token + s.experts->shared : 0;
  const double f = s.experts ? experts * s.experts->ffn : s.ffn;
  const double attention = 2 * h + 2 * q + 4 * kv + 2 * q + h;
  const double feed_forward = 2 * h + (s.gated_mlp ? 4 : 2) * f + 2 * f + h;
  return 4 * h + attention + feed_forward;
}

Bytes transformer_activations(const Demand& demand, const TransformerShape& s, const Parallelism& p) {
  const double tokens = p.micro_batch * demand.sequence_length / p.context_parallel;
  const double layers = std::ceil(static_cast<double>(s.layers) / p.pipeline_parallel);
  const double in_flight = p.pipeline_parallel;  // micro-batches that the first stage holds under 1F1B
  const double per_layer = layer_bytes_per_token(s) / p.tensor_parallel;
  const double kept = p.recompute == Recompute::kFull ? 2.0 * s.hidden : per_layer;
  const double working = p.recompute == Recompute::kFull ? per_layer : 0;
  const double logits = 6.0 * s.vocab / p.tensor_parallel;  // 16-bit logits and their 32-bit gradient
  return Bytes::of(tokens * (layers * kept * in_flight + working + logits));
}

}  // namespace

Bytes framework_overhead(const Accelerator& accelerator) {
  return kContextGib * kGiB + kFragmentation * accelerator.memory;
}

MemoryUse training_memory(const Demand& demand, const Workload& workload, const Accelerator& accelerator,
                          Precision precision, const Parallelism& p) {
  const BytesPerParam bytes = state_bytes(workload, precision);
  const double local =
      demand.params / (static_cast<double>(p.tensor_parallel) * p.pipeline_parallel * p.expert_parallel);
  const double shards = p.data_parallel;
  const auto divided = [&](double amount, int stage) {
    return p.zero_stage >= stage ? amount / shards : amount;
  };
  MemoryUse memory;
  memory.optimizer = Bytes::of(local * divided(bytes.optimizer, 1));
  memory.gradients = Bytes::of(local * divided(bytes.gradients, 2));
  memory.weights = Bytes::of(local * divided(bytes.weights, 3));
  if (p.zero_stage >= 3 && shards > 1) {
    const double layers = demand.model.shape ? demand.model.shape->layers : 1 + kGatheredLayers;
    memory.weights += Bytes::of(kGatheredLayers * bytes.weights * demand.params / layers / p.tensor_parallel *
                                (1 - 1 / shards));
  }
  if (demand.model.shape && demand.text) {
    memory.activations = transformer_activations(demand, *demand.model.shape, p);
  } else if (demand.model.activations_per_sample) {
    const double kept =
        p.recompute == Recompute::kFull ? 0.3 : 1;  // square-root checkpointing keeps about a third
    memory.activations =
        Bytes::of(p.micro_batch * *demand.model.activations_per_sample * kBytesPerActivation * kept);
  }
  memory.overhead = framework_overhead(accelerator);
  return memory;
}

}  // namespace capplan

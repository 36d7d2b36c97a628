#include "performance/memory.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "performance/sharding.h"

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

BytesPerParam state_bytes(const Workload& workload, Precision precision, const Stack& stack) {
  const bool mixed = precision != Precision::kFp32 && precision != Precision::kTf32;
  // FP8 and FP4 training keep 16-bit weights for the products to be cast from.
  const double element = mixed ? 2 : 4;
  const double optimizer = optimizer_bytes(workload.training.optimizer, mixed);
  if (workload.has_lever(Lever::kQlora))
    return {bytes_per_element(Precision::kNvfp4), element * kAdapterShare, optimizer * kAdapterShare};
  if (workload.has_lever(Lever::kLora)) return {element, element * kAdapterShare, optimizer * kAdapterShare};
  return {element, std::max(element, stack.gradient_bytes), optimizer};
}

// Bytes that one token leaves in one layer for the backward pass, 16-bit values and 1-byte masks (arXiv
// 2205.05198, section 4.1, generalised: with ffn = 4 h, no gate and as many kv heads `whole` is 10 h and
// `divided` 24 h). Tensor parallelism divides the second part, with sequence parallelism both.
struct LayerBytes {
  double whole = 0;
  double divided = 0;
  double scores = 0;  // of attention that stores them: 5 a s
};

LayerBytes layer_bytes_per_token(const TransformerShape& s, bool experts, const Stack& stack,
                                 double sequence) {
  const double h = s.hidden;
  const double q = static_cast<double>(s.heads) * s.head_dim;
  const double kv = static_cast<double>(s.kv_heads) * s.head_dim;
  const double routed = experts ? s.experts->per_token : 0;
  const double f = experts ? (routed + s.experts->shared) * s.experts->ffn : s.ffn;
  LayerBytes bytes;
  bytes.whole = 10 * h + (experts ? 2 * routed * h : 0);  // norms, inputs of both blocks, dropout masks
  bytes.divided = 4 * q + 4 * kv + (s.gated_mlp ? 6 : 4) * f;
  if (stack.attention == AttentionKernel::kUnfused) bytes.scores = 5.0 * s.heads * sequence;
  return bytes;
}

// Of `bytes`, what a recompute mode keeps: full keeps a layer's input; selective drops the scores, or on
// software that repeats a share of the products that share of what they left.
double kept_bytes(const LayerBytes& bytes, const Stack& stack, const Parallelism& p, double hidden) {
  const double t = p.tensor_parallel;
  const double whole = p.sequence_parallel ? bytes.whole / t : bytes.whole;
  const double all = whole + (bytes.divided + bytes.scores) / t;
  if (p.recompute == Recompute::kSelective) return (all - bytes.scores / t) * (1 - stack.selective_share);
  if (p.recompute == Recompute::kFull)
    return p.recompute_share * 2 * hidden / (p.sequence_parallel ? t : 1) + (1 - p.recompute_share) * all;
  return all;
}

// The first stage holds as many micro-batches as there are stages; interleaving adds (p - 1) / (p v) of them
// (arXiv 2205.05198, section 4.2.3).
double in_flight(const Demand& demand, const Parallelism& p) {
  const double rounds = std::max(1.0, demand.global_batch / (p.data_parallel * p.micro_batch));
  const double stages = p.pipeline_parallel;
  const double held = p.virtual_pipeline > 1 ? stages + (stages - 1) / p.virtual_pipeline : stages;
  return std::min(held, rounds * (held / stages));
}

Bytes transformer_activations(const Demand& demand, const TransformerShape& s, const Stack& stack,
                              const Parallelism& p, double element_bytes) {
  const double tokens = p.micro_batch * demand.sequence_length / p.context_parallel;
  const int sparse = s.experts ? s.layers - s.experts->dense_layers : 0;
  double layers = 0;
  double largest = 0;
  for (const bool experts : {false, true}) {
    const int count = experts ? sparse : s.layers - sparse;
    if (count == 0) continue;
    const LayerBytes bytes = layer_bytes_per_token(s, experts, stack, demand.sequence_length);
    layers += kept_bytes(bytes, stack, p, s.hidden) * count / p.pipeline_parallel;
    Parallelism kept_whole = p;
    kept_whole.recompute = Recompute::kNone;
    largest = std::max(largest, kept_bytes(bytes, stack, kept_whole, s.hidden));
  }
  const double working =
      p.recompute == Recompute::kFull && p.recompute_share > 0 ? largest : 0;  // the layer being repeated
  // 16-bit logits and their 32-bit gradient stand on the last stage, which holds one micro-batch.
  const double logits = p.pipeline_parallel == 1 ? 6.0 * s.vocab / p.tensor_parallel : 0;
  return Bytes::of(tokens * (layers * in_flight(demand, p) + working + logits) * (element_bytes / 2));
}

}  // namespace

Bytes framework_overhead(const Accelerator& accelerator) {
  return kContextGib * kGiB + kFragmentation * accelerator.memory;
}

std::string memory_text(Bytes bytes) { return plain_number(std::round(bytes.in(kGiB)*10) / 10) + " GiB"; }

MemoryUse training_memory(const Demand& demand, const Workload& workload, const Accelerator& accelerator,
                          Precision precision, const Parallelism& p, const Stack& stack) {
  const BytesPerParam bytes = state_bytes(workload, precision, stack);
  LocalParameters local{demand.params / p.tensor_parallel / p.pipeline_parallel, 0};
  if (demand.model.shape) local = fullest_rank_parameters(*demand.model.shape, p);
  const double dense_shards = state_shards(p);
  const double expert_shards = std::max(1, std::min(expert_replicas(p), state_shards(p)));
  const auto divided = [&](double amount, int stage) {
    return p.zero_stage >= stage ? local.dense / dense_shards * amount + local.expert / expert_shards * amount
                                 : (local.dense + local.expert) * amount;
  };
  MemoryUse memory;
  memory.optimizer = Bytes::of(divided(bytes.optimizer, 1));
  memory.gradients = Bytes::of(divided(bytes.gradients, 2));
  memory.weights = Bytes::of(divided(bytes.weights, 3));
  if (p.zero_stage >= 3 && dense_shards > 1) {
    const double layers = demand.model.shape
                              ? demand.model.shape->layers / static_cast<double>(p.pipeline_parallel)
                              : 1 + kGatheredLayers;
    memory.weights +=
        Bytes::of(kGatheredLayers / layers * bytes.weights *
                  (local.dense * (1 - 1 / dense_shards) + local.expert * (1 - 1 / expert_shards)));
  }
  if (demand.model.shape && demand.text) {
    memory.activations = transformer_activations(demand, *demand.model.shape, stack, p,
                                                 std::max(2.0, bytes_per_element(precision)));
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

#include "performance/replica.h"

#include <algorithm>
#include <cmath>

#include "performance/kernel_laws.h"
#include "performance/memory.h"

namespace capplan {
namespace {

// Of parts whose best matrix product reaches kUsualAchievable; others are scaled by their own.
constexpr double kGemmEfficiency = 0.60;
constexpr double kWeightBandwidth = 0.80;
constexpr double kAttentionEfficiency = 0.40;
constexpr double kCacheBandwidth = 0.65;
constexpr double kElementBandwidth = 0.80;
constexpr double kElementBytes = 24;  // about twelve 16-bit vectors of the hidden width a token and layer
constexpr Duration kLayerOverhead = Duration::of(8e-6);
constexpr Duration kStepOverhead = Duration::of(2.5e-3);
constexpr Duration kAllReduceLatency = Duration::of(15e-6);
constexpr double kLinkEfficiency = 0.7;
constexpr double kMemoryShare = 0.90;   // vLLM's default share of device memory
constexpr double kRuntimeGib = 5.0;     // activations at profiling time and the runtime itself
constexpr double kDefaultLinkGBs = 16;  // PCIe 3 x16, where the accelerator names no link

double cache_bytes(Precision precision) { return std::min(2.0, bytes_per_element(precision)); }

// Experts that a step of `tokens` touches: each token draws `per_token` of `count` (coverage, not the active
// share).
double touched_parameters(const TransformerShape& shape, double tokens) {
  const ParameterCount count = count_parameters(shape);
  if (!shape.experts) return count.matmul;
  const double share = 1 - std::pow(1 - static_cast<double>(shape.experts->per_token) / shape.experts->count,
                                    std::max(tokens, 1.0));
  return count.matmul + share * count.expert;
}

}  // namespace

Bytes Replica::weights_per_accelerator() const {
  return Bytes::of(demand->params * bytes_per_element(precision) / tensor_parallel);
}

Bytes Replica::cache_per_sequence() const {
  if (!demand->model.shape) return {};
  const TransformerShape& s = *demand->model.shape;
  // Keys and values are copied where there are fewer heads of them than accelerators; a latent is held by
  // each.
  const double shards = s.latent ? 1 : std::min(tensor_parallel, s.kv_heads);
  return (demand->prompt_tokens + demand->output_tokens) * kv_cache_per_token(s, cache_bytes(precision)) /
         shards;
}

int Replica::memory_batch() const {
  const Bytes room = kMemoryShare * accelerator->memory - weights_per_accelerator() -
                     std::min(kRuntimeGib * kGiB, 0.1 * accelerator->memory + kGiB);
  if (room.base() <= 0) return 0;
  constexpr double kMostSequences = 1024;  // schedulers hold no more at once
  const Bytes each = cache_per_sequence();
  return static_cast<int>(each.base() > 0 ? std::min(kMostSequences, std::floor(room / each))
                                          : kMostSequences);
}

double Replica::gemm_efficiency() const {
  if (!accelerator->achievable_bf16 || accelerator->peak.bf16.base() <= 0) return kGemmEfficiency;
  return kGemmEfficiency *
         std::min(1.0, *accelerator->achievable_bf16 / accelerator->peak.bf16 / kUsualAchievable);
}

Duration Replica::step_time(double prompt_tokens, double prompt_context, double decodes,
                            double context) const {
  const double tokens = prompt_tokens + decodes;
  const FlopRate peak = peak_of(*accelerator, precision) * static_cast<double>(tensor_parallel);
  const FlopRate half =
      std::max(accelerator->peak.bf16, accelerator->peak.fp16) * static_cast<double>(tensor_parallel);
  const Bandwidth memory = accelerator->memory_bandwidth * static_cast<double>(tensor_parallel);
  const TransformerShape* s = demand->model.shape ? &*demand->model.shape : nullptr;

  const double active =
      s ? count_parameters(*s).matmul + count_parameters(*s).expert_active : demand->active_params;
  const double touched = s ? touched_parameters(*s, tokens) : demand->active_params;
  const Duration arithmetic = Flops::of(2 * active * tokens) / (peak * gemm_efficiency());
  const Duration weights = Bytes::of(touched * bytes_per_element(precision)) / (memory * kWeightBandwidth);
  Duration total = std::max(arithmetic, weights) + kStepOverhead;
  if (s == nullptr) return total;

  total += prompt_tokens * attention_flops_per_token(*s, prompt_context) / (half * kAttentionEfficiency);
  const Duration decode_math =
      decodes * attention_flops_per_token(*s, context) / (half * kAttentionEfficiency);
  const Bytes cache = decodes * context * kv_cache_per_token(*s, cache_bytes(precision));
  total += std::max(decode_math, cache / (memory * kCacheBandwidth));
  total += Bytes::of(tokens * s->layers * kElementBytes * s->hidden) /
           (accelerator->memory_bandwidth * kElementBandwidth);
  total += static_cast<double>(s->layers) * kLayerOverhead;
  if (tensor_parallel > 1) {
    const Bandwidth link =
        accelerator->link ? accelerator->link->bandwidth : Bandwidth::of(kDefaultLinkGBs * 1e9);
    const Bytes message = Bytes::of(2.0 * tokens * s->hidden * 2 * (tensor_parallel - 1) / tensor_parallel);
    total += 2.0 * s->layers * (kAllReduceLatency + message / (link * kLinkEfficiency));
  }
  return total;
}

Duration Replica::prefill_time() const {
  return step_time(demand->prompt_tokens, demand->prompt_tokens / 2, 0, 0);
}

Duration Replica::steady_step(double batch) const {
  const double out = std::max(demand->output_tokens, 1.0);
  return step_time(batch * demand->prompt_tokens / out, demand->prompt_tokens / 2, batch,
                   demand->prompt_tokens + out / 2);
}

}  // namespace capplan

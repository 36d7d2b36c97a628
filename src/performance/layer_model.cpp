#include "performance/layer_model.h"

#include <algorithm>
#include <cmath>

#include "performance/operator_model.h"
#include "performance/sharding.h"

namespace capplan {
namespace {

constexpr double kLogitBytes = 18;      // logits, their gradient, and the loss in fp32
constexpr double kEmbeddingBytes = 13;  // look-up, dropout and the scattered gradient
// Weights of a product. What grouped kernels lose (uneven groups, padding to tiles, gathers) is lost a row:
// of larger experts it is a smaller share. Mixtral 8x7B reaches 468 TFLOP/s on H100 (Megatron-Core's own
// table).
constexpr double kSmallExpert = 16.6e6;
constexpr double kPermutePasses = 3;

double whole(int value) { return static_cast<double>(value); }

bool is_low(Precision p) { return bytes_per_element(p) < kHalfBytes; }

double attention_width(const TransformerShape& s) {
  return s.latent ? whole(s.heads) * s.latent->v_head_dim : whole(s.heads) * s.head_dim;
}

}  // namespace

// Times of one layer and micro-batch on one accelerator.
struct LayerModel::LayerTime {
  Passes products, attention, elementwise;
  Passes tensor, context, expert;
  Duration launch_wait;
  Duration unrepeated;  // of the forward pass, by full recompute
};

double LayerModel::gemm_factor() const {
  double factor = c_.accelerator_gemm * std::pow(s_.power_headroom, c_.power_cap);
  switch (s_.precision) {
    case Precision::kFp8:
    case Precision::kInt8:
      return factor * c_.gemm_fp8 * (s_.rowwise_scales ? c_.gemm_fp8_rowwise : 1);
    case Precision::kMxfp8:
      return factor * c_.gemm_mxfp8;
    case Precision::kFp4:
    case Precision::kNvfp4:
      return factor * c_.gemm_nvfp4;
    default:
      return factor * c_.gemm_bf16;
  }
}

// Forward C[m,n]; backward the input's gradient [m,k] and, where the weight is trained, its own [n,k] over m.
LayerModel::Passes LayerModel::product(double count, double m, double n, double k) const {
  const GemmLaw& law = s_.layer_gemm;
  const double factor = gemm_factor();
  const Duration weight = s_.trained_share < 1 ? Duration{} : law.batched(count, n, k, m);
  return {law.batched(count, m, n, k) * (factor / s_.sparse_speed),
          (law.batched(count, m, k, n) + weight) * factor};
}

LayerModel::Passes LayerModel::expert_product(double count, double m, double n, double k) const {
  const Passes p = product(count, m, n, k);
  const double lost = (c_.expert_gemm - 1) * std::min(1.0, kSmallExpert / (n * k));
  return {p.forward * (1 + lost), p.backward * (1 + lost)};
}

LayerModel::Passes LayerModel::attention_products(const Parallelism& p) const {
  const TransformerShape& m = *s_.shape;
  const double t = p.tensor_parallel;
  const double h = m.hidden;
  const double rows = tokens(p);
  Passes sum;
  const auto add = [&](double n, double k) {
    const Passes x = product(1, rows, n, k);
    sum.forward += x.forward;
    sum.backward += x.backward;
  };
  if (m.latent) {
    const LatentAttention& l = *m.latent;
    const double query = whole(m.heads) * (l.qk_nope_head_dim + l.qk_rope_head_dim) / t;
    if (l.q_lora_rank > 0) {
      add(l.q_lora_rank, h);
      add(query, l.q_lora_rank);
    } else {
      add(query, h);
    }
    add(l.kv_lora_rank + l.qk_rope_head_dim, h);
    add(whole(m.heads) * (l.qk_nope_head_dim + l.v_head_dim) / t, l.kv_lora_rank);
  } else {
    const double kv = std::max(whole(m.kv_heads), t);  // fewer heads than ranks are copied
    add((m.heads + 2 * kv) * m.head_dim / t, h);
  }
  add(h, attention_width(m) / t);
  return sum;
}

LayerModel::Passes LayerModel::expert_products(const Parallelism& p) const {
  const TransformerShape& m = *s_.shape;
  const Experts& e = *m.experts;
  const double t = p.tensor_parallel;
  const double width = whole(e.ffn) / expert_tensor(p);
  const double mine = tokens(p) * expert_tensor(p) / t;  // tokens that a rank sends to experts
  const double gate = m.gated_mlp ? 2 : 1;
  const double local = std::max(1.0, whole(e.count) / p.expert_parallel);
  const double rows = mine * e.per_token / local;
  Passes sum;
  const auto add = [&](const Passes& x) {
    sum.forward += x.forward;
    sum.backward += x.backward;
  };
  add(expert_product(local, rows, gate * width, m.hidden));
  add(expert_product(local, rows, m.hidden, width));
  add(product(1, mine, e.count, m.hidden));
  if (e.shared > 0) {
    add(product(1, tokens(p), gate * e.shared * e.ffn / t, m.hidden));
    add(product(1, tokens(p), m.hidden, whole(e.shared) * e.ffn / t));
  }
  // Tokens are sorted by expert and back: passes over the routed hidden vectors and the experts' outputs.
  const double routed = mine * e.per_token;
  const Duration sort =
      Bytes::of(kPermutePasses * 2 * s_.element * routed * m.hidden + 3 * s_.element * routed * width) /
      s_.memory_bandwidth * c_.permute;
  add({sort, sort});
  const double fused = s_.stack.fused_experts && s_.blackwell ? c_.expert_fused : 1;
  return {sum.forward * fused, sum.backward * fused};
}

LayerModel::Passes LayerModel::layer_products(const Parallelism& p, bool experts) const {
  Passes sum = attention_products(p);
  const auto add = [&](const Passes& x) {
    sum.forward += x.forward;
    sum.backward += x.backward;
  };
  if (experts) {
    add(expert_products(p));
  } else {
    const TransformerShape& m = *s_.shape;
    const double f = whole(m.ffn) / p.tensor_parallel;
    add(product(1, tokens(p), (m.gated_mlp ? 2 : 1) * f, m.hidden));
    add(product(1, tokens(p), m.hidden, f));
  }
  add(quantise(p, experts));
  return sum;
}

// 8- and 4-bit runs quantise each product's inputs and gradients: 4 bytes for each row's k and n.
LayerModel::Passes LayerModel::quantise(const Parallelism& p, bool experts) const {
  if (!is_low(s_.precision)) return {};
  const TransformerShape& m = *s_.shape;
  const double t = p.tensor_parallel;
  const double gate = m.gated_mlp ? 2 : 1;
  const double qkv = whole(m.heads + 2 * m.kv_heads) * m.head_dim / t;
  const double out = attention_width(m) / t;
  const double ffn =
      experts ? whole(m.experts->ffn) * (m.experts->per_token + m.experts->shared) / t : m.ffn / t;
  const double copies =
      experts ? m.experts->per_token + (m.experts->shared > 0 ? 1 : 0) : 1;  // of a token's inputs
  const double widths = m.hidden + qkv + out + m.hidden + 2 * copies * m.hidden + (gate + 1) * ffn;
  const Duration time = Bytes::of(4 * tokens(p) * widths) / s_.memory_bandwidth * c_.quantise;
  return {time / 3, time * (2.0 / 3)};
}

// Adapters are too narrow to compute; what they move is passes over the product's inputs (read for their
// gradient too, dropped out, and its gradient added to) and outputs (written, and added to the product's).
// 4-bit weights are unpacked besides.
LayerModel::Passes LayerModel::adapters(const Parallelism& p, bool experts) const {
  if (s_.adapters == Adapters::kNone) return {};
  const TransformerShape& m = *s_.shape;
  const double t = p.tensor_parallel;
  const double qkv = whole(m.heads + 2 * m.kv_heads) * m.head_dim / t;
  double in = m.hidden + attention_width(m) / t;
  double out = qkv + m.hidden;
  double weights = m.hidden * qkv + m.hidden * attention_width(m) / t;
  const double gate = m.gated_mlp ? 2 : 1;
  const double ffn =
      experts ? whole(m.experts->ffn) * (m.experts->per_token + m.experts->shared) / t : m.ffn / t;
  if (s_.adapters == Adapters::kAll) {
    in += m.hidden + ffn;
    out += gate * ffn + m.hidden;
  }
  weights += (gate + 1) * m.hidden *
             (experts ? whole(m.experts->ffn) * (m.experts->count + m.experts->shared) / t / p.expert_parallel
                      : ffn);
  const Bandwidth w = s_.memory_bandwidth;
  const Duration unpack = s_.quantised_weights ? Bytes::of(kUnpackedBytes * weights) / w : Duration{};
  const double rows = tokens(p) * s_.element;
  return {Bytes::of(rows * (3.5 * in + 4 * out)) / w + unpack,
          Bytes::of(rows * (7.5 * in + 2 * out)) / w + unpack};
}

double LayerModel::attention_factor() const {
  switch (s_.stack.attention) {
    case AttentionKernel::kFlash1:
      return c_.attention_flash1 * (s_.newer_than_ampere ? c_.attention_flash2 : 1);
    case AttentionKernel::kFlash2:
      return s_.newer_than_ampere ? c_.attention_flash2 : 1;
    default:
      return c_.attention_vendor;
  }
}

Duration LayerModel::attention_forward(const Parallelism& p) const {
  const TransformerShape& m = *s_.shape;
  const double heads = whole(m.heads) / p.tensor_parallel;
  const double s = s_.attention_context;
  const double c = p.context_parallel;
  const double b = p.micro_batch * s_.sequence / s;  // packed sequences are attended to apart
  const double dims = m.latent
                          ? m.latent->qk_nope_head_dim + m.latent->qk_rope_head_dim + m.latent->v_head_dim
                          : 2 * m.head_dim;
  if (s_.stack.attention == AttentionKernel::kUnfused) {
    // Scores and their product with the values, in full.
    const Duration products = s_.half_gemm.batched(b * heads, s / c, s, dims / 2) * 2.0;
    return products * c_.accelerator_gemm + kScoresForward * score_passes(p);
  }
  const Flops causal = Flops::of(2 * b * heads * dims * s * (s + 1) / 2 / c);
  const Bytes moved =
      Bytes::of(s_.element * b * s / c * dims * (heads + whole(m.kv_heads) / p.tensor_parallel));
  const double imbalance = c <= 1 ? 1 : s_.stack.ring_balanced ? c_.attention_ring : 2 - 1 / c;
  return s_.attention.time(causal, moved, s / c, dims / 2) * attention_factor() * imbalance +
         ring_steps(p, dims - (m.latent ? m.latent->v_head_dim : m.head_dim));
}

// Attention in a ring is one kernel a piece of keys and values, and each piece's output is merged into the
// running one: two reads and a write (arXiv 2310.01889, section 3).
Duration LayerModel::ring_steps(const Parallelism& p, double value_dim) const {
  const double outputs = tokens(p) * s_.shape->heads * value_dim / p.tensor_parallel;
  const Duration step = s_.attention.launch + Bytes::of(3 * s_.element * outputs) / s_.memory_bandwidth;
  return step * (p.context_parallel - 1.0);
}

// Softmax, mask and dropout pass over stored scores, forward and backward.
Duration LayerModel::score_passes(const Parallelism& p) const {
  const double heads = whole(s_.shape->heads) / p.tensor_parallel;
  const double scores = p.micro_batch * heads * s_.sequence * s_.attention_context / p.context_parallel;
  return Bytes::of(c_.softmax_bytes * scores) / s_.memory_bandwidth;
}

// Bytes that norms, residuals, activations and rotary embeddings move.
Duration LayerModel::elementwise_forward(const Parallelism& p, bool experts) const {
  const TransformerShape& m = *s_.shape;
  const double t = p.tensor_parallel;
  const double rows = tokens(p);
  const double ffn = experts ? whole(m.experts->ffn) * (m.experts->per_token + m.experts->shared) : m.ffn;
  double bytes = 22 * rows * m.hidden / (p.sequence_parallel ? t : 1);
  bytes += rows * (m.gated_mlp ? 6 : 4) * ffn / t;
  const double unfused = s_.stack.attention == AttentionKernel::kUnfused ? 2 : 0;
  bytes += (4 + unfused) * rows * (m.heads + 2.0 * m.kv_heads) * m.head_dim / t;
  return Bytes::of(bytes * s_.element / kHalfBytes) / s_.memory_bandwidth * c_.elementwise;
}

double LayerModel::tensor_exposed() const {
  if (s_.stack.tensor_overlap || s_.asynchronous_tensor) return c_.tensor_overlapped;
  return c_.tensor_blocking;
}

// Two all-reduces a layer and pass (arXiv 1909.08053, section 3), or with sequence parallelism an all-gather
// and a reduce-scatter each (arXiv 2205.05198, section 4.2.2): the same bytes.
Duration LayerModel::tensor_collective(const Parallelism& p, bool sequence_parallel) const {
  const int t = p.tensor_parallel;
  if (t <= 1) return {};
  const Bytes whole_buffer = Bytes::of(s_.element * tokens(p) * s_.shape->hidden);
  const Network& net = s_.network;
  const int inside = std::min(t, net.domain());
  Duration time = sequence_parallel ? net.in_domain(Collective::kAllGather, whole_buffer, inside) +
                                          net.in_domain(Collective::kReduceScatter, whole_buffer, inside)
                                    : net.in_domain(Collective::kAllReduce, whole_buffer, inside);
  if (t > net.domain()) {
    const double k = whole(t) / net.domain();
    time += 2 * (k - 1) / k * whole_buffer / net.outward();
  }
  return 2.0 * time * tensor_exposed();
}

// Keys and values pass round the ring of context ranks (arXiv 2310.01889); attention hides them.
Duration LayerModel::ring(const Parallelism& p) const {
  const int c = p.context_parallel;
  if (c <= 1) return {};
  const TransformerShape& m = *s_.shape;
  const double width = m.latent ? m.latent->kv_lora_rank + m.latent->qk_rope_head_dim
                                : 2.0 * m.kv_heads * m.head_dim / p.tensor_parallel;
  const Bytes bytes = Bytes::of(s_.element * tokens(p) * width * (c - 1));
  const Network& net = s_.network;
  const bool inside = p.tensor_parallel * c <= net.domain();
  const Bandwidth rate =
      inside ? net.law(Collective::kAllGather, c).bus : net.outward() / whole(net.domain());
  return bytes / rate + net.law(Collective::kAllGather, 2).latency * (c - 1.0);
}

// Tokens travel to their experts and back (dispatch and combine).
Duration LayerModel::all_to_all(const Parallelism& p) const {
  const int group = p.expert_parallel;
  if (group <= 1) return {};
  const TransformerShape& m = *s_.shape;
  const Network& net = s_.network;
  const Bytes routed =
      Bytes::of(s_.element * tokens(p) * m.experts->per_token * m.hidden / p.tensor_parallel);
  const int inside = std::clamp(net.domain() / expert_tensor(p), 1, group);
  Duration time = net.in_domain(Collective::kAllToAll, routed * (whole(inside) / group), inside);
  if (group > inside) time += routed * (1 - whole(inside) / group) / (net.outward() / whole(net.domain()));
  return 2.0 * time * c_.expert_exposed;
}

Duration LayerModel::head(const Parallelism& p) const {
  const TransformerShape& m = *s_.shape;
  const double vocab = whole(m.vocab) / p.tensor_parallel;
  const double rows = tokens(p);
  const GemmLaw& law = s_.half_gemm;
  const double factor = c_.gemm_bf16 * c_.accelerator_gemm * std::pow(s_.power_headroom, c_.power_cap);
  const Duration weight = s_.trained_share < 1 ? Duration{} : law.time(vocab, m.hidden, rows);
  const Duration products =
      (law.time(rows, vocab, m.hidden) + law.time(rows, m.hidden, vocab) + weight) * factor;
  return products +
         Bytes::of(kLogitBytes * rows * vocab * s_.element / kHalfBytes) / s_.memory_bandwidth * c_.logits;
}

Duration LayerModel::embedding(const Parallelism& p) const {
  return Bytes::of(kEmbeddingBytes * s_.element / kHalfBytes * tokens(p) * s_.shape->hidden) /
         s_.memory_bandwidth;
}

// Kernels take at least what the host needs to launch them: the 8-norm, a floor with its corner rounded off.
Duration LayerModel::launch_wait(Duration busy, double least_ms) const {
  const Duration least = Duration::of(least_ms * (s_.stack.host_bound ? 1 : c_.launch_newer) * 1e-3);
  const Duration most = std::max(busy, least);
  const double ratio = std::min(busy, least) / most;
  const double fourth = ratio * ratio * ratio * ratio;
  return most * std::sqrt(std::sqrt(std::sqrt(1 + fourth * fourth))) - busy;
}

LayerModel::Shared LayerModel::shared(const Parallelism& p) const {
  if (!s_.operators.empty()) return {};
  const TransformerShape& m = *s_.shape;
  const int dense = m.experts ? m.experts->dense_layers : m.layers;
  Shared shared;
  if (dense > 0) shared.dense = layer_products(p, false);
  if (dense < m.layers) {
    shared.sparse = layer_products(p, true);
    shared.expert = all_to_all(p);
  }
  shared.tensor = {tensor_collective(p, false), tensor_collective(p, true)};
  shared.head = head(p);
  return shared;
}

LayerModel::LayerTime LayerModel::layer(const Parallelism& p, const Shared& shared, bool experts) const {
  LayerTime l;
  l.products = experts ? shared.sparse : shared.dense;
  l.attention.forward = attention_forward(p);
  if (s_.stack.attention == AttentionKernel::kUnfused) {
    const Duration passes = score_passes(p);
    l.attention.backward =
        2.0 * (l.attention.forward - kScoresForward * passes) + (1 - kScoresForward) * passes;
  } else {
    l.attention.backward = l.attention.forward * c_.attention_backward;
  }
  l.elementwise.forward = elementwise_forward(p, experts);
  l.elementwise.backward = l.elementwise.forward * c_.elementwise_backward;
  const Passes beside = adapters(p, experts);
  l.elementwise.forward += beside.forward;
  l.elementwise.backward += beside.backward;
  l.tensor.forward = shared.tensor[p.sequence_parallel ? 1 : 0];
  // Sequence parallelism gathers the inputs again for the weights' gradients.
  l.tensor.backward = p.sequence_parallel ? l.tensor.forward * 1.5 : l.tensor.forward;
  const Duration ring_time = ring(p);
  l.context.forward = std::max(ring_time - l.attention.forward, Duration{});
  l.context.backward = std::max(ring_time * 2.0 - l.attention.backward, Duration{});
  if (experts) l.expert.forward = l.expert.backward = shared.expert;
  // A layer's last product is needed by nothing in its backward pass.
  if (s_.stack.stops_early && !experts)
    l.unrepeated = product(1, tokens(p), s_.shape->hidden, whole(s_.shape->ffn) / p.tensor_parallel).forward;
  l.launch_wait =
      launch_wait(l.products.forward + l.attention.forward + l.elementwise.forward, c_.launch_forward_ms) +
      launch_wait(l.products.backward + l.attention.backward + l.elementwise.backward, c_.launch_backward_ms);
  return l;
}

PassTime LayerModel::pass(const Parallelism& p, const Shared& shared) const {
  if (!s_.operators.empty()) return OperatorModel(s_, c_).pass(p.micro_batch);
  const TransformerShape& m = *s_.shape;
  const int dense = m.experts ? m.experts->dense_layers : m.layers;
  const double slow = s_.compiled ? 1 : c_.eager;
  PassTime t;
  for (const bool experts : {false, true}) {
    const int layers = experts ? m.layers - dense : dense;
    if (layers <= 0) continue;
    const LayerTime l = layer(p, shared, experts);
    const double times = layers * slow;
    const auto both = [&](const Passes& x) { return (x.forward + x.backward) * times; };
    t.compute += both(l.products) + both(l.attention);
    t.memory_bound += both(l.elementwise);
    t.tensor += both(l.tensor);
    t.context += both(l.context);
    t.expert += both(l.expert);
    t.launch_wait += l.launch_wait * times;
    // Full recompute is the forward pass again with its collectives; selective is attention again (arXiv
    // 2205.05198, section 5), or on some stacks a share of the products and all element-wise work.
    t.repeated_full += (l.products.forward + l.attention.forward + l.elementwise.forward + l.tensor.forward +
                        l.expert.forward - l.unrepeated) *
                       times;
    t.repeated_selective +=
        (s_.stack.selective_share > 0 ? s_.stack.selective_share * l.products.forward + l.elementwise.forward
                                      : l.attention.forward) *
        times;
  }
  t.head = shared.head * slow;
  t.embedding = embedding(p) * slow;
  return t;
}

}  // namespace capplan

#include "performance/step_model.h"

#include <algorithm>
#include <cmath>

#include "performance/sharding.h"

namespace capplan {
namespace {

constexpr double kHalf = 2;               // bytes of a 16-bit value
constexpr double kLogitBytes = 18;        // logits, their gradient, and the loss in fp32
constexpr double kEmbeddingBytes = 13;    // look-up, dropout and the scattered gradient
constexpr double kOptimizerTraffic = 30;  // read and write weights, gradient, master copy and both moments
constexpr double kLaunchExponent = 8;     // a floor, rounded off
constexpr double kHideable = 0.6;         // share of a stage beneath which its gradients can be reduced
constexpr double kScoresForward = 0.4;    // of the passes over stored scores
// Weights of a product. What grouped kernels lose (uneven groups, padding to tiles, gathers) is lost a row:
// of larger experts it is a smaller share. Mixtral 8x7B reaches 468 TFLOP/s on H100 (Megatron-Core's own
// table).
constexpr double kSmallExpert = 16.6e6;
constexpr double kPermutePasses = 3;
constexpr double kSliceOfPod = 256;

double whole(int value) { return static_cast<double>(value); }

bool is_low(Precision p) { return bytes_per_element(p) < kHalf; }

double attention_width(const TransformerShape& s) {
  return s.latent ? whole(s.heads) * s.latent->v_head_dim : whole(s.heads) * s.head_dim;
}

}  // namespace

double StepModel::gemm_factor() const {
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
StepModel::Passes StepModel::product(double count, double m, double n, double k) const {
  const GemmLaw& law = s_.layer_gemm;
  const double factor = gemm_factor();
  const Duration weight = s_.trained_share < 1 ? Duration{} : law.batched(count, n, k, m);
  return {law.batched(count, m, n, k) * factor, (law.batched(count, m, k, n) + weight) * factor};
}

StepModel::Passes StepModel::expert_product(double count, double m, double n, double k) const {
  const Passes p = product(count, m, n, k);
  const double lost = (c_.expert_gemm - 1) * std::min(1.0, kSmallExpert / (n * k));
  return {p.forward * (1 + lost), p.backward * (1 + lost)};
}

StepModel::Passes StepModel::attention_products(const Parallelism& p) const {
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

StepModel::Passes StepModel::expert_products(const Parallelism& p) const {
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

StepModel::Passes StepModel::layer_products(const Parallelism& p, bool experts) const {
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
StepModel::Passes StepModel::quantise(const Parallelism& p, bool experts) const {
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

double StepModel::attention_factor() const {
  switch (s_.stack.attention) {
    case AttentionKernel::kFlash1:
      return c_.attention_flash1 * (s_.newer_than_ampere ? c_.attention_flash2 : 1);
    case AttentionKernel::kFlash2:
      return s_.newer_than_ampere ? c_.attention_flash2 : 1;
    default:
      return c_.attention_vendor;
  }
}

Duration StepModel::attention_forward(const Parallelism& p) const {
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
  return s_.attention.time(causal, moved, s / c, dims / 2) * attention_factor() * imbalance;
}

// Softmax, mask and dropout pass over stored scores, forward and backward.
Duration StepModel::score_passes(const Parallelism& p) const {
  const double heads = whole(s_.shape->heads) / p.tensor_parallel;
  const double scores = p.micro_batch * heads * s_.sequence * s_.attention_context / p.context_parallel;
  return Bytes::of(c_.softmax_bytes * scores) / s_.memory_bandwidth;
}

// Bytes that norms, residuals, activations and rotary embeddings move.
Duration StepModel::elementwise_forward(const Parallelism& p, bool experts) const {
  const TransformerShape& m = *s_.shape;
  const double t = p.tensor_parallel;
  const double rows = tokens(p);
  const double ffn = experts ? whole(m.experts->ffn) * (m.experts->per_token + m.experts->shared) : m.ffn;
  double bytes = 22 * rows * m.hidden / (p.sequence_parallel ? t : 1);
  bytes += rows * (m.gated_mlp ? 6 : 4) * ffn / t;
  const double unfused = s_.stack.attention == AttentionKernel::kUnfused ? 2 : 0;
  bytes += (4 + unfused) * rows * (m.heads + 2.0 * m.kv_heads) * m.head_dim / t;
  return Bytes::of(bytes * s_.element / kHalf) / s_.memory_bandwidth * c_.elementwise;
}

double StepModel::tensor_exposed() const {
  if (s_.stack.tensor_overlap || s_.asynchronous_tensor) return c_.tensor_overlapped;
  return c_.tensor_blocking;
}

// Two all-reduces a layer and pass (arXiv 1909.08053, section 3), or with sequence parallelism an all-gather
// and a reduce-scatter each (arXiv 2205.05198, section 4.2.2): the same bytes.
Duration StepModel::tensor_collective(const Parallelism& p) const {
  const int t = p.tensor_parallel;
  if (t <= 1) return {};
  const Bytes whole_buffer = Bytes::of(s_.element * tokens(p) * s_.shape->hidden);
  const Network& net = s_.network;
  const int inside = std::min(t, net.domain());
  Duration time = p.sequence_parallel ? net.in_domain(Collective::kAllGather, whole_buffer, inside) +
                                            net.in_domain(Collective::kReduceScatter, whole_buffer, inside)
                                      : net.in_domain(Collective::kAllReduce, whole_buffer, inside);
  if (t > net.domain()) {
    const double k = whole(t) / net.domain();
    time += 2 * (k - 1) / k * whole_buffer / net.outward();
  }
  return 2.0 * time * tensor_exposed();
}

// Keys and values pass round the ring of context ranks (arXiv 2310.01889); attention hides them.
Duration StepModel::ring(const Parallelism& p) const {
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
  return bytes / rate;
}

// Tokens travel to their experts and back (dispatch and combine).
Duration StepModel::all_to_all(const Parallelism& p) const {
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

Duration StepModel::head(const Parallelism& p) const {
  const TransformerShape& m = *s_.shape;
  const double vocab = whole(m.vocab) / p.tensor_parallel;
  const double rows = tokens(p);
  const GemmLaw& law = s_.half_gemm;
  const double factor = c_.gemm_bf16 * c_.accelerator_gemm * std::pow(s_.power_headroom, c_.power_cap);
  const Duration weight = s_.trained_share < 1 ? Duration{} : law.time(vocab, m.hidden, rows);
  const Duration products =
      (law.time(rows, vocab, m.hidden) + law.time(rows, m.hidden, vocab) + weight) * factor;
  return products +
         Bytes::of(kLogitBytes * rows * vocab * s_.element / kHalf) / s_.memory_bandwidth * c_.logits;
}

Duration StepModel::embedding(const Parallelism& p) const {
  return Bytes::of(kEmbeddingBytes * s_.element / kHalf * tokens(p) * s_.shape->hidden) / s_.memory_bandwidth;
}

// Full: the forward pass again with its collectives; selective: attention again (arXiv 2205.05198, section
// 5), or on some stacks a share of the products and all element-wise work.
Duration StepModel::recompute(const Parallelism& p, const LayerTime& l) const {
  switch (p.recompute) {
    case Recompute::kNone:
      return {};
    case Recompute::kSelective:
      if (s_.stack.selective_share > 0)
        return s_.stack.selective_share * l.gemm_forward + l.elementwise_forward;
      return l.attention_forward;
    case Recompute::kFull:
      return p.recompute_share * (l.gemm_forward + l.attention_forward + l.elementwise_forward +
                                  l.tensor_forward + l.expert_forward);
  }
  return {};
}

LayerTime StepModel::layer(const Parallelism& p, bool experts) const {
  LayerTime l;
  const Passes products = layer_products(p, experts);
  l.gemm_forward = products.forward;
  l.gemm_backward = products.backward;
  l.attention_forward = attention_forward(p);
  if (s_.stack.attention == AttentionKernel::kUnfused) {
    const Duration passes = score_passes(p);
    l.attention_backward =
        2.0 * (l.attention_forward - kScoresForward * passes) + (1 - kScoresForward) * passes;
  } else {
    l.attention_backward = l.attention_forward * c_.attention_backward;
  }
  l.elementwise_forward = elementwise_forward(p, experts);
  l.elementwise_backward = l.elementwise_forward * c_.elementwise_backward;
  const Duration tensor = tensor_collective(p);
  l.tensor_forward = tensor;
  // Sequence parallelism gathers the inputs again for the weights' gradients.
  l.tensor_backward = p.sequence_parallel ? tensor * 1.5 : tensor;
  const Duration ring_time = ring(p);
  l.context_forward = std::max(ring_time - l.attention_forward, Duration{});
  l.context_backward = std::max(ring_time * 2.0 - l.attention_backward, Duration{});
  if (experts) l.expert_forward = l.expert_backward = all_to_all(p);
  const double scale = (s_.stack.host_bound ? 1 : c_.launch_newer) * 1e-3;
  const auto floored = [&](Duration busy, double least_ms) {
    return join(busy, Duration::of(least_ms * scale), kLaunchExponent) - busy;
  };
  l.launch_wait =
      floored(l.gemm_forward + l.attention_forward + l.elementwise_forward, c_.launch_forward_ms) +
      floored(l.gemm_backward + l.attention_backward + l.elementwise_backward, c_.launch_backward_ms);
  return l;
}

LayerTimes StepModel::layers(const Parallelism& p) const {
  const TransformerShape& m = *s_.shape;
  const int dense = m.experts ? m.experts->dense_layers : m.layers;
  LayerTimes times;
  if (dense > 0) times.dense = layer(p, false);
  if (dense < m.layers) times.sparse = layer(p, true);
  times.head = head(p);
  times.embedding = embedding(p);
  return times;
}

// A ring over `group` ranks: inside a domain the links carry it, beyond it the rings that share a domain
// share what leaves it.
Bandwidth StepModel::ring_bandwidth(const Parallelism& p, int group) const {
  const Network& net = s_.network;
  const int together = std::clamp(net.domain() / p.tensor_parallel, 1, group);
  const Bandwidth bus = net.law(Collective::kAllGather, together).bus;
  if (group <= together) return bus;
  const Bandwidth outward = net.outward() / (whole(net.domain()) / together);
  return together > 1 ? std::min(bus, outward) : outward;
}

// Parameters and the ranks that share them: dense ones, then experts.
std::array<StepModel::Replicated, 2> StepModel::replicated(const Parallelism& p) const {
  const LocalParameters local = fullest_rank_parameters(*s_.shape, p);
  return {{{local.dense, replicas(p), state_shards(p)},
           {local.expert, expert_replicas(p), std::min(expert_replicas(p), state_shards(p))}}};
}

// A ring over `group` ranks of `bytes` each way.
Duration StepModel::ring_time(const Parallelism& p, int group, double bytes) const {
  if (group <= 1) return {};
  return Bytes::of(bytes * (group - 1) / group) / ring_bandwidth(p, group);
}

// Gradients of one step, reduced over the ranks that hold the same parameters: a ring all-reduce, or with
// sharded optimizer state a reduce-scatter of gradients and an all-gather of weights (arXiv 1910.02054,
// section 7). Where fully sharded state stays inside a domain, its shards are reduced across domains.
Duration StepModel::gradients(const Parallelism& p, Duration stage) const {
  Duration time;
  for (const Replicated& r : replicated(p)) {
    const double trained = r.parameters * s_.trained_share;
    if (p.zero_stage >= 3) {
      const int domains = r.shards > 0 ? r.ranks / r.shards : 1;
      if (domains > 1)
        time += Bytes::of(2 * s_.stack.gradient_bytes * trained / r.shards * (domains - 1) / domains) /
                (s_.network.outward() / whole(s_.network.domain()));
    } else {
      const double each =
          p.zero_stage >= 1 ? s_.stack.gradient_bytes + s_.element : 2 * s_.stack.gradient_bytes;
      time += ring_time(p, r.ranks, each * trained);
    }
  }
  if (!s_.stack.gradient_overlap) return time * c_.gradient_blocking;
  return std::max((1 - c_.gradient_hidden) * time, time - kHideable * stage);
}

// Fully sharded state: weights gathered for each pass and gradients scattered, every micro-batch.
Duration StepModel::sharded_state(const Parallelism& p, Duration compute) const {
  if (p.zero_stage < 3) return {};
  Duration time;
  for (const Replicated& r : replicated(p)) {
    const bool inside = r.shards * p.tensor_parallel <= s_.network.domain();
    const double each = 2 * s_.element + s_.stack.gradient_bytes * s_.trained_share;
    time += ring_time(p, r.shards, each * r.parameters) * (inside ? c_.shard_in_domain : c_.shard_across);
  }
  return c_.shard_exposed * time + std::max((1 - c_.shard_exposed) * time - compute, Duration{});
}

Duration StepModel::optimizer(const Parallelism& p) const {
  double parameters = 0;
  for (const Replicated& r : replicated(p))
    parameters += r.parameters / (p.zero_stage >= 1 ? std::max(1, r.shards) : 1);
  return Bytes::of(kOptimizerTraffic * parameters * s_.trained_share) / s_.memory_bandwidth;
}

double StepModel::growth() const {
  const double n = s_.count;
  if (s_.stack.platform == Platform::kXla) return c_.growth_tpu * std::log2(std::max(1.0, n / kSliceOfPod));
  return c_.growth * std::log2(std::max(1.0, n / 8));
}

// 1F1B, interleaved where it is virtual: m micro-batches at the pace of the fullest stage, and (p - 1) / v of
// an average stage to fill and drain (arXiv 2104.04473, section 2.2).
StepTime StepModel::step(const Parallelism& p, const LayerTimes& times) const {
  const TransformerShape& m = *s_.shape;
  const double rounds = std::max(1.0, std::ceil(s_.global_batch / (p.data_parallel * p.micro_batch) - 1e-9));
  const int dense_layers = m.experts ? m.experts->dense_layers : m.layers;
  const int expert_layers = m.layers - dense_layers;
  const double slow = s_.compiled ? 1 : c_.eager;
  const double stages = p.pipeline_parallel;
  const auto of_layers = [&](auto part) {
    return (part(times.dense) * whole(dense_layers) + part(times.sparse) * whole(expert_layers)) / stages *
           slow;
  };
  StepTime t;
  const auto scaled = [&](auto part) { return of_layers(part) * rounds; };
  t.compute = scaled([](const LayerTime& l) { return l.compute(); });
  t.memory_bound = scaled([](const LayerTime& l) { return l.elementwise(); });
  const auto repeated = [&](const LayerTime& l) { return recompute(p, l); };
  t.recompute = scaled(repeated);
  t.tensor_comm = scaled([](const LayerTime& l) { return l.tensor(); });
  t.context_comm = scaled([](const LayerTime& l) { return l.context(); });
  t.expert_comm = scaled([](const LayerTime& l) { return l.expert(); });
  t.other = scaled([](const LayerTime& l) { return l.launch_wait; });

  const Duration layers = of_layers([](const LayerTime& l) { return l.total(); }) + of_layers(repeated);
  const Duration ends = (times.head + times.embedding) * slow;
  const Duration mean = layers + ends / stages;
  const StageLayers dealt = stage_layers(m.layers, p.pipeline_parallel);
  const Duration one_layer = layers * (stages / m.layers);
  const Duration fullest =
      p.pipeline_parallel == 1
          ? mean
          : std::max(one_layer * whole(dealt.most), one_layer * whole(dealt.last) + times.head * slow);
  t.compute += ends / stages * rounds;
  t.pipeline_bubble = (std::max(fullest, mean) - mean) * rounds + mean * ((stages - 1) / p.virtual_pipeline);
  t.data_comm_exposed = sharded_state(p, mean) * rounds + gradients(p, mean);
  t.optimizer = optimizer(p);
  t.other += t.total() * growth() + Duration::of(c_.step_ms * 1e-3);
  return t;
}

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
  s.count = machine.count;
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
  s.element = std::max(kHalf, bytes_per_element(precision));
  const Precision half = a.peak.bf16.base() > 0 ? Precision::kBf16 : Precision::kFp16;
  s.half_gemm = gemm_law(catalog, a, s.element > kHalf ? precision : half);
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

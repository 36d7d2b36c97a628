#include "performance/memory.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "performance/sharding.h"
#include "performance/step_setup.h"

namespace capplan {
namespace {

// CUDA context and communication buffers about 1 GiB, fragmentation about 4% of the card (unverified).
constexpr double kContextGib = 1.0;
constexpr double kFragmentation = 0.04;
constexpr double kGatheredLayers = 2;  // FSDP holds the layer in use and the one being fetched
constexpr double kCheckpointed = 0.3;  // of what is kept where every block is repeated (arXiv 1604.06174)

double optimizer_bytes(Optimizer optimizer, bool mixed, bool half) {
  if (half) return optimizer == Optimizer::kAdam || optimizer == Optimizer::kLamb ? 4 : 2;
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

// NF4 with its constants quantised again (arXiv 2305.14314, section 3).
constexpr double kQloraBytes = 4.127 / 8;

StateBytes state_bytes(const Workload& workload, Precision precision, const Stack& stack) {
  const bool mixed = precision != Precision::kFp32 && precision != Precision::kTf32;
  // FP8 and FP4 training keep 16-bit weights for the products to be cast from.
  const double element = mixed ? 2 : 4;
  const bool half = mixed && stack.tunes_plainly;
  const double optimizer = optimizer_bytes(workload.training.optimizer, mixed, half);
  // Frozen weights are cast once: those of 8-bit runs stay so.
  const double frozen = stack.tunes_plainly ? element : std::min(element, bytes_per_element(precision));
  if (workload.has_lever(Lever::kQlora))
    return {kQloraBytes, element * kAdapterShare, optimizer * kAdapterShare};
  if (workload.has_lever(Lever::kLora)) return {frozen, element * kAdapterShare, optimizer * kAdapterShare};
  return {element, std::max(element, stack.gradient_bytes), optimizer};
}

// Bytes that one token leaves in one layer for the backward pass, 16-bit values and 1-byte masks (arXiv
// 2205.05198, section 4.1, generalised: with ffn = 4 h, no gate and as many kv heads `whole` is 10 h and
// `divided` 24 h). Tensor parallelism divides the second part, with sequence parallelism both.
//
// Frozen products need no inputs: of a layer there stay the inputs of both norms, queries, keys, values and
// attention's output, what enters the activation, and of each adapter its dropped-out input and the mask, 3
// bytes an element (arXiv 2106.09685).
LayerBytes layer_bytes_per_token(const TransformerShape& s, bool experts, const Stack& stack, double sequence,
                                 Adapters adapters) {
  const double h = s.hidden;
  const double q = static_cast<double>(s.heads) * s.head_dim;
  const double kv = static_cast<double>(s.kv_heads) * s.head_dim;
  const double routed = experts ? s.experts->per_token : 0;
  const double f = experts ? (routed + s.experts->shared) * s.experts->ffn : s.ffn;
  LayerBytes bytes;
  bytes.layers = experts     ? s.layers - s.experts->dense_layers
                 : s.experts ? s.experts->dense_layers
                             : s.layers;
  bytes.whole = 10 * h + (experts ? 2 * routed * h : 0);  // norms, inputs of both blocks, dropout masks
  bytes.divided = 4 * q + 4 * kv + (s.gated_mlp ? 6 : 4) * f;
  if (adapters == Adapters::kAttention) {
    bytes.whole -= 3 * h;
    bytes.divided += 3 * q - 2 * f;
  } else if (adapters == Adapters::kAll) {
    bytes.divided += 3 * q + f;
  }
  if (stack.attention == AttentionKernel::kUnfused) bytes.scores = 5.0 * s.heads * sequence;
  return bytes;
}

// What one sample leaves for the backward pass: products, norms and pools keep their input; an activation
// keeps its own unless it overwrote it, behind a norm; attention keeps its scores unless a fused kernel finds
// them again.
Bytes kept_by(std::span<const Operator> operators, double element, AttentionKernel attention) {
  double elements = 0;
  for (const Operator& o : operators) {
    if (o.gradient == Gradient::kNone) continue;
    const bool is_product = o.kind == OperatorKind::kConvolution || o.kind == OperatorKind::kLinear;
    if (is_product && o.gradient == Gradient::kInput) continue;  // frozen weights need no inputs
    switch (o.kind) {
      case OperatorKind::kEmbedding:
        break;  // which rows they were
      case OperatorKind::kAttention:
        elements += o.times * o.read;
        if (attention == AttentionKernel::kUnfused) elements += o.times * o.positions * o.kernel * o.groups;
        break;
      case OperatorKind::kActivation:
        if (!o.chained) elements += o.times * o.read;
        break;
      case OperatorKind::kRecurrent:
        elements += o.times * o.written;
        break;
      case OperatorKind::kSum:
      case OperatorKind::kCopy:
        break;
      default:
        elements += o.times * o.read;
    }
  }
  return Bytes::of(element * elements);
}

double count_tables(std::span<const Operator> operators) {
  double tables = 0;
  for (const Operator& o : operators) tables += o.kind == OperatorKind::kEmbedding ? o.times * o.groups : 0;
  return tables;
}

}  // namespace

Bytes framework_overhead(const Accelerator& accelerator) {
  return kContextGib * kGiB + kFragmentation * accelerator.memory;
}

std::string memory_text(Bytes bytes) { return plain_number(std::round(bytes.in(kGiB)*10) / 10) + " GiB"; }

MemoryModel::MemoryModel(const Demand& demand, const Workload& workload, const Accelerator& accelerator,
                         Precision precision, const Stack& stack)
    : state_(state_bytes(workload, precision, stack)),
      selective_share_(stack.selective_share),
      params_(demand.params),
      loss_chunks_(stack.loss_chunks),
      ends_whole_(stack.tunes_plainly),
      overhead_(framework_overhead(accelerator)) {
  if (demand.model.shape && demand.model.operators.empty()) {
    shape_ = &*demand.model.shape;
    parameters_ = count_parameters(*shape_);
    // Embeddings and the head are not quantised to 4 bits.
    const double ends =
        static_cast<double>(shape_->vocab) * shape_->hidden * (shape_->tied_embeddings ? 1 : 2);
    if (workload.has_lever(Lever::kQlora))
      state_.weights += (2 - kQloraBytes) * std::min(1.0, ends / parameters_.total());
  }
  if (shape_ != nullptr && demand.text) {
    global_batch_ = demand.global_batch;
    sequence_ = demand.sequence_length;
    element_share_ = std::max(2.0, bytes_per_element(precision)) / 2;
    for (const bool experts : {false, true}) {
      if (experts && !shape_->experts) continue;
      const LayerBytes bytes =
          layer_bytes_per_token(*shape_, experts, stack, sequence_, adapters_of(workload));
      if (bytes.layers > 0) layers_[experts ? 1 : 0] = bytes;
    }
  }
  if (!demand.model.operators.empty()) take_operators(demand, workload, precision, stack);
}

void MemoryModel::take_operators(const Demand& demand, const Workload& workload, Precision precision,
                                 const Stack& stack) {
  const OperatorTotals sum = total(demand.model.operators);
  params_ = sum.params;
  const bool adapters = workload.has_lever(Lever::kLora) || workload.has_lever(Lever::kQlora);
  const bool dealt_out = demand.family == Family::kDlrm;
  trained_share_ = adapters ? 1 : sum.trained_share(dealt_out);
  if (dealt_out) {
    table_params_ = sum.embedding_params;
    tables_ = count_tables(demand.model.operators);
    whole_tables_ = !stack.hybrid_tables;
  }
  kept_per_sample_ =
      kept_by(demand.model.operators, std::max(2.0, bytes_per_element(precision)), stack.attention);
}

// Of what one layer leaves, what a recompute mode keeps: full keeps a layer's input; selective drops the
// scores, or on software that repeats a share of the products that share of what they left. In full recompute
// a whole layer is at work besides.
PassMemory MemoryModel::pass(const Parallelism& p) const {
  PassMemory m;
  if (sequence_ <= 0) {
    m.kept = m.kept_selective = p.micro_batch * kept_per_sample_;
    m.kept_full = kCheckpointed * m.kept;
    return m;
  }
  const double t = p.tensor_parallel;
  const double split = p.sequence_parallel ? t : 1;
  const double bytes = p.micro_batch * sequence_ / p.context_parallel * element_share_;
  for (const LayerBytes& layer : layers_) {
    const double scores = layer.scores / t;
    const double all = layer.whole / split + layer.divided / t + scores;
    m.kept += Bytes::of(bytes * all * layer.layers);
    m.kept_selective += Bytes::of(bytes * (all - scores) * (1 - selective_share_) * layer.layers);
    m.kept_full += Bytes::of(bytes * (2 * shape_->hidden / split) * layer.layers);
    if (layer.layers > 0) m.working = std::max(m.working, Bytes::of(bytes * all));
  }
  // 16-bit logits and their 32-bit gradient stand on the last stage, which holds one micro-batch.
  m.logits = Bytes::of(bytes * (2 + 4 / loss_chunks_) * shape_->vocab / t);
  return m;
}

StateMemory MemoryModel::state(const Parallelism& p) const {
  LocalParameters local{(params_ - table_params_) / p.tensor_parallel / p.pipeline_parallel, 0};
  if (shape_ != nullptr) local = fullest_rank_parameters(*shape_, parameters_, p);
  const double dense_shards = state_shards(p);
  const double expert_shards = std::max(1, std::min(expert_replicas(p), state_shards(p)));
  const double all = local.dense + local.expert;
  const double shard = local.dense / dense_shards + local.expert / expert_shards;
  StateMemory m;
  m.optimizer = Bytes::of((p.zero_stage >= 1 ? shard : all) * trained_share_ * state_.optimizer);
  m.gradients = Bytes::of((p.zero_stage >= 2 ? shard : all) * trained_share_ * state_.gradients);
  m.weights = Bytes::of((p.zero_stage >= 3 ? shard : all) * state_.weights);
  if (p.zero_stage >= 3 && dense_shards > 1) {
    const double layers =
        shape_ != nullptr ? shape_->layers / static_cast<double>(p.pipeline_parallel) : 1 + kGatheredLayers;
    m.weights += Bytes::of(kGatheredLayers / layers * state_.weights * (all - shard));
    // Modules that wrap their layers alone keep the rest gathered (torch.distributed.fsdp).
    if (ends_whole_ && shape_ != nullptr)
      m.weights += Bytes::of(2.0 * shape_->vocab * shape_->hidden * (shape_->tied_embeddings ? 1 : 2) *
                             (1 - 1 / dense_shards));
  }
  // Tables are dealt out, whole or row by row, in 32 bits; their optimizer keeps no state (plain SGD, MLPerf
  // DLRM). Whole ones are taken to be of one size.
  if (table_params_ > 0) {
    const double ranks = replicas(p);
    const double share = whole_tables_ ? std::ceil(tables_ / ranks) / tables_ : 1 / ranks;
    m.weights += Bytes::of(kTableBytes * table_params_ * share);
  }
  return m;
}

// One layer a stage, and one micro-batch in it.
Bytes MemoryModel::least(const PassMemory& pass) const {
  const double layers = shape_ != nullptr ? shape_->layers : 1;
  return std::min({pass.kept, pass.kept_selective, pass.kept_full + pass.working * layers}) / layers +
         overhead_;
}

MemoryUse MemoryModel::offloaded(const Parallelism& p) const {
  MemoryUse all = use(p);
  const double layers = shape_ != nullptr ? shape_->layers : 1;
  all.optimizer = {};
  all.gradients = all.gradients / layers;  // the optimizer steps within the backward pass
  if (replicas(p) > 1) {
    LocalParameters local = fullest_rank_parameters(*shape_, parameters_, p);
    all.weights -= Bytes::of(state_.weights * (local.dense + local.expert) / state_shards(p));
    all.gradients = {};
  }
  return all;
}

// The first stage holds as many micro-batches as there are stages; interleaving adds (p - 1) / (p v) of them
// (arXiv 2205.05198, section 4.2.3).
MemoryUse MemoryModel::use(const Parallelism& p, const PassMemory& pass, const StateMemory& state) const {
  MemoryUse use{state.weights, state.gradients, state.optimizer, {}, overhead_};
  if (sequence_ <= 0) {
    use.activations = p.recompute == Recompute::kFull ? pass.kept_full : pass.kept;
    return use;
  }
  const double stages = p.pipeline_parallel;
  const double rounds = std::max(1.0, global_batch_ / (p.data_parallel * p.micro_batch));
  const double deep = p.virtual_pipeline > 1 ? 1 + (stages - 1) / (stages * p.virtual_pipeline) : 1;
  const double in_flight = std::min(stages, rounds) * deep;  // micro-batches of a stage
  Bytes kept = pass.kept;
  if (p.recompute == Recompute::kSelective) kept = pass.kept_selective;
  if (p.recompute == Recompute::kFull) kept = pass.kept + (pass.kept_full - pass.kept) * p.recompute_share;
  use.activations = kept * (in_flight * fullest_share(shape_->layers, p.pipeline_parallel));
  // The logits are gone before a layer is repeated.
  const Bytes repeated = p.recompute == Recompute::kFull && p.recompute_share > 0 ? pass.working : Bytes{};
  use.activations += std::max(repeated, p.pipeline_parallel == 1 ? pass.logits : Bytes{});
  return use;
}

}  // namespace capplan

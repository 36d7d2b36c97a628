#include "performance/step_model.h"

#include <algorithm>
#include <cmath>

#include "performance/sharding.h"

namespace capplan {
namespace {

constexpr double kOptimizerTraffic = 30;  // read and write weights, gradient, master copy and both moments
// A step's traffic with the host for each local parameter whose state the host holds: 8-bit moments in and
// out (bitsandbytes' paged optimizers); sharded over accelerators, 16-bit weights in twice and gradients out,
// and what an Adam step of the host reads and writes.
constexpr double kPagedBytes = 4;
constexpr double kHostBytes = 2 * 2 + 2 + 14;
// PCIe 4 x16. The memory of a host of eight serves each about as fast.
constexpr Bandwidth kHostRate = Bandwidth::of(31.5e9);
constexpr double kJitterMs = 5;    // a doubling of accelerators (MLPerf Llama-2 70B LoRA, 8 to 1,024)
constexpr double kHideable = 0.6;  // share of a stage beneath which its gradients can be reduced
constexpr double kSliceOfPod = 256;

double real(int value) { return static_cast<double>(value); }

}  // namespace

// A ring over `group` ranks: inside a domain the links carry it, beyond it the rings that share a domain
// share what leaves it.
Bandwidth StepModel::ring_bandwidth(const Parallelism& p, int group) const {
  const Network& net = s_.network;
  const int together = std::clamp(net.domain() / p.tensor_parallel, 1, group);
  const Bandwidth bus = net.law(Collective::kAllGather, together).bus;
  if (group <= together) return bus;
  const Bandwidth outward = net.outward() / (real(net.domain()) / together);
  return together > 1 ? std::min(bus, outward) : outward;
}

// Parameters and the ranks that share them: dense ones, then experts.
std::array<StepModel::Replicated, 2> StepModel::replicated(const Parallelism& p) const {
  const LocalParameters local = fullest_rank_parameters(*s_.shape, parameters_, p);
  return {{{local.dense, replicas(p), state_shards(p)},
           {local.expert, expert_replicas(p), std::min(expert_replicas(p), state_shards(p))}}};
}

// A ring over `group` ranks of `bytes` each way.
Duration StepModel::ring_time(const Parallelism& p, int group, double bytes) const {
  if (group <= 1) return {};
  const bool across = !s_.operators.empty() && group > s_.network.domain();
  return Bytes::of(bytes * (group - 1) / group) / ring_bandwidth(p, group) *
         (across ? c_.operator_gradient_across : 1);
}

// Tables that are dealt out have no replicas: their gradients stay where the rows are.
ParameterCount StepModel::parameters_of(const StepSetup& setup) {
  if (setup.operators.empty()) return count_parameters(*setup.shape);
  const OperatorTotals sum = total(setup.operators);
  ParameterCount count;
  count.matmul = sum.params - (setup.tables_dealt_out ? sum.embedding_params : 0);
  return count;
}

// Of an embedding's vectors, what the busiest rank exchanges over an even share. Whole tables leave some
// ranks with more of them; rows that are kept everywhere need no exchange.
double StepModel::exchanged_share(const Operator& tables, int ranks) const {
  if (s_.stack.hybrid_tables) return tables.positions == tables.groups ? c_.rare_lookups : 1;
  return std::ceil(tables.groups / ranks) * ranks / tables.groups;
}

// Each rank looks up the rows that it holds for all samples and sends the vectors to where the samples are;
// backward their gradients take the same way (arXiv 1906.00091, section 4).
Duration StepModel::exchange(int ranks) const {
  if (!s_.tables_dealt_out || ranks <= 1) return {};
  double elements = 0;
  for (const Operator& o : s_.operators) {
    if (o.kind == OperatorKind::kEmbedding)
      elements += o.times * o.written * exchanged_share(o, ranks) * (o.gradient == Gradient::kWhole ? 2 : 1);
  }
  const Network& net = s_.network;
  const Bytes vectors = Bytes::of(s_.element * elements * (ranks - 1) / ranks);
  const Bandwidth inside = net.law(Collective::kAllToAll, ranks).bus;
  if (ranks <= net.domain()) return vectors / inside * c_.table_exchange;
  return vectors / std::min(inside, net.outward() / real(net.domain())) * c_.table_exchange_across;
}

Duration StepModel::fixed() const {
  return Duration::of((s_.operators.empty() ? c_.step_ms : c_.operator_step_ms) * 1e-3);
}

double StepModel::growth(int count) const {
  if (s_.stack.platform == Platform::kXla)
    return c_.growth_tpu * std::log2(std::max(1.0, count / kSliceOfPod));
  return c_.growth * std::log2(std::max(1.0, count / 8.0));
}

// Steps that tune adapters are short and have little else to synchronise them: the slowest accelerator is
// waited for.
Duration StepModel::jitter(int count) const {
  const double each = s_.operators.empty() && s_.trained_share < 1 ? kJitterMs : 0;
  return Duration::of(each * std::log2(std::max(1.0, real(count))) * 1e-3);
}

// Gradients are reduced over the ranks that hold the same parameters: a ring all-reduce, or with sharded
// optimizer state a reduce-scatter of gradients and an all-gather of weights (arXiv 1910.02054, section 7).
// Fully sharded, weights are gathered for each pass and gradients scattered, every micro-batch; where the
// shards stay inside a domain they are reduced across domains besides.
StateTime StepModel::state(const Parallelism& p) const {
  StateTime t;
  double updated = 0;
  for (const Replicated& r : replicated(p)) {
    const double trained = r.parameters * s_.trained_share;
    const double gradients = s_.stack.gradient_bytes * trained;
    updated += r.parameters / (p.zero_stage >= 1 ? std::max(1, r.shards) : 1);
    if (p.zero_stage >= 3) {
      const bool inside = r.shards * p.tensor_parallel <= s_.network.domain();
      t.gathered += ring_time(p, r.shards, 2 * s_.element * r.parameters + gradients) *
                    (inside ? c_.shard_in_domain : c_.shard_across);
      const int domains = r.shards > 0 ? r.ranks / r.shards : 1;
      if (domains > 1)
        t.scattered += Bytes::of(2 * gradients / r.shards * (domains - 1) / domains) /
                       (s_.network.outward() / real(s_.network.domain()));
    } else if (p.zero_stage >= 1 && r.shards > 1) {
      t.scattered += ring_time(p, r.ranks, gradients);
      t.refreshed += ring_time(p, r.ranks, s_.element * trained);
    } else {
      t.scattered += ring_time(p, r.ranks, 2 * gradients);
    }
  }
  t.optimizer = Bytes::of(kOptimizerTraffic * updated * s_.trained_share) / s_.memory_bandwidth;
  t.exchanged = exchange(p.data_parallel);
  t.growth = growth(accelerators(p));
  if (s_.offloaded)
    t.optimizer = Bytes::of(updated * (accelerators(p) > 1 ? kHostBytes : kPagedBytes)) / kHostRate;
  return t;
}

// Share of a gradient reduction that no backward pass hides.
double StepModel::gradient_open() const {
  return s_.operators.empty() ? 1 - c_.gradient_hidden : c_.operator_gradient_exposed;
}

// What data parallelism adds to a step whose stage takes `stage` for a micro-batch. One stretch of compute
// hides one transfer: gradients get what gathered weights leave.
Duration StepModel::state_exposed(const Parallelism& p, const StateTime& t, Duration stage,
                                  double rounds) const {
  const Duration hidable = (1 - c_.shard_exposed) * t.gathered;
  const Duration gathered = c_.shard_exposed * t.gathered + std::max(hidable - stage, Duration{});
  const double reductions = p.zero_stage == 2 ? rounds : 1;
  const Duration reduced = t.scattered * reductions + t.refreshed;
  const Duration left = std::max(stage - hidable, Duration{});
  const Duration exposed = s_.stack.gradient_overlap ? std::max(gradient_open() * reduced,
                                                                reduced - left * (kHideable * reductions))
                                                     : reduced * c_.gradient_blocking;
  return gathered * rounds + exposed;
}

Duration StepModel::least_exposed(const StateTime& t) const {
  const double gradients = s_.stack.gradient_overlap ? gradient_open() : c_.gradient_blocking;
  return (c_.shard_exposed * t.gathered + gradients * (t.scattered + t.refreshed) + t.optimizer) *
         (1 + t.growth);
}

// Activations of a micro-batch pass to the next stage, or their gradients back. Each tensor rank sends its
// share and the receivers gather it over their links (arXiv 2104.04473, section 4.1).
Duration StepModel::stage_transfer(const Parallelism& p) const {
  const double tokens = p.micro_batch * s_.sequence / p.context_parallel;
  const Bytes each = Bytes::of(s_.element * tokens * s_.shape->hidden / p.tensor_parallel);
  const Network& net = s_.network;
  const Bandwidth rate = accelerators(p) <= net.domain() ? net.law(Collective::kAllGather, 2).bus
                                                         : net.outward() / real(net.domain());
  return each / rate;
}

// What of a step's transfers nothing hides. Without interleaving each micro-batch waits for its own;
// interleaved, where the software overlaps at all, other chunks hide them, but for the first micro-batch on
// its way to the last stage and the last one's gradients on their way back. `hiding` is what is left for
// other transfers.
Duration StepModel::transfers_exposed(const Parallelism& p, Duration stage, double rounds,
                                      Duration& hiding) const {
  const Duration each = stage_transfer(p);
  const Duration of_micro_batch = each * (2.0 * p.virtual_pipeline);
  if (!s_.stack.tensor_overlap || p.virtual_pipeline == 1) return of_micro_batch * rounds;
  hiding = std::max(stage - of_micro_batch, Duration{});
  return each * (2.0 * (p.pipeline_parallel - 1)) + std::max(of_micro_batch - stage, Duration{}) * rounds;
}

StepBound StepModel::bound(int count) const {
  const double longer = growth(count);
  return {s_.global_batch / count * (1 + longer), longer, fixed() + jitter(count)};
}

Duration StepModel::least_step(const Parallelism& p, const PassTime& pass, const StepBound& bound) const {
  Parallelism bare = p;
  bare.recompute = Recompute::kNone;
  const StepTime t = step(bare, pass, StateTime{{}, {}, {}, {}, {}, bound.growth});
  return t.total() - t.pipeline_comm * (1 + bound.growth);
}

// 1F1B, interleaved where it is virtual: m micro-batches at the pace of the fullest stage, and (p - 1) / v of
// an average stage to fill and drain (arXiv 2104.04473, section 2.2).
StepTime StepModel::step(const Parallelism& p, const PassTime& pass, const StateTime& state) const {
  const double rounds = std::max(1.0, std::ceil(s_.global_batch / (p.data_parallel * p.micro_batch) - 1e-9));
  const double stages = p.pipeline_parallel;
  const double layers = s_.shape->layers;
  const Duration repeated = p.recompute == Recompute::kFull        ? pass.repeated_full * p.recompute_share
                            : p.recompute == Recompute::kSelective ? pass.repeated_selective
                                                                   : Duration{};
  const double each = rounds / stages;
  StepTime t;
  t.compute = (pass.compute + pass.ends()) * each;
  t.memory_bound = pass.memory_bound * each;
  t.recompute = repeated * each;
  t.tensor_comm = pass.tensor * each;
  t.context_comm = pass.context * each;
  t.expert_comm = pass.expert * each + state.exchanged * (p.micro_batch * rounds);
  t.other = pass.launch_wait * each;

  const Duration repeating = pass.layers() + repeated;
  const Duration mean = (repeating + pass.ends()) / stages;
  Duration hiding = mean;  // compute of a micro-batch that state traffic can run beneath
  if (p.pipeline_parallel > 1) {
    const StageLayers dealt = stage_layers(s_.shape->layers, p.pipeline_parallel);
    const Duration one_layer = repeating / layers;
    const Duration fullest = std::max(one_layer * real(dealt.most), one_layer * real(dealt.last) + pass.head);
    t.pipeline_bubble =
        (std::max(fullest, mean) - mean) * rounds + mean * ((stages - 1) / p.virtual_pipeline);
    t.pipeline_comm = transfers_exposed(p, mean, rounds, hiding);
  }
  t.data_comm_exposed = state_exposed(p, state, hiding, rounds);
  t.optimizer = state.optimizer;
  t.other += t.total() * state.growth + fixed() + jitter(accelerators(p));
  return t;
}

}  // namespace capplan

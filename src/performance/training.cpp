#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "capplan/performance/execution.h"
#include "core/number_text.h"
#include "performance/efficiency.h"
#include "performance/goodput.h"
#include "performance/memory.h"

namespace capplan {
namespace {

constexpr std::array<int, 5> kTensorDegrees{1, 2, 4, 8, 16};
constexpr std::array<int, 5> kPipelineDegrees{1, 2, 4, 8, 16};
constexpr int kMostChunks = 8;  // interleaving: model chunks a stage
// Published pipelined runs carry about this much bubble in their MFU already (arXiv 2104.04473, figure 12
// setups).
constexpr double kUsualBubble = 0.10;

std::string gib(Bytes bytes) { return plain_number(std::round(bytes.in(kGiB)*10) / 10) + " GiB"; }

bool is_legal(const Parallelism& p, const Demand& demand, int count) {
  const long long model_parallel = 1LL * p.tensor_parallel * p.pipeline_parallel * p.context_parallel;
  if (model_parallel > count || count % model_parallel != 0) return false;
  if (!demand.model.shape) return p.tensor_parallel == 1 && p.pipeline_parallel == 1;
  return demand.model.shape->heads % p.tensor_parallel == 0 &&
         demand.model.shape->layers >= p.pipeline_parallel;
}

std::vector<int> degrees(const std::optional<int>& pinned, const std::array<int, 5>& tried) {
  return pinned ? std::vector<int>{*pinned} : std::vector<int>(tried.begin(), tried.end());
}

// Interleaved stages where the layers allow it (arXiv 2104.04473, section 2.2).
int choose_chunks(const Demand& demand, const Pin& pin, int pipeline) {
  if (pin.virtual_pipeline) return *pin.virtual_pipeline;
  if (pipeline == 1 || !demand.model.shape) return 1;
  return std::clamp(demand.model.shape->layers / pipeline, 1, kMostChunks);
}

// How a model is divided, before what its replicas share and recompute.
std::vector<Parallelism> candidate_divisions(const Demand& demand, const Workload& workload,
                                             const Machine& machine) {
  const Pin& pin = workload.pin;
  std::vector<Parallelism> divisions;
  for (const int pipeline : degrees(pin.pipeline_parallel, kPipelineDegrees)) {
    for (const int tensor : degrees(pin.tensor_parallel, kTensorDegrees)) {
      // Tensor parallelism stays within a node, and stages are for models that fill whole nodes.
      if (!pin.tensor_parallel && tensor > std::min(machine.per_node, machine.count)) continue;
      if (!pin.pipeline_parallel && pipeline > 1 && tensor < std::min(machine.per_node, 8)) continue;
      Parallelism p;
      p.tensor_parallel = tensor;
      p.pipeline_parallel = pipeline;
      p.virtual_pipeline = choose_chunks(demand, pin, pipeline);
      p.context_parallel = pin.context_parallel.value_or(1);
      p.expert_parallel = pin.expert_parallel.value_or(1);
      if (!is_legal(p, demand, machine.count)) continue;
      p.data_parallel = machine.count / (p.tensor_parallel * p.pipeline_parallel * p.context_parallel);
      if (!pin.data_parallel || *pin.data_parallel == p.data_parallel) divisions.push_back(p);
    }
  }
  return divisions;
}

// Layouts in order of preference: undivided before divided models, sharded state before recomputed
// activations.
std::vector<Parallelism> candidate_layouts(const Demand& demand, const Workload& workload,
                                           const Machine& machine) {
  const Pin& pin = workload.pin;
  std::vector<Recompute> recomputes{Recompute::kNone, Recompute::kFull};
  if (workload.has_lever(Lever::kRecompute)) recomputes = {Recompute::kFull};
  if (pin.recompute) recomputes = {*pin.recompute};
  std::vector<Parallelism> layouts;
  for (Parallelism p : candidate_divisions(demand, workload, machine)) {
    const std::vector<int> stages = pin.zero_stage        ? std::vector<int>{*pin.zero_stage}
                                    : p.data_parallel > 1 ? std::vector<int>{1, 3}
                                                          : std::vector<int>{0};
    for (const Recompute recompute : recomputes) {
      for (const int stage : stages) {
        p.recompute = recompute;
        p.zero_stage = stage;
        layouts.push_back(p);
      }
    }
  }
  return layouts;
}

// A global batch is dealt out to replicas in whole micro-batches of one size; nothing else runs.
bool divides(double part, double whole) { return whole <= 0 || std::abs(std::remainder(whole, part)) < 1e-9; }

bool fits(const Demand& demand, const Workload& workload, const Machine& machine, Precision precision,
          const Parallelism& p) {
  return training_memory(demand, workload, *machine.accelerator, precision, p).total() <=
         machine.accelerator->memory;
}

// Samples that one replica holds at once: as pinned; else one sequence of text, or the largest divisor of its
// share of the batch that fits.
double choose_micro_batch(const Demand& demand, const Workload& workload, const Machine& machine,
                          Precision precision, Parallelism p) {
  if (workload.pin.micro_batch) return *workload.pin.micro_batch;
  if (demand.text) return 1;
  const double share = std::max(1.0, demand.global_batch / p.data_parallel);
  constexpr double kMostRounds = 1e5;
  for (int rounds = 1; rounds < std::min(share, kMostRounds); ++rounds) {
    p.micro_batch = share / rounds;
    if (divides(rounds, share) && fits(demand, workload, machine, precision, p)) return p.micro_batch;
  }
  return 1;
}

// A step's batch is dealt out in whole micro-batches; the replicas that get fewer wait for the others.
double batch_efficiency(const Demand& demand, const Parallelism& p) {
  if (demand.global_batch <= 0) return 1;
  const double rounds = std::ceil(demand.global_batch / (p.data_parallel * p.micro_batch));
  return demand.global_batch / (rounds * p.data_parallel * p.micro_batch);
}

// Bubble of 1F1B, interleaved where the pipeline is virtual: (p - 1) / (v m) (arXiv 2104.04473, section 2.2).
double bubble_share(const Demand& demand, const Parallelism& p) {
  const double micro_batches =
      std::max(1.0, std::ceil(demand.global_batch / (p.data_parallel * p.micro_batch)));
  return (p.pipeline_parallel - 1) / (p.virtual_pipeline * micro_batches);
}

// What is left of a usual run's throughput under a layout: published runs had whole batches and short
// bubbles.
double layout_efficiency(const Demand& demand, const Parallelism& p) {
  return batch_efficiency(demand, p) * std::min(1.0, (1 + kUsualBubble) / (1 + bubble_share(demand, p)));
}

struct Placed {
  Parallelism layout;
  MemoryUse memory;
};

tl::expected<Placed, Misfit> place(const Demand& demand, const Workload& workload, const Machine& machine,
                                   Precision precision) {
  Bytes least_lacking = Bytes::of(1e30);
  bool any = false;
  bool divisible = false;
  std::optional<Placed> best;
  double best_efficiency = 0;
  for (Parallelism p : candidate_layouts(demand, workload, machine)) {
    any = true;
    p.micro_batch = choose_micro_batch(demand, workload, machine, precision, p);
    if (!divides(p.data_parallel * p.micro_batch, demand.global_batch)) continue;
    divisible = true;
    const MemoryUse memory = training_memory(demand, workload, *machine.accelerator, precision, p);
    if (memory.total() > machine.accelerator->memory) {
      least_lacking = std::min(least_lacking, memory.total() - machine.accelerator->memory);
      continue;
    }
    // The first of equals stays: it is the simpler one.
    if (const double efficiency = layout_efficiency(demand, p);
        !best || efficiency > best_efficiency * (1 + 1e-9)) {
      best = Placed{p, memory};
      best_efficiency = efficiency;
    }
  }
  if (best) return *best;
  if (!any)
    return tl::unexpected(
        Misfit{"no layout: " + std::to_string(machine.count) + " accelerators cannot be divided as pinned",
               "another count"});
  if (!divisible) {
    return tl::unexpected(Misfit{"no layout: a batch of " + plain_number(demand.global_batch) +
                                     " cannot be dealt out evenly to " + std::to_string(machine.count) +
                                     " accelerators",
                                 "a count that divides the batch"});
  }
  return tl::unexpected(Misfit{"does not fit: needs " + gib(least_lacking) + " more an accelerator", ""});
}

Efficiency choose_efficiency(const Demand& demand, const Workload& workload, const Machine& machine,
                             Precision precision, const Catalog& catalog) {
  if (!workload.assume.mfu)
    return find_efficiency(catalog, demand.family, *machine.accelerator, precision, demand.params,
                           machine.count);
  Efficiency e;
  e.mfu = e.p10 = e.p90 = *workload.assume.mfu;
  e.evidence = "the spec's assume.mfu";
  return e;
}

// What data parallelism sends through each node's links in one step: gradients reduced and weights gathered
// once, 2 x 2 bytes a parameter; with ZeRO-3 weights gathered twice and gradients scattered once for every
// micro-batch, 3 x 2 bytes (ZeRO, arXiv 1910.02054, section 7). Tensor-parallel ranks of a node carry a shard
// each: together the whole.
Duration node_communication(const Demand& demand, const Workload& workload, const Machine& machine,
                            const Parallelism& p) {
  const std::optional<Bandwidth> bandwidth =
      workload.assume.interconnect ? workload.assume.interconnect : machine.node_bandwidth;
  if (!bandwidth || machine.count <= machine.per_node || p.data_parallel <= 1) return {};
  const double rounds = std::max(1.0, std::ceil(demand.global_batch / (p.data_parallel * p.micro_batch)));
  const double trained = demand.params / p.pipeline_parallel * (demand.family == Family::kLora ? 0.01 : 1);
  const double bytes = p.zero_stage >= 3 ? 6 * demand.params / p.pipeline_parallel * rounds : 4 * trained;
  return Bytes::of(bytes) / *bandwidth;
}

StepTime split_step(Duration step, double mfu, double bubble, Recompute recompute, Duration exposed) {
  StepTime t;
  t.data_comm_exposed = exposed;
  step -= exposed;
  t.compute = step * mfu;
  // Full recompute repeats the forward pass, a third of the model's arithmetic.
  if (recompute == Recompute::kFull) t.recompute = std::min(t.compute / 3, step - t.compute);
  t.pipeline_bubble = std::min(step * (bubble / (1 + bubble)), step - t.compute - t.recompute);
  t.other = step - t.compute - t.recompute - t.pipeline_bubble;
  return t;
}

void note_assumptions(Execution& e, const Demand& demand, const Workload& workload,
                      const Accelerator& accelerator) {
  const bool untabled = demand.family == Family::kDiffusion || demand.family == Family::kDlrm ||
                        demand.family == Family::kGeneric;
  if (untabled && !workload.assume.mfu) {
    add_assumption(e.assumptions,
                   {"performance.mfu", plain_number(std::round(e.mfu * 1000) / 1000),
                    "no published runs of this family are tabled: those of a like one, with a wide band"});
  }
  const std::string peak = "peak." + std::string(precision_name(e.precision));
  if (is_unverified(accelerator, peak))
    add_assumption(e.assumptions,
                   {"hardware." + std::string(accelerator.id) + "." + peak,
                    plain_number(peak_of(accelerator, e.precision).in(kTflops)) + " TFLOP/s", "unverified"});
  if (!demand.model.shape && !demand.model.activations_per_sample)
    add_assumption(e.assumptions, {"performance.memory.activations", "left out",
                                   "neither layers nor activations_per_sample are given"});
  if (!workload.training.precision) {
    add_assumption(e.assumptions, {"training.precision", std::string(precision_name(e.precision)),
                                   "default: what the accelerator's runs usually take"});
  }
  if (workload.pin.flash_attention)
    add_assumption(e.assumptions, {"pin.flash_attention", *workload.pin.flash_attention ? "true" : "false",
                                   "has no effect: efficiency and memory are those of runs with it"});
  if (workload.pin.sequence_parallel)
    add_assumption(e.assumptions,
                   {"pin.sequence_parallel", *workload.pin.sequence_parallel ? "true" : "false",
                    "has no effect: activations are divided over tensor-parallel devices"});
  if (workload.pin.stack)
    add_assumption(e.assumptions,
                   {"pin.stack", *workload.pin.stack,
                    "has no effect: efficiency is that of published runs, whatever their software"});
}

}  // namespace

tl::expected<Precision, Misfit> choose_precision(const Workload& workload, const Accelerator& accelerator) {
  std::optional<Precision> wanted = workload.training.precision;
  if (workload.has_lever(Lever::kFp8)) wanted = Precision::kFp8;
  if (workload.has_lever(Lever::kInt8)) wanted = Precision::kInt8;
  if (workload.has_lever(Lever::kFp4)) wanted = Precision::kFp4;
  if (wanted) {
    if (peak_of(accelerator, *wanted).base() > 0) return *wanted;
    // Parts before bf16 run the same recipe in fp16.
    if (*wanted == Precision::kBf16 && accelerator.peak.fp16.base() > 0) return Precision::kFp16;
    return tl::unexpected(
        Misfit{"states no " + std::string(precision_name(*wanted)) + " peak", "another precision"});
  }
  for (const Precision usual : {Precision::kBf16, Precision::kFp16, Precision::kTf32, Precision::kFp32}) {
    if (peak_of(accelerator, usual).base() > 0) return usual;
  }
  return tl::unexpected(Misfit{"has no published peak", ""});
}

ExecutionResult estimate_training(const Demand& demand, const Workload& workload, const Machine& machine,
                                  const Catalog& catalog) {
  const Accelerator& accelerator = *machine.accelerator;
  const auto precision = choose_precision(workload, accelerator);
  if (!precision) return tl::unexpected(precision.error());
  const auto placed = place(demand, workload, machine, *precision);
  if (!placed) return tl::unexpected(placed.error());
  const Efficiency efficiency = choose_efficiency(demand, workload, machine, *precision, catalog);
  if (efficiency.mfu <= 0)
    return tl::unexpected(Misfit{"no published efficiency for this family", "`assume: {mfu: …}`"});

  const double bubble = bubble_share(demand, placed->layout);
  Execution e;
  e.precision = *precision;
  e.memory = placed->memory;
  e.mfu = efficiency.mfu * (workload.assume.mfu ? batch_efficiency(demand, placed->layout)
                                                : layout_efficiency(demand, placed->layout));
  e.evidence = efficiency.evidence;
  e.time_p10 = efficiency.mfu / efficiency.p90;
  e.time_p90 = efficiency.mfu / efficiency.p10;
  const FlopRate rate = static_cast<double>(machine.count) * e.mfu * peak_of(accelerator, *precision);
  TrainingExecution t;
  const Duration unhindered = demand.flops_per_step / rate;
  // Published runs had links that kept up; where these do not, the step waits for them.
  const Duration exposed =
      std::max(node_communication(demand, workload, machine, placed->layout) - unhindered, Duration{});
  t.step_time = unhindered + exposed;
  t.parallelism = placed->layout;
  t.samples_per_s = demand.global_batch / t.step_time.base();
  if (demand.text) t.tokens_per_s_per_accelerator = t.samples_per_s * demand.sequence_length / machine.count;
  t.breakdown = split_step(t.step_time, e.mfu, bubble, placed->layout.recompute, exposed);
  e.mfu *= unhindered / t.step_time;
  t.hfu = e.mfu + t.breakdown.recompute / t.step_time;
  const int nodes = (machine.count + machine.per_node - 1) / machine.per_node;
  e.goodput =
      workload.assume.goodput.value_or(failure_goodput(catalog, machine.count, nodes, demand.checkpoint));
  e.run_time = t.step_time * demand.steps / e.goodput;
  e.training = t;
  note_assumptions(e, demand, workload, accelerator);
  return e;
}

}  // namespace capplan

#include "performance/table_training.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/number_text.h"
#include "performance/efficiency.h"
#include "performance/goodput.h"
#include "performance/memory.h"
#include "performance/precision.h"
#include "performance/sharding.h"

namespace capplan {
namespace {

// A global batch is dealt out to replicas in whole micro-batches of one size; nothing else runs.
struct Placed {
  Parallelism layout;
  MemoryUse memory;
};

class Placer {
 public:
  Placer(const Demand& demand, const Workload& workload, const Machine& machine, Precision precision)
      : demand_(demand),
        workload_(workload),
        machine_(machine),
        memory_(demand, workload, *machine.accelerator, precision, Stack{.gradient_bytes = 2}) {}

  tl::expected<Placed, Misfit> place() {
    const Pin& pin = workload_.pin;
    Parallelism p;
    p.tensor_parallel = pin.tensor_parallel.value_or(1);
    p.pipeline_parallel = pin.pipeline_parallel.value_or(1);
    p.virtual_pipeline = pin.virtual_pipeline.value_or(1);
    const int each = p.tensor_parallel * p.pipeline_parallel;
    if (machine_.count % each != 0 || (pin.data_parallel && *pin.data_parallel != machine_.count / each))
      return misfit(
          "no layout: " + std::to_string(machine_.count) + " accelerators cannot be divided as pinned",
          "another count");
    p.data_parallel = machine_.count / each;
    for (const Recompute recompute : recomputes()) {
      for (const int stage : stages(p)) {
        p.recompute = recompute;
        p.zero_stage = stage;
        if (const auto placed = try_layout(p)) return *placed;
      }
    }
    if (!divisible_)
      return misfit("no layout: a batch of " + plain_number(demand_.global_batch) +
                        " cannot be dealt out evenly to " + std::to_string(machine_.count) + " accelerators",
                    "a count that divides the batch");
    return misfit("does not fit: needs " + memory_text(lacking_) + " more an accelerator", "");
  }

 private:
  static tl::unexpected<Misfit> misfit(std::string reason, std::string relaxation) {
    return tl::unexpected(Misfit{std::move(reason), std::move(relaxation)});
  }

  std::vector<Recompute> recomputes() const {
    if (workload_.pin.recompute) return {*workload_.pin.recompute};
    if (workload_.has_lever(Lever::kRecompute)) return {Recompute::kFull};
    return {Recompute::kNone, Recompute::kFull};
  }
  std::vector<int> stages(const Parallelism& p) const {
    if (workload_.pin.zero_stage) return {*workload_.pin.zero_stage};
    return p.data_parallel > 1 ? std::vector<int>{1, 3} : std::vector<int>{0};
  }

  std::optional<Placed> try_layout(Parallelism p) {
    p.micro_batch = micro_batch(p);
    if (!divides(p.data_parallel * p.micro_batch, demand_.global_batch)) return std::nullopt;
    divisible_ = true;
    const MemoryUse use = memory(p);
    const Bytes room = machine_.accelerator->memory;
    if (use.total() <= room) return Placed{p, use};
    lacking_ = std::min(lacking_, use.total() - room);
    return std::nullopt;
  }

  // Samples that one replica holds at once: as pinned; else the largest divisor of its share of the batch
  // that fits.
  double micro_batch(Parallelism p) const {
    if (workload_.pin.micro_batch) return *workload_.pin.micro_batch;
    const double share = std::max(1.0, demand_.global_batch / p.data_parallel);
    constexpr double kMostRounds = 1e5;
    for (int rounds = 1; rounds < std::min(share, kMostRounds); ++rounds) {
      p.micro_batch = share / rounds;
      if (divides(rounds, share) && memory(p).total() <= machine_.accelerator->memory) return p.micro_batch;
    }
    return 1;
  }

  MemoryUse memory(const Parallelism& p) const { return memory_.use(p); }

  const Demand& demand_;
  const Workload& workload_;
  const Machine& machine_;
  MemoryModel memory_;
  Bytes lacking_ = Bytes::of(1e30);
  bool divisible_ = false;
};

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
// micro-batch, 3 x 2 bytes (ZeRO, arXiv 1910.02054, section 7).
Duration node_communication(const Demand& demand, const Workload& workload, const Machine& machine,
                            const Parallelism& p) {
  const std::optional<Bandwidth> bandwidth =
      workload.assume.interconnect ? workload.assume.interconnect : machine.node_bandwidth;
  if (!bandwidth || machine.count <= machine.per_node || p.data_parallel <= 1) return {};
  const double rounds = std::max(1.0, std::ceil(demand.global_batch / (p.data_parallel * p.micro_batch)));
  const double bytes = p.zero_stage >= 3 ? 6 * demand.params * rounds : 4 * demand.params;
  return Bytes::of(bytes) / *bandwidth;
}

void note_assumptions(Execution& e, const Demand& demand, const Workload& workload,
                      const Accelerator& accelerator) {
  const bool untabled = demand.family == Family::kDiffusion || demand.family == Family::kDlrm ||
                        demand.family == Family::kGeneric;
  if (untabled && !workload.assume.mfu)
    add_assumption(e.assumptions,
                   {"performance.mfu", plain_number(std::round(e.mfu * 1000) / 1000),
                    "no published runs of this family are tabled: those of a like one, with a wide band"});
  note_precision(e, workload, accelerator);
  if (!demand.model.shape && !demand.model.activations_per_sample)
    add_assumption(e.assumptions, {"performance.memory.activations", "left out",
                                   "neither layers nor activations_per_sample are given"});
  if (workload.pin.flash_attention || workload.pin.sequence_parallel || workload.pin.stack)
    add_assumption(e.assumptions, {"pin", "flash_attention, sequence_parallel and stack have no effect",
                                   "efficiency is that of published runs, whatever their software"});
}

}  // namespace

ExecutionResult estimate_by_table(const Demand& demand, const Workload& workload, const Machine& machine,
                                  const Catalog& catalog) {
  const Accelerator& accelerator = *machine.accelerator;
  const auto precision = choose_precision(workload, accelerator);
  if (!precision) return tl::unexpected(precision.error());
  const auto placed = Placer(demand, workload, machine, *precision).place();
  if (!placed) return tl::unexpected(placed.error());
  const Efficiency efficiency = choose_efficiency(demand, workload, machine, *precision, catalog);
  if (efficiency.mfu <= 0)
    return tl::unexpected(Misfit{"no published efficiency for this family", "`assume: {mfu: …}`"});

  Execution e;
  e.precision = *precision;
  e.memory = placed->memory;
  e.evidence = efficiency.evidence;
  e.time_p10 = efficiency.mfu / efficiency.p90;
  e.time_p90 = efficiency.mfu / efficiency.p10;
  const FlopRate rate =
      static_cast<double>(machine.count) * efficiency.mfu * peak_of(accelerator, *precision);
  TrainingExecution t;
  const Duration unhindered = demand.flops_per_step / rate;
  // Published runs had links that kept up; where these do not, the step waits for them.
  t.breakdown.data_comm_exposed =
      std::max(node_communication(demand, workload, machine, placed->layout) - unhindered, Duration{});
  t.breakdown.compute = unhindered * efficiency.mfu;
  // Full recompute repeats the forward pass, a third of the model's arithmetic.
  if (placed->layout.recompute == Recompute::kFull)
    t.breakdown.recompute = std::min(t.breakdown.compute / 3, unhindered - t.breakdown.compute);
  t.breakdown.other = unhindered - t.breakdown.compute - t.breakdown.recompute;
  t.step_time = t.breakdown.total();
  t.parallelism = placed->layout;
  t.samples_per_s = demand.global_batch / t.step_time.base();
  if (demand.text) t.tokens_per_s_per_accelerator = t.samples_per_s * demand.sequence_length / machine.count;
  e.mfu = efficiency.mfu * (unhindered / t.step_time);
  t.hfu = e.mfu + t.breakdown.recompute / t.step_time;
  e.goodput = run_goodput(demand, workload, machine, catalog);
  e.run_time = t.step_time * demand.steps / e.goodput;
  e.training = t;
  note_assumptions(e, demand, workload, accelerator);
  return e;
}

}  // namespace capplan

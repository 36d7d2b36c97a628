// How a demand runs on some accelerators: time, memory, and how sure that is. Training goes through a model
// of the step (src/performance/step_model.h): of layers that are alike, or of a list of operators.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "capplan/catalog/catalog.h"
#include "capplan/demand/demand.h"

namespace capplan {

// Counts beyond this are not searched.
inline constexpr int kMostAccelerators = 100'000;

struct Parallelism {
  int tensor_parallel = 1;
  int pipeline_parallel = 1;
  int virtual_pipeline = 1;
  int context_parallel = 1;
  int expert_parallel = 1;
  int data_parallel = 1;
  int zero_stage = 0;
  double micro_batch = 1;  // sequences or samples
  Recompute recompute = Recompute::kNone;
  bool sequence_parallel = false;
  int shard_group = 0;         // replicas that share state under ZeRO 3; 0: all of them
  double recompute_share = 1;  // of the layers, where recompute is full
};

// Of the fullest accelerator.
struct MemoryUse {
  Bytes weights, gradients, optimizer, activations, overhead;

  Bytes total() const { return weights + gradients + optimizer + activations + overhead; }
};

// What a step's time goes into; sums to the step. Communication counts as far as nothing hides it. `compute`
// is matrix products and attention, `memory_bound` element-wise operators, `other` waiting for launches, what
// grows with the count, and the fixed part of a step; `data_loading` is waiting for samples.
struct StepTime {
  Duration compute, memory_bound, recompute, tensor_comm, context_comm, expert_comm, pipeline_comm,
      pipeline_bubble, data_comm_exposed, data_loading, optimizer, other;

  Duration total() const {
    return compute + memory_bound + recompute + tensor_comm + context_comm + expert_comm + pipeline_comm +
           pipeline_bubble + data_comm_exposed + data_loading + optimizer + other;
  }
};

// A layout that lost to the one chosen.
struct RunnerUp {
  Parallelism parallelism;
  Duration step_time;
};

struct TrainingExecution {
  Duration step_time;
  double samples_per_s = 0;
  double tokens_per_s_per_accelerator = 0;
  double hfu = 0;
  Parallelism parallelism;
  StepTime breakdown;
  std::string stack;                 // software that the time is for
  std::string limited_by;            // what takes most of the step
  double loading_samples_per_s = 0;  // that the hosts can feed; 0: not known
  std::string loading_limit;  // what limits that and what would lift it; empty where no step waits for data
  std::vector<RunnerUp> runners_up;  // the fastest with other degrees, best first
};

struct ServingExecution {
  int replicas = 1;
  int tensor_parallel = 1;
  int max_batch = 1;
  double output_tokens_per_s_per_accelerator = 0;  // at peak traffic
  Duration ttft, tpot;                             // at the percentile of the SLO
  double utilization = 0;                          // busy share of a replica at peak
};

struct Execution {
  double mfu = 0;
  double goodput = 1;
  Precision precision = Precision::kBf16;
  MemoryUse memory;
  std::optional<TrainingExecution> training;
  std::optional<ServingExecution> serving;
  double power_share = 0;  // mean draw over the accelerators' rated power; 0: not modelled
  Duration run_time;    // of one run from start to end, failures included; of a served workload, the horizon
  double time_p10 = 1;  // run_time times these are its P10 and P90
  double time_p90 = 1;
  std::string evidence;  // what the efficiency rests on
  Assumptions assumptions;
};

// Why it cannot run there.
struct Misfit {
  std::string reason;      // "does not fit: needs 13.5 GiB more an accelerator"
  std::string relaxation;  // the smallest change that would make it fit; empty where there is none
  bool of_count = false;   // this many cannot share the work out; others may
};

// What runs it: `count` accelerators in nodes of `per_node`, joined at `node_bandwidth` (per node and
// direction).
struct Machine {
  const Accelerator* accelerator = nullptr;
  int count = 1;
  int per_node = 8;
  std::optional<Bandwidth> node_bandwidth;  // absent: not stated, no bound on the step
  double vcpus = 0;                         // of the host, for each accelerator; 0: not stated
};

using ExecutionResult = tl::expected<Execution, Misfit>;

// Training and fine-tuning.
ExecutionResult estimate_training(const Demand& demand, const Workload& workload, const Machine& machine,
                                  const Catalog& catalog, int threads = 1);

// Serving: as many replicas as the peak needs with none over 70% busy. `machine.count` is the largest number
// of accelerators that one replica may span (one node); the answer's replicas x tensor_parallel is the count.
ExecutionResult estimate_serving(const Demand& demand, const Workload& workload, const Machine& machine,
                                 Duration horizon);

// Batch inference on exactly `machine.count` accelerators, as fast as they go.
ExecutionResult estimate_batch_inference(const Demand& demand, const Workload& workload,
                                         const Machine& machine, const Catalog& catalog);

// The precision that the accelerator's usual run would take, or the workload asks for; a misfit where it has
// none.
tl::expected<Precision, Misfit> choose_precision(const Workload& workload, const Accelerator& accelerator);

}  // namespace capplan

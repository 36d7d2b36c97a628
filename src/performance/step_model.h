// The time of one optimizer step of a transformer under a layout, from its operators' times, its collectives
// and its schedule. Nothing is profiled: kernel laws, links and a few fitted constants.
#pragma once

#include <array>

#include "capplan/performance/execution.h"
#include "performance/kernel_laws.h"
#include "performance/training_constants.h"

namespace capplan {

// What a step depends on besides its layout: the model, the recipe, the machine and the software.
struct StepSetup {
  const TransformerShape* shape = nullptr;
  double sequence = 0;
  double attention_context =
      0;                    // tokens that attend to each other: fewer than the sequence where it is packed
  double global_batch = 0;  // sequences
  Precision precision = Precision::kBf16;
  double trained_share = 1;  // of the parameters; below 1 the frozen ones have no weight gradient
  double optimizer_bytes = 12;
  int count = 1;
  Stack stack;
  bool compiled = true;         // torch.compile or its like
  bool rowwise_scales = false;  // fp8 with a scale a row instead of one a tensor
  bool asynchronous_tensor = false;
  Network network;
  GemmLaw layer_gemm;  // in the precision of the run
  double element = 2;  // bytes of an activation and of a weight that is moved
  GemmLaw half_gemm;   // head, router, unfused attention
  AttentionLaw attention;
  Bandwidth memory_bandwidth;
  double power_headroom =
      1;  // rated power of the part whose kernels were measured over this one's, 1 at least
  bool blackwell = false;
  bool newer_than_ampere = false;
};

StepSetup make_step_setup(const Demand& demand, const Workload& workload, const Machine& machine,
                          Precision precision, const Stack& stack, const Catalog& catalog);

// Times of one layer and micro-batch on one accelerator.
struct LayerTime {
  Duration gemm_forward, gemm_backward;
  Duration attention_forward, attention_backward;
  Duration elementwise_forward, elementwise_backward;
  Duration tensor_forward, tensor_backward;    // exposed tensor-parallel collectives
  Duration context_forward, context_backward;  // exposed ring of keys and values
  Duration expert_forward, expert_backward;    // exposed all-to-all
  Duration launch_wait;                        // beyond the kernels' own time

  Duration compute() const { return gemm_forward + gemm_backward + attention_forward + attention_backward; }
  Duration elementwise() const { return elementwise_forward + elementwise_backward; }
  Duration tensor() const { return tensor_forward + tensor_backward; }
  Duration context() const { return context_forward + context_backward; }
  Duration expert() const { return expert_forward + expert_backward; }
  Duration total() const { return compute() + elementwise() + tensor() + context() + expert() + launch_wait; }
};

// What the parts of a model take, for one micro-batch.
struct LayerTimes {
  LayerTime dense, sparse;  // a layer without experts, and with
  Duration head, embedding;
};

class StepModel {
 public:
  StepModel(const StepSetup& setup, const TrainingConstants& constants) : s_(setup), c_(constants) {}

  StepTime step(const Parallelism& layout) const { return step(layout, layers(layout)); }
  // The same with layer times that were found before, for a layout with these tensor, context and expert
  // degrees, micro-batch and sequence parallelism.
  StepTime step(const Parallelism& layout, const LayerTimes& times) const;
  LayerTimes layers(const Parallelism& layout) const;

 private:
  // Parameters of a rank, the ranks that hold the same, and over how many of them ZeRO divides state.
  struct Replicated {
    double parameters = 0;
    int ranks = 1;
    int shards = 1;
  };
  std::array<Replicated, 2> replicated(const Parallelism& p) const;
  Duration ring_time(const Parallelism& p, int group, double bytes) const;

  struct Passes {
    Duration forward, backward;
  };

  LayerTime layer(const Parallelism& p, bool experts) const;
  double tokens(const Parallelism& p) const { return p.micro_batch * s_.sequence / p.context_parallel; }
  double gemm_factor() const;
  Passes product(double count, double m, double n, double k) const;
  Passes expert_product(double count, double m, double n, double k) const;
  Passes layer_products(const Parallelism& p, bool experts) const;
  Passes attention_products(const Parallelism& p) const;
  Passes expert_products(const Parallelism& p) const;
  Duration attention_forward(const Parallelism& p) const;
  Duration score_passes(const Parallelism& p) const;
  double attention_factor() const;
  Duration elementwise_forward(const Parallelism& p, bool experts) const;
  Passes quantise(const Parallelism& p, bool experts) const;
  Duration tensor_collective(const Parallelism& p) const;
  double tensor_exposed() const;
  Duration ring(const Parallelism& p) const;
  Duration all_to_all(const Parallelism& p) const;
  Duration head(const Parallelism& p) const;
  Duration embedding(const Parallelism& p) const;
  Duration recompute(const Parallelism& p, const LayerTime& layer) const;
  Duration gradients(const Parallelism& p, Duration stage) const;
  Duration sharded_state(const Parallelism& p, Duration compute) const;
  Duration optimizer(const Parallelism& p) const;
  double growth() const;
  Bandwidth ring_bandwidth(const Parallelism& p, int group) const;

  const StepSetup& s_;
  const TrainingConstants& c_;
};

}  // namespace capplan

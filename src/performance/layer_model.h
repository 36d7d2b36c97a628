// What the layers and the ends of a model take of one accelerator for one micro-batch, from kernel laws,
// links and a few fitted constants. Nothing is profiled.
#pragma once

#include <array>

#include "performance/step_setup.h"
#include "performance/training_constants.h"

namespace capplan {

inline constexpr double kUnpackedBytes = 3;    // 4-bit weights read, 16-bit ones written, and their scales
inline constexpr double kScoresForward = 0.4;  // of the passes over stored scores

// One micro-batch forward and backward through all layers, as if one rank held them all. How many stages,
// replicas and repeated layers there are does not change it. Communication counts as far as nothing hides it.
struct PassTime {
  Duration compute, memory_bound;  // matrix products and attention; element-wise operators
  Duration tensor, context, expert;
  Duration launch_wait;                        // beyond the kernels' own time
  Duration repeated_full, repeated_selective;  // what recompute adds where it is on in every layer
  Duration head, embedding;                    // on the last stage, on the first

  Duration layers() const { return compute + memory_bound + tensor + context + expert + launch_wait; }
  Duration ends() const { return head + embedding; }
};

class LayerModel {
 public:
  LayerModel(const StepSetup& setup, const TrainingConstants& constants) : s_(setup), c_(constants) {}

  struct Passes {
    Duration forward, backward;
  };
  // Of a pass, what is alike for all splits with one tensor and expert degree and as many tokens a rank.
  struct Shared {
    Passes dense, sparse;            // matrix products of a layer without experts, and with
    std::array<Duration, 2> tensor;  // collectives of a layer and pass; with sequence parallelism
    Duration expert, head;
  };
  Shared shared(const Parallelism& p) const;

  // Reads the tensor, context and expert degree, the micro-batch and sequence parallelism of `p`.
  PassTime pass(const Parallelism& p) const { return pass(p, shared(p)); }
  PassTime pass(const Parallelism& p, const Shared& shared) const;

 private:
  struct LayerTime;
  LayerTime layer(const Parallelism& p, const Shared& shared, bool experts) const;
  double tokens(const Parallelism& p) const { return p.micro_batch * s_.sequence / p.context_parallel; }
  double gemm_factor() const;
  Passes product(double count, double m, double n, double k) const;
  Passes expert_product(double count, double m, double n, double k) const;
  Passes layer_products(const Parallelism& p, bool experts) const;
  Passes attention_products(const Parallelism& p) const;
  Passes expert_products(const Parallelism& p) const;
  Duration attention_forward(const Parallelism& p) const;
  Duration ring_steps(const Parallelism& p, double value_dim) const;
  Duration score_passes(const Parallelism& p) const;
  double attention_factor() const;
  Duration elementwise_forward(const Parallelism& p, bool experts) const;
  Passes adapters(const Parallelism& p, bool experts) const;
  Passes quantise(const Parallelism& p, bool experts) const;
  Duration tensor_collective(const Parallelism& p, bool sequence_parallel) const;
  double tensor_exposed() const;
  Duration ring(const Parallelism& p) const;
  Duration all_to_all(const Parallelism& p) const;
  Duration head(const Parallelism& p) const;
  Duration embedding(const Parallelism& p) const;
  Duration launch_wait(Duration busy, double least_ms) const;

  const StepSetup& s_;
  const TrainingConstants& c_;
};

}  // namespace capplan

// The time of one optimizer step of a transformer under a layout: what one micro-batch takes, its schedule
// over pipeline stages, and what data parallelism adds.
#pragma once

#include <array>

#include "performance/layer_model.h"

namespace capplan {

// What holding the model's state costs a step. It depends on the degrees, the count and the ZeRO stage.
struct StateTime {
  Duration gathered;   // weights gathered and gradients scattered for each micro-batch (ZeRO 3)
  Duration scattered;  // gradients reduced: once a step, or with ZeRO 2 for each micro-batch
  Duration refreshed;  // weights gathered once a step (ZeRO 1 and 2)
  Duration optimizer;
  Duration exchanged;  // a sample's vectors from tables that are dealt out, and their gradients
  double growth = 0;   // longer step of many accelerators
};

// What no step on so many accelerators can beat (docs/methodology.md, Layouts).
struct StepBound {
  double sequences = 0;  // that one accelerator's share of the batch is worth, growth included
  double growth = 0;
  Duration fixed;

  // For a split of a layer: per_sequence is StepModel::split_time of it.
  Duration least(Duration per_sequence) const { return per_sequence * sequences + fixed; }
};

class StepModel {
 public:
  StepModel(const StepSetup& setup, const TrainingConstants& constants)
      : s_(setup), c_(constants), layers_(setup, constants), parameters_(parameters_of(setup)) {}

  StepTime step(const Parallelism& layout) const { return step(layout, layers_.pass(layout), state(layout)); }
  // The same from parts that were found before, for a layout that they hold for.
  StepTime step(const Parallelism& layout, const PassTime& pass, const StateTime& state) const;
  StateTime state(const Parallelism& layout) const;
  StepBound bound(int count) const;
  // No step with these stages, whatever its interleaving, state and recompute, takes less. `layout` has the
  // most chunks that it may.
  Duration least_step(const Parallelism& layout, const PassTime& pass, const StepBound& bound) const;
  // Accelerator-time that one sequence takes where stages are alike and nothing else costs anything.
  static Duration split_time(const Parallelism& layout, const PassTime& pass) {
    return (pass.layers() + pass.ends()) *
           (static_cast<double>(layout.tensor_parallel) * layout.context_parallel / layout.micro_batch);
  }
  // What state adds at least to a step, however many micro-batches it has and however long its stages work.
  Duration least_exposed(const StateTime& state) const;
  const LayerModel& layers() const { return layers_; }

 private:
  // Parameters of a rank, the ranks that hold the same, and over how many of them ZeRO divides state.
  struct Replicated {
    double parameters = 0;
    int ranks = 1;
    int shards = 1;
  };
  std::array<Replicated, 2> replicated(const Parallelism& p) const;
  Duration ring_time(const Parallelism& p, int group, double bytes) const;
  Bandwidth ring_bandwidth(const Parallelism& p, int group) const;
  Duration stage_transfer(const Parallelism& p) const;
  Duration transfers_exposed(const Parallelism& p, Duration stage, double rounds, Duration& hiding) const;
  Duration state_exposed(const Parallelism& p, const StateTime& state, Duration stage, double rounds) const;
  double gradient_open() const;
  Duration jitter(int count) const;
  double growth(int count) const;
  Duration fixed() const;
  double exchanged_share(const Operator& tables, int ranks) const;
  Duration exchange(int ranks) const;
  static ParameterCount parameters_of(const StepSetup& setup);

  const StepSetup& s_;
  const TrainingConstants& c_;
  LayerModel layers_;
  ParameterCount parameters_;
};

}  // namespace capplan

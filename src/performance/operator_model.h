// What a model given operator by operator takes of one accelerator for one micro-batch: each operator by the
// kernel laws that layers of a transformer go by, convolutions as the matrix products they are computed as,
// and the rest by the bytes they move.
#pragma once

#include "performance/layer_model.h"

namespace capplan {

class OperatorModel {
 public:
  OperatorModel(const StepSetup& setup, const TrainingConstants& constants);

  // `samples` at once, forward and backward. Fewer than one: that share of a sample, worked on by several
  // accelerators.
  PassTime pass(double samples) const;

 private:
  struct Passes {
    Duration forward, backward;
    double kernels = 0;  // launches, both ways
  };
  GemmLaw fed(GemmLaw law) const;
  Passes product(const Operator& o, double samples) const;
  Passes depthwise(const Operator& o, double samples) const;
  Passes attention(const Operator& o, double samples) const;
  Passes recurrent(const Operator& o, double samples) const;
  Passes elementwise(const Operator& o, double samples) const;
  Passes selection(double samples) const;
  Passes embedding(const Operator& o, double samples) const;
  Passes of(const Operator& o, double samples) const;
  // Elements through memory once.
  Duration moved(double elements, double element_bytes) const;

  const StepSetup& s_;
  const TrainingConstants& c_;
  GemmLaw linear_, half_;
};

}  // namespace capplan

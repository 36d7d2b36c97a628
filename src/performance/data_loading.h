// How fast a machine can feed samples to its accelerators, and what that does to a step.
#pragma once

#include <optional>
#include <string>

#include "capplan/performance/execution.h"

namespace capplan {

class DataLoading {
 public:
  // Nothing limits the samples of a workload that reads tokens, or whose hosts nobody describes.
  DataLoading(const Demand& demand, const Workload& workload, const Machine& machine, const Catalog& catalog);

  // Least time of one step on `count` accelerators: what its samples take to arrive. Zero: no limit is known.
  Duration least_step(int count) const;
  // What limits it and what would lift that, in words.
  const std::string& limit() const { return limit_; }
  double samples_per_s(int count) const { return each_ * count; }
  const Assumptions& assumptions() const { return assumptions_; }

 private:
  double batch_ = 0;
  double each_ = 0;  // samples a second for each accelerator; 0: no limit
  std::string limit_;
  Assumptions assumptions_;
};

}  // namespace capplan

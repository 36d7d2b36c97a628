// How fast a machine can feed samples to its accelerators, and what that does to a step.
#pragma once

#include <string>

#include "capplan/performance/execution.h"

namespace capplan {

class DataLoading {
 public:
  // Processors decode images, and what the spec says takes decoding; a store feeds anything. Where nobody
  // describes them, nothing limits.
  DataLoading(const Demand& demand, const Workload& workload, const Machine& machine, const Catalog& catalog);

  // Least time of one step on `count` accelerators: what its samples take to arrive. Zero: no limit is known.
  Duration least_step(int count) const;
  // What limits it and what would lift that, in words.
  std::string limit(int count) const;
  // That `count` accelerators are fed; 0: no limit is known.
  double samples_per_s(int count) const;
  const Assumptions& assumptions() const { return assumptions_; }

 private:
  double stored_for_each(int count) const;
  bool storage_limits(int count) const;

  double batch_ = 0;
  double decoded_ = 0, cores_ = 0;  // samples a second for each accelerator, by its cores; 0: no limit
  double stored_ = 0;               // samples a second that a node's storage gives; 0: no limit
  int per_node_ = 1;
  Assumptions assumptions_;
};

}  // namespace capplan

// How a training workload runs on one kind of machine, whatever the count: the fastest layout at each.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "capplan/core/monitor.h"
#include "capplan/performance/execution.h"

namespace capplan {

// A count with the fastest run on it.
struct ScalingPoint {
  int count = 1;
  Duration run_time;
};

class TrainingModel {
 public:
  // Up to `most` accelerators; `machine.count` is not read. The workload and the catalogue must outlive the
  // model; a stopped monitor ends a search with the best so far.
  TrainingModel(const Demand& demand, const Workload& workload, const Machine& machine,
                const Catalog& catalog, int most, const Monitor* monitor = nullptr);
  ~TrainingModel();
  TrainingModel(TrainingModel&&) noexcept;

  // The fastest run on `count`, where one is faster than `below`.
  std::optional<Duration> fastest_run(int count, Duration below) const;
  // Of `counts`, ascending, those at which a run is faster than at each before. The others are beaten on time
  // by fewer accelerators.
  std::vector<ScalingPoint> frontier(std::span<const int> counts) const;
  // Those up to `most` at which some layout is legal, ascending; empty where the model is refused.
  std::vector<int> legal_counts() const;
  // The fastest run on `count`, at most `most`, with the layouts that lost to it; or why there is none.
  ExecutionResult at(int count, int threads = 1) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace capplan

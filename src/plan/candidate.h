// One workload on one supply, priced, and what pricing it needs to know.
#pragma once

#include <algorithm>

#include "plan/resolve.h"

namespace capplan {

class ExecutionCache;
class SpotOutcomes;

struct Candidate {
  std::string id;  // "rental/nebius/h100-sxm-80gb/64/on-demand"
  SupplyOption option = SupplyOption::kCloud;
  MarketOffer offer;  // offer == nullptr: owned
  Allocation allocation;
  Cost cost;
  CategoryTotals low, high;  // at the P10 and P90 of time and price
  Money p10, p90;
  EnergyUse energy;
  Duration span;               // from the first use to the last
  bool meets_deadline = true;  // of each run that it does

  bool on_time() const { return meets_deadline && allocation.runs_missed == 0; }

  void set_bounds(const CategoryTotals& at_p10, const CategoryTotals& at_p90) {
    // No end lies on the other side of the centre, so that the ends of several add up.
    low = at_p10.total() < cost.total() ? at_p10 : totals_of(cost);
    high = at_p90.total() > cost.total() ? at_p90 : totals_of(cost);
    p10 = low.total();
    p90 = high.total();
  }
};

struct SupplyContext {
  const BoundSpec& spec;
  const Catalog& catalog;
  ExecutionCache& executions;
  int threads = 1;
  Monitor* monitor = nullptr;
  const Market* market = nullptr;  // nullptr: no fallback for spot capacity
  SpotOutcomes* spot = nullptr;    // of the thread; nullptr: each run is simulated anew
};

inline bool is_served(const BoundWorkload& w) { return w.workload->kind == WorkloadKind::kServing; }

// From the first use to the last.
inline Duration span_of(const BoundSpec& spec, const BoundWorkload& w, Duration run_time) {
  if (is_served(w) || w.workload->runs) return spec.horizon;
  return run_time * w.demand.runs;
}

// How long rented accelerators are held: what is rented for its runs alone is there while it is set up, too.
inline Duration held_for(const BoundSpec& spec, const BoundWorkload& w, Duration span) {
  const bool all_along = is_served(w) || w.workload->runs;
  return all_along ? span : span + spec.spec->operations.setup_time.value_or(Duration{});
}

// A workload's runs are made one after another on the same accelerators, at this time after the start of the
// plan or later: whether each keeps its deadline, and all of them the horizon.
inline bool in_time(const BoundSpec& spec, const BoundWorkload& w, Duration run_time, Duration starts_after) {
  if (is_served(w)) return true;
  return run_time + starts_after <= w.deadline && run_time * w.demand.runs + starts_after <= spec.horizon;
}

}  // namespace capplan

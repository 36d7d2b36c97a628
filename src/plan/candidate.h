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
  Money p10, p90;  // at both ends of time and price: what its count is chosen by; plans are sampled
  EnergyUse energy;
  Duration span;               // from the first use to the last
  bool meets_deadline = true;  // of each run that it does

  bool on_time() const { return meets_deadline && allocation.runs_missed == 0; }

  // From the spread of its lines. No end lies on the other side of the centre, so that the ends of several
  // add up.
  void set_ends() {
    Money low;
    Money high;
    for (const CostLine& line : cost.lines) {
      low += line.spread.fast + line.spread.cheap;
      high += line.spread.slow + line.spread.dear;
    }
    p10 = cost.total() + std::min(low, Money{});
    p90 = cost.total() + std::max(high, Money{});
  }
};

struct SupplyContext {
  const BoundSpec& spec;
  const Catalog& catalog;
  ExecutionCache& executions;
  int threads = 1;
  Monitor* monitor = nullptr;
  const Market* market = nullptr;  // nullptr: no fallback for spot capacity
  SpotOutcomes* spot = nullptr;    // nullptr: each run is simulated anew
  // Rented candidates that cost more or come late may be left out.
  std::optional<Money> ceiling = {};
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

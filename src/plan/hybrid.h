// Owned and rented accelerators in one plan.
#pragma once

#include "plan/supply.h"

namespace capplan {

struct HybridSplit {
  Candidate owned;
  Candidate rented;
  double owned_share = 0;  // of the run's work, or of the runs
  Cost cost;
  Duration wall_clock;
  bool meets_deadline = true;
};

// The best split of one workload between an owned and a rented candidate, by enumeration: one run goes by
// phases, owned first, then rented, with the checkpoint and the dataset moved between; several runs are
// shared out; of served traffic each side takes a constant share. nullopt where no share can be served by
// both.
std::optional<HybridSplit> best_split(const SupplyContext& context, std::size_t workload,
                                      const Candidate& owned, const Candidate& rented);

}  // namespace capplan

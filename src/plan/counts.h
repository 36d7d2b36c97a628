// In which counts accelerators of an offer, or of one's own, can serve a job.
#pragma once

#include <vector>

#include "plan/resolve.h"

namespace capplan {

// How a supply may be bought.
struct Lots {
  int node = 8;         // accelerators of one node
  bool single = true;   // any count within one node can be bought
  bool joined = false;  // several nodes can work on one job
  int most = 100000;
  std::vector<int> sizes;                   // only these counts; empty: any whole nodes
  int step = 0;                             // multiples of this in place of whole nodes
  std::optional<Bandwidth> node_bandwidth;  // between nodes, per direction; absent: not stated
  double vcpus = 0;                         // for each accelerator; 0: not stated
};

Lots lots_of(const MarketOffer& offer);
Lots lots_of_owned(const Accelerator& accelerator);

// The fewest that can be had at one time, of which more are added.
int unit_of(const Lots& lots);

// Machines of `unit` accelerators that a share of the highest demand needs, in whole replicas.
int machines_for(const ServingExecution& serving, int unit, double share);

// Counts to try, ascending: every one that is small, then steps of about 12%, never above `most`.
std::vector<int> counts_to_try(const Lots& lots, int most);

// The largest count for one job.
int most_that_can_be_had(const Lots& lots);

// Whether exactly this count can be had.
bool can_have(const Lots& lots, int count);

}  // namespace capplan

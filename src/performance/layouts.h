// Which layouts a run may take, and the fastest that fits.
#pragma once

#include <vector>

#include "performance/step_model.h"

namespace capplan {

// A layout with what it takes and needs.
struct PlacedLayout {
  Parallelism layout;
  StepTime step;
  MemoryUse memory;
};

// What the search found: the fastest layout that fits, or why there is none.
struct LayoutSearch {
  std::optional<PlacedLayout> best;
  Bytes lacking;           // of the layout that lacks least, where none fits
  bool divisible = false;  // some layout deals the batch out evenly
  bool any = false;        // the count can be divided as pinned
  PlacedLayout nearest;    // the layout that lacks least
};

// Every legal combination of the degrees that `workload.pin` leaves open: tensor within a link domain and
// dividing the heads; stages dividing the layers; context for sequences of 32,768 and longer; experts dealt
// to ranks; ZeRO as the stack does or fully sharded; micro-batches that divide a replica's share;
// interleaving as deep as layers and micro-batches allow; recompute none, selective, or full for as few
// layers as fit.
LayoutSearch search_layouts(const Demand& demand, const Workload& workload, const Machine& machine,
                            const StepSetup& setup, const TrainingConstants& constants);

}  // namespace capplan

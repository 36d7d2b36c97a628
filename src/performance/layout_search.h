// The fastest layout that fits: every legal one is looked at, or proved slower than one that was
// (docs/methodology.md, Layouts).
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "capplan/core/monitor.h"
#include "performance/layout_space.h"
#include "performance/memory.h"
#include "performance/step_model.h"

namespace capplan {

// A layout with what it takes and needs.
struct PlacedLayout {
  Parallelism layout;
  StepTime step;
  MemoryUse memory;
};

struct SearchSettings {
  std::size_t wanted = 1;   // the fastest of so many sets of degrees
  bool exhaustive = false;  // gives every legal layout its time and memory, in place of ruling any out
  int threads = 1;
  // Layouts as slow as this or slower are not wanted.
  Duration below = Duration::of(std::numeric_limits<double>::infinity());
};

struct LayoutsFound {
  std::vector<PlacedLayout> fastest;  // first the best; each with other degrees than those before
  double evaluated = 0;               // layouts given their complete time and memory; varies with threads
};

// What layers take does not depend on the count: it is found once, for searches on any.
class LayoutSearch {
 public:
  // Up to `most` accelerators; `machine.count` is not read. Keeps references to all but `machine`.
  LayoutSearch(const Demand& demand, const Workload& workload, const Machine& machine, const StepSetup& setup,
               const TrainingConstants& constants, int most, const Monitor* monitor = nullptr);
  ~LayoutSearch();

  LayoutsFound search(int count, const SearchSettings& settings = {}) const;
  // Whatever its memory: the layout that lacks least, or nothing where no layout is legal. Of several, the
  // first in the order of layouts.
  std::optional<PlacedLayout> leanest(int count) const;
  PlacedLayout place(const Parallelism& layout) const;
  const LayoutSpace& space() const { return space_; }
  Bytes room() const { return room_; }

 private:
  // How one micro-batch of a layer is split over ranks, with what follows from that alone. Of the layout it
  // sets the tensor, context and expert degree, the micro-batch and sequence parallelism.
  struct Split {
    Parallelism layout;
    PassTime time;
    PassMemory memory;
  };
  // What a split is first judged by, apart from the rest: most are looked at no further.
  struct SplitBound {
    Duration per_sequence;
    int micro_batch = 1;
    int split = 0;  // its place
  };
  // Times that tiles with one tensor and expert degree share, by sequences a rank holds of one micro-batch.
  class SharedTimes {
   public:
    LayerModel::Shared of(const LayerModel& layers, const Parallelism& split);

   private:
    std::mutex mutex_;
    std::map<double, LayerModel::Shared> known_;
  };
  // Splits with one tensor, context and expert degree.
  struct Tile {
    Parallelism layout;
    std::shared_ptr<SharedTimes> times;
    int most_micro_batch = 0;     // of those that can fit; 0: none
    Duration least_per_sequence;  // of all its splits
    std::once_flag once;
    std::vector<Split> splits;
    std::vector<SplitBound> bounds;  // by per_sequence
  };
  class Fastest;
  class Run;

  void add_tile(const Parallelism& layout, std::shared_ptr<SharedTimes> times);
  const std::vector<SplitBound>& splits_of(Tile& tile) const;
  std::vector<Parallelism> leanest_schedules(Parallelism degrees) const;

  LayoutSpace space_;
  StepModel steps_;
  MemoryModel memory_;
  Bytes room_;
  const Monitor* monitor_;
  std::vector<std::unique_ptr<Tile>> tiles_;  // by least_per_sequence
};

// One order of layouts, the simplest first: by degrees, then schedule, state, micro-batch and recompute.
bool comes_before(const Parallelism& a, const Parallelism& b);

}  // namespace capplan

#include "optimum/run_sets.h"

#include <algorithm>
#include <limits>

namespace capplan {
namespace {

class Sets {
 public:
  Sets(std::span<const RunKind> kinds, std::size_t most)
      : kinds_(kinds), most_(most), set_(kinds.size(), 0) {}

  // `full`: only those beside which nothing more fits.
  std::optional<std::vector<RunSet>> within(int machines, bool full) {
    found_.clear();
    full_ = full;
    add(0, machines, std::numeric_limits<int>::max());
    if (found_.size() > most_) return std::nullopt;
    return found_;
  }

 private:
  // `smallest` is the least machines that a run left out needs: with that many free the set is not full.
  void add(std::size_t kind, int free, int smallest) {
    if (found_.size() > most_) return;
    if (kind == kinds_.size()) {
      if (!full_ || free < smallest) found_.push_back({set_, free});
      return;
    }
    const RunKind& runs = kinds_[kind];
    for (int n = std::min(runs.runs, free / runs.machines); n >= 0; --n) {
      set_[kind] = n;
      add(kind + 1, free - n * runs.machines, n < runs.runs ? std::min(smallest, runs.machines) : smallest);
    }
    set_[kind] = 0;
  }

  std::span<const RunKind> kinds_;
  std::size_t most_;
  std::vector<int> set_;
  std::vector<RunSet> found_;
  bool full_ = true;
};

}  // namespace

std::optional<std::vector<RunSet>> sets_side_by_side(std::span<const RunKind> kinds, int machines, bool full,
                                                     std::size_t most) {
  return Sets(kinds, most).within(machines, full);
}

}  // namespace capplan

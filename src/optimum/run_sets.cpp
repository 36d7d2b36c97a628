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

BestSet best_set(std::span<const RunKind> kinds, int machines, const SetWorth& worth) {
  const auto size = static_cast<std::size_t>(machines) + 1;
  std::vector<double> most(size, 0.0);  // by machines that are taken, at most
  std::vector<std::vector<int>> taken;  // runs of each kind, likewise
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const auto each = static_cast<std::size_t>(kinds[k].machines);
    auto& runs = taken.emplace_back(size, 0);
    std::vector<double> with = most;
    for (std::size_t m = 0; m < size; ++m) {
      for (std::size_t n = 1; n <= static_cast<std::size_t>(kinds[k].runs) && n * each <= m; ++n) {
        const double all = most[m - n * each] + static_cast<double>(n) * worth.run[k];
        if (all <= with[m]) continue;
        with[m] = all;
        runs[m] = static_cast<int>(n);
      }
    }
    most = std::move(with);
  }
  BestSet best;
  std::size_t at = 0;
  for (std::size_t m = 0; m < size; ++m) {
    const double left = worth.left * std::min(worth.most_left, static_cast<double>(size - 1 - m));
    if (m > 0 && most[m] + left <= best.worth) continue;
    best.worth = most[m] + left;
    at = m;
  }
  best.set.free = machines - static_cast<int>(at);
  best.set.runs.resize(kinds.size());
  for (std::size_t k = kinds.size(); k-- > 0;) {
    best.set.runs[k] = taken[k][at];
    at -= static_cast<std::size_t>(taken[k][at] * kinds[k].machines);
  }
  return best;
}

}  // namespace capplan

#include "optimum/schedule.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "optimum/mixed_integer_program.h"

namespace capplan {
namespace {

constexpr std::size_t kMostSets = 3000;
// Relative: hours that the solver's tolerances leave over.
constexpr double kNear = 1e-6;

// How many of the runs of each kind are side by side.
struct Set {
  std::vector<int> runs;
  int free = 0;  // machines
};

class Sets {
 public:
  explicit Sets(std::span<const RunHours> runs) : runs_(runs), set_(runs.size(), 0) {}

  // `full`: only those beside which nothing more fits.
  std::optional<std::vector<Set>> within(int machines, bool full) {
    found_.clear();
    full_ = full;
    add(0, machines, std::numeric_limits<int>::max());
    if (found_.size() > kMostSets) return std::nullopt;
    return found_;
  }

 private:
  // `smallest` is the least machines that a run left out needs: with that many free the set is not full.
  void add(std::size_t kind, int free, int smallest) {
    if (found_.size() > kMostSets) return;
    if (kind == runs_.size()) {
      if (!full_ || free < smallest) found_.push_back({set_, free});
      return;
    }
    const RunHours& runs = runs_[kind];
    for (int n = std::min(runs.count.runs, free / runs.machines); n >= 0; --n) {
      set_[kind] = n;
      add(kind + 1, free - n * runs.machines,
          n < runs.count.runs ? std::min(smallest, runs.machines) : smallest);
    }
    set_[kind] = 0;
  }

  std::span<const RunHours> runs_;
  std::vector<int> set_;
  std::vector<Set> found_;
  bool full_ = true;
};

// Whether no run ever waits.
bool side_by_side(std::span<const RunHours> runs, std::span<const PoolTime> parts) {
  int all = 0;
  for (const RunHours& run : runs) all += run.count.runs * run.machines;
  return std::ranges::all_of(parts,
                             [&](const PoolTime& part) { return all + part.serving <= part.machines; });
}

class Schedule {
 public:
  explicit Schedule(std::span<const RunHours> runs) : runs_(runs), hours_(runs.size()) {}

  bool add(const PoolTime& part, double month) {
    const auto sets = Sets(runs_).within(part.machines, part.serving <= 0);
    if (!sets) return false;
    std::vector<std::vector<Term>> running(runs_.size());
    std::vector<Term> time, serving;
    for (const Set& set : *sets) {
      const Column column = program_.add_column(Domain::kContinuous, 0, part.hours, 0);
      time.push_back({column, 1});
      serving.push_back({column, std::min(1.0 * set.free, part.most_serving)});
      for (std::size_t i = 0; i < set.runs.size(); ++i) {
        if (set.runs[i] > 0) running[i].push_back({column, -1.0 * set.runs[i]});
      }
    }
    program_.add_row(-kUnlimited, time, part.hours);
    if (part.serving > 0) program_.add_row(part.serving * part.hours * (1 - kNear), serving, kUnlimited);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      // A set may last longer than its runs need.
      const double most = runs_[i].count.runs * runs_[i].most_hours * part.hours / month;
      const Column column = program_.add_column(Domain::kContinuous, 0, most * (1 + kNear), 0);
      running[i].push_back({column, 1});
      program_.add_row(-kUnlimited, running[i], 0);
      hours_[i].push_back({column, 1});
    }
    return true;
  }

  bool exists() {
    for (std::size_t i = 0; i < runs_.size(); ++i)
      program_.add_row(runs_[i].hours * (1 - kNear), hours_[i], kUnlimited);
    return program_.solve({}).found();
  }

 private:
  std::span<const RunHours> runs_;
  MixedIntegerProgram program_;
  std::vector<std::vector<Term>> hours_;  // by kind
};

}  // namespace

bool can_be_scheduled(std::span<const RunHours> runs, std::span<const PoolTime> parts) {
  if (side_by_side(runs, parts)) return true;
  double month = 0;
  for (const PoolTime& part : parts) month += part.hours;
  Schedule schedule(runs);
  for (const PoolTime& part : parts) {
    if (!schedule.add(part, month)) return false;
  }
  return schedule.exists();
}

}  // namespace capplan

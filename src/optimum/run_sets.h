// Runs that fit side by side.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace capplan {

struct RunKind {
  int machines = 1;  // of each run
  int runs = 1;      // at most
};

// How many of the runs of each kind are side by side.
struct RunSet {
  std::vector<int> runs;
  int free = 0;  // machines
};

// Of sets in one program; beyond them it would not be solved in time.
inline constexpr std::size_t kMostSets = 3000;

// Every set that fits; `full`: only those beside which nothing more does. Absent: there are more than `most`.
std::optional<std::vector<RunSet>> sets_side_by_side(std::span<const RunKind> kinds, int machines, bool full,
                                                     std::size_t most);

// What a set is worth: so much for each run of a kind, and for each machine that is left, up to a number.
struct SetWorth {
  std::vector<double> run;  // by kind; 0 or more
  double left = 0;          // 0 or more
  double most_left = 0;     // machines
};

// The set that is worth most (a bounded knapsack), and what it is worth.
struct BestSet {
  RunSet set;
  double worth = 0;
};
BestSet best_set(std::span<const RunKind> kinds, int machines, const SetWorth& worth);

}  // namespace capplan

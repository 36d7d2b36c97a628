// A spec under changes, and the best plan for it: one cell of `capplan compare`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "capplan/plan/plan.h"
#include "capplan/spec/load.h"

namespace capplan {

// A key of the specs and the values that it takes in turn.
struct ScenarioAxis {
  std::string key;
  std::vector<std::string> values;
};

struct Scenario {
  std::size_t number = 0;    // in the whole matrix, from 1
  std::size_t spec = 0;      // which one
  SpecChanges changes = {};  // one an axis
};

// Every spec under every combination of the values: specs in the outer loop, the last axis in the inner one.
// Nothing is stored: a matrix of 10^12 costs no more than one of two.
class ScenarioMatrix {
 public:
  // nullopt where there are more scenarios than can be counted.
  static std::optional<ScenarioMatrix> of(std::size_t specs, std::vector<ScenarioAxis> axes);

  const std::vector<ScenarioAxis>& axes() const { return axes_; }
  std::size_t size() const { return size_; }
  Scenario at(std::size_t index) const;

 private:
  ScenarioMatrix(std::vector<ScenarioAxis> axes, std::size_t combinations, std::size_t size)
      : axes_(std::move(axes)), combinations_(combinations), size_(size) {}

  std::vector<ScenarioAxis> axes_;
  std::size_t combinations_ = 1;
  std::size_t size_ = 0;
};

// Consecutive scenarios, so that the output of all shards in order is that of the whole.
struct Shard {
  std::size_t number = 1;  // 1 to of
  std::size_t of = 1;

  // Indices [begin, end) of `size` scenarios; sizes of shards differ by one at most.
  std::size_t begin(std::size_t size) const { return part(size, number - 1); }
  std::size_t end(std::size_t size) const { return part(size, number); }

 private:
  std::size_t part(std::size_t size, std::size_t shards) const;
};

struct ScenarioOutcome {
  Scenario scenario;
  std::string file;          // of the spec
  std::optional<Plan> plan;  // with its best option alone; absent where the spec is invalid
  std::size_t plans = 0, feasible = 0;
  std::string problem;  // why there is no option
};

// The plan's part of an outcome: its best option, and how many there were.
void take_best(Plan plan, ScenarioOutcome& outcome);

}  // namespace capplan

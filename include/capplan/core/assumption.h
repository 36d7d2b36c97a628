// Something the user did not say and nobody measured for this case: shown with every result that rests on it.
#pragma once

#include <string>
#include <vector>

namespace capplan {

struct Assumption {
  std::string
      path;  // what it stands for: "horizon", "workloads[0].training.sequence_length", "price.storage"
  std::string value;   // with its unit
  std::string source;  // "default", or where the figure is from

  friend bool operator==(const Assumption&, const Assumption&) = default;
};

using Assumptions = std::vector<Assumption>;

// Adds unless it stands there already.
void add_assumption(Assumptions& assumptions, Assumption assumption);

}  // namespace capplan

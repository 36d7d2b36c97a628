#include "capplan/core/assumption.h"

#include <algorithm>

namespace capplan {

void add_assumption(Assumptions& assumptions, Assumption assumption) {
  if (std::find(assumptions.begin(), assumptions.end(), assumption) == assumptions.end())
    assumptions.push_back(std::move(assumption));
}

}  // namespace capplan

// The spec as a draw of its uncertain figures has it, and what a plan that was made before the draw comes to.
#pragma once

#include "plan/supply.h"

namespace capplan {

// Pinned: it holds the spec that its parts point into.
class DrawnSpec {
 public:
  DrawnSpec(PlanSpec spec, const Catalog& catalog, const PlanSettings& settings, const Market& market);
  DrawnSpec(const DrawnSpec&) = delete;
  DrawnSpec& operator=(const DrawnSpec&) = delete;

  // Whether the figures can be reconciled at all.
  bool valid() const { return valid_; }
  const BoundSpec& bound() const { return bound_; }
  // The allocation on its supply at its count, where work takes as long as it takes; a fleet that serves is
  // sized for the traffic as drawn. Nothing where it cannot run there.
  std::optional<Candidate> price(const Allocation& allocation, const Supply& supply) const;

 private:
  PlanSpec spec_;
  const Catalog& catalog_;
  const Market& market_;
  BoundSpec bound_;
  bool valid_ = false;
};

}  // namespace capplan

// The spec and the profiles as a draw of their uncertain figures has them, and what a plan that was made
// before the draw comes to.
#pragma once

#include "plan/supply.h"

namespace capplan {

// The profiles of a draw, with the market that plans were made from: the same offers, as usual as they were,
// at the prices of the draw. Moved, the market points into the same tables; a copy would not.
class DrawnProfiles {
 public:
  DrawnProfiles(Catalog drawn, const Catalog& base, const Market& market);
  DrawnProfiles(DrawnProfiles&&) = default;

  const Catalog& catalog() const { return catalog_; }
  const Market& market() const { return market_; }
  // An offer of the market before the draw.
  MarketOffer drawn(const MarketOffer& offer) const;

 private:
  Catalog catalog_;
  const Catalog& base_;
  Market market_;
};

// Pinned: it holds the spec that its parts point into.
class DrawnSpec {
 public:
  // Figures of profiles that are not named stay at their medians.
  DrawnSpec(PlanSpec spec, const Catalog& catalog, const PlanSettings& settings, const Market& market,
            const Probabilities& of_profiles = {});
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
  std::optional<DrawnProfiles> profiles_;  // absent: those that plans were made from
  const Catalog& catalog_;
  const Market& market_;
  BoundSpec bound_;
  bool valid_ = false;
};

}  // namespace capplan

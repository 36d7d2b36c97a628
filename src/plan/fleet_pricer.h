// What machines cost that several pieces of work share: bought, there already, or committed to. What is paid
// once for a whole plan, and data, are not in it.
#pragma once

#include <vector>

#include "plan/candidate.h"

namespace capplan {

// How much a fleet is used over the horizon, and at which ends of prices it is looked at.
struct FleetUse {
  double accelerator_hours = 0;
  double power_share = 0;  // mean draw over rated power while in use; 0: the usual
  PriceCase prices = PriceCase::kCentral;
  std::vector<double> by_month = {};  // hours, in any unit; empty: the same all the time
};

// Accelerators bought for the whole horizon.
Cost bought_cost(const SupplyContext& context, const Accelerator& accelerator, int count,
                 const FleetUse& use);
// Accelerators of one's own before the plan begins.
Cost existing_cost(const SupplyContext& context, const Accelerator& accelerator, int count,
                   const FleetUse& use);
// Rented for a term that begins at `from`.
Cost committed_cost(const SupplyContext& context, const MarketOffer& contract, int count, Duration from,
                    Duration term);

// The data of a workload for as long as it is kept at a provider, or on one's own site (nullptr): brought
// there, stored, and what `share` of its work sends out.
Cost data_cost(const SupplyContext& context, const BoundWorkload& workload, const MarketOffer* at,
               Duration stored_for, double share);

// A price tag without what data costs at a provider.
Cost without_data(Cost rented);

}  // namespace capplan

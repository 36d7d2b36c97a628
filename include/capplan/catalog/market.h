// Which prices count: the current ones, with what is odd about each (contract, section 3, "What can be
// bought").
#pragma once

#include <map>
#include <vector>

#include "capplan/catalog/catalog.h"

namespace capplan {

// How far a price may be trusted when plans are ranked. Adjusted prices stand as their list prices do, and a
// price that the buyer has agreed is usual, however low.
enum class PriceStanding {
  kUsual,         // within the bounds of the reference
  kUntested,      // a firm price of an accelerator that fewer than four providers sell: nothing to hold it
                  // against
  kOutlier,       // below 40% (firm) or 25% (spot, marketplace) of the reference: ranks after all others
  kUnreferenced,  // spot or marketplace with nothing to hold it against: ranks after all others
};

// A price that plans may rest on; others rank after all of these.
inline bool is_usual(PriceStanding standing) {
  return standing == PriceStanding::kUsual || standing == PriceStanding::kUntested;
}

struct MarketOffer {
  const Offer* offer = nullptr;
  const Provider* provider = nullptr;
  const Accelerator* accelerator = nullptr;
  const Cluster* cluster = nullptr;  // nullptr: single-node jobs only
  PriceStanding standing = PriceStanding::kUsual;
};

struct Market {
  std::vector<MarketOffer> offers;  // in catalogue order
  // Spot rows at 95% of on-demand or more: no offer at all.
  std::vector<const Offer*> pointless_spot;
};

// A row is superseded by a newer one of the same provider, accelerator and purchase tier; region and machine
// keep rows apart only where both rows name a real region and a machine. Medians and lowest-of lists
// supersede no list price.
Market current_market(const Catalog& catalog);

// Of each accelerator with at least four sellers: the median over providers of each one's cheapest current
// firm list price.
std::map<Text, DevicePrice> reference_prices(const Catalog& catalog);

}  // namespace capplan

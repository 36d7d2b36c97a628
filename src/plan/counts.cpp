#include "plan/counts.h"

#include <algorithm>
#include <cmath>

#include "capplan/demand/load.h"

namespace capplan {
namespace {

constexpr int kEveryNodeUpTo = 32;
constexpr double kGrowth = 1.12;
// A 400 Gbit/s adapter an accelerator, as in DGX H100 (stas00/ml-engineering network/README.md@744d01e).
constexpr Bandwidth kOwnedLink = Bandwidth::of(50e9);
constexpr int kSomeAccelerators = 512;
constexpr int kManyAccelerators = 1024;
constexpr int kFine = 64;     // counts above some are multiples of this
constexpr int kCoarse = 128;  // and above many of this

// Large jobs are divided many ways: counts that few degrees divide would be tried in vain.
int next_nodes(int nodes, int unit) {
  if (nodes < kEveryNodeUpTo) return nodes + 1;
  const int next = static_cast<int>(std::ceil(nodes * kGrowth));
  const int chunk = std::max(1, unit * next > kManyAccelerators   ? kCoarse / unit
                                : unit * next > kSomeAccelerators ? kFine / unit
                                                                  : 1);
  return std::max(next / chunk, nodes / chunk + 1) * chunk;
}

}  // namespace

Lots lots_of(const MarketOffer& market) {
  const Offer& offer = *market.offer;
  Lots lots;
  const bool by_accelerator = offer.machine.empty() && offer.count == 1;
  lots.node = by_accelerator ? market.accelerator->per_node : offer.count;
  lots.single = by_accelerator;
  lots.vcpus = static_cast<double>(offer.vcpus) / std::max(1, offer.count);
  if (market.cluster == nullptr) return lots;
  lots.joined = true;
  lots.node_bandwidth = market.cluster->bandwidth;
  if (market.cluster->max_accelerators) lots.most = *market.cluster->max_accelerators;
  for (const int size : market.cluster->sizes) {
    if (size > 0) lots.sizes.push_back(size);
  }
  lots.step = market.cluster->step;
  // A row for a whole slice is sold as that slice alone.
  if (!lots.sizes.empty() && !by_accelerator) lots.sizes = {offer.count};
  return lots;
}

Lots lots_of_owned(const Accelerator& accelerator) {
  Lots lots;
  const int bundle = accelerator.purchase ? accelerator.purchase->accelerators : 1;
  lots.node = std::max(bundle, accelerator.per_node);
  // Boards with a link of their own come by the node, whatever the price is for.
  lots.single = bundle == 1 && !(accelerator.link && accelerator.link->domain > 2);
  // Cards without a link beyond the host are not built into clusters.
  lots.joined = accelerator.link && accelerator.link->domain > 2;
  if (lots.joined) lots.node_bandwidth = kOwnedLink * static_cast<double>(lots.node);
  return lots;
}

int unit_of(const Lots& lots) { return lots.single ? 1 : lots.node; }

int machines_for(const ServingExecution& serving, int unit, double share) {
  const int accelerators = units_for(serving.replicas, share) * serving.tensor_parallel;
  return (accelerators + unit - 1) / unit;
}

std::vector<int> counts_to_try(const Lots& lots, int most) {
  const int limit = std::min(most, lots.most);
  std::vector<int> counts;
  if (!lots.sizes.empty()) {
    std::copy_if(lots.sizes.begin(), lots.sizes.end(), std::back_inserter(counts),
                 [&](int size) { return size <= limit; });
    return counts;
  }
  if (lots.single && lots.step == 0) {
    for (int n = 1; n < lots.node && n <= limit; ++n) counts.push_back(n);
  }
  const int unit = lots.step > 0 ? lots.step : lots.node;
  if (!lots.joined) {
    if (unit <= limit) counts.push_back(unit);
    return counts;
  }
  for (int nodes = 1; unit * nodes <= limit; nodes = next_nodes(nodes, unit)) counts.push_back(unit * nodes);
  return counts;
}

int most_that_can_be_had(const Lots& lots) {
  if (!lots.sizes.empty())
    return std::min(lots.most, *std::max_element(lots.sizes.begin(), lots.sizes.end()));
  if (lots.joined) return lots.most;
  return std::min(lots.most, lots.step > 0 ? lots.step : lots.node);
}

bool can_have(const Lots& lots, int count) {
  if (count > lots.most) return false;
  if (!lots.sizes.empty()) return std::find(lots.sizes.begin(), lots.sizes.end(), count) != lots.sizes.end();
  if (lots.single && count <= lots.node && lots.step == 0) return true;
  const int unit = lots.step > 0 ? lots.step : lots.node;
  return count % unit == 0 && (lots.joined || count == unit);
}

}  // namespace capplan

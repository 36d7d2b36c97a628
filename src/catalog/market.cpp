#include "capplan/catalog/market.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace capplan {
namespace {

constexpr double kFirmOutlier = 0.40;
constexpr double kInterruptibleOutlier = 0.25;
constexpr double kPointlessSpot = 0.95;
constexpr std::size_t kProvidersForReference = 4;

bool is_placed(const Offer& offer) { return !offer.region.empty() && !offer.machine.empty(); }

bool supersedes(const Offer& newer, const Offer& older) {
  if (newer.as_of <= older.as_of) return false;
  if (newer.basis != PriceBasis::kList && older.basis == PriceBasis::kList) return false;
  if (is_placed(newer) && is_placed(older))
    return newer.region == older.region && newer.machine == older.machine;
  return true;
}

// Rows of one provider, accelerator and purchase tier.
using TierKey = std::tuple<Text, Text, Purchase, Text>;
TierKey tier_of(const Offer& o) { return {o.provider, o.accelerator, o.purchase, o.tier}; }

std::vector<const Offer*> current_offers(const Tables& tables) {
  std::map<TierKey, std::vector<const Offer*>> tiers;
  for (const Offer& offer : tables.offers) {
    if (offer.status == OfferStatus::kOk) tiers[tier_of(offer)].push_back(&offer);
  }
  for (auto& [tier, rivals] : tiers) {
    std::stable_sort(rivals.begin(), rivals.end(),
                     [](const Offer* a, const Offer* b) { return a->as_of > b->as_of; });
  }
  std::vector<const Offer*> current;
  for (const Offer& offer : tables.offers) {
    if (offer.status != OfferStatus::kOk) continue;
    const auto& rivals = tiers[tier_of(offer)];
    // Newest first, so that a long price list of one date is not held against itself row by row.
    const auto older = std::find_if(rivals.begin(), rivals.end(),
                                    [&](const Offer* rival) { return rival->as_of <= offer.as_of; });
    if (std::none_of(rivals.begin(), older, [&](const Offer* rival) { return supersedes(*rival, offer); }))
      current.push_back(&offer);
  }
  return current;
}

using ByProvider = std::map<Text, DevicePrice>;

void keep_cheapest(ByProvider& prices, Text provider, DevicePrice price) {
  const auto [entry, fresh] = prices.emplace(provider, price);
  if (!fresh) entry->second = std::min(entry->second, price);
}

DevicePrice median(std::vector<DevicePrice> prices) {
  std::sort(prices.begin(), prices.end());
  const std::size_t middle = prices.size() / 2;
  return prices.size() % 2 == 1 ? prices[middle] : (prices[middle - 1] + prices[middle]) / 2;
}

// What prices of each accelerator are held against. A list price is what the market asks; what one buyer has
// agreed says nothing about that.
class References {
 public:
  explicit References(const std::vector<const Offer*>& offers) {
    for (const Offer* offer : offers) {
      const DevicePrice list = list_device_price(*offer);
      if (is_firm(offer->purchase)) keep_cheapest(firm_[offer->accelerator], offer->provider, list);
      if (offer->purchase != Purchase::kOnDemand) continue;
      keep_cheapest(on_demand_[offer->accelerator], offer->provider, list);
      keep_cheapest(paid_on_demand_[offer->accelerator], offer->provider, device_price(*offer));
    }
  }

  // Median over providers of each one's cheapest firm price; nothing with fewer than four providers.
  std::optional<DevicePrice> reference(Text accelerator) const {
    const auto found = firm_.find(accelerator);
    if (found == firm_.end() || found->second.size() < kProvidersForReference) return std::nullopt;
    std::vector<DevicePrice> prices;
    for (const auto& [provider, price] : found->second) prices.push_back(price);
    return median(std::move(prices));
  }

  // Of all accelerators that have one.
  std::map<Text, DevicePrice> all() const {
    std::map<Text, DevicePrice> references;
    for (const auto& [accelerator, prices] : firm_) {
      if (const auto price = reference(accelerator)) references.emplace(accelerator, *price);
    }
    return references;
  }

  std::optional<DevicePrice> on_demand(const Offer& offer) const { return own(on_demand_, offer); }
  // As adjusted: what this buyer would pay in its place.
  std::optional<DevicePrice> paid_on_demand(const Offer& offer) const { return own(paid_on_demand_, offer); }

 private:
  static std::optional<DevicePrice> own(const std::map<Text, ByProvider>& prices, const Offer& offer) {
    const auto found = prices.find(offer.accelerator);
    if (found == prices.end()) return std::nullopt;
    const auto price = found->second.find(offer.provider);
    return price == found->second.end() ? std::nullopt : std::optional(price->second);
  }

  std::map<Text, ByProvider> firm_;
  std::map<Text, ByProvider> on_demand_;
  std::map<Text, ByProvider> paid_on_demand_;
};

PriceStanding standing_of(const Offer& offer, const References& references) {
  if (offer.agreed) return PriceStanding::kUsual;      // the buyer's own contract needs no second witness
  const DevicePrice price = list_device_price(offer);  // a share of a usual price is no reason for doubt
  const bool firm = is_firm(offer.purchase);
  const auto reference = references.reference(offer.accelerator);
  if (reference)
    return price < *reference * (firm ? kFirmOutlier : kInterruptibleOutlier) ? PriceStanding::kOutlier
                                                                              : PriceStanding::kUsual;
  if (firm) return PriceStanding::kUntested;
  const auto own = references.on_demand(offer);
  if (!own) return PriceStanding::kUnreferenced;
  return price < *own * kInterruptibleOutlier ? PriceStanding::kOutlier : PriceStanding::kUsual;
}

// On-demand prices by what must be the same for spot to be held against them.
using PlaceKey = std::tuple<Text, Text, Text, Text, int>;
PlaceKey place_of(const Offer& o) { return {o.provider, o.accelerator, o.machine, o.region, o.count}; }

std::map<PlaceKey, DevicePrice> on_demand_by_place(const std::vector<const Offer*>& offers) {
  std::map<PlaceKey, DevicePrice> prices;
  for (const Offer* offer : offers) {
    if (offer->purchase == Purchase::kOnDemand) prices.emplace(place_of(*offer), device_price(*offer));
  }
  return prices;
}

// Spot against on-demand of the same machine in the same region, else of the provider's cheapest.
bool is_pointless_spot(const Offer& spot, const std::map<PlaceKey, DevicePrice>& same_place,
                       const References& references) {
  if (spot.purchase != Purchase::kSpot) return false;
  const auto same = same_place.find(place_of(spot));
  if (same != same_place.end()) return device_price(spot) >= kPointlessSpot * same->second;
  const auto own = references.paid_on_demand(spot);
  return own && device_price(spot) >= kPointlessSpot * *own;
}

}  // namespace

std::map<Text, DevicePrice> reference_prices(const Catalog& catalog) {
  return References(current_offers(catalog.tables())).all();
}

Market current_market(const Catalog& catalog) {
  const std::vector<const Offer*> current = current_offers(catalog.tables());
  const References references(current);
  const auto same_place = on_demand_by_place(current);
  Market market;
  for (const Offer* offer : current) {
    if (is_pointless_spot(*offer, same_place, references)) {
      market.pointless_spot.push_back(offer);
      continue;
    }
    market.offers.push_back(
        {offer, catalog.provider(offer->provider), catalog.accelerator(offer->accelerator),
         catalog.cluster(offer->provider, offer->cluster), standing_of(*offer, references)});
  }
  return market;
}

}  // namespace capplan

#include "plan/redraw.h"

#include "plan/best_count.h"

namespace capplan {

DrawnProfiles::DrawnProfiles(Catalog drawn, const Catalog& base, const Market& market)
    : catalog_(std::move(drawn)), base_(base) {
  market_.offers.reserve(market.offers.size());
  for (const MarketOffer& offer : market.offers) market_.offers.push_back(this->drawn(offer));
}

// Rows keep their places in a draw.
MarketOffer DrawnProfiles::drawn(const MarketOffer& offer) const {
  const auto row = static_cast<std::size_t>(offer.offer - base_.tables().offers.data());
  const Offer& same = catalog_.tables().offers[row];
  return {&same, catalog_.provider(same.provider), catalog_.accelerator(same.accelerator),
          catalog_.cluster(same.provider, same.cluster), offer.standing};
}

namespace {

std::optional<DrawnProfiles> draw_profiles(const Catalog& base, const Market& market,
                                           const Probabilities& at) {
  if (at.empty()) return std::nullopt;
  std::optional<Catalog> drawn = base.at(at);
  if (!drawn) return std::nullopt;
  return DrawnProfiles(std::move(*drawn), base, market);
}

}  // namespace

DrawnSpec::DrawnSpec(PlanSpec spec, const Catalog& catalog, const PlanSettings& settings,
                     const Market& market, const Probabilities& of_profiles)
    : spec_(std::move(spec)),
      profiles_(draw_profiles(catalog, market, of_profiles)),
      catalog_(profiles_ ? profiles_->catalog() : catalog),
      market_(profiles_ ? profiles_->market() : market) {
  Diagnostics problems;
  bound_ = bind_spec(spec_, catalog_, settings, problems);
  valid_ = !has_errors(problems) && (profiles_ || of_profiles.empty());
}

std::optional<Candidate> DrawnSpec::price(const Allocation& allocation, const Supply& supply) const {
  const std::size_t index = allocation.workload;
  Workload workload = *bound_.workloads[index].workload;
  if (workload.kind != WorkloadKind::kServing) workload.pin.count = allocation.count;
  BoundSpec bound = bound_;
  bound.workloads[index].workload = &workload;
  ExecutionCache executions(bound, catalog_);
  const SupplyContext context{bound, catalog_, executions, 1, nullptr, &market_};
  Supply from = supply;
  std::optional<MarketOffer> offer;
  if (profiles_) {
    from.accelerator = catalog_.accelerator(supply.accelerator->id);
    if (supply.offer != nullptr) from.offer = &offer.emplace(profiles_->drawn(*supply.offer));
  }
  Supplied priced = find_best_counts(context, index, {from}).front();
  return priced ? std::optional(std::move(*priced)) : std::nullopt;
}

}  // namespace capplan

#include <algorithm>

#include "capplan/cost/cost.h"
#include "core/number_text.h"

namespace capplan {
namespace {

// A chip whose TDP nobody published still draws power: the median of datacentre parts would be a guess, so
// the energy of such parts is left out and said so.
constexpr Power kUnknownPower{};

struct Intensity {
  double kg_per_kwh = 0;
  std::string place;
  bool exact = false;
};

const CarbonRow* find_row(const Catalog& catalog, Text scope, Text region) {
  if (region.empty()) return nullptr;
  for (const CarbonRow& row : catalog.tables().carbon) {
    if (row.scope == scope && row.region == region) return &row;
  }
  return nullptr;
}

Intensity world(const Catalog& catalog) {
  for (const CarbonRow& row : catalog.tables().carbon) {
    if (row.scope == "world") return {row.kg_per_kwh, "world mean", false};
  }
  return {};
}

Intensity intensity_of(const Catalog& catalog, Text provider, Text region, Text country) {
  if (const CarbonRow* row = find_row(catalog, provider, region))
    return {row->kg_per_kwh, std::string(row->place), true};
  if (const CarbonRow* row = find_row(catalog, "country", country))
    return {row->kg_per_kwh, std::string(row->place), true};
  return world(catalog);
}

double energy_kwh(const Accelerator& accelerator, int count, const InUse& use, double pue,
                  const Catalog& catalog) {
  const double load = use.power_share > 0 ? use.power_share : catalog.figure("power.load-factor").value;
  return (node_power(accelerator, count, catalog) * use.time).in(kKwh)*load * pue;
}

}  // namespace

Power node_power(const Accelerator& accelerator, int accelerators, const Catalog& catalog) {
  const double count = accelerators;
  if (accelerator.node_power)
    return accelerator.node_power->power * (count / accelerator.node_power->accelerators);
  if (!accelerator.power) return kUnknownPower;
  return *accelerator.power * count * catalog.figure("power.server-overhead").value;
}

double provider_pue(const Provider& provider, const Catalog& catalog) {
  if (const Figure* own = catalog.find_figure(std::string("pue.") + std::string(provider.id)))
    return own->value;
  return catalog.figure(provider.option == SupplyOption::kCloud ? "pue.hyperscale" : "pue.industry-average")
      .value;
}

EnergyUse rented_energy(const MarketOffer& offer, int count, const InUse& in_use, const Catalog& catalog) {
  const double pue = provider_pue(*offer.provider, catalog);
  const Intensity intensity =
      intensity_of(catalog, offer.offer->provider, offer.offer->region, offer.offer->country);
  EnergyUse use;
  use.kwh = energy_kwh(*offer.accelerator, count, in_use, pue, catalog);
  use.kg_co2e = use.kwh * intensity.kg_per_kwh;
  if (!intensity.exact)
    add_assumption(use.assumptions, {"carbon." + std::string(offer.offer->provider),
                                     plain_number(intensity.kg_per_kwh) + " kg/kWh",
                                     "world mean: the price row names no region whose grid is known"});
  if (!offer.accelerator->power && !offer.accelerator->node_power)
    add_assumption(use.assumptions,
                   {"power." + std::string(offer.accelerator->id), "left out", "its power is not published"});
  return use;
}

EnergyUse owned_energy(const Accelerator& accelerator, const Site& site, int count, const InUse& in_use,
                       const Catalog& catalog) {
  const Intensity intensity = intensity_of(catalog, {}, {}, site.country);
  EnergyUse use;
  use.kwh = energy_kwh(accelerator, count, in_use, catalog.figure(site.pue).value, catalog);
  use.kg_co2e = use.kwh * intensity.kg_per_kwh;
  return use;
}

}  // namespace capplan

#include "capplan/cost/energy.h"

#include <algorithm>

#include "core/number_text.h"

namespace capplan {
namespace {

// A chip whose TDP nobody published still draws power: the median of datacentre parts would be a guess, so
// the energy of such parts is left out and said so.
constexpr Power kUnknownPower{};

const CarbonRow* find_row(const Catalog& catalog, Text scope, Text region) {
  if (region.empty()) return nullptr;
  for (const CarbonRow& row : catalog.tables().carbon) {
    if (row.scope == scope && row.region == region) return &row;
  }
  return nullptr;
}

const CarbonRow* world(const Catalog& catalog) {
  for (const CarbonRow& row : catalog.tables().carbon) {
    if (row.scope == "world") return &row;
  }
  return nullptr;
}

struct Intensity {
  const CarbonRow* row = nullptr;
  bool exact = false;
};

Intensity intensity_of(const Catalog& catalog, Text provider, Text region, Text country) {
  if (const CarbonRow* row = find_row(catalog, provider, region)) return {row, true};
  if (const CarbonRow* row = find_row(catalog, "country", country)) return {row, true};
  return {world(catalog), false};
}

Factor load_factor(double power_share, const Catalog& catalog) {
  if (power_share > 0) return result_factor("mean draw over rated power", power_share, "", "power_share");
  const Figure& usual = catalog.figure("power.load-factor");
  return figure_factor(usual, usual.value, "");
}

// Making an accelerator with its share of a node, by the share of its life (BLOOM, arXiv 2211.02001,
// section 4.1: manufacture over the hours that hardware is in use in its life).
void add_embodied(EnergyUse& use, const Accelerator& a, int count, double life, const Catalog& catalog) {
  const Figure& card = catalog.figure("embodied.accelerator");
  const double each = card.value + catalog.figure("embodied.server").value / a.per_node;
  Factor making = figure_factor(card, each, "kg");
  making.name = "making one, with its share of a node";
  Factor share = figure_factor(catalog.figure("embodied.lifetime"), life, "");
  share.name = "share of its life";
  use.embodied = {result_factor("accelerators", count, "", "count"), making, share};
  use.embodied_kg = count * each * life;
}

EnergyUse energy_of(const Accelerator& a, int count, const InUse& in_use, const Factor& pue,
                    const Intensity& intensity, const Catalog& catalog) {
  EnergyUse use;
  use.factors = {rated_power(a, count, catalog), load_factor(in_use.power_share, catalog), pue,
                 result_factor("hours of use", in_use.time.in(kHour), "h", "hours")};
  use.kwh = 1;
  for (const Factor& f : use.factors) use.kwh *= f.value;
  if (intensity.row != nullptr)
    use.intensity = {intensity.row->place,
                     intensity.row->kg_per_kwh,
                     "kg/kWh",
                     Origin::kFigure,
                     intensity.row->region,
                     {intensity.row->source, intensity.row->as_of, false}};
  use.kg_co2e = use.kwh * use.intensity.value;
  return use;
}

}  // namespace

Power node_power(const Accelerator& accelerator, int accelerators, const Catalog& catalog) {
  const double count = accelerators;
  if (accelerator.node_power)
    return accelerator.node_power->power * (count / accelerator.node_power->accelerators);
  if (!accelerator.power) return kUnknownPower;
  return *accelerator.power * count * catalog.figure("power.server-overhead").value;
}

Factor rated_power(const Accelerator& a, int count, const Catalog& catalog) {
  return {"rated power of the nodes",
          node_power(a, count, catalog).in(kKilowatt),
          "kW",
          Origin::kHardware,
          a.id,
          a.node_power ? a.node_power->provenance : Provenance{a.source, a.as_of, is_unverified(a, "power")}};
}

const Figure& provider_pue(const Provider& provider, const Catalog& catalog) {
  if (const Figure* own = catalog.find_figure(std::string("pue.") + std::string(provider.id))) return *own;
  return catalog.figure(provider.option == SupplyOption::kCloud ? "pue.hyperscale" : "pue.industry-average");
}

EnergyUse rented_energy(const MarketOffer& offer, int count, const InUse& in_use, const Catalog& catalog) {
  const Figure& pue = provider_pue(*offer.provider, catalog);
  const Intensity intensity =
      intensity_of(catalog, offer.offer->provider, offer.offer->region, offer.offer->country);
  EnergyUse use =
      energy_of(*offer.accelerator, count, in_use, figure_factor(pue, pue.value, ""), intensity, catalog);
  const Duration life = Duration::of(catalog.figure("embodied.lifetime").value);
  add_embodied(use, *offer.accelerator, count,
               in_use.time / life / catalog.figure("embodied.utilisation").value, catalog);
  if (!intensity.exact)
    add_assumption(use.assumptions, {"carbon." + std::string(offer.offer->provider),
                                     plain_number(use.intensity.value) + " kg/kWh",
                                     "world mean: the price row names no region whose grid is known"});
  if (!offer.accelerator->power && !offer.accelerator->node_power)
    add_assumption(use.assumptions,
                   {"power." + std::string(offer.accelerator->id), "left out", "its power is not published"});
  return use;
}

EnergyUse energy_together(const std::vector<EnergyUse>& uses) {
  EnergyUse all;
  for (const EnergyUse& use : uses) {
    all.kwh += use.kwh;
    all.kg_co2e += use.kg_co2e;
    all.embodied_kg += use.embodied_kg;
    for (const Assumption& a : use.assumptions) add_assumption(all.assumptions, a);
  }
  return all;
}

void add_carbon_price(Cost& cost, const EnergyUse& use, CarbonPrice price, const Schedule& paid) {
  std::vector<Factor> factors = use.factors;
  Factor intensity = use.intensity;
  intensity.value /= 1000;
  intensity.unit = "t/kWh";
  factors.push_back(intensity);
  cost.add(cost_line(Category::kPower, "carbon price", std::move(factors), "t",
                     spec_factor("carbon price", price.in(kUsd / kTonne), "USD/t", "carbon_price"), paid));
}

EnergyUse owned_energy(const Accelerator& accelerator, const Factor& pue, Text country, int count,
                       const InUse& in_use, const Catalog& catalog) {
  EnergyUse use = energy_of(accelerator, count, in_use, pue, intensity_of(catalog, {}, {}, country), catalog);
  // What is owned ages whether it is used or not.
  const Duration life = Duration::of(catalog.figure("embodied.lifetime").value);
  add_embodied(use, accelerator, count, in_use.owned / life, catalog);
  return use;
}

}  // namespace capplan

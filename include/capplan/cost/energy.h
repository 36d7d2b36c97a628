// Energy of accelerators with their servers and their facility; its carbon, and that of making them.
#pragma once

#include "capplan/catalog/market.h"
#include "capplan/cost/cost.h"

namespace capplan {

struct EnergyUse {
  std::vector<Factor> factors;  // their product is `kwh`
  double kwh = 0;
  Factor intensity;        // kg CO2e a kWh where it is used: location based, no certificates
  double kg_co2e = 0;      // of the electricity
  double embodied_kg = 0;  // of making the hardware, by the share of its life that is used; not in kg_co2e
  std::vector<Factor> embodied;  // their product is `embodied_kg`
  Assumptions assumptions;
};

// Rated power of nodes with so many accelerators in all; nothing where it is not published.
Power node_power(const Accelerator& accelerator, int accelerators, const Catalog& catalog);
// The same in kW, as a factor with its source.
Factor rated_power(const Accelerator& accelerator, int accelerators, const Catalog& catalog);
// The provider's own, else that of its kind.
const Figure& provider_pue(const Provider& provider, const Catalog& catalog);

struct InUse {
  Duration time;
  double power_share = 0;  // mean draw over rated power; 0: not known, the catalogue's usual load factor
  Duration owned = {};     // how long what is owned stands there, used or not
};

// kWh = rated node power x load factor x PUE x hours (Epoch AI, arXiv 2405.21015, appendix on energy).
EnergyUse rented_energy(const MarketOffer& offer, int count, const InUse& use, const Catalog& catalog);
// On a site of one's own, with its PUE, in its country.
EnergyUse owned_energy(const Accelerator& accelerator, const Factor& pue, Text country, int count,
                       const InUse& use, const Catalog& catalog);

// What several use; the factors stay with each.
EnergyUse energy_together(const std::vector<EnergyUse>& uses);

// What the carbon of the electricity costs where it has a price.
void add_carbon_price(Cost& cost, const EnergyUse& use, CarbonPrice price, const Schedule& paid);

}  // namespace capplan

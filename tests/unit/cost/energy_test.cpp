#include "capplan/cost/energy.h"

#include <gtest/gtest.h>

#include <string>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

double figure(const char* id) { return builtin().figure(id).value; }

MarketOffer offer_of(const Offer& offer) {
  return {&offer, builtin().provider(offer.provider), builtin().accelerator(offer.accelerator), nullptr,
          PriceStanding::kUsual};
}

Offer offer(const char* provider, const char* region = "", const char* country = "") {
  Offer o;
  o.provider = provider;
  o.accelerator = "H100-SXM-80GB";
  o.region = region;
  o.country = country;
  return o;
}

TEST(NodePowerOf, MeasuredElseTdpTimesTheServersOverhead) {
  EXPECT_DOUBLE_EQ(node_power(*builtin().accelerator("H100-SXM-80GB"), 4, builtin()).in(kKilowatt), 5.1);
  const Accelerator& l4 = *builtin().accelerator("L4-24GB");
  ASSERT_FALSE(l4.node_power.has_value());
  EXPECT_DOUBLE_EQ(node_power(l4, 2, builtin()).base(),
                   2 * l4.power->base() * figure("power.server-overhead"));
}

TEST(Pue, OwnThenTheKindsMean) {
  EXPECT_EQ(provider_pue(*builtin().provider("aws"), builtin()).value, figure("pue.aws"));
  EXPECT_EQ(provider_pue(*builtin().provider("gcp"), builtin()).value, figure("pue.hyperscale"));
  EXPECT_EQ(provider_pue(*builtin().provider("nebius"), builtin()).value, figure("pue.industry-average"));
}

TEST(Energy, KilowattHoursByHand) {
  const Offer o = offer("aws", "us-east-1", "USA");
  const EnergyUse use = rented_energy(offer_of(o), 8, {100 * kHour}, builtin());
  EXPECT_NEAR(use.kwh, 10.2 * 100 * figure("power.load-factor") * figure("pue.aws"), 1e-9);
}

TEST(Carbon, RegionThenCountryThenWorld) {
  struct Case {
    Offer offer;
    bool marked;
  };
  const auto intensity = [](const Offer& o) {
    const EnergyUse use = rented_energy(offer_of(o), 8, {100 * kHour}, builtin());
    return use.kg_co2e / use.kwh;
  };
  const auto row = [](Text scope, Text region) {
    for (const CarbonRow& c : builtin().tables().carbon) {
      if (c.scope == scope && (region.empty() || c.region == region)) return c.kg_per_kwh;
    }
    return -1.0;
  };
  EXPECT_DOUBLE_EQ(intensity(offer("gcp", "asia-east1", "TWN")), row("gcp", "asia-east1"));
  EXPECT_DOUBLE_EQ(intensity(offer("nebius", "eu-north1", "FIN")), row("country", "FIN"));
  EXPECT_DOUBLE_EQ(intensity(offer("nebius", "no-such", "")), row("world", ""));
  for (const Case& c : {Case{offer("gcp", "asia-east1"), false}, Case{offer("nebius", "", "FIN"), false},
                        Case{offer("nebius"), true}}) {
    EXPECT_EQ(!rented_energy(offer_of(c.offer), 8, {kHour}, builtin()).assumptions.empty(), c.marked)
        << c.offer.provider;
  }
}

TEST(Carbon, OwnedTakesTheSitesCountry) {
  const Factor pue =
      figure_factor(builtin().figure("pue.industry-average"), figure("pue.industry-average"), "");
  const Accelerator& h100 = *builtin().accelerator("H100-SXM-80GB");
  const EnergyUse us = owned_energy(h100, pue, "USA", 8, {100 * kHour}, builtin());
  const EnergyUse eu = owned_energy(h100, pue, "DEU", 8, {100 * kHour}, builtin());
  EXPECT_DOUBLE_EQ(us.kwh, eu.kwh);
  EXPECT_NE(us.kg_co2e, eu.kg_co2e);
  EXPECT_NEAR(us.kwh, 10.2 * 100 * figure("power.load-factor") * figure("pue.industry-average"), 1e-9);
}

TEST(Energy, IsTheProductOfItsFactors) {
  const Offer o = offer("aws", "us-east-1", "USA");
  const EnergyUse use = rented_energy(offer_of(o), 8, {100 * kHour, 0.6}, builtin());
  EXPECT_NEAR(use.kwh, 10.2 * 100 * 0.6 * figure("pue.aws"), 1e-9);  // as the run draws, not the usual
  double product = 1;
  for (const Factor& f : use.factors) product *= f.value;
  EXPECT_DOUBLE_EQ(product, use.kwh);
  EXPECT_DOUBLE_EQ(use.kwh * use.intensity.value, use.kg_co2e);
  product = 1;
  for (const Factor& f : use.embodied) product *= f.value;
  EXPECT_DOUBLE_EQ(product, use.embodied_kg);
}

// BLOOM, arXiv 2211.02001, section 4.1: 11.2 t for 1,082,990 GPU-hours with 150 kg a GPU and 2,500 kg a
// server of eight, over six years of which 85% are used. The catalogue's H100 is 164 kg.
TEST(Embodied, AsBloomCountsIt) {
  const Offer o = offer("aws", "us-east-1", "USA");
  const Duration time = 1082990 * kHour / 8;
  const double each = figure("embodied.accelerator") + figure("embodied.server") / 8;
  EXPECT_NEAR(rented_energy(offer_of(o), 8, {time}, builtin()).embodied_kg * (150 + 2500 / 8.0) / each / 1000,
              11.2, 0.1);
}

TEST(Embodied, WhatIsOwnedAgesUnusedToo) {
  const Factor pue = rule_factor("PUE", 1.3);
  const Accelerator& h100 = *builtin().accelerator("H100-SXM-80GB");
  const double used = owned_energy(h100, pue, "USA", 16, {kYear, 0, kYear}, builtin()).embodied_kg;
  const double idle = owned_energy(h100, pue, "USA", 16, {kHour, 0, kYear}, builtin()).embodied_kg;
  EXPECT_DOUBLE_EQ(used, idle);
  EXPECT_NEAR(used, 16 * (figure("embodied.accelerator") + figure("embodied.server") / 8) / 6, 1e-9);
}

TEST(CarbonPriceOf, TonnesOfTheElectricity) {
  const Offer o = offer("nebius", "eu-north1", "FIN");
  const EnergyUse use = rented_energy(offer_of(o), 8, {1000 * kHour}, builtin());
  Cost cost;
  add_carbon_price(cost, use, 80 * (kUsd / kTonne), {Duration{}, 1000 * kHour});
  ASSERT_EQ(cost.lines.size(), 1u);
  EXPECT_NEAR(cost.total(Category::kPower).usd(), use.kg_co2e / 1000 * 80, 1e-6);
  EXPECT_EQ(cost.lines[0].price.key, "carbon_price");
  add_carbon_price(cost, use, {}, {});
  EXPECT_EQ(cost.lines.size(), 1u);  // free carbon is no line
}

TEST(Energy, UnknownPowerIsSaid) {
  for (const Accelerator& a : builtin().tables().accelerators) {
    if (a.power || a.node_power) continue;
    Offer o = offer("aws", "us-east-1", "USA");
    o.accelerator = a.id;
    const EnergyUse use = rented_energy(offer_of(o), 8, {kHour}, builtin());
    EXPECT_EQ(use.kwh, 0);
    ASSERT_EQ(use.assumptions.size(), 1u) << a.id;
    EXPECT_EQ(use.assumptions[0].path, "power." + std::string(a.id));
  }
}

}  // namespace
}  // namespace capplan

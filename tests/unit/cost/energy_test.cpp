#include <gtest/gtest.h>

#include <string>

#include "capplan/cost/cost.h"
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
  EXPECT_EQ(provider_pue(*builtin().provider("aws"), builtin()), figure("pue.aws"));
  EXPECT_EQ(provider_pue(*builtin().provider("gcp"), builtin()), figure("pue.hyperscale"));
  EXPECT_EQ(provider_pue(*builtin().provider("nebius"), builtin()), figure("pue.industry-average"));
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
  const EnergyUse us = owned_energy(*builtin().accelerator("H100-SXM-80GB"), *builtin().site("colocation-us"),
                                    8, {100 * kHour}, builtin());
  const EnergyUse eu = owned_energy(*builtin().accelerator("H100-SXM-80GB"), *builtin().site("colocation-eu"),
                                    8, {100 * kHour}, builtin());
  EXPECT_DOUBLE_EQ(us.kwh, eu.kwh);
  EXPECT_NE(us.kg_co2e, eu.kg_co2e);
  EXPECT_NEAR(us.kwh, 10.2 * 100 * figure("power.load-factor") * figure("pue.industry-average"), 1e-9);
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

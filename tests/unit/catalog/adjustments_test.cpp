#include "catalog/adjustments.h"

#include <gtest/gtest.h>

#include <string>

#include "capplan/catalog/market.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::market_of;
using testing::messages;
using testing::Row;

std::string entry(const std::string& name, const std::string& keys) {
  return "- name: " + name + "\n  " + keys + "\n  source: contract\n  as_of: 2026-06-01\n";
}

Result<Catalog> adjusted(const Catalog& base, const std::string& adjustments) {
  return overlay_catalog(base, "mine", {{"adjustments.yaml", adjustments}});
}

// Four sellers of H100 at 4 dollars each, eight to a row.
std::vector<Row> four_sellers() {
  std::vector<Row> rows;
  for (const char* id : {"a", "b", "c", "d"})
    rows.push_back({.provider = id, .usd_per_hour = 32, .count = 8, .region = "eu-1"});
  return rows;
}

const Offer& offer_of(const Catalog& catalog, std::string_view provider) {
  for (const Offer& offer : catalog.tables().offers) {
    if (offer.provider == provider) return offer;
  }
  throw std::runtime_error("no offer");
}

double usd(DevicePrice price) { return price.in(kUsd / kHour / kDevice); }

PriceStanding standing_of(const Catalog& catalog, std::string_view provider) {
  for (const MarketOffer& m : current_market(catalog).offers) {
    if (m.offer->provider == provider) return m.standing;
  }
  throw std::runtime_error("no offer");
}

TEST(Adjustments, AShareOfThePriceAsItStandsInOrder) {
  const auto catalog = adjusted(
      market_of(four_sellers()),
      entry("later", "select: {provider: a}\n  change: -50%\n  order: 2") +
          entry("agreed", "select: {provider: a, accelerator: \"H100*\", region: \"eu-*\"}\n  price: $2/h") +
          entry("dearer", "select: {provider: [b, c], purchase: on-demand}\n  change: +10%"));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  const Offer& a = offer_of(*catalog, "a");
  EXPECT_DOUBLE_EQ(usd(device_price(a)), 1);
  EXPECT_DOUBLE_EQ(usd(list_device_price(a)), 4);
  EXPECT_TRUE(a.agreed);
  EXPECT_EQ(a.adjustment, "agreed; later");
  EXPECT_EQ(a.source, "later: contract (2026-06-01); agreed: contract (2026-06-01); a test");
  EXPECT_EQ(a.as_of, "2026-06-01");
  EXPECT_DOUBLE_EQ(usd(device_price(offer_of(*catalog, "b"))), 4.4);
  EXPECT_FALSE(offer_of(*catalog, "b").agreed);
  EXPECT_FALSE(offer_of(*catalog, "d").list_price.has_value());
  EXPECT_EQ(offer_of(*catalog, "d").adjustment, "");
}

TEST(Adjustments, AnAbsolutePriceTakesThePlaceOfWhatWasBefore) {
  const auto catalog = adjusted(market_of(four_sellers()),
                                entry("first", "select: {provider: a}\n  change: -50%") +
                                    entry("then", "select: {provider: a}\n  price: 3 USD/accelerator/h"));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  EXPECT_DOUBLE_EQ(usd(device_price(offer_of(*catalog, "a"))), 3);
  EXPECT_DOUBLE_EQ(offer_of(*catalog, "a").list_price->in(kUsd / kHour), 32);
}

TEST(Adjustments, LicencesAreAddedUpAndLeaveThePrice) {
  const auto catalog = adjusted(market_of(four_sellers()),
                                entry("driver", "select: {provider: a}\n  licence_per_host: $0.40/h") +
                                    entry("more", "select: {provider: a}\n  licence_per_host: $0.10/h") +
                                    entry("suite", "licence_per_accelerator: $4380/year"));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  const Offer& a = offer_of(*catalog, "a");
  EXPECT_DOUBLE_EQ(a.host_licence.in(kUsd / kHour), 0.5);
  EXPECT_DOUBLE_EQ(usd(a.accelerator_licence), 0.5);
  EXPECT_DOUBLE_EQ(usd(device_price(a)), 4);
  EXPECT_FALSE(a.list_price.has_value());
  EXPECT_NE(a.licence_source.find("driver: contract (2026-06-01)"), Text::npos);
  EXPECT_EQ(offer_of(*catalog, "b").host_licence, UsdRate{});
  EXPECT_DOUBLE_EQ(usd(offer_of(*catalog, "b").accelerator_licence), 0.5);
}

TEST(Adjustments, WhatIsAgreedIsNoOutlierAndMovesNoReference) {
  // 1.5 is below 40% of 4; so is 1.2, but as a share of a usual price.
  const auto catalog = adjusted(market_of(four_sellers()),
                                entry("agreed", "select: {provider: a}\n  price: $1.5/h") +
                                    entry("discount", "select: {provider: [b, c]}\n  change: -70%"));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  for (const char* id : {"a", "b", "c", "d"})
    EXPECT_EQ(standing_of(*catalog, id), PriceStanding::kUsual) << id;
}

TEST(Adjustments, AShareOfAnOutlierIsAnOutlierAndAnAgreedPriceIsNot) {
  std::vector<Row> rows = four_sellers();
  rows.push_back({.provider = "e", .usd_per_hour = 8, .count = 8});
  const Catalog base = market_of(rows);
  EXPECT_EQ(standing_of(base, "e"), PriceStanding::kOutlier);
  const auto dearer = adjusted(base, entry("tax", "change: +19%"));
  ASSERT_TRUE(dearer.has_value());
  EXPECT_EQ(standing_of(*dearer, "e"), PriceStanding::kOutlier);
  const auto agreed = adjusted(base, entry("agreed", "select: {provider: e}\n  price: $0.9/h"));
  ASSERT_TRUE(agreed.has_value());
  EXPECT_EQ(standing_of(*agreed, "e"), PriceStanding::kUsual);
}

TEST(Adjustments, CreditsKeepTheirFilterAndEnd) {
  const auto catalog = adjusted(
      market_of(four_sellers()),
      entry("launch",
            "select: {provider: [a, b], purchase: on-demand}\n  credits: €100k\n  until: 2027-03-01") +
          entry("open", "select: {provider: \"*\"}\n  credits: $5k\n  order: -1"));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  const std::vector<Credit>& credits = catalog->tables().credits;
  ASSERT_EQ(credits.size(), 2U);
  EXPECT_EQ(credits[0].name, "open");
  EXPECT_EQ(credits[0].until, "");
  EXPECT_TRUE(credits[0].covers("d", Purchase::kSpot));
  const Credit& launch = credits[1];
  const double euro = catalog->exchange_rates().find("EUR")->usd;
  EXPECT_DOUBLE_EQ(launch.amount.in(kUsd), 100000 * euro);
  EXPECT_EQ(launch.until, "2027-03-01");
  EXPECT_TRUE(launch.covers("b", Purchase::kOnDemand));
  EXPECT_FALSE(launch.covers("b", Purchase::kSpot));
  EXPECT_FALSE(launch.covers("c", Purchase::kOnDemand));
  EXPECT_NE(launch.provenance.source.find("€100k at"), Text::npos);
}

TEST(Adjustments, WhatMatchesNothingIsAProblem) {
  const struct {
    const char* keys;
    const char* says;
  } cases[] = {
      {"select: {provider: [a, bb]}\n  change: -5%", "no price that counts has `bb`"},
      {"select: {accelerator: L40S}\n  change: -5%", "no price that counts has `L40S-48GB`"},
      {"select: {accelerator: H100}\n  change: -5%", "may be H100-NVL-94GB or"},
      {"select: {region: us-*}\n  change: -5%", "no price that counts has `us-*`"},
      {"select: {provider: a, machine: \"\"}\n  change: -5%", "found nothing"},
      {"select: {provider: e}\n  credits: $5", "no price that counts has `e`"},
  };
  for (const auto& c : cases) {
    const auto catalog = adjusted(market_of(four_sellers()), entry("x", c.keys));
    ASSERT_FALSE(catalog.has_value()) << c.keys;
    EXPECT_NE(messages(catalog.error()).find(c.says), std::string::npos) << messages(catalog.error());
    EXPECT_EQ(catalog.error().front().location.file, "mine/adjustments.yaml");
  }
}

TEST(Offers, OtherCurrenciesAreConvertedOnTheDateOfTheRow) {
  const std::string exchange =
      "currency,as_of,usd,source\nEUR,2026-01-01,1.1,bank\nEUR,2026-07-01,1.2,bank\n";
  const std::string header =
      "accelerator,count,purchase,region,price_per_hour,currency,status,as_of,source\n";
  const auto price_on = [&](const std::string& date) {
    const auto catalog = overlay_catalog(
        market_of(four_sellers()), "mine",
        {{"exchange.csv", exchange},
         {"offers/a.csv", header + "H100-SXM-80GB,8,on-demand,eu-9,20,EUR,ok," + date + ",q\n"}});
    if (!catalog) throw std::runtime_error(messages(catalog.error()));
    for (const Offer& o : catalog->tables().offers) {
      if (o.region == "eu-9") return std::pair(o.price->in(kUsd / kHour), std::string(o.stated_price));
    }
    throw std::runtime_error("no offer");
  };
  EXPECT_DOUBLE_EQ(price_on("2025-06-01").first, 22);  // before all rates: the earliest
  EXPECT_DOUBLE_EQ(price_on("2026-03-01").first, 22);
  EXPECT_DOUBLE_EQ(price_on("2026-08-01").first, 24);
  EXPECT_EQ(price_on("2026-08-01").second, "20 EUR/h at 1.2 USD of 2026-07-01");
  const auto unknown =
      overlay_catalog(market_of(four_sellers()), "mine",
                      {{"offers/a.csv", header + "H100-SXM-80GB,8,on-demand,eu-9,20,XAU,ok,2026-08-01,q\n"}});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_NE(messages(unknown.error()).find("unknown currency `XAU`; known are CHF, CNY, EUR"),
            std::string::npos);
}

TEST(Profiles, AmountsOfOtherCurrenciesSayWhatTheyWere) {
  const auto catalog = overlay_catalog(
      market_of(four_sellers()), "mine",
      {{"exchange.csv", "currency,as_of,usd,source\nSEK,2026-01-01,0.1,bank\n"},
       {"figures/mine.yaml",
        "- id: mine\n  name: x\n  value: 0.50 SEK/kWh\n  source: grid\n  as_of: 2026-06-01\n"},
       {"providers/a.yaml",
        "id: a\nname: a\noption: rental\nstorage:\n  - tier: object\n    item: x\n    price: 0.3 "
        "SEK/GB/month\n"
        "    source: list\n    as_of: 2026-06-01\nsource: t\nas_of: 2026-01-01\n"}});
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  const Figure& figure = catalog->figure("mine");
  EXPECT_DOUBLE_EQ(figure.value, 0.05 / 3.6e6);
  EXPECT_EQ(figure.provenance.source, "grid (0.50 SEK/kWh at 0.1 USD of 2026-01-01)");
  const StorageRow& storage = catalog->tables().storage.front();
  EXPECT_NEAR(storage.price.in(kUsd / kGB / kMonth), 0.03, 1e-12);
  EXPECT_EQ(storage.provenance.source, "list (0.3 SEK/GB/month at 0.1 USD of 2026-01-01)");
}

}  // namespace
}  // namespace capplan

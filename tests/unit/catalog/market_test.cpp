// Each rule of "What can be bought" (contract, section 3).
#include "capplan/catalog/market.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::market_of;
using testing::Row;

double usd(const Offer& offer) { return offer.price->in(kUsd / kHour); }

// Prices of the rows that are current, in order.
std::vector<double> current(const std::vector<Row>& rows) {
  const Catalog catalog = market_of(rows);
  std::vector<double> prices;
  for (const MarketOffer& m : current_market(catalog).offers) prices.push_back(usd(*m.offer));
  std::sort(prices.begin(), prices.end());
  return prices;
}

struct Pair {
  const char* name;
  Row older, newer;
  std::vector<double> left;
};

// The older row costs 2, the newer 3.
std::vector<Pair> pairs() {
  const auto at = [](double price, const char* date) {
    Row row{.provider = "x"};
    row.usd_per_hour = price;
    row.as_of = date;
    return row;
  };
  const Row older = at(2, "2026-01-01");
  const Row newer = at(3, "2026-06-01");
  const auto change = [](Row row, auto&& how) {
    how(row);
    return row;
  };
  const auto placed = [&](Row row, const char* region, const char* machine) {
    row.region = region;
    row.machine = machine;
    return row;
  };
  return {
      {"newer supersedes", older, newer, {3}},
      {"same day keeps both", older, at(3, "2026-01-01"), {2, 3}},
      {"another provider", older, change(newer, [](Row& r) { r.provider = "y"; }), {2, 3}},
      {"another accelerator", older, change(newer, [](Row& r) { r.accelerator = "L4-24GB"; }), {2, 3}},
      {"another purchase", older, change(newer, [](Row& r) { r.purchase = "marketplace"; }), {2, 3}},
      {"another tier", older, change(newer, [](Row& r) { r.tier = "secure"; }), {2, 3}},
      {"another count", older, change(newer, [](Row& r) { r.count = 8; }), {3}},
      {"a region alone keeps nothing apart",
       change(older, [](Row& r) { r.region = "r1"; }),
       change(newer, [](Row& r) { r.region = "r2"; }),
       {3}},
      {"a machine alone keeps nothing apart",
       change(older, [](Row& r) { r.machine = "m1"; }),
       change(newer, [](Row& r) { r.machine = "m2"; }),
       {3}},
      {"region and machine keep apart", placed(older, "r1", "m"), placed(newer, "r2", "m"), {2, 3}},
      {"region and another machine too", placed(older, "r1", "m"), placed(newer, "r1", "n"), {2, 3}},
      {"the same region and machine", placed(older, "r1", "m"), placed(newer, "r1", "m"), {3}},
      {"an unplaced row supersedes a placed one", placed(older, "r1", "m"), newer, {3}},
      {"a median never supersedes a list price",
       older,
       change(newer, [](Row& r) { r.basis = "median"; }),
       {2, 3}},
      {"nor does a lowest", older, change(newer, [](Row& r) { r.basis = "lowest"; }), {2, 3}},
      {"a list price supersedes a median", change(older, [](Row& r) { r.basis = "median"; }), newer, {3}},
      {"a median supersedes a lowest",
       change(older, [](Row& r) { r.basis = "lowest"; }),
       change(newer, [](Row& r) { r.basis = "median"; }),
       {3}},
      {"only ok rows supersede", older, change(newer, [](Row& r) { r.status = "suspect"; }), {2}},
      {"only ok rows are offered", change(older, [](Row& r) { r.status = "stale"; }), newer, {3}},
  };
}

TEST(Superseding, Rules) {
  for (const Pair& p : pairs()) EXPECT_EQ(current({p.older, p.newer}), p.left) << p.name;
}

std::vector<Row> firm(const std::vector<double>& prices) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < prices.size(); ++i)
    rows.push_back({.provider = "p" + std::to_string(i), .usd_per_hour = prices[i]});
  return rows;
}

// Standing of the offer at this price.
PriceStanding standing_of(const std::vector<Row>& rows, double price) {
  const Catalog catalog = market_of(rows);
  for (const MarketOffer& m : current_market(catalog).offers) {
    if (std::abs(usd(*m.offer) - price) < 1e-9) return m.standing;
  }
  throw std::runtime_error("no offer at this price");
}

TEST(Outliers, FirmPricesNeedFourProviders) {
  // The median of 1.5, 4, 4, 4 is 4: below 1.6 is odd.
  EXPECT_EQ(standing_of(firm({1.59, 4, 4, 4}), 1.59), PriceStanding::kOutlier);
  EXPECT_EQ(standing_of(firm({1.6, 4, 4, 4}), 1.6), PriceStanding::kUsual);
  EXPECT_EQ(standing_of(firm({0.1, 4, 4}), 0.1), PriceStanding::kUntested);
  EXPECT_EQ(standing_of(firm({0.1}), 0.1), PriceStanding::kUntested);
}

TEST(Outliers, TheReferenceIsEachProvidersCheapest) {
  // One provider's five dear rows count once, and by its cheapest: the median is that of 1, 1, 1, 10.
  std::vector<Row> rows = firm({1, 1, 1, 10});
  for (int i = 0; i < 5; ++i)
    rows.push_back({.provider = "p3", .usd_per_hour = 50, .tier = std::to_string(i)});
  rows.push_back({.provider = "p0", .usd_per_hour = 0.39, .purchase = "reserved", .term_max_h = "8760"});
  rows[0].usd_per_hour = 0.9;
  EXPECT_EQ(standing_of(rows, 0.39), PriceStanding::kOutlier);  // median of 0.39, 1, 1, 10 is 1
}

TEST(Outliers, InterruptiblePricesAreHeldAgainstTheFirmReference) {
  for (const char* purchase : {"spot", "marketplace"}) {
    std::vector<Row> rows = firm({4, 4, 4, 4});
    rows.push_back({.provider = "s", .usd_per_hour = 0.99, .purchase = purchase});
    rows.push_back({.provider = "t", .usd_per_hour = 1.01, .purchase = purchase});
    EXPECT_EQ(standing_of(rows, 0.99), PriceStanding::kOutlier) << purchase;
    EXPECT_EQ(standing_of(rows, 1.01), PriceStanding::kUsual) << purchase;
  }
}

TEST(Outliers, WithFewerProvidersSpotIsHeldAgainstItsOwnOnDemandPrice) {
  const auto spot = [](double price, const char* provider) {
    return Row{.provider = provider, .usd_per_hour = price, .purchase = "spot"};
  };
  std::vector<Row> rows = firm({4, 4});
  rows.push_back(spot(0.99, "p0"));
  rows.push_back(spot(1.01, "p1"));
  rows.push_back(spot(1.02, "s"));
  EXPECT_EQ(standing_of(rows, 0.99), PriceStanding::kOutlier);
  EXPECT_EQ(standing_of(rows, 1.01), PriceStanding::kUsual);
  EXPECT_EQ(standing_of(rows, 1.02), PriceStanding::kUnreferenced);
}

TEST(Outliers, ThePriceIsThatOfOneAccelerator) {
  std::vector<Row> rows = firm({4, 4, 4});
  rows.push_back({.provider = "n", .usd_per_hour = 8, .count = 8});
  EXPECT_EQ(standing_of(rows, 8), PriceStanding::kOutlier);
}

TEST(Spot, At95PercentOfOnDemandIsNoOffer) {
  struct Case {
    double spot;
    bool offered;
  };
  for (const Case& c : {Case{1.89, true}, Case{1.9, false}, Case{2.5, false}}) {
    const Catalog catalog = market_of({{.provider = "x", .usd_per_hour = 2},
                                       {.provider = "x", .usd_per_hour = c.spot, .purchase = "spot"}});
    const Market market = current_market(catalog);
    EXPECT_EQ(market.offers.size(), c.offered ? 2u : 1u) << c.spot;
    EXPECT_EQ(market.pointless_spot.size(), c.offered ? 0u : 1u) << c.spot;
  }
}

TEST(Spot, IsComparedWithTheSameMachineFirst) {
  const Row cheap{.provider = "x", .usd_per_hour = 1, .machine = "m", .region = "r1"};
  const Row dear{.provider = "x", .usd_per_hour = 4, .machine = "m", .region = "r2"};
  Row spot = dear;
  spot.purchase = "spot";
  spot.usd_per_hour = 2;
  EXPECT_EQ(current({cheap, dear, spot}).size(), 3u);
}

TEST(Clusters, OnlyWhereTheRowNamesOne) {
  const Catalog catalog = market_of({{.provider = "x", .cluster = "c"}, {.provider = "y"}});
  for (const MarketOffer& m : current_market(catalog).offers)
    EXPECT_EQ(m.cluster != nullptr, m.offer->provider == "x");
}

// What the built-in prices must show of the same rules.
TEST(BuiltinMarket, NoRowIsSupersededByAnother) {
  const Market market = current_market(builtin());
  EXPECT_GT(market.offers.size(), 300u);
  for (const MarketOffer& a : market.offers) {
    EXPECT_EQ(a.offer->status, OfferStatus::kOk);
    for (const MarketOffer& b : market.offers) {
      const auto key = [](const Offer& o) {
        return std::tuple(o.provider, o.accelerator, o.purchase, o.tier, o.basis);
      };
      if (key(*a.offer) != key(*b.offer) || b.offer->as_of <= a.offer->as_of) continue;
      const auto placed = [](const Offer& o) { return !o.region.empty() && !o.machine.empty(); };
      const bool apart =
          placed(*a.offer) && placed(*b.offer) &&
          std::tie(a.offer->region, a.offer->machine) != std::tie(b.offer->region, b.offer->machine);
      EXPECT_TRUE(apart) << a.offer->provider << " " << a.offer->accelerator << " of " << a.offer->as_of;
    }
  }
}

TEST(BuiltinMarket, OldRowsAreGone) {
  // Lambda's price an accelerator of 2026-05-24 is newer than its node price of 2026-05-14.
  for (const MarketOffer& m : current_market(builtin()).offers) {
    const bool lambda = m.offer->provider == "lambda" && m.offer->accelerator == "H100-SXM-80GB";
    EXPECT_FALSE(lambda && m.offer->as_of == "2026-05-14");
  }
}

TEST(BuiltinMarket, MarketplaceBidsFarBelowTheMarketAreOutliers) {
  const MarketOffer* bid = nullptr;
  const Market market = current_market(builtin());
  for (const MarketOffer& m : market.offers) {
    if (m.offer->provider == "vast" && m.offer->accelerator == "H100-SXM-80GB" &&
        m.offer->purchase == Purchase::kSpot)
      bid = &m;
  }
  ASSERT_NE(bid, nullptr);
  EXPECT_EQ(bid->standing, PriceStanding::kOutlier);
}

TEST(BuiltinMarket, ReferencesMakeSense) {
  for (const MarketOffer& m : current_market(builtin()).offers) {
    EXPECT_GT(device_price(*m.offer).in(kUsd / kHour / kDevice), 0.01)
        << m.offer->provider << " " << m.offer->accelerator;
    EXPECT_LT(device_price(*m.offer).in(kUsd / kHour / kDevice), 40)
        << m.offer->provider << " " << m.offer->accelerator;
    EXPECT_NE(m.provider, nullptr);
    EXPECT_NE(m.accelerator, nullptr);
    EXPECT_EQ(m.cluster == nullptr, m.offer->cluster.empty());
  }
}

}  // namespace
}  // namespace capplan

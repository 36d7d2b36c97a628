#include "capplan/cost/owned.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

struct Owned {
  std::string accelerator = "H100-SXM-80GB";
  int count = 8;
  double used_h = 4380;
  Duration horizon = kYear;
  double share = 1;
  std::string site = "colocation-us";
  SiteChoice terms = {};
};

Cost own(const Owned& o) {
  const SiteTerms site = site_terms(*builtin().site(o.site), o.terms, builtin());
  return price_owned(
      {builtin().accelerator(o.accelerator), &site, o.count, o.used_h * kHour, o.horizon, o.share},
      builtin());
}

double figure(const char* id) { return builtin().figure(id).value; }

double line(const Cost& cost, const std::string& start) {
  for (const CostLine& l : cost.lines) {
    if (l.label.starts_with(start)) return l.amount.usd();
  }
  return 0;
}

TEST(Owned, OneNodeByHand) {
  const Cost cost = own({});
  const Site& site = *builtin().site("colocation-us");
  const double price = builtin().accelerator("H100-SXM-80GB")->purchase->price.in(kUsd);
  const double spares = price * figure("spares.share");
  const double hardware = price + spares;
  EXPECT_NEAR(line(cost, "H100-SXM-80GB, purchase of 8"), price, 1e-6);
  EXPECT_NEAR(line(cost, "spares"), spares, 1e-6);
  EXPECT_NEAR(line(cost, "installation"), price * figure("installation.share"), 1e-6);
  EXPECT_NEAR(line(cost, "value left at the horizon"), -hardware * figure("residual.12-months"), 1e-6);
  EXPECT_EQ(line(cost, "switches"), 0);
  const double kwh = 10.2 * 4380 * figure("power.load-factor") * figure("pue.industry-average");
  const double tariff = EnergyPrice::of(builtin().figure(site.electricity).value).in(kUsd / kKwh);
  const double rent = PowerPrice::of(builtin().figure(site.facility).value).in(kUsd / kKilowatt / kMonth);
  EXPECT_NEAR(cost.total(Category::kPower).usd(), kwh * tariff, 1e-2);
  EXPECT_NEAR(cost.total(Category::kFacility).usd(), 10.2 * 12 * rent, 1e-2);
  EXPECT_NEAR(cost.total(Category::kStaff).usd(), figure("staff.minimum") * 200000, 1e-2);
  EXPECT_NEAR(cost.total(Category::kMaintenance).usd(),
              hardware * (figure("maintenance.oem-server-support") + figure("insurance.share")), 1e-2);
  EXPECT_NEAR(cost.capex().usd(),
              price * (1 + figure("installation.share")) + spares - hardware * figure("residual.12-months"),
              1e-5);
}

TEST(Owned, IdleIsContainedInTheTotal) {
  const Cost half = own({});
  EXPECT_NEAR(half.idle.usd(), (half.total() - half.total(Category::kPower)).usd() / 2, 1e-3);
  EXPECT_EQ(own({.used_h = 8760}).idle, Money{});
  const Cost unused = own({.used_h = 0});
  EXPECT_EQ(unused.idle, unused.total());
}

TEST(Owned, LinesSum) {
  for (const Owned& o : {Owned{}, Owned{.count = 1024}, Owned{.accelerator = "L4-24GB", .count = 3},
                         Owned{.accelerator = "MI300X-192GB", .count = 48}}) {
    const Cost cost = own(o);
    Money sum;
    for (const Category category : kCategories) sum += cost.total(category);
    EXPECT_EQ(sum, cost.total());
    for (const CostLine& l : cost.lines)
      EXPECT_EQ(l.amount, Money::of(Usd::of(l.quantity() * l.price.value))) << l.label;
  }
}

TEST(Residual, At12And48MonthsAndBetween) {
  EXPECT_DOUBLE_EQ(residual_share(12 * kMonth, builtin()), figure("residual.12-months"));
  EXPECT_DOUBLE_EQ(residual_share(48 * kMonth, builtin()), figure("residual.48-months"));
  EXPECT_NEAR(residual_share(30 * kMonth, builtin()),
              std::sqrt(figure("residual.12-months") * figure("residual.48-months")), 1e-12);
  EXPECT_DOUBLE_EQ(residual_share({}, builtin()), 1);
  double last = 1.1;
  for (int month = 0; month <= 96; month += 6) {
    const double share = residual_share(month * kMonth, builtin());
    EXPECT_LT(share, last);
    last = share;
  }
}

TEST(Network, ShareByNodes) {
  struct Case {
    int nodes;
    double share;
  };
  for (const Case& c :
       {Case{1, 0}, Case{2, figure("network.share-16-nodes")}, Case{16, figure("network.share-16-nodes")},
        Case{128, figure("network.share-128-nodes")}, Case{4096, figure("network.share-4096-nodes")},
        Case{100000, figure("network.share-4096-nodes")}}) {
    EXPECT_DOUBLE_EQ(network_share(c.nodes, builtin()), c.share) << c.nodes;
  }
  EXPECT_GT(network_share(64, builtin()), network_share(16, builtin()));
  EXPECT_LT(network_share(64, builtin()), network_share(128, builtin()));
}

TEST(Owned, TwoNodesNeedANetworkThatIsCapitalToo) {
  const Cost cost = own({.count = 16});
  const double servers = 2 * builtin().accelerator("H100-SXM-80GB")->purchase->price.in(kUsd);
  const double network = servers * figure("network.share-16-nodes");
  EXPECT_NEAR(cost.total(Category::kNetwork).usd(), network, 1e-2);
  const double kept = (1 + figure("spares.share")) * (1 - figure("residual.12-months"));
  EXPECT_NEAR(cost.capex().usd(), (servers + network) * (kept + figure("installation.share")), 1e-2);
}

// Cards are bought with a host: a workstation for one, servers for more, the rest of the bill for boards.
TEST(Owned, CardsNeedHosts) {
  const auto hosts = [](const std::string& accelerator, int count) {
    double sum = 0;
    for (const CostLine& l : own({.accelerator = accelerator, .count = count}).lines) {
      if (l.unit == "host" || l.unit == "dollar of accelerators") sum += l.amount.usd();
    }
    return sum;
  };
  ASSERT_EQ(builtin().accelerator("RTX4090-24GB")->purchase->includes, PurchaseUnit::kAccelerator);
  EXPECT_NEAR(hosts("RTX4090-24GB", 1), figure("host.workstation"), 1e-6);
  EXPECT_NEAR(hosts("RTX4090-24GB", 2), figure("host.server"), 1e-6);
  EXPECT_EQ(hosts("H100-SXM-80GB", 8), 0);
  const double cards = 8 * builtin().accelerator("MI300X-192GB")->purchase->price.in(kUsd);
  EXPECT_NEAR(hosts("MI300X-192GB", 8), cards * (1 / figure("server.accelerator-share") - 1), 1e-2);
}

TEST(Owned, StaffGrowsBeyondItsMinimum) {
  EXPECT_EQ(own({.count = 8}).total(Category::kStaff), own({.count = 80}).total(Category::kStaff));
  EXPECT_NEAR(own({.count = 8000}).total(Category::kStaff).usd(),
              1000 / figure("staff.servers-per-administrator") * 200000, 1);
}

TEST(Owned, SitesDiffer) {
  const Cost office = own({.accelerator = "RTX4090-24GB", .count = 1, .site = "office-workstation"});
  EXPECT_EQ(office.total(Category::kFacility), Money{});
  EXPECT_LT(office.total(Category::kStaff).usd(), 1001);
  EXPECT_GT(own({.site = "colocation-eu"}).total(Category::kPower), own({}).total(Category::kPower));
}

TEST(Owned, ASharePaysItsShareOfEveryLine) {
  const Cost whole = own({.count = 16});
  const Cost part = own({.count = 16, .share = 0.4});
  ASSERT_EQ(part.lines.size(), whole.lines.size());
  for (std::size_t i = 0; i < part.lines.size(); ++i)
    EXPECT_NEAR(part.lines[i].amount.usd(), 0.4 * whole.lines[i].amount.usd(), 2e-6);
  EXPECT_NEAR(part.idle.usd(), 0.4 * whole.idle.usd(), 1e-5);
}

// Of what the profile has no figure for, and the spec states none, an assumption says so.
TEST(Owned, WhatASiteGoesWithoutIsSaid) {
  const auto says_none = [](const Cost& cost) {
    return std::count_if(cost.assumptions.begin(), cost.assumptions.end(), [](const Assumption& a) {
      return a.path.starts_with("site.") && a.value == "none";
    });
  };
  EXPECT_EQ(says_none(own({})), 2);  // licences, financing
  EXPECT_EQ(says_none(own({.site = "office-workstation"})), 5);
  SiteChoice terms;
  terms.financing = 0.08;
  terms.licences = 4500 * (kUsd / kYear);
  EXPECT_EQ(says_none(own({.terms = terms})), 0);
}

TEST(Owned, ALongerHorizonCostsMoreButLessAYear) {
  const double one = own({.horizon = kYear}).total().usd();
  const double three = own({.horizon = 3 * kYear}).total().usd();
  EXPECT_GT(three, one);
  EXPECT_LT(three / 3, one);
}

TEST(Owned, ThePriceCarriesItsMark) {
  for (const Accelerator& a : builtin().tables().accelerators) {
    if (!a.purchase) continue;
    const Cost cost = own({.accelerator = std::string(a.id), .count = a.purchase->accelerators});
    EXPECT_GT(cost.total().usd(), 0) << a.id;
    bool told = false;
    for (const Assumption& assumption : cost.assumptions)
      told = told || assumption.path == "purchase." + std::string(a.id);
    EXPECT_EQ(told, a.purchase->provenance.unverified) << a.id;
  }
}

}  // namespace
}  // namespace capplan

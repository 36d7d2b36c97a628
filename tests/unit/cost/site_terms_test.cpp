// What a spec says of its site takes the place of the profile's figures, key by key.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "capplan/cost/cash_flow.h"
#include "capplan/cost/owned.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

constexpr double kUsed = 4380;  // hours

double figure(const char* id) { return builtin().figure(id).value; }
double price() { return builtin().accelerator("H100-SXM-80GB")->purchase->price.in(kUsd); }

// A node of H100 for a year, half of it used; nothing that the profile has a figure for.
SiteChoice bare() {
  SiteChoice choice;
  choice.spares = choice.installation = choice.residual = choice.maintenance = choice.repairs = 0;
  choice.insurance = choice.staff = 0;
  choice.facility = PowerPrice{};
  choice.electricity = EnergyPrice{};
  return choice;
}

Cost own(const SiteChoice& choice, Duration horizon = kYear, int count = 8, double share = 1) {
  const SiteTerms site = site_terms(*builtin().site("colocation-us"), choice, builtin());
  OwnedJob job{builtin().accelerator("H100-SXM-80GB"), &site, count, kUsed * kHour, horizon, share};
  return price_owned(job, builtin());
}

double total_with(void (*state)(SiteChoice&), Duration horizon = kYear, int count = 8) {
  SiteChoice choice = bare();
  state(choice);
  return own(choice, horizon, count).total().usd();
}

TEST(Site, NothingButThePurchaseIsLeftWhereAllIsStatedAsNothing) {
  const Cost cost = own(bare());
  ASSERT_EQ(cost.lines.size(), 1u);
  EXPECT_NEAR(cost.total().usd(), price(), 1e-6);
}

TEST(Site, EachKeyAddsItsLine) {
  struct Case {
    const char* key;
    void (*state)(SiteChoice&);
    double adds;  // dollars, to one node in a year
  };
  for (const Case& c : std::vector<Case>{
           {"spares", [](SiteChoice& s) { s.spares = 0.04; }, price() * 0.04},
           {"installation", [](SiteChoice& s) { s.installation = 0.1; }, price() * 0.1},
           {"residual", [](SiteChoice& s) { s.residual = 0.4; }, price() * -0.4},
           {"maintenance", [](SiteChoice& s) { s.maintenance = 0.1; }, price() * 0.1},
           {"insurance", [](SiteChoice& s) { s.insurance = 0.01; }, price() * 0.01},
           {"financing", [](SiteChoice& s) { s.financing = 0.08; }, price() * 0.08},
           {"licences", [](SiteChoice& s) { s.licences = 4500 * (kUsd / kYear); }, 8 * 4500},
           {"facility", [](SiteChoice& s) { s.facility = 100 * (kUsd / kKilowatt / kMonth); },
            10.2 * 12 * 100},
           {"staff", [](SiteChoice& s) { s.staff = 0.5; }, 0.5 * 200000},
           {"repairs", [](SiteChoice& s) { s.repairs = 0.1; }, 8 * 0.1 * price() / 8},
       }) {
    EXPECT_NEAR(total_with(c.state), price() + c.adds, 1e-2) << c.key;
  }
}

TEST(Site, KeysThatOnlyChangeALine) {
  const double power = total_with([](SiteChoice& s) {
                         s.electricity = 0.2 * (kUsd / kKwh);
                         s.pue = 1.1;
                       }) -
                       price();
  EXPECT_NEAR(power, 10.2 * kUsed * figure("power.load-factor") * 1.1 * 0.2, 1e-2);
  const double staff = total_with([](SiteChoice& s) {
                         s.staff = 2;
                         s.salary = 90000 * (kUsd / kYear);
                       }) -
                       price();
  EXPECT_NEAR(staff, 180000, 1e-2);
  EXPECT_NEAR(total_with([](SiteChoice& s) { s.network = 0.3; }, kYear, 16), 2 * price() * 1.3, 1e-2);
  EXPECT_NEAR(total_with([](SiteChoice& s) { s.network = 0.3; }), price(), 1e-6);  // one node needs none
}

TEST(Site, EachFactorSaysItsKey) {
  SiteChoice choice;
  choice.spares = choice.installation = choice.maintenance = choice.insurance = 0.02;
  choice.electricity = 0.1 * (kUsd / kKwh);
  choice.facility = 100 * (kUsd / kKilowatt / kMonth);
  std::vector<std::string> keys;
  for (const CostLine& line : own(choice).lines) {
    if (line.price.origin == Origin::kSpec) keys.emplace_back(line.price.key);
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"site.installation", "site.spares", "site.facility",
                                            "site.electricity", "site.maintenance", "site.insurance"}));
}

// Under a contract repairs are free; without one each replaced accelerator is bought.
TEST(Site, RepairsApplyWithoutAContract) {
  const auto upkeep = [](std::optional<double> contract) {
    SiteChoice choice = bare();
    choice.repairs.reset();
    choice.maintenance = contract;
    return own(choice).total(Category::kMaintenance).usd();
  };
  EXPECT_NEAR(upkeep(std::nullopt), price() * figure("maintenance.oem-server-support"), 1e-2);
  EXPECT_NEAR(upkeep(0.05), price() * 0.05, 1e-2);
  EXPECT_NEAR(upkeep(0), price() * figure("reliability.replacements-per-accelerator-year"), 1e-2);
}

TEST(Site, SparesInsuranceAndInstallationStandOnTheNetworkToo) {
  SiteChoice choice = bare();
  choice.network = 0.2;
  choice.spares = 0.05;
  choice.installation = 0.1;
  choice.insurance = 0.01;
  const double hardware = 2 * price() * 1.2;
  EXPECT_NEAR(own(choice, kYear, 16).total().usd(), hardware * (1 + 0.05 + 0.1 + 1.05 * 0.01), 1e-2);
}

TEST(Residual, ByDepreciation) {
  struct Case {
    DepreciationChoice choice;
    double left;  // after two years
  };
  for (const Case& c : std::vector<Case>{
           {{DepreciationMethod::kStraightLine, 5 * kYear, {}}, 0.6},
           {{DepreciationMethod::kDeclining, {}, 0.4}, 0.36},
           {{DepreciationMethod::kPricePerformance, {}, 0.14}, std::pow(10, -0.28)},
       }) {
    SiteChoice choice = bare();
    choice.residual.reset();
    choice.depreciation = c.choice;
    EXPECT_NEAR(own(choice, 2 * kYear).total().usd(), price() * (1 - c.left), 1e-2) << c.left;
  }
  // Tax depreciation says nothing about the market: hardware keeps what its age leaves it.
  SiteChoice choice = bare();
  choice.residual.reset();
  choice.depreciation = DepreciationChoice{DepreciationMethod::kMacrs, 5 * kYear, {}};
  EXPECT_NEAR(own(choice).total().usd(), price() * (1 - figure("residual.12-months")), 1e-2);
}

TEST(Lease, TakesThePlaceOfBuying) {
  SiteChoice choice = bare();
  choice.lease = 1200 * (kUsd / kMonth);
  const Cost cost = own(choice);
  ASSERT_EQ(cost.lines.size(), 1u);
  EXPECT_NEAR(cost.total().usd(), 8 * 12 * 1200, 1e-6);
  EXPECT_EQ(cost.capex(), Money{});
  EXPECT_NEAR(cost.idle.usd(), cost.total().usd() / 2, 1e-5);
}

// A contract and insurance follow the price of what is leased, network and all, by the share that is paid.
TEST(Lease, UpkeepFollowsThePriceOfTheHardware) {
  SiteChoice choice = bare();
  choice.lease = 1200 * (kUsd / kMonth);
  choice.network = 0.2;
  choice.maintenance = 0.05;
  choice.insurance = 0.01;
  for (const double share : {1.0, 0.4}) {
    EXPECT_NEAR(own(choice, kYear, 16, share).total(Category::kMaintenance).usd(),
                share * 2 * price() * 1.2 * 0.06, 1e-2)
        << share;
  }
}

Usd sum(const std::vector<Transfer>& transfers) {
  Money all;
  for (const Transfer& t : transfers) all += t.amount;
  return Usd::of(all.usd());
}

TEST(Financing, InterestOnWhatIsBoughtAndTheLoanIsNoCost) {
  SiteChoice choice = bare();
  choice.installation = 0.1;
  choice.financing = 0.08;
  const Cost cost = own(choice, 2 * kYear);
  EXPECT_NEAR(cost.total(Category::kFinancing).usd(), price() * 1.1 * 0.08 * 2, 1e-2);
  ASSERT_EQ(cost.transfers.size(), 2u);
  EXPECT_NEAR(cost.transfers[0].amount.usd(), -price() * 1.1, 1e-6);
  EXPECT_EQ(sum(cost.transfers), Usd{});
  // All of the purchase is borrowed: nothing is paid at the start.
  EXPECT_NEAR(cash_flow(cost, 2 * kYear).at_start.in(kUsd), 0, 1e-5);
}

// 8% over 36 months: (1 - (1 + 0.08 / 12)^-36) / (0.08 / 12) = 31.91181 payments today.
TEST(Loan, LevelPayments) {
  SiteChoice choice = bare();
  choice.loan = LoanChoice{0.08, 0.8, 36 * kMonth};
  const Cost cost = own(choice, 3 * kYear);
  const double drawn = 0.8 * price();
  const double payment = drawn / 31.91181;
  EXPECT_NEAR(cost.total(Category::kFinancing).usd() / (36 * payment - drawn), 1, 1e-5);
  EXPECT_EQ(sum(cost.transfers), Usd{});
  EXPECT_NEAR(cash_flow(cost, 3 * kYear).at_start.in(kUsd), drawn - price(), 1e-5);
}

// Within a shorter horizon only its interest is paid, and the rest of the loan at the end.
TEST(Loan, OutlastingTheHorizonIsRepaidThere) {
  SiteChoice choice = bare();
  choice.loan = LoanChoice{0.12, 1, 24 * kMonth};
  const Cost cost = own(choice, kYear);
  const double payment = price() * 0.01 / (1 - std::pow(1.01, -24));
  double owed = price();
  double interest = 0;
  for (int month = 0; month < 12; ++month) {
    interest += owed * 0.01;
    owed += owed * 0.01 - payment;
  }
  EXPECT_NEAR(cost.total(Category::kFinancing).usd(), interest, 1e-2);
  ASSERT_EQ(cost.transfers.size(), 3u);
  EXPECT_NEAR(cost.transfers[2].amount.usd(), owed, 1e-2);
  EXPECT_EQ(cost.transfers[2].paid.from, kYear);
  EXPECT_EQ(sum(cost.transfers), Usd{});
}

TEST(LeadTime, IsAnAssumptionEitherWay) {
  const auto assumed = [](const SiteTerms& terms) {
    for (const Assumption& a : terms.assumptions) {
      if (a.path == "owned.in_service") return a.value;
    }
    return std::string();
  };
  const Site& site = *builtin().site("colocation-us");
  SiteChoice choice;
  EXPECT_EQ(assumed(site_terms(site, choice, builtin())), "from the start of the horizon");
  EXPECT_EQ(site_terms(site, choice, builtin()).lead_time, Duration{});
  choice.lead_time = 90 * kDay;
  EXPECT_EQ(assumed(site_terms(site, choice, builtin())), "90 days after the start");
  EXPECT_EQ(site_terms(site, choice, builtin()).lead_time, 90 * kDay);
}

}  // namespace
}  // namespace capplan

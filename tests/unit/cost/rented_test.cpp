#include "capplan/cost/rented.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "capplan/cost/cash_flow.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::market_of;
using testing::Row;
using testing::Seller;

// The only offer of a catalogue.
RentedJob job_on(const Catalog& catalog, int count, Duration run_time, double runs = 1) {
  static Market market;
  market = current_market(catalog);
  RentedJob job;
  job.offer = market.offers.at(0);
  job.count = count;
  job.run_time = run_time;
  job.runs = runs;
  job.span = runs * run_time;
  return job;
}

// W21: 15 h 30 min on a $12 node are billed as 16 h: $192 (nikitavoloboev/godot-dodo#11).
TEST(Rented, StartedHoursArePaid) {
  const Catalog catalog = market_of({{.provider = "x", .usd_per_hour = 12, .count = 8, .machine = "node"}});
  EXPECT_EQ(price_rented(job_on(catalog, 8, 15.5 * kHour), catalog).total().usd(), 192);
  EXPECT_EQ(price_rented(job_on(catalog, 16, 15.5 * kHour), catalog).total().usd(), 384);
}

TEST(Rented, EachRunIsRoundedUp) {
  const Catalog catalog = market_of({{.provider = "x", .usd_per_hour = 1}});
  EXPECT_EQ(price_rented(job_on(catalog, 8, 1.5 * kHour, 10), catalog).total().usd(), 8 * 2 * 10);
}

std::string billing(const std::string& unit, const std::string& more = "") {
  return "billing: {unit: " + unit + more + ", source: a test, as_of: 2026-01-01}\n";
}

TEST(Billing, ByTheProvidersUnitAndNoLessThanItsLeast) {
  const auto paid_hours = [](const std::string& more, Duration run_time, double runs = 1) {
    const Catalog catalog = market_of({{.provider = "x", .usd_per_hour = 1}}, {{"x", "rental", more}});
    return price_rented(job_on(catalog, 1, run_time, runs), catalog).total().usd();
  };
  EXPECT_NEAR(paid_hours("", 15.5 * kHour), 16, 1e-9);
  EXPECT_NEAR(paid_hours(billing("1 s"), 15.5 * kHour), 15.5, 1e-9);
  EXPECT_NEAR(paid_hours(billing("15 min"), 15.6 * kHour), 15.75, 1e-9);
  EXPECT_NEAR(paid_hours(billing("1 s", ", minimum: 60 s"), 6 * kSecond, 60), 1, 1e-6);
}

TEST(Billing, WhatIsNotKnownIsSaid) {
  const auto assumed = [](const std::string& more) {
    const Catalog catalog = market_of({{.provider = "x"}}, {{"x", "rental", more}});
    std::string paths;
    for (const Assumption& a : price_rented(job_on(catalog, 1, kHour), catalog).assumptions)
      paths += a.path + " ";
    return paths;
  };
  EXPECT_EQ(assumed(""), "billing.granularity ");
  EXPECT_EQ(assumed(billing("1 s")), "");
  EXPECT_EQ(assumed(billing("1 s", ", unverified: true")), "billing.x ");
}

// Two of ten hours on firm capacity, each kind at its price; each is rounded up by itself.
TEST(Interrupted, SpotAndFallbackHoursAtTheirPrices) {
  const Catalog catalog = market_of(
      {{.provider = "x", .usd_per_hour = 3}, {.provider = "x", .usd_per_hour = 1, .purchase = "spot"}});
  const Market market = current_market(catalog);
  RentedJob job = job_on(catalog, 8, 12 * kHour, 2);
  for (const MarketOffer& o : market.offers) {
    if (o.offer->purchase == Purchase::kSpot) job.offer = o;
  }
  ASSERT_EQ(job.offer.offer->purchase, Purchase::kSpot);
  const Offer* firm = nullptr;
  for (const MarketOffer& o : market.offers) {
    if (o.offer->purchase == Purchase::kOnDemand) firm = o.offer;
  }
  job.interrupted = Interrupted{7.5 * kHour, 1.5 * kHour, firm};
  const Cost cost = price_rented(job, catalog);
  ASSERT_EQ(cost.lines.size(), 2u);
  EXPECT_NEAR(cost.lines[0].amount.usd(), 2 * 8 * 8 * 1, 1e-9);
  EXPECT_NEAR(cost.lines[1].amount.usd(), 2 * 8 * 2 * 3, 1e-9);
  job.interrupted = Interrupted{9 * kHour, {}, nullptr};  // waits: machines that are away are not paid
  EXPECT_NEAR(price_rented(job, catalog).total().usd(), 2 * 8 * 9 * 1, 1e-9);
}

// A least charge of an hour is for what is used: where firm hours did all the work, no spot hour is paid.
TEST(Interrupted, NothingUsedIsNothingPaid) {
  const Catalog catalog = market_of(
      {{.provider = "x", .usd_per_hour = 1, .purchase = "spot"}, {.provider = "x", .usd_per_hour = 3}},
      {{"x", "rental", billing("1 s", ", minimum: 1 h")}});
  RentedJob job = job_on(catalog, 8, 10 * kHour);
  const Offer* firm = nullptr;
  for (const MarketOffer& o : current_market(catalog).offers) {
    if (o.offer->purchase == Purchase::kOnDemand) firm = o.offer;
    if (o.offer->purchase == Purchase::kSpot) job.offer = o;
  }
  job.interrupted = Interrupted{{}, 10 * kHour, firm};
  EXPECT_NEAR(price_rented(job, catalog).total().usd(), 8 * 10 * 3, 1e-9);
  job.interrupted = Interrupted{10 * kHour, {}, firm};
  EXPECT_NEAR(price_rented(job, catalog).total().usd(), 8 * 10 * 1, 1e-9);
  EXPECT_EQ(billed_time({}, kHour, kHour), Duration{});
}

// Eight accelerators at $1 for twelve runs of 100.5 h within a year: what each kind of purchase leaves
// unused.
TEST(Idle, IsWhatIsPaidAndNotUsed) {
  struct Case {
    std::string purchase, term_h;
    double paid_h;  // of each accelerator
  };
  for (const Case& c : std::vector<Case>{
           {"on-demand", "", 12 * 101},       // started hours
           {"spot", "", 12 * 101},            //
           {"reserved", "8760", 8760},        // a year
           {"reserved", "26280", 26280},      // three years, paid whole, two of them beyond the horizon
           {"savings-plan", "8760", 8760},    //
           {"commitment", "730", 12 * 730},   // by the month
           {"commitment", "2190", 4 * 2190},  // by the quarter
       }) {
    SCOPED_TRACE(c.purchase + " " + c.term_h);
    const Catalog catalog = market_of({{.provider = "x",
                                        .usd_per_hour = 1,
                                        .purchase = c.purchase,
                                        .term_min_h = c.term_h,
                                        .term_max_h = c.term_h}});
    RentedJob job = job_on(catalog, 8, 100.5 * kHour, 12);
    job.span = kYear;
    const Cost cost = price_rented(job, catalog);
    EXPECT_NEAR(cost.total().usd(), 8 * c.paid_h, 1e-6);
    EXPECT_NEAR(cost.idle.usd(), 8 * (c.paid_h - 12 * 100.5), 1e-6);
  }
}

// A capacity block is bought for each run, in its least length; a provider's least charge is paid in full.
TEST(Idle, OfBlocksAndLeastCharges) {
  const Catalog blocks = market_of(
      {{.provider = "x", .usd_per_hour = 2, .purchase = "block", .term_min_h = "24", .term_max_h = "4368"}});
  RentedJob job = job_on(blocks, 8, 10 * kHour, 12);
  job.span = kYear;
  EXPECT_NEAR(price_rented(job, blocks).total().usd(), 8 * 12 * 24 * 2, 1e-6);
  EXPECT_NEAR(price_rented(job, blocks).idle.usd(), 8 * 12 * 14 * 2, 1e-6);
  const Catalog least =
      market_of({{.provider = "x", .usd_per_hour = 2}}, {{"x", "rental", billing("1 s", ", minimum: 1 h")}});
  const Cost short_runs = price_rented(job_on(least, 1, 0.25 * kHour, 4), least);
  EXPECT_NEAR(short_runs.total().usd(), 4 * 1 * 2, 1e-6);
  EXPECT_NEAR(short_runs.idle.usd(), 4 * 0.75 * 2, 1e-6);
}

Catalog committed(double min_h, double max_h) {
  return market_of({{.provider = "x",
                     .usd_per_hour = 1,
                     .purchase = "commitment",
                     .term_min_h = std::to_string(min_h),
                     .term_max_h = std::to_string(max_h)}});
}

TEST(Terms, TheWholeTermIsPaidAndTheRestIsIdle) {
  const Catalog catalog = committed(730, 8760);
  const Cost cost = price_rented(job_on(catalog, 8, 100 * kHour), catalog);
  EXPECT_EQ(cost.total().usd(), 8 * 730);
  EXPECT_EQ(cost.idle.usd(), 8 * 630);
  EXPECT_LE(cost.idle, cost.total());
}

TEST(Terms, LongerUseIsPaidAsUsed) {
  const Catalog catalog = committed(730, 8760);
  const Cost cost = price_rented(job_on(catalog, 1, 1000.5 * kHour), catalog);
  EXPECT_EQ(cost.total().usd(), 1001);
  EXPECT_EQ(cost.idle.usd(), 0.5);
}

TEST(Terms, BlocksAreBoughtByTheRunWhereThatIsCheaper) {
  const Catalog catalog = committed(24, 2160);
  RentedJob job = job_on(catalog, 1, 10 * kHour, 12);
  job.span = kYear;  // monthly runs: no block covers the year
  EXPECT_EQ(price_rented(job, catalog).total().usd(), 12 * 24);
  EXPECT_EQ(price_rented(job, catalog).idle.usd(), 12 * 14);
}

TEST(Terms, OneCommitmentCoversManyRuns) {
  const Catalog catalog = committed(8760, 8760);
  RentedJob job = job_on(catalog, 1, 10 * kHour, 24);
  job.span = kYear;
  EXPECT_EQ(price_rented(job, catalog).total().usd(), 8760);
}

// Two years of monthly runs take a one-year commitment twice, not once a run.
TEST(Terms, CommitmentsAreRenewedOverALongerSpan) {
  const Catalog catalog = committed(8760, 8760);
  RentedJob job = job_on(catalog, 1, 10 * kHour, 24);
  job.span = 2 * kYear;
  EXPECT_EQ(price_rented(job, catalog).total().usd(), 2 * 8760);
}

// A share of a commitment is paid at the start, the rest evenly over the term; neither changes the total.
TEST(Terms, UpfrontIsPaidAtTheStart) {
  const auto lines = [](const std::string& percent) {
    const Catalog catalog = market_of({{.provider = "x",
                                        .usd_per_hour = 1,
                                        .purchase = "reserved",
                                        .term_min_h = "8760",
                                        .term_max_h = "8760",
                                        .upfront_percent = percent}});
    RentedJob job = job_on(catalog, 8, 100 * kHour);
    return price_rented(job, catalog).lines;
  };
  const auto none = lines("");
  const auto half = lines("50");
  const auto all = lines("100");
  ASSERT_EQ(none.size(), 1u);
  ASSERT_EQ(half.size(), 2u);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(none[0].amount.usd(), 8 * 8760);
  EXPECT_EQ(none[0].paid.to, kYear);
  EXPECT_EQ(half[0].amount.usd(), 4 * 8760);
  EXPECT_EQ(half[0].paid.to, Duration{});
  EXPECT_EQ(half[1].amount.usd(), 4 * 8760);
  EXPECT_EQ(half[1].paid.to, kYear);
  EXPECT_EQ(all[0].amount.usd(), 8 * 8760);
  EXPECT_EQ(all[0].paid.to, Duration{});
}

// $70,080 a year, at 10% a year: paid at once at the start of a year, or by the month, at the end of each.
TEST(Terms, UpfrontIsWorthWhenItIsPaid) {
  const auto worth = [](const std::string& percent, double years) {
    const Catalog catalog = market_of({{.provider = "x",
                                        .usd_per_hour = 1,
                                        .purchase = "reserved",
                                        .term_min_h = "8760",
                                        .term_max_h = "8760",
                                        .upfront_percent = percent}});
    RentedJob job = job_on(catalog, 8, 100 * kHour, 24);
    job.span = years * kYear;
    const CashFlow cash = cash_flow(price_rented(job, catalog), years * kYear);
    EXPECT_NEAR(cash.total().in(kUsd), -70080 * years, 1e-6);
    return -net_present_value(cash, InterestRate::effective(0.1)).in(kUsd);
  };
  // 5840 x (1 - 1.1^-1) / (1.1^(1/12) - 1) = 66578.85
  EXPECT_NEAR(worth("", 1), 66578.85, 0.01);
  EXPECT_NEAR(worth("100", 1), 70080, 1e-6);
  EXPECT_NEAR(worth("50", 1), (70080 + 66578.85) / 2, 0.01);
  // The second year is paid for as it begins, in the thirteenth month: 70080 x (1 + 1.1^(-13/12))
  EXPECT_NEAR(worth("100", 2), 70080 * (1 + std::pow(1.1, -13.0 / 12)), 1e-6);
  EXPECT_GT(worth("100", 2), worth("50", 2));
  EXPECT_GT(worth("50", 2), worth("", 2));
}

TEST(Terms, NoRunLongerThanTheTerm) {
  const Catalog catalog = committed(24, 168);
  EXPECT_EQ(term_conflict(job_on(catalog, 1, 168 * kHour)), "");
  EXPECT_EQ(term_conflict(job_on(catalog, 1, 169 * kHour)), "the term is 168 h at most, the run takes 169 h");
}

TEST(Terms, ProvidersThatCutJobsOff) {
  const Catalog catalog = market_of({{.provider = "x"}}, {{"x", "rental", "max_run: 24 h\n"}});
  EXPECT_EQ(term_conflict(job_on(catalog, 1, 24 * kHour)), "");
  EXPECT_EQ(term_conflict(job_on(catalog, 1, 25 * kHour)), "x ends a job after 24 h, the run takes 25 h");
}

const std::string kTiers =
    "storage:\n"
    "  - {tier: object, item: Standard, price: 0.02 USD/GB/month, from: 0 GB, to: 50 GB, source: s, as_of: "
    "2026-01-01}\n"
    "  - {tier: object, item: Standard, price: 0.01 USD/GB/month, from: 50 GB, source: s, as_of: "
    "2026-01-01}\n"
    "  - {tier: object, item: Archive, price: 0.001 USD/GB/month, source: s, as_of: 2026-01-01}\n"
    "egress:\n"
    "  - {price: 0 USD/GB, from: 0 GB, to: 100 GB, source: s, as_of: 2026-01-01}\n"
    "  - {price: 0.1 USD/GB, from: 100 GB, source: s, as_of: 2026-01-01}\n";

Cost data_cost(const Catalog& catalog, Bytes stored, Duration time, Bytes sent) {
  RentedJob job = job_on(catalog, 1, kHour);
  job.data = {stored, time, sent};
  return price_rented(job, catalog);
}

TEST(Data, TiersOfStorage) {
  const Catalog catalog = market_of({{.provider = "x"}}, {{"x", "rental", kTiers}});
  const auto storage = [&](double gb, double months) {
    return data_cost(catalog, gb * kGB, months * kMonth, {}).total(Category::kStorage).usd();
  };
  EXPECT_DOUBLE_EQ(storage(40, 1), 0.8);
  EXPECT_DOUBLE_EQ(storage(150, 1), 1 + 1);
  EXPECT_DOUBLE_EQ(storage(150, 3), 6);
  EXPECT_EQ(storage(0, 1), 0);
}

TEST(Data, EgressTiersAreByTheMonth) {
  const Catalog catalog = market_of({{.provider = "x"}}, {{"x", "rental", kTiers}});
  const auto egress = [&](double gb, double months) {
    return data_cost(catalog, {}, months * kMonth, gb * kGB).total(Category::kNetwork).usd();
  };
  EXPECT_EQ(egress(100, 1), 0);
  EXPECT_DOUBLE_EQ(egress(300, 1), 20);
  EXPECT_DOUBLE_EQ(egress(300, 2), 2 * 5);
  EXPECT_EQ(egress(300, 3), 0);
}

// Bringing data in is free; the provider that it leaves charges its egress, a place of one's own nothing.
TEST(Data, MovesArePaidWhereTheyBegin) {
  const Catalog catalog = market_of({{.provider = "x"}}, {{"x", "rental", kTiers}, {"y", "rental", kTiers}});
  RentedJob job = job_on(catalog, 1, kHour);
  job.data.moved = DataMove{300 * kGB, catalog.provider("y"), {}, 1 * (kGB / kSecond)};
  const Cost cost = price_rented(job, catalog);
  EXPECT_DOUBLE_EQ(cost.total(Category::kNetwork).usd(), 20);
  EXPECT_EQ(move_cost(*job.data.moved, catalog).usd(), 20);
  EXPECT_DOUBLE_EQ(job.data.moved->time().base(), 300);
  for (const CostLine& line : cost.lines) {
    if (line.category == Category::kNetwork) {
      EXPECT_EQ(line.paid.to, Duration{});
    }
  }
  job.data.moved->from = nullptr;
  EXPECT_EQ(price_rented(job, catalog).total(Category::kNetwork), Money{});
}

// Never zero: the median of the option's own providers, marked.
TEST(Data, MissingPricesAreTheMedianOfTheOption) {
  const auto priced = [](const std::string& usd) {
    return "storage:\n  - {tier: object, item: S, price: " + usd +
           " USD/GB/month, source: s, as_of: 2026-01-01}\negress:\n  - {price: " + usd +
           " USD/GB, source: s, as_of: 2026-01-01}\n";
  };
  const Catalog catalog = market_of({{.provider = "x"}}, {{"x", "rental"},
                                                          {"a", "rental", priced("0.01")},
                                                          {"b", "rental", priced("0.02")},
                                                          {"d", "rental", priced("0.09")},
                                                          {"e", "cloud", priced("0.5")}});
  const Cost cost = data_cost(catalog, 100 * kGB, kMonth, 10 * kGB);
  EXPECT_DOUBLE_EQ(cost.total(Category::kStorage).usd(), 2);
  EXPECT_DOUBLE_EQ(cost.total(Category::kNetwork).usd(), 0.2);
  bool assumed = false;
  for (const Assumption& a : cost.assumptions) assumed = assumed || a.path == "price.x.storage";
  EXPECT_TRUE(assumed);
  for (const CostLine& line : cost.lines) EXPECT_EQ(line.unverified(), line.category != Category::kCompute);
}

TEST(Rented, LineItemsSumAndCarryTheirSource) {
  const Catalog catalog =
      market_of({{.provider = "x", .usd_per_hour = 1.2345678}}, {{"x", "rental", kTiers}});
  const Cost cost = data_cost(catalog, 150 * kGB, kMonth, 300 * kGB);
  Money sum;
  for (const CostLine& line : cost.lines) {
    sum += line.amount;
    EXPECT_FALSE(line.price.provenance.source.empty());
    EXPECT_FALSE(line.price.provenance.as_of.empty());
    EXPECT_EQ(line.amount, Money::of(Usd::of(line.quantity() * line.price.value)));
  }
  EXPECT_EQ(sum, cost.total());
  EXPECT_EQ(cost.capex(), Money{});
}

TEST(Rented, ResolvedNamesAreAssumptions) {
  const Catalog catalog = market_of({{.provider = "x", .accelerator = "H100-80GB"}});
  bool told = false;
  for (const Assumption& a : price_rented(job_on(catalog, 1, kHour), catalog).assumptions)
    told = told || a.source.find("taken as the slower card") != std::string::npos;
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace capplan

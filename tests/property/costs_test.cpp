// What must hold for every price tag, owned or rented: how it moves with what it depends on, and that its
// sums, products and present values are what they say. CAPPLAN_PROPERTY_RUNS says how many cases are tried.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>
#include <vector>

#include "capplan/cost/cash_flow.h"
#include "capplan/cost/owned.h"
#include "capplan/cost/rented.h"
#include "property/holds.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::market_of;
using testing::plan_of;

constexpr const char* kSites[] = {"colocation-us", "colocation-eu", "own-room-us", "office-workstation"};
constexpr const char* kOwned[] = {"H100-SXM-80GB", "A100-SXM-80GB", "MI300X-192GB", "L4-24GB"};

double any_share(int most_percent) { return *rc::gen::inRange(0, 10 * most_percent) / 1000.0; }

// A site where any of the profile's figures may be replaced.
SiteChoice any_terms() {
  SiteChoice s;
  const auto maybe = [](std::optional<double>& field, int most_percent) {
    if (*rc::gen::arbitrary<bool>()) field = any_share(most_percent);
  };
  maybe(s.spares, 20);
  maybe(s.network, 30);
  maybe(s.installation, 10);
  maybe(s.residual, 90);
  maybe(s.maintenance, 20);
  maybe(s.insurance, 2);
  maybe(s.repairs, 20);
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      s.financing = any_share(20);
      break;
    case 1:
      s.loan = LoanChoice{any_share(20) + 0.001, 0.1 + any_share(90), *rc::gen::inRange(1, 61) * kMonth};
      break;
    case 2:
      s.lease = *rc::gen::inRange(100, 3000) * (kUsd / kMonth);
      s.spares = s.installation = s.residual = std::nullopt;
      break;
    default:
      break;
  }
  return s;
}

struct Ownership {
  std::string accelerator, site;
  SiteChoice terms;
  int count = 1;
  Duration horizon;
  double used = 0;   // share of the horizon
  double share = 1;  // of the site

  Cost cost(PriceCase prices = PriceCase::kCentral) const {
    const SiteTerms at = site_terms(*builtin().site(site), terms, builtin());
    OwnedJob job{builtin().accelerator(accelerator), &at, count, horizon * used, horizon, share, prices};
    job.data = {100 * kGB, horizon * used, {}};
    return price_owned(job, builtin());
  }
};

Ownership any_ownership() {
  Ownership o;
  o.accelerator = kOwned[*rc::gen::inRange(0, 4)];
  o.site = kSites[*rc::gen::inRange(0, 4)];
  o.terms = any_terms();
  o.count = 8 * *rc::gen::inRange(1, 65);
  o.horizon = *rc::gen::inRange(1, 61) * kMonth;
  o.used = any_share(101);
  o.share = *rc::gen::arbitrary<bool>() ? 1 : 0.05 + any_share(90);
  return o;
}

struct Rent {
  double usd_per_hour = 1;
  int count = 8;
  double hours = 1, runs = 1;
  double stored_gb = 0, sent_gb = 0;
  bool by_the_second = false;

  Cost cost() const {
    static const Catalog by_hour = market_of({{.provider = "x"}});
    static const Catalog by_second =
        market_of({{.provider = "x"}},
                  {{"x", "rental", "billing: {unit: 1 s, minimum: 60 s, source: s, as_of: 2026-01-01}\n"}});
    const Catalog& catalog = by_the_second ? by_second : by_hour;
    RentedJob job;
    job.offer = current_market(catalog).offers.at(0);
    Offer offer = *job.offer.offer;
    offer.price = usd_per_hour * (kUsd / kHour);
    job.offer.offer = &offer;
    job.count = count;
    job.run_time = hours * kHour;
    job.runs = runs;
    job.span = runs * job.run_time;
    job.data = {stored_gb * kGB, job.span, sent_gb * kGB};
    return price_rented(job, catalog);
  }
};

Rent any_rent() {
  Rent r;
  r.usd_per_hour = *rc::gen::inRange(1, 2000) / 100.0;
  r.count = *rc::gen::inRange(1, 513);
  r.hours = *rc::gen::inRange(1, 20000) / 7.0;
  r.runs = *rc::gen::inRange(1, 13);
  r.stored_gb = *rc::gen::inRange(0, 100000);
  r.sent_gb = *rc::gen::inRange(0, 10000);
  r.by_the_second = *rc::gen::arbitrary<bool>();
  return r;
}

Usd running(const Cost& cost) { return Usd::of((cost.total() - cost.capex()).usd()); }

// To a millionth a line.
constexpr double kRounding = 1e-4;

void assert_sums(const Cost& cost, Duration horizon) {
  Money lines;
  Money categories;
  for (const CostLine& line : cost.lines) {
    double product = 1;
    for (const Factor& f : line.factors) product *= f.value;
    RC_ASSERT(line.quantity() == product);
    RC_ASSERT(line.amount == Money::of(Usd::of(product * line.price.value)));
    RC_ASSERT(line.paid.from <= line.paid.to);
    lines += line.amount;
  }
  for (const Category category : kCategories) categories += cost.total(category);
  RC_ASSERT(lines == cost.total());
  RC_ASSERT(categories == cost.total());
  RC_ASSERT(cost.idle <= cost.total());
  Money transfers;
  for (const Transfer& t : cost.transfers) transfers += t.amount;
  RC_ASSERT(transfers == Money{});
  const double total = cost.total().usd();
  RC_ASSERT(std::abs(cash_flow(cost, horizon).total().in(kUsd) + total) <=
            kRounding + 1e-9 * std::abs(total));
}

TEST(CostProperty, SumsProductsAndCashOfOwning) {
  expect_holds([] {
    const Ownership o = any_ownership();
    assert_sums(o.cost(), o.horizon);
  });
}

TEST(CostProperty, SumsProductsAndCashOfRenting) {
  expect_holds([] {
    const Rent r = any_rent();
    assert_sums(r.cost(), kYear);
  });
}

TEST(CostProperty, OwningCostsMoreTheMoreItIsUsedAndIdlesLess) {
  expect_holds([] {
    Ownership less = any_ownership();
    Ownership more = less;
    more.used = less.used + any_share(101) * (1 - std::min(less.used, 1.0));
    RC_ASSERT(more.cost().total() >= less.cost().total());
    const bool worth_nothing = less.cost().total(Category::kCompute) < Money{};
    RC_ASSERT(worth_nothing || more.cost().idle <= less.cost().idle);
  });
}

TEST(CostProperty, RunningCostGrowsWithTheHorizon) {
  expect_holds([] {
    Ownership shorter = any_ownership();
    Ownership longer = shorter;
    longer.horizon = shorter.horizon + *rc::gen::inRange(1, 25) * kMonth;
    RC_ASSERT(running(longer.cost()) >= running(shorter.cost()));
  });
}

TEST(CostProperty, LowPricesAreLowAndHighOnesHigh) {
  expect_holds([] {
    const Ownership o = any_ownership();
    const Money central = o.cost().total();
    RC_ASSERT(o.cost(PriceCase::kLow).total() <= central);
    RC_ASSERT(o.cost(PriceCase::kHigh).total() >= central);
  });
}

TEST(CostProperty, EachTermOfASiteAddsToItsCost) {
  expect_holds([] {
    const Ownership base = any_ownership();
    const double more = 0.001 + any_share(20);
    const auto raised = [&](std::optional<double> SiteChoice::*key) {
      Ownership o = base;
      o.terms.*key = more;
      Ownership none = o;
      none.terms.*key = 0;
      return o.cost().total().usd() - none.cost().total().usd();
    };
    RC_ASSERT(raised(&SiteChoice::insurance) > 0);
    RC_ASSERT(raised(&SiteChoice::staff) > 0);
    if (base.terms.lease) return;
    RC_ASSERT(raised(&SiteChoice::installation) > 0);
    RC_ASSERT(raised(&SiteChoice::residual) < 0);
  });
}

TEST(CostProperty, RentGrowsWithPriceTimeRunsAndData) {
  expect_holds([] {
    const Rent base = any_rent();
    const Money before = base.cost().total();
    const auto after = [&](const auto& change) {
      Rent more = base;
      change(more);
      return more.cost().total();
    };
    const double times = 1 + any_share(100);
    RC_ASSERT(after([&](Rent& r) { r.usd_per_hour *= times; }) >= before);
    RC_ASSERT(after([&](Rent& r) { r.hours *= times; }) >= before);
    RC_ASSERT(after([&](Rent& r) { r.runs += 1; }) >= before);
    RC_ASSERT(after([&](Rent& r) { r.stored_gb *= times; }) >= before);
    RC_ASSERT(after([&](Rent& r) { r.sent_gb *= times; }) >= before);
    RC_ASSERT(after([&](Rent& r) { r.count += 1; }) >= before);
  });
}

TEST(CostProperty, ABilledUnitIsNeverLessThanTheTimeAndNeverAWholeUnitMore) {
  expect_holds([] {
    const Duration time = *rc::gen::inRange(0, 1000000) * kSecond;
    const Duration unit = *rc::gen::inRange(1, 7200) * kSecond;
    const Duration billed = billed_time(time, unit);
    RC_ASSERT(billed >= time * (1 - 1e-8));
    RC_ASSERT(billed < time + unit);
    const Duration least = *rc::gen::inRange(0, 7200) * kSecond;
    RC_ASSERT(billed_time(time, unit, least) == (time > Duration{} ? std::max(billed, least) : Duration{}));
  });
}

double by_hand(const CashFlow& cash, double yearly) {
  double value = cash.at_start.in(kUsd);
  for (std::size_t i = 0; i < cash.months.size(); ++i)
    value += cash.months[i].in(kUsd)*std::pow(1 + yearly, -(static_cast<double>(i) + 1) / 12);
  return -value -
         cash.at_horizon.in(kUsd)*std::pow(1 + yearly, -static_cast<double>(cash.horizon_month()) / 12);
}

// What is only paid is worth less the more money costs; what is sold at the end turns that round.
TEST(CostProperty, PresentValueOfPureCostsFallsWithTheRate) {
  expect_holds([] {
    Ownership o = any_ownership();
    o.terms.residual = 0;
    o.terms.financing.reset();
    o.terms.loan.reset();
    const double low = any_share(30);
    const double high = low + any_share(30);
    for (const Cost& cost : {o.cost(), any_rent().cost()}) {
      const CashFlow flow = cash_flow(cost, o.horizon);
      const Usd at_low = -net_present_value(flow, InterestRate::effective(low));
      const Usd at_high = -net_present_value(flow, InterestRate::effective(high));
      RC_ASSERT(at_high <= at_low * (1 + 1e-12));
      RC_ASSERT(at_low.in(kUsd) <= cost.total().usd() * (1 + 1e-9) + kRounding);
    }
  });
}

TEST(CostProperty, PresentValueIsTheCashFlowDiscounted) {
  expect_holds([] {
    const Ownership o = any_ownership();
    const double rate = any_share(40);
    const CashFlow flow = cash_flow(o.cost(), o.horizon);
    const double expected = by_hand(flow, rate);
    const double found = -net_present_value(flow, InterestRate::effective(rate)).in(kUsd);
    RC_ASSERT(std::abs(found - expected) <= 1e-6 + 1e-9 * std::abs(expected));
  });
}

// Borrowed at the rate that it is discounted by, a loan changes nothing.
TEST(CostProperty, ALoanAtTheDiscountRateIsWorthNothing) {
  expect_holds([] {
    Ownership paid = any_ownership();
    paid.terms.financing.reset();
    paid.terms.loan.reset();
    paid.terms.lease.reset();
    Ownership borrowed = paid;
    const double yearly = 0.001 + any_share(20);
    borrowed.terms.loan = LoanChoice{yearly, 1, *rc::gen::inRange(1, 61) * kMonth};
    const InterestRate rate = InterestRate::compounded_monthly(yearly);
    const auto worth = [&](const Ownership& o) {
      return net_present_value(cash_flow(o.cost(), o.horizon), rate).in(kUsd);
    };
    // Interest and repayments are spread evenly over the loan, which a level payment's parts are not.
    const double bought = -cash_flow(paid.cost(), paid.horizon).at_start.in(kUsd);
    RC_ASSERT(std::abs(worth(paid) - worth(borrowed)) <= 0.05 * bought);
  });
}

TEST(CostProperty, PlansAgreeWithTheirOwnFigures) {
  expect_holds([] {
    const int percent = *rc::gen::inRange(0, 30);
    const std::string spec =
        "model: {preset: llama-3-8b}\ndataset: {tokens: " + std::to_string(*rc::gen::inRange(1, 20000)) +
        "_000_000}\ntraining: {sequence_length: 4096, global_batch: 256}\npin: {accelerator: H100-SXM-80GB, "
        "count: " +
        std::to_string(8 * *rc::gen::inRange(1, 5)) +
        "}\nhorizon: " + std::to_string(*rc::gen::inRange(3, 37)) +
        " months\ncarbon_price: 80 USD/t\noperations: {setup: $20k, debugging: $1k/month, support: 5%}\n" +
        "discount_rate: " + std::to_string(percent) + ".5%\n";
    const Plan plan = plan_of(spec);
    for (const PlanOption& o : plan.options) {
      assert_sums(o.cost, plan.horizon);
      RC_ASSERT(std::abs(o.cash.total().in(kUsd) + o.cost.total().usd()) <=
                kRounding + 1e-9 * o.cost.total().usd());
      const double expected = by_hand(o.cash, (percent + 0.5) / 100);
      RC_ASSERT(std::abs(o.npv->in(kUsd)-expected) <= 1e-6 + 1e-9 * std::abs(expected));
      RC_ASSERT(o.cost.idle >= Money{});
    }
  });
}

}  // namespace
}  // namespace capplan

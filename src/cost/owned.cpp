#include "capplan/cost/owned.h"

#include <algorithm>
#include <cmath>

#include "capplan/cost/energy.h"
#include "core/number_text.h"
#include "cost/capital.h"
#include "cost/data.h"

namespace capplan {
namespace {

// One host for one card is a workstation; more cards share a server.
constexpr int kCardsOfServer = 8;

// The end of what was seen that makes owning cheap, or dear. Hardware that keeps its value makes it cheap.
double value_in(const Figure& figure, PriceCase prices) {
  if (prices == PriceCase::kLow) return figure.low.value_or(figure.value);
  if (prices == PriceCase::kHigh) return figure.high.value_or(figure.value);
  return figure.value;
}
Usd price_in(const PurchasePrice& purchase, PriceCase prices) {
  if (prices == PriceCase::kLow) return purchase.low.value_or(purchase.price);
  if (prices == PriceCase::kHigh) return purchase.high.value_or(purchase.price);
  return purchase.price;
}

class OwnedPricer {
 public:
  OwnedPricer(const OwnedJob& job, const Catalog& catalog)
      : job_(job), site_(*job.site), catalog_(catalog), years_(job.horizon / kYear) {}

  Cost price() {
    if (job_.existing) {
      electricity();
    } else {
      hold();
    }
    if (job_.data.moved) add_move(cost_, *job_.data.moved, catalog_);
    if (job_.data.stored.base() > 0) add_owned_storage(cost_, job_.data, job_.share, catalog_);
    const double used = std::min(1.0, job_.used / job_.horizon);
    const Money fixed_all = cost_.total() - cost_.total(Category::kPower) - cost_.total(Category::kStorage);
    cost_.idle = Money::of(Usd::of(fixed_all.usd() * (1 - used)));
    for (const Assumption& a : site_.assumptions) add_assumption(cost_.assumptions, a);
    return std::move(cost_);
  }

 private:
  Schedule at_start() const { return {}; }
  Schedule at_horizon() const { return {job_.horizon, job_.horizon}; }
  Schedule throughout() const { return {Duration{}, job_.horizon}; }

  // A line whose base is not yet charged by the share of the site.
  void add(Category category, std::string label, std::vector<Factor> factors, std::string unit,
           const Factor& price, const Schedule& paid, bool capital = false) {
    if (job_.share < 1)
      factors.push_back(spec_factor("share of the site that this spec pays", job_.share, "", "site.shared"));
    put(cost_line(category, std::move(label), std::move(factors), std::move(unit), price, paid), capital);
  }
  // A line on the sum of earlier ones, which are charged already.
  void add_on(Category category, std::string label, std::vector<Factor> factors, std::string unit,
              const Factor& price, const Schedule& paid, bool capital = false) {
    put(cost_line(category, std::move(label), std::move(factors), std::move(unit), price, paid), capital);
  }
  void put(CostLine line, bool capital) {
    line.capital = capital;
    cost_.assume_unverified(line);
    cost_.add(std::move(line));
  }

  Factor years() const { return {"years of the horizon", years_, "year", Origin::kResult, "horizon", {}}; }
  Factor accelerators() const { return {"accelerators", 1.0 * job_.count, "", Origin::kResult, "count", {}}; }
  Factor months() const {
    return {"months of the horizon", job_.horizon.in(kMonth), "month", Origin::kResult, "horizon", {}};
  }

  void hold() {
    nodes_ = std::max(1, (job_.count + job_.accelerator->per_node - 1) / job_.accelerator->per_node);
    if (site_.lease) {
      lease();
    } else {
      buy();
    }
    finance();
    facility();
    electricity();
    staff();
    upkeep();
  }

  void buy() {
    servers();
    network();
    hardware_ = bought();
    const Factor hardware{"servers and network", hardware_, "USD", Origin::kCapital, "hardware", {}};
    if (site_.installation)
      add_on(Category::kSetup, "installation", {hardware}, "dollar of hardware", *site_.installation,
             at_start(), true);
    if (site_.spares) {
      add_on(Category::kCompute, "spares", {hardware}, "dollar of hardware", *site_.spares, at_start(), true);
      hardware_ += cost_.lines.back().amount.usd();
    }
    const ResidualValue left = residual_value(site_, job_.horizon, catalog_, job_.prices);
    Factor share = left.share;
    share.value = -share.value;
    add_on(Category::kCompute, "value left at the horizon", {all_hardware()}, "dollar of hardware", share,
           at_horizon(), true);
    for (const Assumption& a : left.assumptions) add_assumption(cost_.assumptions, a);
  }

  Factor all_hardware() const {
    return {"hardware bought", hardware_, "USD", Origin::kCapital, "hardware", {}};
  }
  // Dollars of capital so far; a value left is none.
  double bought() const {
    Money sum;
    for (const CostLine& line : cost_.lines) {
      if (line.capital && line.amount > Money{}) sum += line.amount;
    }
    return sum.usd();
  }

  void servers() {
    const PurchasePrice& purchase = *job_.accelerator->purchase;
    const double bundles = std::ceil(static_cast<double>(job_.count) / purchase.accelerators);
    const double price = price_in(purchase, job_.prices).in(kUsd);
    const Factor each{"purchase price",   price, "USD", Origin::kPrice, job_.accelerator->id,
                      purchase.provenance};
    add(Category::kCompute,
        std::string(job_.accelerator->id) + ", purchase of " + std::to_string(purchase.accelerators),
        {rule_factor("units of sale", bundles)}, "unit", each, at_start(), true);
    if (purchase.includes == PurchaseUnit::kAccelerator) hosts();
  }

  // Cards alone: a workstation each for one, else servers. Boards that only come in servers are scaled up
  // from the accelerators' share of a server's bill.
  void hosts() {
    const bool on_board = job_.accelerator->link && job_.accelerator->link->domain > 2;
    if (on_board) {
      const Figure& share = catalog_.figure("server.accelerator-share");
      Factor rest = figure_factor(share, 1 / share.value - 1, "");
      rest.name = "rest of a server's bill over its accelerators";
      add_on(Category::kCompute, "servers around the accelerators",
             {{"accelerators bought", bought(), "USD", Origin::kCapital, "hardware", {}}},
             "dollar of accelerators", rest, at_start(), true);
      return;
    }
    const Figure& host = catalog_.figure(job_.count == 1 ? "host.workstation" : "host.server");
    const double hosts = job_.count == 1 ? 1
                                         : std::ceil(static_cast<double>(job_.count) /
                                                     std::min(kCardsOfServer, job_.accelerator->per_node));
    add(Category::kCompute, std::string(host.name), {rule_factor("hosts", hosts)}, "host",
        figure_factor(host, value_in(host, job_.prices), "USD"), at_start(), true);
  }

  void network() {
    if (nodes_ <= 1) return;
    Factor share =
        figure_factor(catalog_.figure("network.share-128-nodes"), network_share(nodes_, catalog_), "");
    share.name = "switches and cables over servers, at this many nodes";
    add_on(Category::kNetwork, "switches and cables for " + std::to_string(nodes_) + " nodes",
           {{"servers", bought(), "USD", Origin::kCapital, "hardware", {}}}, "dollar of servers",
           site_.network.value_or(share), at_start(), true);
  }

  // What is leased is not bought: its price only says what upkeep costs.
  void lease() {
    Cost aside;
    std::swap(aside, cost_);
    servers();
    network();
    hardware_ = bought();
    std::swap(aside, cost_);
    for (const Assumption& a : aside.assumptions) add_assumption(cost_.assumptions, a);
    add(Category::kCompute, std::string(job_.accelerator->id) + ", leased", {accelerators(), months()},
        "accelerator-month", *site_.lease, throughout());
  }

  void finance() {
    if (site_.lease) return;
    const Money capital = Money::of(Usd::of(bought()));
    const Factor borrowed{"capital bought", capital.usd(), "USD", Origin::kCapital, "capital", {}};
    if (site_.financing) {
      add_on(Category::kFinancing, "interest on what is bought", {borrowed, years()},
             "dollar-year of capital", *site_.financing, throughout());
      cost_.transfers = {{"loan", Money{} - capital, at_start()}, {"loan repaid", capital, at_horizon()}};
    }
    if (site_.loan) {
      const LoanInterest interest = loan_interest(*site_.loan, job_.horizon);
      const Usd drawn = Usd::of(capital.usd() * site_.loan->share);
      const Money back = Money::of(drawn * (1 - interest.owed));
      const Money rest = Money::of(drawn) - back;
      cost_.transfers = {{"loan", Money{} - Money::of(drawn), at_start()},
                         {"loan repaid", back, {Duration{}, interest.paid_until}},
                         {"rest of the loan", rest, at_horizon()}};
      add_on(Category::kFinancing, "interest of the loan",
             {borrowed, spec_factor("borrowed", site_.loan->share, "", "site.loan.share")}, "dollar borrowed",
             rule_factor("interest within the horizon on a dollar borrowed", interest.of_a_dollar),
             {Duration{}, interest.paid_until});
    }
  }

  void facility() {
    if (!site_.facility) return;
    add(Category::kFacility, std::string(site_.facility->name),
        {rated_power(*job_.accelerator, job_.count, catalog_), months()}, "kW-month", *site_.facility,
        throughout());
  }

  void electricity() {
    const EnergyUse use = owned_energy(*job_.accelerator, site_.pue, site_.country, job_.count,
                                       {job_.used, job_.power_share, job_.horizon}, catalog_);
    add(Category::kPower, std::string(site_.electricity.name), use.factors, "kWh", site_.electricity,
        {Duration{}, job_.horizon, 0, job_.use});
    add_assumption(cost_.assumptions, {"owned.idle_power", "0 W", "switched off while no workload runs"});
  }

  void staff() {
    std::vector<Factor> people;
    if (site_.staff) {
      people = {*site_.staff};
    } else {
      const double by_nodes = nodes_ / site_.servers_per_administrator.value;
      if (site_.staff_minimum && site_.staff_minimum->value >= by_nodes) {
        people = {*site_.staff_minimum};
      } else {
        Factor share = site_.servers_per_administrator;
        share.name = "administrators a node";
        share.value = 1 / share.value;
        people = {rule_factor("nodes", nodes_), share};
      }
    }
    people.push_back(years());
    add(Category::kStaff, std::string(site_.salary.name), std::move(people), "person-year", site_.salary,
        throughout());
  }

  void upkeep() {
    const Factor value =
        site_.lease ? rule_factor("price of what is leased", hardware_, "USD") : all_hardware();
    if (site_.maintenance) {
      add_on(Category::kMaintenance, std::string(site_.maintenance->name), {value, years()},
             "dollar-year of hardware", *site_.maintenance, throughout());
    } else if (site_.repairs) {
      const PurchasePrice& purchase = *job_.accelerator->purchase;
      Factor part{"price of one accelerator",
                  price_in(purchase, job_.prices).in(kUsd) / purchase.accelerators,
                  "USD",
                  Origin::kPrice,
                  job_.accelerator->id,
                  purchase.provenance};
      add(Category::kMaintenance, "accelerators replaced", {accelerators(), years(), *site_.repairs},
          "accelerator", part, throughout());
    }
    if (site_.insurance)
      add_on(Category::kMaintenance, "insurance", {value, years()}, "dollar-year of hardware",
             *site_.insurance, throughout());
    if (site_.licences)
      add(Category::kSoftware, "licences", {accelerators(), years()}, "accelerator-year", *site_.licences,
          throughout());
  }

  const OwnedJob& job_;
  const SiteTerms& site_;
  const Catalog& catalog_;
  double years_;
  int nodes_ = 1;
  double hardware_ = 0;  // dollars of servers, network and spares, as charged
  Cost cost_;
};

}  // namespace

Cost price_owned(const OwnedJob& job, const Catalog& catalog) { return OwnedPricer(job, catalog).price(); }

}  // namespace capplan

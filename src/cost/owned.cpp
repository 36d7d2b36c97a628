#include <algorithm>
#include <array>
#include <cmath>

#include "capplan/cost/cost.h"
#include "core/number_text.h"
#include "cost/data.h"

namespace capplan {
namespace {

// One host for one card is a workstation; more cards share a server.
constexpr int kCardsOfServer = 8;

Provenance provenance_of(const Figure& figure) { return figure.provenance; }

// In the unit that people quote it in.
std::string figure_text(const Figure& figure) {
  if (figure.dim == Dim{}) return plain_number(figure.value);
  if (figure.dim == Dim{.usd = 1, .second = -1})
    return plain_number(UsdRate::of(figure.value).in(kUsd / kYear)) + " USD/year";
  if (figure.dim == Dim{.usd = 1, .joule = -1}) {
    const double kwh = EnergyPrice::of(figure.value).in(kUsd / kKwh);
    return plain_number(kwh) + " USD/kWh";
  }
  if (figure.dim == Dim{.usd = 1}) return plain_number(figure.value) + " USD";
  return plain_number(figure.value);
}

void assume_unverified(Cost& cost, const Figure& figure) {
  if (figure.provenance.unverified)
    add_assumption(cost.assumptions, {"figure." + std::string(figure.id), figure_text(figure), "unverified"});
}

Usd price_in(const PurchasePrice& purchase, PriceCase prices) {
  if (prices == PriceCase::kLow) return purchase.low.value_or(purchase.price);
  if (prices == PriceCase::kHigh) return purchase.high.value_or(purchase.price);
  return purchase.price;
}

// Hardware that keeps its value makes owning cheap.
double residual_in(const Figure& figure, PriceCase prices) {
  if (prices == PriceCase::kLow) return figure.high.value_or(figure.value);
  if (prices == PriceCase::kHigh) return figure.low.value_or(figure.value);
  return figure.value;
}

const Provenance kFromSpec{"the spec", "", false};

class OwnedPricer {
 public:
  OwnedPricer(const OwnedJob& job, const Catalog& catalog)
      : job_(job), catalog_(catalog), years_(job.horizon / kYear) {}

  Cost price() {
    nodes_ = std::max(1, (job_.count + job_.accelerator->per_node - 1) / job_.accelerator->per_node);
    servers();
    facility();
    electricity();
    staff();
    maintenance();
    spec_costs();
    if (job_.data.stored.base() > 0) add_owned_storage(cost_, job_.data, job_.share, catalog_);
    const double used = std::min(1.0, job_.used / job_.horizon);
    const Money fixed_all = cost_.total() - cost_.total(Category::kPower) - cost_.total(Category::kStorage);
    cost_.idle = Money::of(Usd::of(fixed_all.usd() * (1 - used)));
    add_assumption(
        cost_.assumptions,
        {"owned.in_service", "from the start of the horizon",
         "assumption; the usual delivery takes " +
             plain_number(catalog_.figure("lead-time.server").value / (kDay.base() * 7)) + " weeks"});
    return std::move(cost_);
  }

 private:
  void add(Category category, const std::string& label, double quantity, const std::string& unit,
           double unit_price, const Provenance& provenance, bool capital = false) {
    CostLine line = cost_line(category, label, quantity * job_.share, unit, unit_price, provenance);
    line.capital = capital;
    cost_.add(std::move(line));
  }

  void servers() {
    const PurchasePrice& purchase = *job_.accelerator->purchase;
    const double bundles = std::ceil(static_cast<double>(job_.count) / purchase.accelerators);
    const double price = price_in(purchase, job_.prices).in(kUsd);
    double capital = bundles * price;
    add(Category::kCompute,
        std::string(job_.accelerator->id) + ", purchase of " + std::to_string(purchase.accelerators), bundles,
        "unit", price, purchase.provenance, true);
    if (purchase.provenance.unverified)
      add_assumption(cost_.assumptions, {"purchase." + std::string(job_.accelerator->id),
                                         plain_number(price) + " USD", "unverified"});
    if (purchase.includes == PurchaseUnit::kAccelerator) capital += hosts();
    if (const double share = network_share(nodes_, catalog_); share > 0) {
      const Figure& figure = catalog_.figure("network.share-128-nodes");
      add(Category::kNetwork, "switches and cables for " + std::to_string(nodes_) + " nodes", capital,
          "dollar of servers", share, provenance_of(figure), true);
      capital *= 1 + share;
    }
    if (job_.spares > 0) {
      add(Category::kCompute, "spares", capital, "dollar of hardware", job_.spares, kFromSpec, true);
      capital *= 1 + job_.spares;
    }
    const Figure& residual = catalog_.figure("residual.12-months");
    add(Category::kCompute, "value left at the horizon", capital, "dollar of capital",
        -residual_share(job_.horizon, catalog_, job_.prices), provenance_of(residual), true);
    assume_unverified(cost_, residual);
    purchase_total_ = capital;
  }

  // What the spec says of its own site; a missing one is no cost, and says so.
  void spec_costs() {
    if (job_.financing > 0)
      add(Category::kFinancing, "interest on what is bought", purchase_total_ * years_,
          "dollar-year of capital", job_.financing, kFromSpec);
    if (job_.licences.base() > 0)
      add(Category::kSoftware, "licences", job_.count * years_, "accelerator-year",
          job_.licences.in(kUsd / kYear), kFromSpec);
    const auto none = [&](bool missing, const char* what, const char* meaning) {
      if (missing) add_assumption(cost_.assumptions, {std::string("site.") + what, "none", meaning});
    };
    none(job_.spares <= 0, "spares", "default: nothing bought in reserve");
    none(job_.financing <= 0, "financing", "default: paid in cash");
    none(job_.licences.base() <= 0, "licences", "default: no licensed software");
  }

  // Cards alone: a workstation each for one, else servers. Boards that only come in servers are scaled up
  // from the accelerators' share of a server's bill.
  double hosts() {
    const bool on_board = job_.accelerator->link && job_.accelerator->link->domain > 2;
    if (on_board) {
      const Figure& share = catalog_.figure("server.accelerator-share");
      const double cards =
          std::ceil(static_cast<double>(job_.count) / job_.accelerator->purchase->accelerators) *
          job_.accelerator->purchase->price.in(kUsd);
      const double rest = 1 / share.value - 1;
      add(Category::kCompute, "servers around the accelerators", cards, "dollar of accelerators", rest,
          provenance_of(share), true);
      return cards * rest;
    }
    const Figure& host = catalog_.figure(job_.count == 1 ? "host.workstation" : "host.server");
    const double hosts = job_.count == 1 ? 1
                                         : std::ceil(static_cast<double>(job_.count) /
                                                     std::min(kCardsOfServer, job_.accelerator->per_node));
    add(Category::kCompute, std::string(host.name), hosts, "host", host.value, provenance_of(host), true);
    assume_unverified(cost_, host);
    return hosts * host.value;
  }

  void facility() {
    if (job_.site->facility.empty()) return;
    const Figure& rent = catalog_.figure(job_.site->facility);
    const double kw = node_power(*job_.accelerator, job_.count, catalog_).in(kKilowatt);
    const double per_kw_month = PowerPrice::of(rent.value).in(kUsd / (kKilowatt * kMonth));
    add(Category::kFacility, std::string(rent.name), kw * job_.horizon.in(kMonth), "kW-month", per_kw_month,
        provenance_of(rent));
    assume_unverified(cost_, rent);
  }

  void electricity() {
    const Figure& tariff = catalog_.figure(job_.site->electricity);
    const double kwh =
        owned_energy(*job_.accelerator, *job_.site, job_.count, {job_.used, job_.power_share}, catalog_).kwh;
    add(Category::kPower, std::string(tariff.name), kwh, "kWh", EnergyPrice::of(tariff.value).in(kUsd / kKwh),
        provenance_of(tariff));
    assume_unverified(cost_, tariff);
    add_assumption(cost_.assumptions, {"owned.idle_power", "0 W", "switched off while no workload runs"});
  }

  void staff() {
    const Figure& servers = catalog_.figure("staff.servers-per-administrator");
    const Figure& salary = catalog_.figure("staff.administrator-salary");
    double administrators = nodes_ / servers.value;
    if (!job_.site->staff_minimum.empty()) {
      const Figure& minimum = catalog_.figure(job_.site->staff_minimum);
      administrators = std::max(administrators, minimum.value);
      assume_unverified(cost_, minimum);
    }
    add(Category::kStaff, std::string(salary.name), administrators * years_, "person-year",
        UsdRate::of(salary.value).in(kUsd / kYear), provenance_of(salary));
    assume_unverified(cost_, servers);
    assume_unverified(cost_, salary);
  }

  void maintenance() {
    const Figure& support = catalog_.figure("maintenance.oem-server-support");
    add(Category::kMaintenance, std::string(support.name), purchase_total_ * years_, "dollar-year of capital",
        support.value, provenance_of(support));
    assume_unverified(cost_, support);
  }

  const OwnedJob& job_;
  const Catalog& catalog_;
  double years_;
  int nodes_ = 1;
  double purchase_total_ = 0;
  Cost cost_;
};

}  // namespace

double residual_share(Duration age, const Catalog& catalog, PriceCase prices) {
  const double at_12 = residual_in(catalog.figure("residual.12-months"), prices);
  const double at_48 = residual_in(catalog.figure("residual.48-months"), prices);
  const double months = age.in(kMonth);
  if (months <= 12) return std::pow(at_12, months / 12);
  return at_12 * std::pow(at_48 / at_12, (months - 12) / 36);
}

double network_share(int nodes, const Catalog& catalog) {
  if (nodes <= 1) return 0;
  struct Point {
    double nodes;
    std::string_view figure;
  };
  static constexpr std::array<Point, 4> kPoints{{{16, "network.share-16-nodes"},
                                                 {128, "network.share-128-nodes"},
                                                 {2048, "network.share-2048-nodes"},
                                                 {4096, "network.share-4096-nodes"}}};
  const auto share = [&](const Point& p) { return catalog.figure(p.figure).value; };
  if (nodes <= kPoints.front().nodes) return share(kPoints.front());
  for (std::size_t i = 1; i < kPoints.size(); ++i) {
    const Point& low = kPoints[i - 1];
    const Point& high = kPoints[i];
    if (nodes > high.nodes) continue;
    const double along = std::log(nodes / low.nodes) / std::log(high.nodes / low.nodes);
    return share(low) + along * (share(high) - share(low));
  }
  return share(kPoints.back());
}

Cost price_owned(const OwnedJob& job, const Catalog& catalog) { return OwnedPricer(job, catalog).price(); }

}  // namespace capplan

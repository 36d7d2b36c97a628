// Plans of every example worked out again: from what the JSON result prints, and from the catalogue's figures
// by the arithmetic written here, which shares no code with the cost engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "capplan/demand/load.h"
#include "capplan/plan/plan.h"
#include "capplan/report/report.h"
#include "capplan/spec/load.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;
using testing::builtin;

constexpr double kHoursOfMonth = 730;
constexpr double kYearlyRate = 0.08;

const fs::path& examples_folder() {
  static const fs::path folder = fs::path(CAPPLAN_SOURCE_DIR) / "examples";
  return folder;
}

const Catalog& catalog_of(const std::string& example) {
  static const Catalog founding = [] {
    const std::string folder = (examples_folder() / "profiles" / "founding").string();
    return *overlay_catalog(builtin(), folder, *read_profile_folder(folder));
  }();
  return example == "founding-arithmetic.yaml" ? founding : builtin();
}

// An example with spot capacity admitted and money at 8% a year, planned, and its JSON.
struct Worked {
  const Catalog* catalog = nullptr;
  PlanSpec spec;
  Plan plan;
  Json json;
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Worked work_out(const std::string& example) {
  const auto read = [](const std::string& name) -> tl::expected<std::string, std::string> {
    return text_of(examples_folder() / name);
  };
  Worked w;
  w.catalog = &catalog_of(example);
  w.spec = load_spec(example, text_of(examples_folder() / example), read, w.catalog->exchange_rates())
               .value()
               .spec;
  w.spec.constraints.purchases.emplace_back("spot");
  w.spec.finance = {};
  w.spec.finance.rate = kYearlyRate;
  w.plan = make_plan(w.spec, *w.catalog, PlanSettings{}).value();
  RenderOptions options;
  options.all = true;
  w.json = Json::parse(render(w.plan, Format::kJson, options));
  return w;
}

const Worked& worked(const std::string& example) {
  static std::map<std::string, Worked> known;
  const auto found = known.find(example);
  return found != known.end() ? found->second : known.emplace(example, work_out(example)).first->second;
}

const Json& printed(const Worked& w, const PlanOption& option) {
  for (const Json& plan : w.json["plans"]) {
    if (plan["rank"] == option.rank) return plan;
  }
  throw std::runtime_error("not printed: " + option.id);
}

const PlanOption* best(const Worked& w, const std::function<bool(const PlanOption&)>& picked) {
  const auto found = std::find_if(w.plan.options.begin(), w.plan.options.end(), picked);
  return found == w.plan.options.end() ? nullptr : &*found;
}
const PlanOption* best_owned(const Worked& w) {
  return best(w, [](const PlanOption& o) { return o.option == SupplyOption::kOnPrem; });
}
// All rented by the hour, some of it on spot.
bool is_on_spot(const PlanOption& o) {
  const auto by_the_hour = [](const Allocation& a) {
    return a.purchase != Purchase::kOwned && !has_term(a.purchase);
  };
  const auto on_spot = [](const Allocation& a) { return a.purchase == Purchase::kSpot; };
  return std::all_of(o.allocations.begin(), o.allocations.end(), by_the_hour) &&
         std::any_of(o.allocations.begin(), o.allocations.end(), on_spot);
}

const PlanOption* best_spot(const Worked& w) { return best(w, is_on_spot); }

// Each workload in one place: the rules of billing are for a whole one.
const PlanOption* best_undivided_spot(const Worked& w) {
  return best(w, [&](const PlanOption& o) {
    return is_on_spot(o) && o.allocations.size() == w.plan.workloads.size();
  });
}

class RecomputedPlans : public ::testing::TestWithParam<std::string> {
 protected:
  const Worked& w() const { return worked(GetParam()); }
};

// Twelve digits are printed, of amounts that are rounded to a millionth.
void expect_printed(double expected, double found, const std::string& what) {
  EXPECT_NEAR(expected, found, 2e-5 + 1e-10 * std::abs(expected)) << what;
}

// What the spec's `operations` add: once for the plan, and by the month.
bool is_setup(const Json& line) { return line["unit"] == "plan"; }
bool is_operation(const Json& line) { return is_setup(line) || line["unit"] == "month"; }
bool is_move(const Json& line) { return line["label"].get<std::string>().starts_with("dataset moved"); }

bool is_capital(const Json& line) {
  static const std::set<std::string> kUnits{"unit", "host", "dollar of hardware", "dollar of servers",
                                            "dollar of accelerators"};
  return kUnits.contains(line["unit"].get<std::string>());
}

// Everything that follows from the printed line items alone.
void expect_sums(const Json& plan) {
  const Json& cost = plan["cost"];
  SCOPED_TRACE(plan["id"].get<std::string>());
  std::map<std::string, double> categories;
  double total = 0;
  double capital = 0;
  for (const Json& line : cost["line_items"]) {
    const double amount = line["amount_usd"];
    expect_printed(line["quantity"].get<double>() * line["unit_price_usd"].get<double>(), amount,
                   line["label"]);
    categories[line["category"]] += amount;
    total += amount;
    if (is_capital(line)) capital += amount;
  }
  ASSERT_GT(total, 0);
  for (const auto& [name, amount] : cost["breakdown_usd"].items())
    expect_printed(categories[name], amount, name);
  expect_printed(total, cost["total_usd"], "total");
  expect_printed(capital, cost["capex_usd"], "capex");
  expect_printed(total - capital, cost["opex_usd"], "opex");
  EXPECT_LE(cost["idle_usd"].get<double>(), total);
  EXPECT_LE(cost["p10_usd"], cost["total_usd"]);
  EXPECT_GE(cost["p90_usd"], cost["total_usd"]);
  const Json& cash = cost["cash_flow_usd"];
  double paid = -cash["at_start"].get<double>();
  double worth = paid;
  double month = 0;
  for (const Json& amount : cash["months"]) {
    ++month;
    paid -= amount.get<double>();
    worth -= amount.get<double>() * std::pow(1 + kYearlyRate, -month / 12);
  }
  paid -= cash["at_horizon"].get<double>();
  worth -= cash["at_horizon"].get<double>() * std::pow(1 + kYearlyRate, -month / 12);
  expect_printed(paid, cost["total_usd"], "cash flow");
  expect_printed(worth, cost["npv_usd"], "npv");
}

TEST_P(RecomputedPlans, OwnedFromWhatIsPrinted) {
  const PlanOption* owned = best_owned(w());
  if (owned == nullptr) GTEST_SKIP() << "nothing that could be bought";
  const Json& plan = printed(w(), *owned);
  expect_sums(plan);
  const Json& cost = plan["cost"];
  double at_start = 0;
  double sold = 0;
  double operations = 0;
  for (const Json& line : cost["line_items"]) {
    const double amount = line["amount_usd"];
    if (is_operation(line)) operations += amount;
    if (is_capital(line) && amount < 0) {
      sold += amount;
    } else if (is_capital(line) || is_setup(line) || is_move(line)) {
      at_start += amount;
    }
  }
  expect_printed(-at_start, cost["cash_flow_usd"]["at_start"], "paid at the start");
  expect_printed(-sold, cost["cash_flow_usd"]["at_horizon"], "sold at the horizon");
  if (plan["allocations"].size() > 1) return;
  // What is paid for the machines whether used or not, by the hours that nothing ran.
  const Json& a = plan["allocations"][0];
  const double held = a["count"].get<double>() * w().json["horizon_months"].get<double>() * kHoursOfMonth;
  const double fixed = cost["total_usd"].get<double>() - cost["breakdown_usd"]["power"].get<double>() -
                       cost["breakdown_usd"]["storage"].get<double>() - operations;
  EXPECT_NEAR(cost["idle_usd"], fixed * (1 - a["accelerator_hours"].get<double>() / held),
              1e-9 * fixed + 1e-5);
}

// What carbon costs is what the plan emits, whoever owns the machines and whatever runs on them.
TEST_P(RecomputedPlans, CarbonIsPaidForAsItIsStated) {
  PlanSpec spec = w().spec;
  spec.carbon_price = 80 * (kUsd / kTonne);
  PlanSettings settings;
  settings.comparisons = false;
  const Plan plan = make_plan(spec, *w().catalog, settings).value();
  for (const PlanOption& o : plan.options) {
    double paid = 0;
    for (const CostLine& line : o.cost.lines) {
      if (line.price.key == "carbon_price") paid += line.amount.usd();
    }
    EXPECT_NEAR(paid, o.energy.kg_co2e / 1000 * 80, 1e-5 + 1e-9 * paid) << o.id;
  }
}

TEST_P(RecomputedPlans, SpotFromWhatIsPrinted) {
  const PlanOption* spot = best_spot(w());
  if (spot == nullptr) GTEST_SKIP() << "no plan on spot";
  const Json& plan = printed(w(), *spot);
  expect_sums(plan);
  EXPECT_EQ(plan["cost"]["capex_usd"], 0.0);
  double at_start = 0;
  for (const Json& line : plan["cost"]["line_items"]) {
    if (is_setup(line) || is_move(line)) at_start += line["amount_usd"].get<double>();
  }
  expect_printed(-at_start, plan["cost"]["cash_flow_usd"]["at_start"], "paid at the start");
}

// What one allocation of owned accelerators costs over the horizon, by category.
struct Owned {
  double compute = 0, network = 0, setup = 0, facility = 0, power = 0, staff = 0, maintenance = 0;
  double kw_months = 0, kwh = 0;
};

double rated_kw(const Accelerator& a, int count, const Catalog& catalog) {
  if (a.node_power) return a.node_power->power.in(kKilowatt)*count / a.node_power->accelerators;
  return a.power->in(kKilowatt)*count * catalog.figure("power.server-overhead").value;
}

// Logarithmic between clusters of 16 and 128 nodes; larger ones are in no example.
double network_over_servers(double nodes, const Catalog& catalog) {
  if (nodes <= 1) return 0;
  const double small = catalog.figure("network.share-16-nodes").value;
  const double large = catalog.figure("network.share-128-nodes").value;
  return small + (large - small) * std::clamp(std::log2(nodes / 16) / 3, 0.0, 1.0);
}

// Servers as they are sold; cards alone need a host, boards alone the rest of a server's bill.
double servers_usd(const Accelerator& a, int count, const Catalog& catalog) {
  const PurchasePrice& p = *a.purchase;
  const double bought = std::ceil(static_cast<double>(count) / p.accelerators) * p.price.in(kUsd);
  if (p.includes != PurchaseUnit::kAccelerator) return bought;
  if (a.link && a.link->domain > 2) return bought / catalog.figure("server.accelerator-share").value;
  if (count == 1) return bought + catalog.figure("host.workstation").value;
  return bought + std::ceil(static_cast<double>(count) / std::min(8, a.per_node)) *
                      catalog.figure("host.server").value;
}

// 72.4% after a year, 27.5% after four, geometric between and around.
double value_left_after(double months, const Catalog& catalog) {
  const double year = catalog.figure("residual.12-months").value;
  const double four = catalog.figure("residual.48-months").value;
  return months <= 12 ? std::pow(year, months / 12) : year * std::pow(four / year, (months - 12) / 36);
}

// Stated by the spec, else the catalogue's; nothing where the site has no such figure.
double share(const std::optional<double>& stated, Text figure, const Catalog& catalog) {
  return stated ? *stated : figure.empty() ? 0 : catalog.figure(figure).value;
}

double people(const SiteChoice& choice, const Site& site, double nodes, const Catalog& catalog) {
  if (choice.staff) return *choice.staff;
  const double by_nodes = nodes / catalog.figure("staff.servers-per-administrator").value;
  return site.staff_minimum.empty() ? by_nodes : std::max(catalog.figure(site.staff_minimum).value, by_nodes);
}

Owned owned_again(const Allocation& allocation, const Worked& w) {
  const Catalog& catalog = *w.catalog;
  const SiteChoice& choice = w.spec.site;
  const auto figure = [&](Text id) { return catalog.figure(id).value; };
  const Accelerator& a = *catalog.accelerator(allocation.accelerator);
  const Site& site = *catalog.site(choice.profile ? Text(*choice.profile) : "colocation-us");
  const double months = w.plan.horizon.in(kMonth);
  const double nodes = std::ceil(static_cast<double>(allocation.count) / a.per_node);
  const double servers = servers_usd(a, allocation.count, catalog);
  Owned o;
  o.network = servers * network_over_servers(nodes, catalog);
  const double hardware = (servers + o.network) * (1 + share(choice.spares, site.spares, catalog));
  o.compute = hardware - o.network - hardware * value_left_after(months, catalog);
  o.setup = (servers + o.network) * share(choice.installation, site.installation, catalog);
  const double kw = rated_kw(a, allocation.count, catalog);
  o.kw_months = site.facility.empty() ? 0 : kw * months;
  if (o.kw_months > 0)
    o.facility = o.kw_months * PowerPrice::of(figure(site.facility)).in(kUsd / kKilowatt / kMonth);
  const double drawn =
      allocation.execution.power_share > 0 ? allocation.execution.power_share : figure("power.load-factor");
  o.kwh = kw * drawn * share(choice.pue, site.pue, catalog) * allocation.accelerator_hours / allocation.count;
  o.power = o.kwh * choice.electricity.value_or(EnergyPrice::of(figure(site.electricity))).in(kUsd / kKwh);
  const UsdRate salary = choice.salary.value_or(UsdRate::of(figure("staff.administrator-salary")));
  o.staff = people(choice, site, nodes, catalog) * salary.in(kUsd / kMonth) * months;
  const double upkeep = share(choice.maintenance, "maintenance.oem-server-support", catalog) +
                        share(choice.insurance, site.insurance, catalog);
  o.maintenance = hardware * upkeep * months / 12;
  return o;
}

TEST_P(RecomputedPlans, OwnedFromTheCatalogue) {
  const PlanOption* owned = best_owned(w());
  if (owned == nullptr) GTEST_SKIP() << "nothing that could be bought";
  std::map<std::string, double> expected;
  double kw_months = 0;
  double kwh = 0;
  const auto hold = [&](const Owned& o) {
    expected["compute"] += o.compute;
    expected["network"] += o.network;
    expected["setup"] += o.setup;
    expected["facility"] += o.facility;
    expected["staff"] += o.staff;
    expected["maintenance"] += o.maintenance;
    kw_months += o.kw_months;
  };
  for (const Allocation& a : owned->allocations) {
    const Owned o = owned_again(a, w());
    expected["power"] += o.power;
    kwh += o.kwh;
    if (!a.fleet) hold(o);
  }
  // What is shared is bought once, what is there already is not.
  for (const Fleet& f : owned->fleets) {
    Allocation all;
    all.accelerator = f.accelerator;
    all.count = f.count;
    if (!f.existing) hold(owned_again(all, w()));
  }
  std::map<std::string, double> found;
  for (const Json& line : printed(w(), *owned)["cost"]["line_items"]) {
    if (!is_operation(line) && !is_move(line)) found[line["category"]] += line["amount_usd"].get<double>();
    if (line["unit"] == "kW-month") kw_months -= line["quantity"].get<double>();
    if (line["unit"] == "kWh") kwh -= line["quantity"].get<double>();
  }
  for (const auto& [category, amount] : expected)
    EXPECT_NEAR(amount, found[category], 1e-4 + 1e-9 * std::abs(amount)) << category;
  EXPECT_NEAR(kw_months, 0, 1e-6);
  EXPECT_NEAR(kwh, 0, 1e-5);
}

double billed_hours(Duration time, const Provider& provider) {
  const double unit = provider.billing ? provider.billing->in(kHour) : 1;
  return std::max(std::ceil(time.in(kHour) / unit - 1e-9) * unit, provider.billing_least.in(kHour));
}

// Dollars an accelerator-hour, of the rows that the provider sells so.
std::set<double> prices_of(const Allocation& a, Purchase purchase, const Catalog& catalog) {
  std::set<double> prices;
  for (const Offer& o : catalog.tables().offers) {
    const bool same = o.provider == a.provider && o.accelerator == a.accelerator && o.purchase == purchase;
    if (same && o.price) prices.insert(o.price->in(kUsd / kHour) / o.count);
  }
  return prices;
}

bool holds(const std::set<double>& prices, double price) {
  return std::any_of(prices.begin(), prices.end(), [&](double p) { return std::abs(p / price - 1) < 1e-12; });
}

// `time`: of a run; of served work, in which each of its accelerators is paid for.
double compute_again(const Allocation& a, Duration time, double runs, const Catalog& catalog) {
  const Provider& provider = *catalog.provider(a.provider);
  const double price = *a.usd_per_accelerator_hour;
  EXPECT_TRUE(holds(prices_of(a, a.purchase, catalog), price)) << price;
  if (!a.interrupted) return runs * billed_hours(time, provider) * a.count * price;
  const Interrupted& parts = *a.interrupted;
  EXPECT_NEAR(a.accelerator_hours, runs * a.count * (parts.on_spot + parts.on_fallback).in(kHour),
              1e-9 * a.accelerator_hours);
  double dollars = runs * billed_hours(parts.on_spot, provider) * a.count * price;
  if (parts.on_fallback.base() > 0) {
    const double firm_price = parts.fallback->price->in(kUsd / kHour) / parts.fallback->count;
    EXPECT_TRUE(holds(prices_of(a, Purchase::kOnDemand, catalog), firm_price)) << firm_price;
    dollars += runs * billed_hours(parts.on_fallback, provider) * a.count * firm_price;
  }
  return dollars;
}

TEST_P(RecomputedPlans, SpotFromTheCatalogue) {
  const PlanOption* spot = best_undivided_spot(w());
  if (spot == nullptr) GTEST_SKIP() << "no plan on spot";
  SCOPED_TRACE(spot->id);
  double expected = 0;
  for (const Allocation& a : spot->allocations) {
    const bool served = w().spec.workloads[a.workload].kind == WorkloadKind::kServing;
    EXPECT_EQ(a.interrupted.has_value(), a.purchase == Purchase::kSpot);
    const Demand& demand = w().plan.workloads[a.workload].demand;
    // Something serves all the time that it is asked for.
    const Duration asked =
        served && is_elastic(demand) ? a.accelerator_hours / a.count * kHour : w().plan.horizon;
    if (served && a.interrupted) {
      EXPECT_GE((a.interrupted->on_spot + a.interrupted->on_fallback) / asked, 1 - 1e-12);
    }
    expected +=
        compute_again(a, served ? asked : a.execution.run_time, served ? 1 : demand.runs, *w().catalog);
  }
  EXPECT_NEAR(expected, printed(w(), *spot)["cost"]["breakdown_usd"]["compute"], 1e-5 + 1e-9 * expected);
}

// Examples with a deadline have hours to fall back on: both kinds were worked out above.
TEST(RecomputedSpot, SomeFallBackAndSomeWait) {
  const auto parts = [](const std::string& example) {
    for (const Allocation& a : best_spot(worked(example))->allocations) {
      if (a.interrupted) return *a.interrupted;
    }
    return Interrupted{};
  };
  EXPECT_GT(parts("llama-3-8b-pretrain.yaml").on_fallback, Duration{});
  EXPECT_EQ(parts("lora-eight-h100.yaml").fallback, nullptr);
}

std::vector<std::string> examples() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(examples_folder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Examples, RecomputedPlans, ::testing::ValuesIn(examples()), [](const auto& tested) {
  std::string name = tested.param;
  std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return name;
});

}  // namespace
}  // namespace capplan

#include "cost/data.h"

#include <algorithm>
#include <cmath>

#include "catalog/data_prices.h"
#include "core/number_text.h"

namespace capplan {
namespace {

constexpr StoragePrice kGbMonth = kUsd / kGB / kMonth;
constexpr TransferPrice kUsdPerGb = kUsd / kGB;

// How much of `amount` falls into a tier.
template <class Row>
Bytes within(Bytes amount, const Row& tier) {
  const Bytes end = tier.to ? std::min(*tier.to, amount) : amount;
  return std::max(end - tier.from, Bytes{});
}

// The part of `amount` in a tier.
template <class Row>
Factor tier_factor(Bytes amount, const Row& tier, Text name, Text key) {
  const bool all = tier.from.base() <= 0 && (!tier.to || *tier.to >= amount);
  if (all) return result_factor(name, amount.in(kGB), "GB", key);
  return rule_factor("data in this tier", within(amount, tier).in(kGB), "GB");
}

Factor list_price(double price, Text unit, const Provenance& provenance, Text provider) {
  return {"price", price, unit, Origin::kPrice, provider, provenance};
}

// What `provider` does not state is the median of those of its kind that do, marked.
Factor median_factor(double price, Text unit, Text provider, const Catalog& catalog) {
  return {"median of providers that charge",
          price,
          unit,
          Origin::kRule,
          provider,
          {"median of the catalogue's prices", catalog.as_of(), true}};
}

std::string median_source(SupplyOption option) {
  return "median of " + std::string(supply_option_name(option)) +
         " providers that charge: this one states none";
}

void assume_price(Cost& cost, Text provider, const char* what, double price, const char* unit,
                  const std::string& source) {
  add_assumption(cost.assumptions,
                 {"price." + std::string(provider) + "." + what, plain_number(price) + " " + unit, source});
}

void add_storage(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                 const Catalog& catalog) {
  if (need.stored.base() <= 0 || need.stored_for.base() <= 0) return;
  const Factor months = result_factor("months stored", need.stored_for.in(kMonth), "month", "stored_months");
  const Schedule paid{Duration{}, need.stored_for};
  const auto tiers = storage_tiers(catalog.tables().storage, provider.id, region);
  if (tiers.empty()) {
    const double price = catalog.median_data_prices(provider.option).storage.in(kGbMonth);
    cost.add(cost_line(Category::kStorage, "data and checkpoints",
                       {result_factor("data stored", need.stored.in(kGB), "GB", "stored_gb"), months},
                       "GB-month", median_factor(price, "USD/GB/month", provider.id, catalog), paid));
    assume_price(cost, provider.id, "storage", price, "USD/GB/month", median_source(provider.option));
    return;
  }
  for (const StorageRow* tier : tiers) {
    cost.add(cost_line(Category::kStorage, "data and checkpoints, " + std::string(tier->item),
                       {tier_factor(need.stored, *tier, "data stored", "stored_gb"), months}, "GB-month",
                       list_price(tier->price.in(kGbMonth), "USD/GB/month", tier->provenance, provider.id),
                       paid));
    if (tier->provenance.unverified)
      assume_price(cost, provider.id, "storage", tier->price.in(kGbMonth), "USD/GB/month", "unverified");
  }
}

// What leaves a provider within one month, or in each of several: tiers start anew in each.
struct Transfer {
  std::string label;
  Bytes monthly;
  double months = 1;
  Text key;
  Schedule paid;
};

void add_egress(Cost& cost, const Provider& provider, Text region, const Transfer& out,
                const Catalog& catalog) {
  if (out.monthly.base() <= 0) return;
  const Factor months = rule_factor("months begun", out.months);
  const auto tiers = egress_tiers(catalog.tables().egress, provider.id, region);
  if (tiers.empty()) {
    const double price = catalog.median_data_prices(provider.option).egress.in(kUsdPerGb);
    cost.add(cost_line(Category::kNetwork, out.label,
                       {result_factor("data sent a month", out.monthly.in(kGB), "GB", out.key), months}, "GB",
                       median_factor(price, "USD/GB", provider.id, catalog), out.paid));
    assume_price(cost, provider.id, "egress", price, "USD/GB", median_source(provider.option));
    return;
  }
  for (const EgressRow* tier : tiers) {
    cost.add(cost_line(Category::kNetwork, out.label,
                       {tier_factor(out.monthly, *tier, "data sent a month", out.key), months}, "GB",
                       list_price(tier->price.in(kUsdPerGb), "USD/GB", tier->provenance, provider.id),
                       out.paid));
    if (tier->provenance.unverified)
      assume_price(cost, provider.id, "egress", tier->price.in(kUsdPerGb), "USD/GB", "unverified");
  }
}

}  // namespace

void add_owned_storage(Cost& cost, const DataNeed& need, double share, const Catalog& catalog) {
  const double price = catalog.median_data_prices(SupplyOption::kOnPrem).storage.in(kGbMonth);
  std::vector<Factor> factors{
      result_factor("data stored", need.stored.in(kGB), "GB", "stored_gb"),
      result_factor("months stored", need.stored_for.in(kMonth), "month", "stored_months")};
  if (share < 1)
    factors.push_back(spec_factor("share of the site that this spec pays", share, "", "site.shared"));
  cost.add(cost_line(Category::kStorage, "data and checkpoints", std::move(factors), "GB-month",
                     median_factor(price, "USD/GB/month", "on-prem", catalog),
                     {Duration{}, need.stored_for}));
  assume_price(cost, "on-prem", "storage", price, "USD/GB/month",
               "median of all providers: no figure for storage of one's own");
}

void add_move(Cost& cost, const DataMove& move, const Catalog& catalog) {
  if (move.from == nullptr) return;
  add_egress(cost, *move.from, move.region,
             {"dataset moved from " + std::string(move.from->name), move.amount, 1, "moved_gb", {}}, catalog);
}

Money move_cost(const DataMove& move, const Catalog& catalog) {
  Cost cost;
  add_move(cost, move, catalog);
  return cost.total();
}

void add_data_costs(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                    const Catalog& catalog) {
  add_storage(cost, provider, region, need, catalog);
  const double months = std::max(1.0, std::ceil(need.stored_for.in(kMonth)-1e-9));
  add_egress(cost, provider, region,
             {"results sent out", need.sent_out / months, months, "sent_gb", {Duration{}, need.stored_for}},
             catalog);
  if (need.moved) add_move(cost, *need.moved, catalog);
}

}  // namespace capplan

#include "cost/data.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"

namespace capplan {
namespace {

constexpr StoragePrice kGbMonth = kUsd / kGB / kMonth;
constexpr TransferPrice kUsdPerGb = kUsd / kGB;

// Standard object storage comes first in every provider's file; archive tiers behind it are no place for
// training data.
template <class Row>
std::vector<const Row*> rows_of(const std::vector<Row>& rows, Text provider, Text region) {
  const auto first = std::lower_bound(rows.begin(), rows.end(), provider,
                                      [](const Row& row, Text id) { return row.provider < id; });
  const auto last = std::upper_bound(first, rows.end(), provider,
                                     [](Text id, const Row& row) { return id < row.provider; });
  std::vector<const Row*> all;
  std::vector<const Row*> here;
  for (auto row = first; row != last; ++row) {
    all.push_back(&*row);
    if (row->region == region || row->region.empty()) here.push_back(&*row);
  }
  return here.empty() ? all : here;
}

// The tiers of the first item and region among `rows`.
std::vector<const StorageRow*> first_item(const std::vector<const StorageRow*>& rows) {
  std::vector<const StorageRow*> tiers;
  const StorageRow* first = nullptr;
  for (const StorageTier tier : {StorageTier::kObject, StorageTier::kFilesystem, StorageTier::kBlock}) {
    for (const StorageRow* row : rows) {
      if (first == nullptr && row->tier == tier) first = row;
    }
  }
  for (const StorageRow* row : rows) {
    if (first != nullptr && row->tier == first->tier && row->item == first->item &&
        row->region == first->region)
      tiers.push_back(row);
  }
  return tiers;
}

std::vector<const EgressRow*> first_region(const std::vector<const EgressRow*>& rows) {
  std::vector<const EgressRow*> tiers;
  for (const EgressRow* row : rows) {
    if (row->region == rows.front()->region) tiers.push_back(row);
  }
  return tiers;
}

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

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Median over the providers of one kind of each one's first price, of those that charge: what a provider does
// not state is not taken for free. Where none of its kind charges, over all providers.
template <class Row, class First, class Unit>
double median_price(const std::vector<Row>& rows, SupplyOption option, const Catalog& catalog,
                    const First& first, Unit unit) {
  std::vector<double> of_kind;
  std::vector<double> of_all;
  for (const Provider& provider : catalog.tables().providers) {
    const auto own = rows_of(rows, provider.id, {});
    if (own.empty()) continue;
    const double price = first(own).front()->price.in(unit);
    if (price <= 0) continue;
    of_all.push_back(price);
    if (provider.option == option) of_kind.push_back(price);
  }
  if (of_all.empty()) return 0;
  return median(of_kind.empty() ? std::move(of_all) : std::move(of_kind));
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
  const auto rows = rows_of(catalog.tables().storage, provider.id, region);
  if (rows.empty()) {
    const double price =
        median_price(catalog.tables().storage, provider.option, catalog, first_item, kGbMonth);
    cost.add(cost_line(Category::kStorage, "data and checkpoints",
                       {result_factor("data stored", need.stored.in(kGB), "GB", "stored_gb"), months},
                       "GB-month", median_factor(price, "USD/GB/month", provider.id, catalog), paid));
    assume_price(cost, provider.id, "storage", price, "USD/GB/month", median_source(provider.option));
    return;
  }
  for (const StorageRow* tier : first_item(rows)) {
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
  const auto rows = rows_of(catalog.tables().egress, provider.id, region);
  if (rows.empty()) {
    const double price =
        median_price(catalog.tables().egress, provider.option, catalog, first_region, kUsdPerGb);
    cost.add(cost_line(Category::kNetwork, out.label,
                       {result_factor("data sent a month", out.monthly.in(kGB), "GB", out.key), months}, "GB",
                       median_factor(price, "USD/GB", provider.id, catalog), out.paid));
    assume_price(cost, provider.id, "egress", price, "USD/GB", median_source(provider.option));
    return;
  }
  for (const EgressRow* tier : first_region(rows)) {
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
  const double price =
      median_price(catalog.tables().storage, SupplyOption::kOnPrem, catalog, first_item, kGbMonth);
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

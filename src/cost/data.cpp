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
  std::vector<const Row*> all;
  std::vector<const Row*> here;
  for (const Row& row : rows) {
    if (row.provider != provider) continue;
    all.push_back(&row);
    if (row.region == region || row.region.empty()) here.push_back(&row);
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

void add_storage(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                 const Catalog& catalog) {
  if (need.stored.base() <= 0 || need.stored_for.base() <= 0) return;
  const double months = need.stored_for.in(kMonth);
  const auto rows = rows_of(catalog.tables().storage, provider.id, region);
  if (rows.empty()) {
    const double price =
        median_price(catalog.tables().storage, provider.option, catalog, first_item, kGbMonth);
    cost.add(cost_line(Category::kStorage, "data and checkpoints", need.stored.in(kGB)*months, "GB-month",
                       price,
                       {"median of " + std::string(supply_option_name(provider.option)) + " providers",
                        catalog.as_of(), true}));
    add_assumption(cost.assumptions,
                   {"price." + std::string(provider.id) + ".storage", plain_number(price) + " USD/GB/month",
                    "median of " + std::string(supply_option_name(provider.option)) +
                        " providers that charge: this one states none"});
    return;
  }
  for (const StorageRow* tier : first_item(rows)) {
    cost.add(cost_line(Category::kStorage, "data and checkpoints, " + std::string(tier->item),
                       within(need.stored, *tier).in(kGB)*months, "GB-month", tier->price.in(kGbMonth),
                       tier->provenance));
    if (tier->provenance.unverified)
      add_assumption(cost.assumptions,
                     {"price." + std::string(provider.id) + ".storage",
                      plain_number(tier->price.in(kGbMonth)) + " USD/GB/month", "unverified"});
  }
}

void add_egress(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                const Catalog& catalog) {
  if (need.sent_out.base() <= 0) return;
  const auto rows = rows_of(catalog.tables().egress, provider.id, region);
  if (rows.empty()) {
    const double price =
        median_price(catalog.tables().egress, provider.option, catalog, first_region, kUsdPerGb);
    cost.add(cost_line(Category::kNetwork, "results sent out", need.sent_out.in(kGB), "GB", price,
                       {"median of " + std::string(supply_option_name(provider.option)) + " providers",
                        catalog.as_of(), true}));
    add_assumption(cost.assumptions,
                   {"price." + std::string(provider.id) + ".egress", plain_number(price) + " USD/GB",
                    "median of " + std::string(supply_option_name(provider.option)) +
                        " providers that charge: this one states none"});
    return;
  }
  // Tiers are by the month: what leaves over several months starts again at the first tier in each.
  const double months = std::max(1.0, std::ceil(need.stored_for.in(kMonth)-1e-9));
  const Bytes monthly = need.sent_out / months;
  for (const EgressRow* tier : first_region(rows)) {
    cost.add(cost_line(Category::kNetwork, "results sent out", within(monthly, *tier).in(kGB)*months, "GB",
                       tier->price.in(kUsdPerGb), tier->provenance));
    if (tier->provenance.unverified)
      add_assumption(cost.assumptions, {"price." + std::string(provider.id) + ".egress",
                                        plain_number(tier->price.in(kUsdPerGb)) + " USD/GB", "unverified"});
  }
}

}  // namespace

void add_owned_storage(Cost& cost, const DataNeed& need, double share, const Catalog& catalog) {
  const double price =
      median_price(catalog.tables().storage, SupplyOption::kOnPrem, catalog, first_item, kGbMonth);
  const double gb_months = need.stored.in(kGB)*need.stored_for.in(kMonth)*share;
  cost.add(cost_line(Category::kStorage, "data and checkpoints", gb_months, "GB-month", price,
                     {"median of all providers", catalog.as_of(), true}));
  add_assumption(cost.assumptions, {"price.on-prem.storage", plain_number(price) + " USD/GB/month",
                                    "median of all providers: no figure for storage of one's own"});
}

void add_data_costs(Cost& cost, const Provider& provider, Text region, const DataNeed& need,
                    const Catalog& catalog) {
  add_storage(cost, provider, region, need, catalog);
  add_egress(cost, provider, region, need, catalog);
}

}  // namespace capplan

#include "catalog/data_prices.h"

#include <algorithm>
#include <array>

#include "capplan/catalog/catalog.h"

namespace capplan {
namespace {

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

// Absent where none is charged.
template <class Price>
std::optional<Price> median(std::vector<Price> prices) {
  if (prices.empty()) return std::nullopt;
  std::sort(prices.begin(), prices.end());
  const std::size_t middle = prices.size() / 2;
  return prices.size() % 2 == 1 ? prices[middle] : (prices[middle - 1] + prices[middle]) / 2;
}

template <class Price>
struct FirstPrices {
  std::map<SupplyOption, std::vector<Price>> of_kind;
  std::vector<Price> of_all;

  template <class Row>
  void add(SupplyOption kind, const std::vector<const Row*>& tiers) {
    if (tiers.empty() || tiers.front()->price.base() <= 0) return;
    of_kind[kind].push_back(tiers.front()->price);
    of_all.push_back(tiers.front()->price);
  }
  Price median_of(SupplyOption kind) {
    return median(of_kind[kind]).value_or(median(of_all).value_or(Price{}));
  }
};

}  // namespace

std::vector<const StorageRow*> storage_tiers(const std::vector<StorageRow>& rows, Text provider,
                                             Text region) {
  const auto stated = rows_of(rows, provider, region);
  const StorageRow* first = nullptr;
  for (const StorageTier tier : {StorageTier::kObject, StorageTier::kFilesystem, StorageTier::kBlock}) {
    for (const StorageRow* row : stated) {
      if (first == nullptr && row->tier == tier) first = row;
    }
  }
  std::vector<const StorageRow*> tiers;
  for (const StorageRow* row : stated) {
    if (first != nullptr && row->tier == first->tier && row->item == first->item &&
        row->region == first->region)
      tiers.push_back(row);
  }
  return tiers;
}

std::vector<const EgressRow*> egress_tiers(const std::vector<EgressRow>& rows, Text provider, Text region) {
  const auto stated = rows_of(rows, provider, region);
  std::vector<const EgressRow*> tiers;
  for (const EgressRow* row : stated) {
    if (row->region == stated.front()->region) tiers.push_back(row);
  }
  return tiers;
}

std::map<SupplyOption, DataPrices> median_data_prices(const Tables& tables) {
  FirstPrices<StoragePrice> storage;
  FirstPrices<TransferPrice> egress;
  for (const Provider& provider : tables.providers) {
    storage.add(provider.option, storage_tiers(tables.storage, provider.id, {}));
    egress.add(provider.option, egress_tiers(tables.egress, provider.id, {}));
  }
  std::map<SupplyOption, DataPrices> medians;
  for (const SupplyOption kind :
       {SupplyOption::kCloud, SupplyOption::kRental, SupplyOption::kOnPrem, SupplyOption::kHybrid})
    medians[kind] = {storage.median_of(kind), egress.median_of(kind)};
  return medians;
}

}  // namespace capplan

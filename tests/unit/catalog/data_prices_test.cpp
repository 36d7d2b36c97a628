#include "catalog/data_prices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::market_of;

std::string stored_at(const std::string& usd) {
  return "storage:\n  - {tier: object, item: S, price: " + usd +
         " USD/GB/month, source: s, as_of: 2026-01-01}\n";
}

double usd_per_gb_month(const Catalog& catalog, SupplyOption kind) {
  return catalog.median_data_prices(kind).storage.in(kUsd / kGB / kMonth);
}

TEST(MedianDataPrices, AreThoseOfTheKindOrOfAllWhereNoneOfItCharges) {
  const Catalog catalog = market_of({{.provider = "a"}}, {{"a", "rental", stored_at("0.01")},
                                                          {"b", "rental", stored_at("0.03")},
                                                          {"free", "rental", stored_at("0")},
                                                          {"silent", "rental"},
                                                          {"c", "cloud", stored_at("0.5")}});
  EXPECT_NEAR(usd_per_gb_month(catalog, SupplyOption::kRental), 0.02, 1e-12);
  EXPECT_NEAR(usd_per_gb_month(catalog, SupplyOption::kCloud), 0.5, 1e-12);
  EXPECT_NEAR(usd_per_gb_month(catalog, SupplyOption::kOnPrem), 0.03, 1e-12);
  EXPECT_EQ(catalog.median_data_prices(SupplyOption::kRental).egress.base(), 0);  // nobody charges
}

TEST(StorageTiers, AreOfObjectStorageInTheRegionWhereItIsSoldThere) {
  StorageRow block;
  block.provider = "a";
  block.tier = StorageTier::kBlock;
  block.item = "B";
  block.region = "here";
  StorageRow object = block;
  object.tier = StorageTier::kObject;
  object.item = "O";
  object.region = "there";
  const std::vector<StorageRow> rows{block, object};
  EXPECT_EQ(storage_tiers(rows, "a", "here").front()->item, "B");
  EXPECT_EQ(storage_tiers(rows, "a", "elsewhere").front()->item, "O");
  EXPECT_TRUE(storage_tiers(rows, "b", "here").empty());
}

}  // namespace
}  // namespace capplan

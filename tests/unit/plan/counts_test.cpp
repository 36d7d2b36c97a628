#include "plan/counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::market_of;
using testing::Row;

Lots lots(const Row& row, const std::string& more = "") {
  const Catalog catalog = market_of({row}, {{row.provider, "rental", more}});
  const Market market = current_market(catalog);
  return lots_of(market.offers.at(0));
}

TEST(Lots, APricePerAcceleratorIsBoughtInWholeNodesBeyondOne) {
  const Lots l = lots({.provider = "x", .cluster = "c"});
  EXPECT_EQ(l.node, 8);
  const std::vector<int> counts = counts_to_try(l, 32);
  EXPECT_EQ(counts, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 32}));
  for (const int count : counts) EXPECT_TRUE(can_have(l, count));
  for (const int count : {9, 12, 20}) EXPECT_FALSE(can_have(l, count)) << count;
}

TEST(Lots, WithoutAClusterOneNodeIsTheMost) {
  const Lots l = lots({.provider = "x"});
  EXPECT_EQ(counts_to_try(l, 1000).back(), 8);
  EXPECT_FALSE(can_have(l, 16));
}

TEST(Lots, MachinesComeWhole) {
  const Lots alone = lots({.provider = "x", .count = 8, .machine = "m"});
  EXPECT_EQ(counts_to_try(alone, 1000), std::vector<int>{8});
  EXPECT_FALSE(can_have(alone, 4));
  const Lots joined = lots({.provider = "x", .count = 8, .machine = "m", .cluster = "c"});
  EXPECT_EQ(counts_to_try(joined, 24), (std::vector<int>{8, 16, 24}));
}

TEST(Lots, TheLargestClusterAndTheCapBind) {
  Lots l;
  l.single = false;
  l.joined = true;
  l.most = 64;
  EXPECT_EQ(counts_to_try(l, 1000).back(), 64);
  EXPECT_EQ(counts_to_try(l, 40).back(), 40);
  EXPECT_TRUE(counts_to_try(l, 7).empty());
  EXPECT_FALSE(can_have(l, 72));
}

TEST(Lots, SizesAndSteps) {
  Lots sizes;
  sizes.joined = true;
  sizes.sizes = {16, 32, 128};
  EXPECT_EQ(counts_to_try(sizes, 100), (std::vector<int>{16, 32}));
  EXPECT_TRUE(can_have(sizes, 32));
  EXPECT_FALSE(can_have(sizes, 64));
  Lots step;
  step.joined = true;
  step.step = 64;
  EXPECT_EQ(counts_to_try(step, 200), (std::vector<int>{64, 128, 192}));
  EXPECT_FALSE(can_have(step, 8));
}

TEST(Lots, CountsAscendAndCanBeHad) {
  Lots l;
  l.single = false;
  l.joined = true;
  const std::vector<int> counts = counts_to_try(l, 100000);
  EXPECT_TRUE(std::is_sorted(counts.begin(), counts.end()));
  EXPECT_LT(counts.size(), 120u);
  for (std::size_t i = 1; i < counts.size(); ++i) {
    EXPECT_TRUE(can_have(l, counts[i]));
    EXPECT_LE(counts[i], std::max(1.14 * counts[i - 1], counts[i - 1] + 8.0));
  }
}

TEST(Lots, TpuSlicesAreSearchedInTheirSizes) {
  int slices = 0;
  for (const MarketOffer& m : current_market(testing::builtin()).offers) {
    if (m.accelerator->platform != Platform::kXla || m.cluster == nullptr) continue;
    const Lots l = lots_of(m);
    if (l.sizes.empty()) continue;
    ++slices;
    EXPECT_EQ(counts_to_try(l, 100000), l.sizes);
  }
  EXPECT_GT(slices, 0);
}

TEST(Lots, OwnedCardsWithoutALinkAreNotBuiltIntoClusters) {
  EXPECT_FALSE(lots_of_owned(*testing::builtin().accelerator("RTX4090-24GB")).joined);
  EXPECT_TRUE(lots_of_owned(*testing::builtin().accelerator("H100-SXM-80GB")).joined);
}

}  // namespace
}  // namespace capplan

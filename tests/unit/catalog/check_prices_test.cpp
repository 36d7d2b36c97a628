#include "catalog/check_prices.h"

#include <gtest/gtest.h>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::market_of;
using testing::messages;

const std::string kHeader = "provider,newer,older,reason\n";

Catalog inverted() {
  return market_of({{.provider = "x", .accelerator = "H200-SXM-141GB", .usd_per_hour = 2},
                    {.provider = "x", .usd_per_hour = 2}});
}

TEST(CheckPrices, ANewerPartAtOrBelowAnOlderOneIsWrong) {
  const Diagnostics problems = check_prices(inverted(), "e.csv", kHeader);
  ASSERT_EQ(problems.size(), 1u) << messages(problems);
  EXPECT_NE(problems[0].message.find("H200-SXM-141GB"), std::string::npos);
  EXPECT_EQ(problems[0].location.file, "e.csv");
}

TEST(CheckPrices, AnExceptionWithAReasonAllowsIt) {
  EXPECT_TRUE(
      check_prices(inverted(), "e.csv", kHeader + "x,H200-SXM-141GB,H100-SXM-80GB,old list price\n").empty());
  EXPECT_EQ(check_prices(inverted(), "e.csv", kHeader + "x,H200-SXM-141GB,H100-SXM-80GB,\n").size(), 1u);
}

TEST(CheckPrices, AnExceptionThatNoLongerAppliesIsAProblem) {
  const Catalog dearer = market_of({{.provider = "x", .accelerator = "H200-SXM-141GB", .usd_per_hour = 3},
                                    {.provider = "x", .usd_per_hour = 2}});
  EXPECT_TRUE(check_prices(dearer, "e.csv", kHeader).empty());
  EXPECT_EQ(check_prices(dearer, "e.csv", kHeader + "x,H200-SXM-141GB,H100-SXM-80GB,why\n").size(), 1u);
}

TEST(CheckPrices, OnlyOnDemandOfOneProviderAndOneVendor) {
  EXPECT_TRUE(check_prices(market_of({{.provider = "x", .accelerator = "H200-SXM-141GB", .usd_per_hour = 1},
                                      {.provider = "y", .usd_per_hour = 2}}),
                           "e.csv", kHeader)
                  .empty());
  EXPECT_TRUE(
      check_prices(
          market_of(
              {{.provider = "x", .accelerator = "H200-SXM-141GB", .usd_per_hour = 1, .purchase = "spot"},
               {.provider = "x", .usd_per_hour = 2}}),
          "e.csv", kHeader)
          .empty());
  EXPECT_TRUE(check_prices(market_of({{.provider = "x", .accelerator = "MI300X-192GB", .usd_per_hour = 1},
                                      {.provider = "x", .usd_per_hour = 2}}),
                           "e.csv", kHeader)
                  .empty());
}

TEST(CheckPrices, TheBuiltinPricesPass) {
  const Diagnostics problems =
      check_prices(builtin(), "price_exceptions.csv", testing::profile_text("price_exceptions.csv"));
  EXPECT_TRUE(problems.empty()) << messages(problems);
}

}  // namespace
}  // namespace capplan

#include "catalog/check_overlay.h"

#include <gtest/gtest.h>

#include "capplan/catalog/market.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::Row;

// Four rentals ask about three dollars for an H100; on eight-accelerator nodes.
Catalog market() {
  return testing::market_of({{"a", "H100-SXM-80GB", 2.8},
                             {"b", "H100-SXM-80GB", 3.0},
                             {"c", "H100-SXM-80GB", 3.0},
                             {"d", "H100-SXM-80GB", 3.4}});
}

Catalog with_quotes(const std::vector<Row>& rows) {
  std::string text = testing::kOfferHeader;
  for (const Row& row : rows) text += testing::csv_line(row);
  auto over = overlay_catalog(market(), "mine", {{"offers/a.csv", text}});
  if (!over) throw std::runtime_error(testing::messages(over.error()));
  return *over;
}

Row quote(int count, double usd_per_hour, const std::string& purchase = "on-demand",
          const std::string& region = "") {
  Row row{"a", "H100-SXM-80GB", usd_per_hour, purchase, "2026-07-01", count};
  row.region = region;
  return row;
}

TEST(PriceUnits, WholeNodeForOneAccelerator) {
  const Catalog catalog = with_quotes({quote(1, 24)});
  ASSERT_EQ(catalog.warnings().size(), 1U);
  const Diagnostic& d = catalog.warnings().front();
  EXPECT_EQ(d.severity, Severity::kWarning);
  EXPECT_EQ(d.location.file, "mine/offers/a.csv");
  EXPECT_EQ(d.location.line, 2);
  EXPECT_EQ(d.message,
            "24 USD/h for one H100-SXM-80GB, where the market asks 3 USD/h: is this the price of a whole "
            "node of 8?");
}

TEST(PriceUnits, OneAcceleratorForWholeNode) {
  const Catalog catalog =
      with_quotes({quote(8, 24, "on-demand", "north"), quote(8, 3, "on-demand", "south")});
  ASSERT_EQ(catalog.warnings().size(), 1U);
  EXPECT_EQ(catalog.warnings().front().location.line, 3);
  EXPECT_NE(catalog.warnings().front().message.find("is this the price of one, not of all 8?"),
            std::string::npos);
}

TEST(PriceUnits, OneWarningForAllRowsOfAProvider) {
  const Catalog catalog = with_quotes({quote(1, 24, "on-demand", "north"), quote(1, 25, "on-demand", "south"),
                                       quote(1, 26, "spot", "south")});
  ASSERT_EQ(catalog.warnings().size(), 1U);
  EXPECT_TRUE(catalog.warnings().front().message.ends_with("(and 2 more rows like it)"));
}

TEST(PriceUnits, UsualPricesPass) {
  EXPECT_TRUE(with_quotes({quote(1, 12)}).warnings().empty());         // a hyperscaler's
  EXPECT_TRUE(with_quotes({quote(8, 24)}).warnings().empty());         // a node at the market's price
  EXPECT_TRUE(with_quotes({quote(8, 98)}).warnings().empty());         // a hyperscaler's node
  EXPECT_TRUE(with_quotes({quote(8, 8, "spot")}).warnings().empty());  // a third of it
  EXPECT_TRUE(with_quotes({quote(2, 3)}).warnings().empty());          // cheap, but two are no board
  EXPECT_TRUE(with_quotes({quote(1, 0.4, "marketplace")}).warnings().empty());  // an outlier, but of one
}

TEST(PriceUnits, WithoutAReferenceThereIsNothingToSay) {
  const Catalog thin = testing::market_of({{"a", "H100-SXM-80GB", 3}, {"b", "H100-SXM-80GB", 3}});
  EXPECT_TRUE(reference_prices(thin).empty());
  Diagnostics warnings;
  std::vector<Offer> offers = thin.tables().offers;
  offers.front().price = UsdRate::of(100 / 3600.0);
  check_price_units(offers, std::vector<Location>(offers.size()), thin, warnings);
  EXPECT_TRUE(warnings.empty());
}

// The catalogue's own prices: none may look like another unit.
TEST(PriceUnits, NoBuiltInPriceIsSuspect) {
  std::vector<Offer> current;
  for (const MarketOffer& offer : current_market(builtin()).offers) {
    if (offer.standing == PriceStanding::kUsual) current.push_back(*offer.offer);
  }
  ASSERT_GT(current.size(), 500U);
  Diagnostics warnings;
  check_price_units(current, std::vector<Location>(current.size()), builtin(), warnings);
  EXPECT_EQ(testing::messages(warnings), "");
}

Diagnostics peak_warnings(const std::string& id, const std::string& peaks,
                          const std::string& generation = "hopper",
                          const std::string& bandwidth = "3.35 TB/s") {
  const std::string text = "id: " + id + "\nvendor: NVIDIA\nplatform: cuda\ngeneration: " + generation +
                           "\nreleased: 2022\nmemory: 80 GiB\nmemory_bandwidth: " + bandwidth +
                           "\nper_node: 8\nsource: a test\nas_of: 2026-01-01\npeak:\n" + peaks;
  const auto over = overlay_catalog(builtin(), "mine", {{"accelerators/own.yaml", text}});
  if (!over) throw std::runtime_error(testing::messages(over.error()));
  return over->warnings();
}

TEST(DensePeaks, SparsePeakOfAKnownPart) {
  const Diagnostics warnings = peak_warnings("H100-SXM-80GB", "  bf16: 1979 TFLOP/s\n  fp8: 1979 TFLOP/s\n");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].location.line, 12);
  EXPECT_EQ(warnings[0].location.column, 9);
  EXPECT_EQ(
      warnings[0].message,
      "1979 TFLOP/s in bf16 is twice the 989 TFLOP/s of H100-SXM-80GB: is it the peak with 2:4 sparsity?");
  EXPECT_EQ(warnings[0].hint, "peaks are dense: write `989 TFLOP/s`");
}

TEST(DensePeaks, SparsePeakOfAPartLikeAKnownOne) {
  EXPECT_EQ(peak_warnings("ours-80GB", "  tf32: 989 TFLOP/s\n  bf16: 1979 TFLOP/s\n").size(), 2U);
}

TEST(DensePeaks, DensePeaksPass) {
  EXPECT_TRUE(peak_warnings("H100-SXM-80GB", "  bf16: 989 TFLOP/s\n").empty());
  EXPECT_TRUE(peak_warnings("ours-80GB", "  bf16: 989.4 TFLOP/s\n").empty());
  EXPECT_TRUE(peak_warnings("ours-80GB", "  bf16: 700 TFLOP/s\n").empty());
  EXPECT_TRUE(peak_warnings("next-80GB", "  bf16: 1979 TFLOP/s\n", "next-generation").empty());
}

// Held against all others, no part of the catalogue looks sparse.
TEST(DensePeaks, NoBuiltInPeakIsSuspect) {
  for (const Accelerator& a : builtin().tables().accelerators) {
    Diagnostics warnings;
    check_dense_peaks({a}, {PeakPlaces{}}, builtin(), warnings);
    EXPECT_EQ(testing::messages(warnings), "") << a.id;
  }
}

// Vendors' data sheets print the sparse peak larger than the dense one: twice these.
TEST(DensePeaks, BuiltInPeaksAreDense) {
  const std::pair<Text, double> dense_bf16[] = {
      {"A100-SXM-80GB", 312},    // NVIDIA A100 data sheet: 624 with sparsity
      {"H100-SXM-80GB", 989},    // NVIDIA H100 data sheet: 1,979
      {"H200-SXM-141GB", 989},   // NVIDIA H200 data sheet: 1,979
      {"L40S-48GB", 362},        // NVIDIA L40S data sheet: 733 with sparsity
      {"MI300X-192GB", 1307},    // AMD MI300X data sheet: 2,614.9
      {"B200-SXM-180GB", 2250},  // NVIDIA HGX B200: 36 PFLOP/s of eight with sparsity
  };
  int found = 0;
  for (const auto& [id, tflops] : dense_bf16) {
    const Accelerator* a = builtin().accelerator(id);
    if (a == nullptr) continue;
    ++found;
    EXPECT_NEAR(a->peak.bf16.in(kTflops) / tflops, 1, 0.02) << id;
  }
  EXPECT_EQ(found, 6);
}

}  // namespace
}  // namespace capplan

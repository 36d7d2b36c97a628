// The tables in the binary are those that the profiles on disk make.
#include <gtest/gtest.h>

#include <string>

#include "catalog/emit_tables.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::messages;

const Catalog& from_disk() {
  static const Catalog catalog = [] {
    auto loaded = load_catalog("profiles", testing::profile_files());
    if (!loaded) throw std::runtime_error(messages(loaded.error()));
    return *loaded;
  }();
  return catalog;
}

TEST(Builtin, RowForRowWhatTheProfilesHold) {
  const Tables& a = builtin().tables();
  const Tables& b = from_disk().tables();
  EXPECT_EQ(a.accelerators.size(), b.accelerators.size());
  EXPECT_EQ(a.offers.size(), b.offers.size());
  EXPECT_EQ(a.models.size(), b.models.size());
  EXPECT_GT(a.offers.size(), 400u);
  // The emitted source holds every field of every row.
  EXPECT_TRUE(emit_tables(builtin()) == emit_tables(from_disk()));
}

TEST(Builtin, DigestAndDate) {
  EXPECT_EQ(builtin().sha256().size(), 64u);
  EXPECT_EQ(builtin().sha256(), from_disk().sha256());
  EXPECT_EQ(builtin().as_of(), from_disk().as_of());
  EXPECT_GE(builtin().as_of(), "2026-08-22");
}

TEST(Builtin, LookupsFindTheirRow) {
  for (const Offer& offer : builtin().tables().offers) {
    if (offer.status != OfferStatus::kOk) continue;
    EXPECT_NE(builtin().provider(offer.provider), nullptr) << offer.provider;
    EXPECT_NE(builtin().accelerator(offer.accelerator), nullptr) << offer.accelerator;
  }
  EXPECT_EQ(builtin().accelerator("no such"), nullptr);
  EXPECT_EQ(builtin().find_figure("no such"), nullptr);
}

TEST(Builtin, ACopyStandsOnItsOwn) {
  const Catalog copy = builtin();
  EXPECT_EQ(copy.accelerator("H100-SXM-80GB")->id, "H100-SXM-80GB");
  EXPECT_NE(copy.accelerator("H100-SXM-80GB"), builtin().accelerator("H100-SXM-80GB"));
}

TEST(Builtin, NoSparsePeaks) {
  // mlco2/impact lists the sparse 1979 for FP16; the dense bf16 peak of H100 SXM is 989.
  EXPECT_EQ(builtin().accelerator("H100-SXM-80GB")->peak.bf16.in(kTflops), 989);
  // GPUs double their rate with each halving of the width; a ratio of four mixes dense with sparse.
  for (const Accelerator& a : builtin().tables().accelerators) {
    const bool gpu = a.vendor == "nvidia" || a.vendor == "amd";
    if (!gpu || a.peak.fp8.base() == 0) continue;
    EXPECT_LE(a.peak.fp8 / a.peak.bf16, 2.05) << a.id;
  }
}

}  // namespace
}  // namespace capplan

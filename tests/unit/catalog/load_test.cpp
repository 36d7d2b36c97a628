#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::csv_line;
using testing::files_without_market;
using testing::kOfferHeader;
using testing::market_of;
using testing::messages;
using testing::profile_text;
using testing::provider_text;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("no " + from);
  return text.replace(at, from.size(), to);
}

// The profiles with one file put in place of its namesake, or added.
std::vector<ProfileFile> with(const std::string& path, const std::string& text) {
  std::vector<ProfileFile> files = files_without_market();
  for (ProfileFile& file : files) {
    if (file.path == path) {
      file.text = text;
      return files;
    }
  }
  files.push_back({path, text});
  return files;
}

struct Broken {
  std::string path;
  std::string text;
  int line;
  std::string part;  // of the message
};

const std::string kSpotHeader =
    "cloud,zone,machine,accelerator,accelerators,instances,observed_h,availability,mean_up_h,mean_down_h,"
    "up_cv,down_cv,collected,source,as_of\n";
const std::string kSpotRow = "aws,z1,p2.xlarge,K80,1,1,100,0.5,2,3,1,1,2026-01-01,a test,2026-01-01\n";

std::vector<Broken> broken_profiles() {
  const std::string h100 = profile_text("accelerators/H100-SXM-80GB.yaml");
  const std::string llama = profile_text("models/llama-3-8b.yaml");
  const std::string site = profile_text("sites/colocation-us.yaml");
  const std::string offer = "H100-SXM-80GB,,1,,,,,on-demand,,2,,,,list,,,,,ok,2026-01-01,a test,\n";
  return {
      {"accelerators/x.yaml", replaced(h100, "memory: 80 GiB", "memory: 80 GiBs"), 6, "memory"},
      {"accelerators/x.yaml", replaced(h100, "memory: 80 GiB", "memory: 80 GB/s"), 6, "memory"},
      {"accelerators/x.yaml", replaced(h100, "released: 2022", "realesed: 2022"), 5, "realesed"},
      {"accelerators/x.yaml", replaced(h100, "  bf16: 989 TFLOP/s", "  bf16: -989 TFLOP/s"), 13, "bf16"},
      {"models/x.yaml", replaced(llama, "params: 8030261248", "params: 9030261248"), 16, "params"},
      {"models/x.yaml", replaced(llama, "layers: 32", "layers: many"), 5, "layers"},
      {"providers/x.yaml", provider_text("x", "clowd"), 3, "option"},
      {"providers/x.yaml", replaced(provider_text("x"), "per_node: 8", "per_node: 0"), 7, "per_node"},
      {"sites/x.yaml", replaced(site, "pue: ", "pui: "), 0, "pui"},
      {"figures/x.yaml", "- id: x\n  name: x\n  value: 80 G\n  source: a test\n  as_of: 2026-01-01\n", 3,
       "GiB"},
      {"figures/x.yaml", "id: x\n", 1, "list"},
      {"figures/x.yaml", "- id: x\n  name: x\n  value: 8\n  low: 1 kW\n  source: t\n  as_of: 2026-01-01\n", 4,
       "unit"},
      {"offers/x.csv", kOfferHeader + replaced(offer, ",2,,,,list", ",0,,,,list"), 2, "price"},
      {"offers/x.csv", kOfferHeader + replaced(offer, "on-demand", "ondemand"), 2, "ondemand"},
      {"offers/x.csv", kOfferHeader + replaced(offer, "2026-01-01", "2026-13-01"), 2, "as_of"},
      {"offers/x.csv", kOfferHeader + replaced(offer, "a test", ""), 2, "source"},
      {"offers/x.csv", kOfferHeader + replaced(offer, "on-demand", "block"), 2, "term_max_h"},
      {"offers/x.csv", kOfferHeader + replaced(offer, "H100-SXM-80GB", "H100-SXM-8OGB"), 2, "H100-SXM-8OGB"},
      {"offers/x.csv", replaced(kOfferHeader, "region", "regoin") + offer, 1, "regoin"},
      {"carbon.csv",
       "scope,region,place,g_per_kwh,carbon_free_percent,as_of,source,notes\nworld,world,,x,,2024-01-01,s,\n",
       2, "g_per_kwh"},
      {"spot.csv", kSpotHeader + replaced(kSpotRow, "0.5", "1.5"), 2, "availability"},
      {"spot.csv", kSpotHeader + replaced(kSpotRow, "2,3", "0,3"), 2, "mean_up_h"},
      {"spot.csv", kSpotHeader + replaced(kSpotRow, "K80,1", "K80,0"), 2, "accelerators"},
      {"spot.csv", kSpotHeader + replaced(kSpotRow, "a test", ""), 2, "source"},
      {"spot.csv", kSpotHeader + kSpotRow + kSpotRow, 1, "two rows"},
      {"levers.yaml", "levers:\n  - {id: a, name: b, loss: big, quality: c, source: d, as_of: 2024-01-01}\n",
       2, "loss"},
      {"nonsense.yaml", "a: 1\n", 1, "no profile"},
  };
}

TEST(LoadCatalog, ProblemsAreLocated) {
  for (const Broken& broken : broken_profiles()) {
    SCOPED_TRACE(broken.path + ": " + broken.part);
    const auto catalog = load_catalog("p", with(broken.path, broken.text));
    ASSERT_FALSE(catalog.has_value());
    bool found = false;
    for (const Diagnostic& d : catalog.error()) {
      const bool line = broken.line == 0 || d.location.line == broken.line;
      found = found || (d.location.file == "p/" + broken.path && line &&
                        d.message.find(broken.part) != std::string::npos);
    }
    EXPECT_TRUE(found) << messages(catalog.error());
  }
}

TEST(LoadCatalog, RealProfilesWithoutAMarketLoad) {
  const auto catalog = load_catalog("p", files_without_market());
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  EXPECT_TRUE(catalog->tables().offers.empty());
}

TEST(LoadCatalog, WhatFormulasNeedMustBeThere) {
  const auto catalog = load_catalog("p", with("figures/host.yaml", "[]\n"));
  ASSERT_FALSE(catalog.has_value());
  EXPECT_NE(messages(catalog.error()).find("host.server"), std::string::npos);
  const auto no_world = load_catalog(
      "p", with("carbon.csv", "scope,region,place,g_per_kwh,carbon_free_percent,as_of,source,notes\n"));
  ASSERT_FALSE(no_world.has_value());
  EXPECT_NE(messages(no_world.error()).find("world"), std::string::npos);
}

TEST(LoadCatalog, TwoFilesOfOneIdAreAnError) {
  const auto catalog =
      load_catalog("p", with("accelerators/again.yaml", profile_text("accelerators/T4-16GB.yaml")));
  ASSERT_FALSE(catalog.has_value());
  EXPECT_NE(messages(catalog.error()).find("T4-16GB"), std::string::npos);
}

TEST(LoadCatalog, OffersNeedTheirProviderAndCluster) {
  const auto lonely = load_catalog("p", with("offers/x.csv", kOfferHeader + csv_line({"x"})));
  ASSERT_FALSE(lonely.has_value());
  EXPECT_NE(messages(lonely.error()).find("`x` has no file"), std::string::npos);
  EXPECT_THROW(market_of({{.provider = "x", .cluster = "ring"}}), std::runtime_error);
}

struct Fraction {
  int count;
  std::string memory_gib;
  OfferStatus status;
};

// Below 90% of the card's memory a row is a slice of it (contract, section 3, "Unit").
TEST(LoadCatalog, FractionsAreNeverTheCard) {
  for (const Fraction& f : {Fraction{1, "72", OfferStatus::kOk}, Fraction{1, "71.9", OfferStatus::kFraction},
                            Fraction{1, "40", OfferStatus::kFraction}, Fraction{8, "640", OfferStatus::kOk},
                            Fraction{8, "320", OfferStatus::kFraction}, Fraction{1, "", OfferStatus::kOk}}) {
    SCOPED_TRACE(f.memory_gib);
    const Catalog catalog = market_of({{.provider = "x", .count = f.count, .memory_gib = f.memory_gib}});
    ASSERT_EQ(catalog.tables().offers.size(), 1u);
    EXPECT_EQ(catalog.tables().offers[0].status, f.status);
  }
}

TEST(LoadCatalog, LooseNamesResolveAndAmbiguousOnesToTheSlowerCard) {
  struct Case {
    std::string name, id, stated_as;
  };
  for (const Case& c :
       {Case{"H100-SXM-80GB", "H100-SXM-80GB", ""},
        Case{"NVIDIA H100 SXM", "H100-SXM-80GB", "NVIDIA H100 SXM"},
        Case{"H100-80GB", "H100-PCIe-80GB", "H100-80GB"}, Case{"a100 80gb", "A100-PCIe-80GB", "a100 80gb"},
        Case{"l40s", "L40S-48GB", "l40s"}}) {
    SCOPED_TRACE(c.name);
    const Catalog catalog = market_of({{.provider = "x", .accelerator = c.name}});
    EXPECT_EQ(catalog.tables().offers[0].accelerator, c.id);
    EXPECT_EQ(catalog.tables().offers[0].stated_as, c.stated_as);
  }
}

TEST(Overlay, SameKeyReplacesAndNewKeyAdds) {
  const std::string h100 = profile_text("accelerators/H100-SXM-80GB.yaml");
  const std::string cheaper = replaced(h100, "$310000", "$200000");
  const std::string mine = replaced(h100, "id: H100-SXM-80GB", "id: H100-MINE-80GB");
  const std::string pue = "- id: pue.aws\n  name: x\n  value: 1.05\n  source: a test\n  as_of: 2026-01-01\n";
  const auto over = overlay_catalog(
      builtin(), "mine",
      {{"accelerators/a.yaml", cheaper}, {"accelerators/b.yaml", mine}, {"figures/f.yaml", pue}});
  ASSERT_TRUE(over.has_value()) << messages(over.error());
  EXPECT_EQ(over->tables().accelerators.size(), builtin().tables().accelerators.size() + 1);
  EXPECT_DOUBLE_EQ(over->accelerator("H100-SXM-80GB")->purchase->price.in(kUsd), 200000);
  EXPECT_NE(over->accelerator("H100-MINE-80GB"), nullptr);
  EXPECT_EQ(over->figure("pue.aws").value, 1.05);
  EXPECT_EQ(over->tables().figures.size(), builtin().tables().figures.size());
  EXPECT_EQ(over->tables().offers.size(), builtin().tables().offers.size());
  EXPECT_NE(over->sha256(), builtin().sha256());
}

TEST(Overlay, SpotZonesGoByZoneMachineGangAndDate) {
  const auto base = overlay_catalog(builtin(), "mine", {{"spot.csv", kSpotHeader + kSpotRow}});
  ASSERT_TRUE(base.has_value()) << messages(base.error());
  EXPECT_EQ(base->tables().spot_zones.size(), builtin().tables().spot_zones.size() + 1);
  const std::string rows = replaced(kSpotRow, "0.5", "0.25") + replaced(kSpotRow, ",1,1,100", ",1,4,100");
  const auto over = overlay_catalog(*base, "mine", {{"spot.csv", kSpotHeader + rows}});
  ASSERT_TRUE(over.has_value()) << messages(over.error());
  EXPECT_EQ(over->tables().spot_zones.size(), base->tables().spot_zones.size() + 1);
  for (const SpotZone& zone : over->tables().spot_zones) {
    if (zone.zone == "z1") {
      EXPECT_DOUBLE_EQ(zone.availability, zone.instances == 1 ? 0.25 : 0.5);
      EXPECT_DOUBLE_EQ(zone.up->in(kHour), 2);
    }
  }
}

TEST(Overlay, OffersAndProviders) {
  const Catalog base =
      market_of({{.provider = "x", .usd_per_hour = 2}, {.provider = "y", .usd_per_hour = 3}});
  const std::string rows = kOfferHeader + csv_line({.provider = "x", .usd_per_hour = 1}) +
                           csv_line({.provider = "x", .accelerator = "L4-24GB"});
  const auto over = overlay_catalog(base, "mine", {{"offers/x.csv", rows}});
  ASSERT_TRUE(over.has_value()) << messages(over.error());
  EXPECT_EQ(over->tables().offers.size(), 3u);
  for (const Offer& offer : over->tables().offers) {
    EXPECT_DOUBLE_EQ(offer.price->in(kUsd / kHour), offer.provider == "x" ? 1 : 3);
  }
  const auto replaced_provider = overlay_catalog(
      base, "mine",
      {{"providers/x.yaml", "id: x\nname: new\noption: cloud\nsource: t\nas_of: 2026-01-01\n"}});
  ASSERT_TRUE(replaced_provider.has_value());
  EXPECT_EQ(replaced_provider->provider("x")->option, SupplyOption::kCloud);
  EXPECT_EQ(replaced_provider->cluster("x", "c"), nullptr);
  EXPECT_NE(replaced_provider->cluster("y", "c"), nullptr);
}

TEST(Overlay, ProblemsNameTheOverlay) {
  const auto over =
      overlay_catalog(builtin(), "mine", {{"offers/nobody.csv", kOfferHeader + csv_line({"nobody"})}});
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().front().location.file, "mine/offers/nobody.csv");
  EXPECT_EQ(over.error().front().location.line, 2);
}

TEST(ReadProfileFolder, NoFolder) {
  const auto files = read_profile_folder("no-such-folder");
  ASSERT_FALSE(files.has_value());
  EXPECT_NE(files.error().find("no-such-folder"), std::string::npos);
}

}  // namespace
}  // namespace capplan

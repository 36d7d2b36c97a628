// The lookup rule of docs/efficiency.md.
#include "performance/efficiency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "support/catalogs.h"

namespace capplan {
namespace {

const std::string kPriorHeader =
    "family,generation,precision,mfu_at_7b_8,size_slope,count_slope,sigma,runs,source,as_of,notes\n";
const std::string kCellHeader =
    "family,accelerator,precision,params_min,params_max,count_min,count_max,mfu_p10,mfu,mfu_p90,runs,source,"
    "as_of,notes\n";

// An overlay without cells would leave the built-in ones in place.
const std::string kForeignCell = "vit,T4-16GB,fp32,0,1,1,1,,0.1,,1,s,2024-01-01,\n";

Catalog tables(const std::string& priors, const std::string& cells = kForeignCell) {
  auto catalog = overlay_catalog(
      testing::builtin(), "t",
      {{"efficiency_prior.csv", kPriorHeader + priors}, {"efficiency.csv", kCellHeader + cells}});
  if (!catalog) throw std::runtime_error(testing::messages(catalog.error()));
  return *catalog;
}

const std::string kPriors =
    "vit,hopper,bf16,0.4,0.05,-0.02,0.3,10,s,2024-01-01,\n"
    "vit,any,bf16,0.3,0.05,-0.02,0.3,10,s,2024-01-01,\n"
    "vit,any,any,0.2,0,0,0.3,10,s,2024-01-01,\n";

Efficiency find(const Catalog& c, const std::string& accelerator, Precision precision = Precision::kBf16,
                double params = 7e9, double count = 8, Family family = Family::kVit) {
  return find_efficiency(c, family, *c.accelerator(accelerator), precision, params, count);
}

TEST(Prior, OwnGenerationThenAnyThenAnyPrecision) {
  const Catalog c = tables(kPriors);
  EXPECT_DOUBLE_EQ(find(c, "H100-SXM-80GB").mfu, 0.4);
  EXPECT_DOUBLE_EQ(find(c, "L4-24GB").mfu, 0.3);
  EXPECT_DOUBLE_EQ(find(c, "H100-SXM-80GB", Precision::kFp8).mfu, 0.2 * std::min(1.0, 794.5 / 989 / 0.8));
  EXPECT_EQ(find(c, "H100-SXM-80GB", Precision::kBf16, 7e9, 8, Family::kBert).mfu, 0);
}

TEST(Prior, PrecisionsShareTheirClass) {
  const Catalog c = tables(
      kPriors + "vit,hopper,fp8,0.35,0,0,0.3,1,s,2024-01-01,\nvit,hopper,fp4,0.25,0,0,0.3,1,s,2024-01-01,\n");
  EXPECT_DOUBLE_EQ(find(c, "H100-SXM-80GB", Precision::kFp16).mfu, 0.4);
  EXPECT_DOUBLE_EQ(find(c, "H100-SXM-80GB", Precision::kMxfp8).mfu, 0.35);
  EXPECT_DOUBLE_EQ(find(c, "H100-SXM-80GB", Precision::kNvfp4).mfu, 0.25);
}

TEST(Prior, SizeAndCountSlopes) {
  const Catalog c = tables(kPriors);
  const auto mfu = [&](double params, double count) {
    return find(c, "H100-SXM-80GB", Precision::kBf16, params, count).mfu;
  };
  EXPECT_NEAR(mfu(70e9, 8), 0.4 * std::exp(0.05 * std::log(10)), 1e-12);
  EXPECT_NEAR(mfu(7e9, 64), 0.4 * std::exp(-0.02 * 3), 1e-12);
  EXPECT_EQ(mfu(7e9, 1), mfu(7e9, 8));  // the count counts only above 8
  EXPECT_EQ(mfu(1e6, 8), mfu(1e8, 8));  // sizes are held within 1e8 to 2e11
  EXPECT_EQ(mfu(1e13, 8), mfu(2e11, 8));
}

TEST(Prior, IntervalOfTheLogNormal) {
  const Efficiency e = find(tables(kPriors), "H100-SXM-80GB");
  EXPECT_NEAR(e.p10, 0.4 * std::exp(-1.2816 * 0.3), 1e-12);
  EXPECT_NEAR(e.p90, 0.4 * std::exp(1.2816 * 0.3), 1e-12);
  EXPECT_FALSE(e.measured);
}

// An `any` row for a vendor without a row of the family: sigma and 0.35 in quadrature.
TEST(Prior, NewVendorsAreWider) {
  const Catalog c = tables(kPriors);
  const Efficiency known = find(c, "L4-24GB");
  const Efficiency unknown = find(c, "Gaudi3-128GB");
  EXPECT_NEAR(std::log(known.mfu / known.p10), 1.2816 * 0.3, 1e-9);
  EXPECT_NEAR(std::log(unknown.mfu / unknown.p10), 1.2816 * std::hypot(0.3, 0.35), 1e-9);
}

// Most runs are from H100, whose best product reaches 80% of its peak; MI300X reaches half.
TEST(Prior, AnyRowsFollowTheAchievableRate) {
  const Catalog c = tables(kPriors);
  const Accelerator& mi300x = *c.accelerator("MI300X-192GB");
  ASSERT_TRUE(mi300x.achievable_bf16.has_value());
  EXPECT_NEAR(find(c, "MI300X-192GB").mfu, 0.3 * (*mi300x.achievable_bf16 / mi300x.peak.bf16 / 0.8), 1e-12);
  EXPECT_LT(find(c, "MI300X-192GB").mfu, 0.2);
  const Catalog own = tables(kPriors + "vit,cdna3,bf16,0.33,0,0,0.3,1,s,2024-01-01,\n");
  if (mi300x.generation == "cdna3") {
    EXPECT_DOUBLE_EQ(find(own, "MI300X-192GB").mfu, 0.33);
  }
}

TEST(Cells, BeatThePriorInTheirBounds) {
  const Catalog c = tables(kPriors, "vit,H100-SXM-80GB,bf16,1e9,1e10,8,64,0.45,0.5,0.6,5,s,2024-01-01,\n");
  struct Case {
    double params, count;
    bool measured;
  };
  for (const Case& k : {Case{7e9, 8, true}, Case{7e9, 64, true}, Case{1e9, 8, true}, Case{1e10, 8, false},
                        Case{9e8, 8, false}, Case{7e9, 65, false}, Case{7e9, 7, false}}) {
    const Efficiency e = find(c, "H100-SXM-80GB", Precision::kBf16, k.params, k.count);
    EXPECT_EQ(e.measured, k.measured) << k.params << " " << k.count;
    EXPECT_EQ(e.mfu == 0.5, k.measured);
  }
  EXPECT_FALSE(find(c, "H100-PCIe-80GB").measured);
  EXPECT_FALSE(find(c, "H100-SXM-80GB", Precision::kFp8).measured);
}

TEST(Cells, NeedThreeRuns) {
  EXPECT_FALSE(
      find(tables(kPriors, "vit,H100-SXM-80GB,bf16,0,1e10,1,64,,0.5,,2,s,2024-01-01,\n"), "H100-SXM-80GB")
          .measured);
  EXPECT_TRUE(
      find(tables(kPriors, "vit,H100-SXM-80GB,bf16,0,1e10,1,64,,0.5,,3,s,2024-01-01,\n"), "H100-SXM-80GB")
          .measured);
}

TEST(Cells, TheIntervalIsTheWiderOne) {
  const Efficiency narrow = find(
      tables(kPriors, "vit,H100-SXM-80GB,bf16,0,1e10,1,64,0.49,0.5,0.51,9,s,2024-01-01,\n"), "H100-SXM-80GB");
  EXPECT_NEAR(narrow.p10, 0.5 * std::exp(-0.256), 1e-9);
  EXPECT_NEAR(narrow.p90, 0.5 * std::exp(0.256), 1e-9);
  const Efficiency wide = find(
      tables(kPriors, "vit,H100-SXM-80GB,bf16,0,1e10,1,64,0.2,0.5,0.7,9,s,2024-01-01,\n"), "H100-SXM-80GB");
  EXPECT_EQ(wide.p10, 0.2);
  EXPECT_EQ(wide.p90, 0.7);
  const Efficiency few =
      find(tables(kPriors, "vit,H100-SXM-80GB,bf16,0,1e10,1,64,,0.5,,3,s,2024-01-01,\n"), "H100-SXM-80GB");
  EXPECT_NEAR(few.p10, 0.5 * std::exp(-1.2816 * 0.3), 1e-9);
}

// The prior's own interval ends at 0.8; that bound says nothing about how sure a cell is.
TEST(Cells, WithoutP10TheSigmaIsThePriorsHoweverHighThePrior) {
  const std::string high = "vit,hopper,bf16,0.7,0,0,0.3,10,s,2024-01-01,\n";
  const Efficiency e =
      find(tables(high, "vit,H100-SXM-80GB,bf16,0,1e10,1,64,,0.5,,3,s,2024-01-01,\n"), "H100-SXM-80GB");
  EXPECT_NEAR(e.p10, 0.5 * std::exp(-1.2816 * 0.3), 1e-9);
}

TEST(Cells, HalfPrecisionsStandInForEachOther) {
  const std::string bf16 =
      "vit,H100-SXM-80GB,bf16,0,1e10,1,64,,0.5,,3,s,2024-01-01,\ncnn,H100-SXM-80GB,fp16,0,1e10,1,64,,0.1,,"
      "3,s,2024-01-01,\n";
  const Catalog c = tables(kPriors, bf16);
  EXPECT_TRUE(find(c, "H100-SXM-80GB", Precision::kFp16).measured);
  EXPECT_EQ(find(c, "H100-SXM-80GB", Precision::kBf16, 7e9, 8, Family::kCnn).mfu, 0.1);
}

TEST(Efficiency, HeldWithinBounds) {
  const Efficiency e = find(tables("vit,any,any,0.9,0,0,1.5,1,s,2024-01-01,\n"), "L4-24GB");
  EXPECT_EQ(e.mfu, 0.8);
  EXPECT_EQ(e.p90, 0.8);
  EXPECT_GE(e.p10, 0.01);
}

// Every accelerator of the catalogue has some efficiency for every family, in a sane order.
TEST(Efficiency, BuiltinCoversAll) {
  for (const Accelerator& a : testing::builtin().tables().accelerators) {
    for (const Family family :
         {Family::kCnn, Family::kVit, Family::kBert, Family::kDiffusion, Family::kDlrm, Family::kGeneric}) {
      const Efficiency e = find_efficiency(testing::builtin(), family, a, Precision::kBf16, 1e9, 8);
      EXPECT_GT(e.mfu, 0) << a.id << " " << family_name(family);
      EXPECT_LE(e.p10, e.mfu) << a.id;
      EXPECT_GE(e.p90, e.mfu) << a.id;
      EXPECT_FALSE(e.evidence.empty());
    }
  }
}

}  // namespace
}  // namespace capplan

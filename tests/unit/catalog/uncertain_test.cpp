// Distributions among the figures of profiles that are laid over.
#include <gtest/gtest.h>

#include <string>

#include "capplan/catalog/lock.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::messages;

const std::string kHeader =
    "accelerator,count,purchase,usd_per_hour,price_per_hour,currency,status,as_of,source\n";

std::string row(const std::string& usd, const std::string& rest = ",,ok,2026-06-01,own quote") {
  return "H100-SXM-80GB,8,on-demand," + usd + "," + rest + "\n";
}

std::vector<ProfileFile> offers(const std::string& rows) { return {{"offers/nebius.csv", kHeader + rows}}; }

std::string figure(const std::string& id, const std::string& value, const std::string& more = "") {
  return "- id: " + id + "\n  name: x\n  value: " + value + "\n" + more +
         "  source: t\n  as_of: 2026-06-01\n";
}

Result<Catalog> laid(const std::vector<ProfileFile>& files) {
  return overlay_catalog(builtin(), "own", files);
}

const Offer& quoted(const Catalog& catalog) {
  for (const Offer& o : catalog.tables().offers) {
    if (o.source.starts_with("own quote")) return o;
  }
  throw std::runtime_error("no quote");
}
double hourly(const Catalog& catalog) { return quoted(catalog).price->in(kUsd / kHour); }

TEST(UncertainProfiles, APriceIsItsMedianAndCanBeReadAtAnyProbability) {
  const auto catalog = laid(offers(row("\"{min: 16, max: 24}\"")));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  EXPECT_DOUBLE_EQ(hourly(*catalog), 20);
  EXPECT_EQ(quoted(*catalog).source, "own quote (median of {min: 16, max: 24} USD/h)");
  ASSERT_EQ(catalog->uncertain().size(), 1U);
  const UncertainProfileFigure& price = catalog->uncertain().front();
  EXPECT_EQ(price.figure.path, "offers/nebius.csv H100-SXM-80GB 8 on-demand usd_per_hour");
  EXPECT_EQ(price.figure.location.file, "own/offers/nebius.csv");
  EXPECT_EQ(price.figure.location.line, 2);
  EXPECT_EQ(price.provider, "nebius");
  EXPECT_EQ(price.accelerator, "H100-SXM-80GB");
  const auto drawn = catalog->at({{price.figure.path, 0.25}});
  ASSERT_TRUE(drawn.has_value());
  EXPECT_DOUBLE_EQ(hourly(*drawn), 18);
  EXPECT_EQ(drawn->sha256(), catalog->sha256());
  EXPECT_EQ(drawn->as_of(), catalog->as_of());
  EXPECT_TRUE(catalog->certain().uncertain().empty());
}

TEST(UncertainProfiles, RowsKeepTheirPlacesInADraw) {
  const auto catalog = laid(offers(row("\"{median: 20, sigma: 1}\"")));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  const auto drawn = catalog->at({{catalog->uncertain().front().figure.path, 0.999}});
  ASSERT_TRUE(drawn.has_value());
  const auto& before = catalog->tables().offers;
  const auto& after = drawn->tables().offers;
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].provider, after[i].provider);
    EXPECT_EQ(before[i].accelerator, after[i].accelerator);
    EXPECT_EQ(before[i].machine, after[i].machine);
    EXPECT_EQ(before[i].source, after[i].source);
  }
}

// 20 EUR/h at the rate of the row's date, which is another than that of the folder's newest.
TEST(UncertainProfiles, PricesInOtherCurrenciesAndAdjustmentsOfThem) {
  std::vector<ProfileFile> files =
      offers(row("", "\"{p10: 16, p50: 20, p90: 26}\",EUR,ok,2026-06-01,own quote"));
  files.push_back({"exchange.csv", "currency,as_of,usd,source\nEUR,2026-05-30,1.5,a\nEUR,2026-07-01,2,a\n"});
  files.push_back(
      {"adjustments.yaml",
       "- name: deal\n  select: {provider: nebius, accelerator: H100-SXM-80GB, purchase: on-demand}\n"
       "  change: {min: -20%, max: 0%}\n  source: c\n  as_of: 2026-06-01\n"});
  const auto catalog = laid(files);
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  ASSERT_EQ(catalog->uncertain().size(), 2U);
  const auto price = [](const Catalog& c) {
    for (const Offer& o : c.tables().offers) {
      if (o.source.find("own quote") != Text::npos) return o.price->in(kUsd / kHour);
    }
    return 0.0;
  };
  EXPECT_DOUBLE_EQ(price(*catalog), 20 * 1.5 * 0.9);
  EXPECT_DOUBLE_EQ(price(*catalog->at({{"adjustments.yaml deal.change", 0.25}})), 20 * 1.5 * 0.85);
  EXPECT_DOUBLE_EQ(price(*catalog->at({{"offers/nebius.csv H100-SXM-80GB 8 on-demand price_per_hour", 0.9}})),
                   26 * 1.5 * 0.9);
}

TEST(UncertainProfiles, FiguresOfAnyUnitAndOfAccelerators) {
  const auto catalog =
      laid({{"figures/own.yaml",
             figure("electricity.us-average-industrial-2026", "{min: 0.06 USD/kWh, max: 0.10 USD/kWh}") +
                 figure("pue.industry-average", "{p10: 1.2, p50: 1.4, p90: 1.8}") +
                 figure("insurance.share", "{mean: 2%, sd: 0.1%}")},
            {"carbon.csv",
             "scope,region,g_per_kwh,as_of,source\nworld,world,\"{min: 400, max: 500}\",2026-01-01,s\n"}});
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  EXPECT_EQ(catalog->uncertain().size(), 4U);
  const Figure& electricity = catalog->figure("electricity.us-average-industrial-2026");
  EXPECT_DOUBLE_EQ(electricity.value, 0.08 / kKwh.base());
  EXPECT_EQ(electricity.provenance.source, "t (median of {min: 0.06 USD/kWh, max: 0.10 USD/kWh})");
  EXPECT_DOUBLE_EQ(catalog->figure("insurance.share").value, 0.02);
  const auto drawn = catalog->at(
      {{"figures/own.yaml pue.industry-average.value", 0.9}, {"carbon.csv world world g_per_kwh", 0.1}});
  ASSERT_TRUE(drawn.has_value());
  EXPECT_NEAR(drawn->figure("pue.industry-average").value, 1.8, 1e-12);
  for (const CarbonRow& c : drawn->tables().carbon) {
    if (c.scope == "world") {
      EXPECT_DOUBLE_EQ(c.kg_per_kwh, 0.41);
    }
  }
  EXPECT_TRUE(catalog->uncertain()[0].provider.empty());
}

// A row that is not offered is history: nothing is drawn for it.
TEST(UncertainProfiles, RowsThatDoNotCountAreNotDrawn) {
  const auto catalog = laid(offers(row("\"{min: 16, max: 24}\"", ",,superseded,2026-06-01,own quote") +
                                   row("20", ",,ok,2026-07-01,new")));
  ASSERT_TRUE(catalog.has_value()) << messages(catalog.error());
  EXPECT_TRUE(catalog->uncertain().empty());
}

TEST(UncertainProfiles, AllProblemsAreLocatedAtOnce) {
  const auto catalog =
      laid({{"offers/nebius.csv", kHeader + row("\"{p10: 3, p50: 2, p90: 4}\"") +
                                      row("\"{min: -1, max: 4}\"") + row("\"{p10: 3, p50: 4}\"") +
                                      row("\"{min: 2 USD/h, max: 3}\"") + row("\"{min: 2, max: 3\"") +
                                      row("\"{min: 2, max: 3}\"", "3,EUR,ok,2026-06-01,q")},
            {"figures/own.yaml",
             figure("a", "{min: 0.06 USD/kWh, max: 0.10}") + figure("b", "{min: 5%, max: 4%}") +
                 figure("c", "{min: 1 kW, max: 2 kW}", "  low: 1 kW\n") +
                 figure("market.volatility-on-demand", "{min: 10%, max: 20%}") + figure("d", "-3")},
            {"adjustments.yaml",
             "- name: deal\n  price: {min: $2/h, max: 3 USD}\n  source: c\n  as_of: 2026-06-01\n"}});
  ASSERT_FALSE(catalog.has_value());
  const std::string all = messages(catalog.error());
  for (const char* expected :
       {"own/offers/nebius.csv:2:1: `usd_per_hour`: p50 is below p10",
        "own/offers/nebius.csv:3:1: `usd_per_hour.min`: expected a number above 0, found `-1`",
        "own/offers/nebius.csv:4:1: `usd_per_hour`: the keys of a distribution are",
        "own/offers/nebius.csv:5:1: `usd_per_hour.min`: `2 USD/h` has the wrong unit",
        "own/offers/nebius.csv:6:1: `usd_per_hour`: ", "own/offers/nebius.csv:7:1: one price a row",
        "own/figures/own.yaml:3:35: `value.max`: `0.10` has no unit",
        "own/figures/own.yaml:8:25: `value`: max is below min",
        "own/figures/own.yaml:14:3: `low` beside a distribution",
        "own/figures/own.yaml:19:10: `value`: `market.volatility-on-demand` says how other figures vary",
        "own/figures/own.yaml:24:10: `value`: expected", "own/adjustments.yaml:2:27: `price.max`: "})
    EXPECT_NE(all.find(expected), std::string::npos) << expected << "\n" << all;
}

TEST(UncertainProfiles, TwoHundredAtMost) {
  std::string rows;
  for (int i = 0; i < 201; ++i)
    rows += "H100-SXM-80GB," + std::to_string(8 * (i + 1)) +
            ",on-demand,\"{min: 2, max: 3}\",,,ok,2026-06-01,q\n";
  const auto catalog = laid(offers(rows));
  ASSERT_FALSE(catalog.has_value());
  EXPECT_NE(messages(catalog.error()).find("own/offers/nebius.csv:202:1: more than 200 figures"),
            std::string::npos)
      << messages(catalog.error());
}

// What the build reads is tables of numbers.
TEST(UncertainProfiles, NoneInTheBinary) {
  EXPECT_TRUE(builtin().uncertain().empty());
  std::vector<ProfileFile> files = testing::files_without_market();
  files.push_back({"figures/own.yaml", figure("own", "{min: 1, max: 2}")});
  EXPECT_FALSE(load_catalog("p", files).has_value());
}

TEST(UncertainProfiles, ALockHoldsThem) {
  const std::vector<ProfileFile> files = offers(row("\"{min: 16, max: 24}\""));
  const auto whole = laid(files);
  ASSERT_TRUE(whole.has_value());
  Lock lock = make_lock(*whole, builtin_profiles(), {{}, {}}, "0.1.0");
  lock.overlay_folder = "own";
  lock.overlay = files;
  const std::string text = lock_text(lock);
  const auto read = read_lock("capplan.lock", text);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->breaches.empty());
  const auto locked = locked_catalog("capplan.lock", read->lock);
  ASSERT_TRUE(locked.has_value());
  ASSERT_EQ(locked->uncertain().size(), 1U);
  EXPECT_EQ(locked->uncertain().front().figure.location.file, "own/offers/nebius.csv");
  const auto drawn = locked->at({{locked->uncertain().front().figure.path, 0.75}});
  ASSERT_TRUE(drawn.has_value());
  EXPECT_DOUBLE_EQ(hourly(*drawn), 22);
  EXPECT_EQ(drawn->as_of(), whole->as_of());
  // Another distribution is another row.
  std::string other = text;
  other.replace(other.find("max: 24"), 7, "max: 25");
  const auto tampered = read_lock("capplan.lock", other);
  ASSERT_TRUE(tampered.has_value());
  ASSERT_EQ(tampered->breaches.size(), 1U);
  EXPECT_EQ(tampered->breaches.front().row, "overlay/offers/nebius.csv H100-SXM-80GB 8 on-demand");
}

}  // namespace
}  // namespace capplan

// Plans under distributions in profiles.
#include "plan/redraw.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::find_plan;
using testing::messages;
using testing::plan_of;
using testing::provider_text;

const std::string kRun =
    "name: run\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 100B}\nassume: {mfu: 40%}\n"
    "training: {sequence_length: 8192, global_batch: 512}\npin: {accelerator: H100-SXM-80GB, count: 8}\n";

// Prices that do not drift: what is left to vary is what a test states.
const ProfileFile kSteady{"figures/steady.yaml",
                          "- id: market.volatility-on-demand\n  name: x\n  value: 0%\n  source: t\n"
                          "  as_of: 2026-06-01\n"};

std::vector<ProfileFile> seller(const std::string& id, const std::string& usd_per_hour) {
  return {{"providers/" + id + ".yaml", provider_text(id)},
          {"offers/" + id + ".csv",
           "accelerator,count,purchase,usd_per_hour,status,as_of,source\n"
           "H100-SXM-80GB,8,on-demand," +
               usd_per_hour + ",ok,2026-10-01,own quote\n"}};
}

Catalog market(std::vector<ProfileFile> files) {
  files.push_back(kSteady);
  auto catalog = overlay_catalog(builtin(), "own", files);
  if (!catalog) throw std::runtime_error(messages(catalog.error()));
  return *catalog;
}

std::vector<ProfileFile> both(std::vector<ProfileFile> files, const std::vector<ProfileFile>& more) {
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

double compute_of(const PlanOption& option) {
  Money sum;
  for (const CostLine& line : option.cost.lines) {
    if (line.category == Category::kCompute) sum += line.amount;
  }
  return sum.usd();
}

// Of a uniform price on [a, b] each quantile of the cost is the fixed part and the compute at that price.
TEST(DrawnProfiles, AUniformPriceGivesTheQuantilesOfItsClosedForm) {
  const Distribution price(Uniform{16, 24});
  const Plan plan =
      plan_of(kRun, market(seller("mine", "\"{min: 16, max: 24}\"")), {.objective = {}, .samples = 8192});
  const PlanOption* option = find_plan(plan, "rental/mine/");
  ASSERT_NE(option, nullptr);
  const double compute = compute_of(*option);
  EXPECT_GT(compute, 0.5 * option->cost.total().usd());
  const auto exact = [&](double p) {
    return option->cost.total().usd() + compute * (price.quantile(p) / 20 - 1);
  };
  const double within = 0.003 * exact(0.5);  // some errors of the quantiles of 8,192 samples
  EXPECT_NEAR(option->sampled->p10.usd(), exact(0.1), within);
  EXPECT_NEAR(option->sampled->p50.usd(), exact(0.5), within);
  EXPECT_NEAR(option->sampled->p90.usd(), exact(0.9), within);
}

// Nobody else's plan rests on it, and two such prices, which one draw of the profiles serves, act apart.
TEST(DrawnProfiles, APriceBearsOnItsOwnPlansAlone) {
  const std::string wide = "\"{p10: 15, p50: 20, p90: 30}\"";
  const std::string narrow = "\"{p10: 20, p50: 21, p90: 22}\"";
  const Plan none = plan_of(kRun, market(both(seller("mine", "20"), seller("yours", "21"))));
  const Plan one = plan_of(kRun, market(both(seller("mine", wide), seller("yours", "21"))));
  const Plan two = plan_of(kRun, market(both(seller("mine", wide), seller("yours", narrow))));
  const auto p90 = [](const Plan& plan, const std::string& id) { return find_plan(plan, id)->sampled->p90; };
  EXPECT_GT(p90(one, "rental/mine/").usd(), 1.3 * p90(none, "rental/mine/").usd());
  EXPECT_EQ(p90(one, "rental/mine/"), p90(two, "rental/mine/"));
  EXPECT_EQ(p90(one, "rental/yours/"), p90(none, "rental/yours/"));
  EXPECT_GT(p90(two, "rental/yours/"), p90(none, "rental/yours/"));
  for (const PlanOption& o : none.options) {
    if (o.id.find("mine") != std::string::npos || o.id.find("yours") != std::string::npos) continue;
    EXPECT_EQ(o.sampled->p90, find_plan(two, o.id)->sampled->p90) << o.id;
    EXPECT_EQ(o.cost.total(), find_plan(two, o.id)->cost.total()) << o.id;
  }
}

// A tariff that the spec states as a distribution, or that the site's figure is.
TEST(DrawnProfiles, ASpecAndAProfileGiveEqualQuantiles) {
  const std::string tariff = "{min: 0.02 USD/kWh, max: 0.60 USD/kWh}";
  const std::string owned = kRun + "constraints: {options: [on-prem]}\n";
  const PlanSettings settings{.objective = {}, .samples = 8192};
  const Catalog over = market(
      {{"figures/own.yaml", "- id: electricity.us-average-industrial-2026\n  name: x\n  value: " + tariff +
                                "\n  source: t\n  as_of: 2026-06-01\n"}});
  const Plan by_profile = plan_of(owned + "site: {profile: colocation-us}\n", over, settings);
  const Plan by_spec =
      plan_of(owned + "site: {profile: colocation-us, electricity: " + tariff + "}\n", market({}), settings);
  const PlanOption* a = find_plan(by_profile, "on-prem/");
  const PlanOption* b = find_plan(by_spec, "on-prem/");
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(a->cost.total(), b->cost.total());
  const double within = 4 * (by_profile.sampling.error + by_spec.sampling.error) * b->cost.total().usd();
  EXPECT_NEAR(a->sampled->p10.usd(), b->sampled->p10.usd(), within);
  EXPECT_NEAR(a->sampled->p50.usd(), b->sampled->p50.usd(), within);
  EXPECT_NEAR(a->sampled->p90.usd(), b->sampled->p90.usd(), within);
}

TEST(DrawnProfiles, ThreadsChangeNothing) {
  const Catalog over =
      market(both(seller("mine", "\"{min: 16, max: 24}\""), seller("yours", "\"{mean: 20, sd: 9}\"")));
  PlanSettings settings;
  const Plan one = plan_of(kRun, over, settings);
  settings.threads = 2;
  const Plan two = plan_of(kRun, over, settings);
  ASSERT_EQ(one.options.size(), two.options.size());
  for (std::size_t i = 0; i < one.options.size(); ++i) {
    EXPECT_EQ(one.options[i].id, two.options[i].id);
    EXPECT_EQ(one.options[i].sampled->p10, two.options[i].sampled->p10);
    EXPECT_EQ(one.options[i].sampled->p90, two.options[i].sampled->p90);
    EXPECT_EQ(one.options[i].p_cheapest, two.options[i].p_cheapest);
  }
}

// Listed like the spec's own, with its place; the switch point is the price of the next plan, which the
// engine confirms.
TEST(DrawnProfiles, SensitivityListsThem) {
  const Plan plan = plan_of(kRun + "constraints: {providers: {allow: [mine, yours]}, options: [rental]}\n",
                            market(both(seller("mine", "\"{min: 16, max: 24}\""), seller("yours", "22"))),
                            {.sensitivity = true, .objective = {}});
  ASSERT_TRUE(plan.sensitivity.has_value());
  const SensitivityInput* price = nullptr;
  for (const SensitivityInput& input : plan.sensitivity->inputs) {
    if (input.name == "offers/mine.csv H100-SXM-80GB 8 on-demand usd_per_hour") price = &input;
  }
  ASSERT_NE(price, nullptr);
  EXPECT_EQ(price->unit, SensitivityUnit::kFigure);
  EXPECT_EQ(price->source, "own/offers/mine.csv:2");
  EXPECT_DOUBLE_EQ(price->central, 20);
  ASSERT_TRUE(price->bar.has_value());
  EXPECT_NEAR(price->bar->p10, 16.8, 1e-9);
  EXPECT_NEAR(price->bar->p90, 23.2, 1e-9);
  ASSERT_TRUE(price->above.has_value());
  EXPECT_NEAR(price->above->value, 22, 0.02);
  ASSERT_TRUE(price->above->apart.has_value());
  EXPECT_LT(*price->above->apart, 1e-3);
}

// The engine at a drawn price: the offer that the plan was made from, at that price.
TEST(DrawnProfiles, ASupplyIsPricedAtItsDraw) {
  const Catalog catalog = market(seller("mine", "\"{min: 16, max: 24}\""));
  const PlanSpec spec = testing::spec_of(kRun);
  const Market before = current_market(catalog);
  const Plan plan = plan_of(spec, catalog);
  const PlanOption* option = find_plan(plan, "rental/mine/");
  ASSERT_NE(option, nullptr);
  Supply supply;
  for (const MarketOffer& offer : before.offers) {
    if (offer.offer->provider == "mine") supply = {&offer, offer.accelerator};
  }
  ASSERT_NE(supply.offer, nullptr);
  const auto total_at = [&](double p) {
    const DrawnSpec drawn(spec, catalog, {}, before, {{catalog.uncertain().front().figure.path, p}});
    return drawn.price(option->allocations.front(), supply)->cost.total().usd();
  };
  EXPECT_NEAR(total_at(0.5), option->cost.total().usd(), 1e-6);
  EXPECT_NEAR(total_at(0.75) - total_at(0.25), compute_of(*option) * 4 / 20, 1e-3);
}

}  // namespace
}  // namespace capplan

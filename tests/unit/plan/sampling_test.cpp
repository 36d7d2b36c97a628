#include "plan/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "capplan/core/distribution.h"
#include "core/root.h"
#include "plan/cost_model.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::find_plan;
using testing::plan_of;

const std::string kRun =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 100B}\n"
    "training: {sequence_length: 8192, global_batch: 512}\ndeadline: 30 days\n";

// A line that answers to time and to the market in proportion, and a fixed one.
PlanModel proportional(std::size_t time, std::size_t market, double log_p90, double drift) {
  PlanModel model;
  AllocationModel a;
  a.time = time;
  a.market = market;
  a.fast = a.slow = log_p90 / kScoreP90;
  model.allocations = {a};
  CostTerm by_hour;
  by_hour.usd = 1000;
  by_hour.fast = by_hour.slow = 1;
  by_hour.drift = drift;
  model.terms = {by_hour};
  return model;
}

Inputs two_inputs() {
  Inputs inputs;
  inputs.add({.kind = InputKind::kTime, .name = "t", .group = "", .common = 0});
  inputs.add({.kind = InputKind::kMarket, .name = "m", .group = "", .common = 0});
  return inputs;
}

// A product of lognormals is lognormal: its variances add up in the logarithm.
TEST(Sampling, ProductsOfLognormalsWithinTheirStatedError) {
  const double time = 0.3 / kScoreP90;
  const double drift = 0.4;
  const PlanModel model = proportional(0, 1, 0.3, drift);
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const Draws draws(two_inputs().all(), seed, 8192, 1);
    const std::vector<double> cost = sampled_cost(model, draws);
    ASSERT_EQ(cost.size(), 8192U);
    for (const double p : {0.1, 0.5, 0.9}) {
      const double exact = 1000 * std::exp(std::hypot(time, drift) * normal_quantile(p));
      const double error = quantile_error(cost, p);
      std::vector<double> sorted = cost;
      std::sort(sorted.begin(), sorted.end());
      EXPECT_NEAR(quantile_of(sorted, p), exact, 4 * error) << seed << " " << p;
      EXPECT_LT(error, 0.01 * exact);
    }
  }
}

// Of a line in proportion to one figure, whatever its distribution.
TEST(Sampling, OneFigureKeepsItsQuantiles) {
  for (const Distribution& figure :
       {Distribution(Triangular{1, 2, 5}), Distribution(Uniform{3, 4}), Distribution(Lognormal{2, 0.8}),
        Distribution(ThroughPoints{1, 3, 4}), Distribution(Normal{5, 0.5})}) {
    Inputs inputs;
    inputs.add(
        {.kind = InputKind::kFigure, .name = "f", .group = "", .common = 0, .scale = FigureScale(figure)});
    PlanModel model;
    model.figures = {0};
    model.allocations = {AllocationModel{}};
    CostTerm term;
    term.usd = figure.median();
    LogResponse response;
    for (std::size_t k = 0; k < kKnots.size(); ++k)
      response.at[k] = std::log(figure.quantile(kKnots[k]) / figure.median());
    term.figures = {response};
    model.terms = {term};
    const std::vector<double> cost = sampled_cost(model, Draws(inputs.all(), 7, 4096, 1));
    std::vector<double> sorted = cost;
    std::sort(sorted.begin(), sorted.end());
    for (const double p : {0.03, 0.1, 0.35, 0.5, 0.75, 0.9, 0.97})
      EXPECT_NEAR(quantile_of(sorted, p), figure.quantile(p), 4 * quantile_error(cost, p) + 1e-4) << p;
  }
}

// A cost of one line an entry, each line in proportion to the figures that it names.
struct Proportions {
  std::vector<Distribution> figures;
  std::vector<std::vector<std::size_t>> lines;
};

std::vector<double> sampled(const Proportions& p, std::uint32_t seed) {
  Inputs inputs;
  PlanModel model;
  for (std::size_t i = 0; i < p.figures.size(); ++i)
    model.figures.push_back(inputs.add({.kind = InputKind::kFigure,
                                        .figure = i,
                                        .name = "f" + std::to_string(i),
                                        .group = "",
                                        .common = 0,
                                        .scale = FigureScale(p.figures[i])}));
  model.allocations = {AllocationModel{}};
  for (const std::vector<std::size_t>& line : p.lines) {
    CostTerm term;
    term.usd = 1;
    term.figures.resize(p.figures.size());
    for (const std::size_t f : line) {
      term.usd *= p.figures[f].median();
      for (std::size_t k = 0; k < kKnots.size(); ++k)
        term.figures[f].at[k] = std::log(p.figures[f].quantile(kKnots[k]) / p.figures[f].median());
    }
    model.terms.push_back(term);
  }
  return sampled_cost(model, Draws(inputs.all(), seed, 8192, 1));
}

// Within six of its errors: eight batches know each to about a quarter, and a hundred are looked at.
void expect_quantiles(const std::vector<double>& cost, const std::function<double(double)>& exact) {
  std::vector<double> sorted = cost;
  std::sort(sorted.begin(), sorted.end());
  for (const double p : {0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95})
    EXPECT_NEAR(quantile_of(sorted, p), exact(p), 6 * quantile_error(cost, p)) << p;
}

// Sums of independent lines: of normals normal, of two uniforms of one width triangular.
TEST(Sampling, SumsWithinTheirStatedError) {
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    expect_quantiles(sampled({{Distribution(Normal{10, 1}), Distribution(Normal{8, 0.5})}, {{0}, {1}}}, seed),
                     [](double p) { return 18 + std::hypot(1, 0.5) * normal_quantile(p); });
    expect_quantiles(sampled({{Distribution(Uniform{1, 2}), Distribution(Uniform{3, 4})}, {{0}, {1}}}, seed),
                     [](double p) {
                       return Distribution(Triangular{4, 5, 6}).quantile(p);
                     });
  }
}

// The probability that a product of two uniforms is z or less, by integrating over the first.
double product_probability(const Uniform& x, const Uniform& y, double z) {
  const double from = std::clamp(z / y.max, x.min, x.max);  // below it every y will do
  const double to = std::clamp(z / y.min, x.min, x.max);    // above it none
  const double some = (z * std::log(to / from) - y.min * (to - from)) / (y.max - y.min);
  return (from - x.min + some) / (x.max - x.min);
}

TEST(Sampling, ProductsOfUniformsWithinTheirStatedError) {
  const Uniform x{1, 2};
  const Uniform y{3, 5};
  for (const std::uint32_t seed : {1U, 2U, 3U})
    expect_quantiles(sampled({{Distribution(x), Distribution(y)}, {{0, 1}}}, seed), [&](double p) {
      return root_between(x.min * y.min, x.max * y.max,
                          [&](double z) { return product_probability(x, y, z) - p; });
    });
}

// What is paid later drifts further; use that is the same in all months is paid evenly.
TEST(Drift, OfWhatIsPaidAsItIsUsed) {
  const double evenly = drift_over({Duration{}, kYear}, 0.3);
  EXPECT_NEAR(evenly, 0.3 * std::sqrt(1.0 / 3), 1e-12);
  EXPECT_NEAR(drift_over({Duration{}, kYear, 0, std::vector<double>(12, 5)}, 0.3), evenly, 1e-12);
  std::vector<double> last(12, 0);
  last.back() = 1;
  EXPECT_NEAR(drift_over({Duration{}, kYear, 0, last}, 0.3), 0.3 * std::sqrt(11.0 / 12 + 1.0 / 36), 1e-12);
}

TEST(FigureScale, KeepsMedianAndKnots) {
  const FigureScale scale(Distribution(Triangular{1, 2, 5}));
  EXPECT_NEAR(scale.stretched(0), 0, 1e-12);
  for (const double knot : kKnots) {
    EXPECT_NEAR(scale.stretched(normal_quantile(knot)), normal_quantile(knot), 1e-12);
    EXPECT_NEAR(scale.probability(normal_quantile(knot)), knot, 1e-12);
  }
  EXPECT_EQ(FigureScale(Distribution(Uniform{2, 2})).stretched(1), 0);
}

TEST(Sampling, ErrorFallsWithTheSamples) {
  const PlanModel model = proportional(0, 1, 0.3, 0.4);
  const auto error = [&](std::size_t samples) {
    double sum = 0;
    for (const std::uint32_t seed : {1U, 2U, 3U, 4U, 5U, 6U})
      sum += quantile_error(sampled_cost(model, Draws(two_inputs().all(), seed, samples, 1)), 0.9);
    return sum;
  };
  EXPECT_LT(error(16384), error(1024) / 2);
}

// Scores of two providers of one purchase type: the correlation is what they have in common.
TEST(Sampling, WhatIsCommonCorrelates) {
  Inputs inputs;
  inputs.add({.kind = InputKind::kMarket, .name = "m/a", .group = "m", .common = 0.4});
  inputs.add({.kind = InputKind::kMarket, .name = "m/b", .group = "m", .common = 0.4});
  const Draws draws(inputs.all(), 5, 16384, 2);
  double product = 0;
  for (std::size_t s = 0; s < draws.samples(); ++s) product += draws.scores(0)[s] * draws.scores(1)[s];
  EXPECT_NEAR(product / static_cast<double>(draws.samples()), 0.4, 0.03);
}

TEST(Sampling, ProbabilitiesOfAPlan) {
  const Plan plan = plan_of(kRun + "constraints: {budget: $20k}\n");
  double cheapest = 0;
  for (const PlanOption& o : plan.options) {
    cheapest += o.p_cheapest.value_or(0);
    ASSERT_TRUE(o.p_over_budget.has_value());
    ASSERT_TRUE(o.p_late.has_value());
    EXPECT_LE(o.sampled->p10, o.sampled->p50) << o.id;
    EXPECT_LE(o.sampled->p50, o.sampled->p90) << o.id;
    // P90 lies between the 921st and the 922nd of 1,024 samples, P10 between the 103rd and the 104th.
    const double over = *o.p_over_budget * kUsualSamples;
    EXPECT_TRUE(o.sampled->p90.usd() <= 20000 ? over <= 103 : over >= 103) << o.id << " " << over;
    EXPECT_TRUE(o.sampled->p10.usd() >= 20000 ? over >= 921 : over <= 921) << o.id << " " << over;
  }
  EXPECT_NEAR(cheapest, 1, 1e-12);
  EXPECT_EQ(plan.sampling.samples, kUsualSamples);
}

TEST(Sampling, ThreadsChangeNothing) {
  PlanSettings settings;
  const Plan one = plan_of(kRun, builtin(), settings);
  settings.threads = 4;
  const Plan four = plan_of(kRun, builtin(), settings);
  ASSERT_EQ(one.options.size(), four.options.size());
  for (std::size_t i = 0; i < one.options.size(); ++i) {
    EXPECT_EQ(one.options[i].sampled->p10, four.options[i].sampled->p10);
    EXPECT_EQ(one.options[i].sampled->p90, four.options[i].sampled->p90);
    EXPECT_EQ(one.options[i].p_cheapest, four.options[i].p_cheapest);
  }
}

// Draws are those of workloads and of their figures by name, not by place.
TEST(Sampling, TheOrderOfWorkloadsChangesNothing) {
  const std::string train =
      "  - {name: train, model: {preset: llama-3-8b}, dataset: {tokens: {min: 50B, max: 200B}}, training: "
      "{sequence_length: 8192, global_batch: 512}, pin: {accelerator: H100-SXM-80GB, count: 256}}\n";
  const std::string tune =
      "  - {name: tune, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: {min: 1B, max: "
      "9B}}, "
      "training: {sequence_length: 4096, global_batch: 64}, optimizations: [lora], deadline: 20 days, "
      "pin: {accelerator: H100-SXM-80GB, count: 64}}\n";
  const PlanSettings settings{.mixes = false, .comparisons = false, .objective = {}};
  const Plan a =
      plan_of("name: both\nconstraints: {budget: $150k}\nworkloads:\n" + train + tune, builtin(), settings);
  const Plan b =
      plan_of("name: both\nconstraints: {budget: $150k}\nworkloads:\n" + tune + train, builtin(), settings);
  const PlanOption& one = a.options.front();
  const PlanOption& other = b.options.front();
  ASSERT_EQ(one.cost.total(), other.cost.total());
  EXPECT_GT(one.sampled->p90, one.sampled->p10);
  EXPECT_EQ(one.sampled->p10, other.sampled->p10);
  EXPECT_EQ(one.sampled->p50, other.sampled->p50);
  EXPECT_EQ(one.sampled->p90, other.sampled->p90);
  EXPECT_EQ(one.p_over_budget, other.p_over_budget);
  EXPECT_EQ(one.p_late, other.p_late);
}

// A plan on one's own accelerators, leased, with the MFU stated: nothing is left that could move.
TEST(Sampling, APointWhereNothingIsUncertain) {
  const Plan plan =
      plan_of(kRun +
              "assume: {mfu: 40%}\nsite: {lease: $1500/month, maintenance: 0, repairs: 0, insurance: 0}\n"
              "constraints: {options: [on-prem]}\npin: {accelerator: H100-SXM-80GB, count: 8}\n");
  bool found = false;
  for (const PlanOption& o : plan.options) {
    if (o.option != SupplyOption::kOnPrem) continue;
    found = true;
    EXPECT_EQ(o.sampled->p10, o.cost.total());
    EXPECT_EQ(o.sampled->p90, o.cost.total());
  }
  EXPECT_TRUE(found);
}

// An uncertain amount of work that takes time in proportion: cost by the hour follows it, at all quantiles.
TEST(Sampling, FiguresOfTheSpecBearOnCostAndLateness) {
  const std::string pinned =
      "training: {sequence_length: 8192, global_batch: 512}\nassume: {mfu: 40%}\n"
      "pin: {accelerator: H100-SXM-80GB, count: 64}\n";
  const auto run = [&](const std::string& tokens, const std::string& deadline) {
    return plan_of("model: {preset: llama-3-8b}\ndataset: {tokens: " + tokens + "}\n" + pinned +
                   "deadline: " + deadline + "\n");
  };
  const Plan sure = run("1T", "60 days");
  const Plan unsure = run("{median: 1T, sigma: 0.5}", "60 days");
  ASSERT_TRUE(sure.feasible());
  const PlanOption& first = sure.options.front();
  const PlanOption* same = find_plan(unsure, first.id);
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(first.cost.total(), same->cost.total());
  EXPECT_NEAR(same->sampled->p90.usd() / same->sampled->p50.usd(), std::exp(0.5 * kScoreP90), 0.06);
  EXPECT_NEAR(same->sampled->p10.usd() / same->sampled->p50.usd(), std::exp(-0.5 * kScoreP90), 0.03);
  // Late where the work is so much longer than the deadline over the run.
  const double hours = first.wall_clock.in(kHour);
  const std::string deadline = std::to_string(hours * std::exp(0.5)) + " h";  // one sigma
  const Plan tight = run("{median: 1T, sigma: 0.5}", deadline);
  EXPECT_NEAR(*find_plan(tight, first.id)->p_late, 0.159, 0.01);
}

// How fast traffic grows bears on what is rented for it by the hour.
TEST(Sampling, GrowthOfTrafficIsDrawn) {
  const auto chat = [&](const std::string& growth) {
    return plan_of(
        "kind: serving\nmodel: {preset: llama-3-8b}\nhorizon: 12 months\ntraffic: {requests_per_second: "
        "{mean: "
        "20, peak: 60}, growth_per_month: " +
            growth +
            ", prompt_tokens: 1200, output_tokens: 250}\nslo: {ttft: 1 s, tpot: 50 ms, percentile: 95}\n"
            "pin: {accelerator: H100-SXM-80GB}\nconstraints: {options: [rental]}\n",
        builtin(), {.comparisons = true, .objective = {}});
  };
  const Plan sure = chat("5%");
  const Plan unsure = chat("{p10: 1%, p50: 5%, p90: 12%}");
  ASSERT_TRUE(sure.feasible());
  const PlanOption& first = sure.options.front();
  const PlanOption* same = find_plan(unsure, first.id);
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(same->cost.total(), first.cost.total());
  EXPECT_GT(same->sampled->p90.usd(), 1.05 * first.sampled->p90.usd());
  EXPECT_LT(same->sampled->p10.usd(), first.sampled->p10.usd());
}

// The model of a plan is separable; the engine at joint draws of two figures says how far that is off.
TEST(Sampling, SeparableAgainstTheEngineAtJointDraws) {
  const std::string text =
      "model: {preset: llama-3-8b}\ntraining: {sequence_length: 8192, global_batch: 512}\n"
      "pin: {accelerator: H100-SXM-80GB, count: 64}\nassume: {goodput: {min: 85%, max: 98%}}\n"
      "dataset: {tokens: {p10: 0.7T, p50: 1T, p90: 1.6T}}\n";
  const PlanSpec spec = testing::spec_of(text);
  ASSERT_EQ(spec.uncertain.size(), 2U);
  const Catalog& catalog = builtin();
  const Market market = current_market(catalog);
  Diagnostics problems;
  const BoundSpec bound = bind_spec(spec, catalog, {}, problems);
  const Plan plan = plan_of(text);
  const PlanOption& option = plan.options.front();
  const Allocation& a = option.allocations.front();
  Supply supply;
  for (const MarketOffer& offer : market.offers) {
    if (offer.offer->provider == a.provider && offer.offer->accelerator == a.accelerator &&
        offer.offer->purchase == a.purchase && offer.offer->region == a.region)
      supply = {&offer, offer.accelerator};
  }
  ASSERT_NE(supply.accelerator, nullptr);
  CostModels models(bound, catalog, {}, market, plan.options);
  std::vector<ModelledPlan> modelled_plan{{&option, models.model_of(option), {supply}}};
  models.complete(modelled_plan);
  const PlanModel& model = modelled_plan.front().model;
  std::vector<double> off;
  for (int draw = 1; draw <= 36; ++draw) {
    // Points of a Kronecker sequence, by the roots of 2 and 3.
    const std::vector<double> u{std::fmod(draw * std::sqrt(2.0), 1), std::fmod(draw * std::sqrt(3.0), 1)};
    const DrawnSpec drawn(spec.at(u), catalog, {}, market);
    const auto priced = drawn.price(a, supply);
    ASSERT_TRUE(priced.has_value());
    double modelled = 0;
    for (const CostTerm& term : model.terms) {
      double log = 0;
      for (std::size_t i = 0; i < term.figures.size(); ++i)
        log += term.figures[i](FigureScale(spec.uncertain[i].distribution).stretched(normal_quantile(u[i])));
      modelled += term.usd * std::exp(log);
    }
    off.push_back(std::abs(modelled / priced->cost.total().usd() - 1));
  }
  std::sort(off.begin(), off.end());
  EXPECT_LT(off[off.size() / 2], 0.005);
  EXPECT_LT(off.back(), 0.03);
}

}  // namespace
}  // namespace capplan

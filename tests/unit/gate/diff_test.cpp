#include "capplan/gate/diff.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

std::string tune(const std::string& tokens, const std::string& batch = "64") {
  return "version: 1\nname: tune\nkind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: " +
         tokens + "}\ntraining: {epochs: 1, sequence_length: 4096, global_batch: " + batch +
         "}\noptimizations: [lora]\npin: {accelerator: H100-SXM-80GB}\n";
}

const Catalog& base_prices() {
  static const Catalog catalog = builtin_catalog();
  return catalog;
}

// A seller that is cheaper than all others.
const Catalog& head_prices() {
  static const Catalog catalog = *overlay_catalog(
      base_prices(), "own",
      {{"offers/ours.csv",
        "accelerator,count,machine,region,country,purchase,usd_per_hour,basis,status,as_of,source\n"
        "H100-SXM-80GB,1,own,eu/de,DE,on-demand,1.6,list,ok,2026-10-01,offer 17\n"},
       {"providers/ours.yaml",
        "id: ours\nname: Ours\noption: rental\nsource: offer 17\nas_of: 2026-10-01\n"}});
  return catalog;
}

SpecSide side(const std::string& text, const std::string& file = "spec.yaml") { return {file, text, {}}; }

Outcome now(const std::string& text, const Catalog& prices) {
  const auto spec = load_spec("spec.yaml", text, {}, prices.exchange_rates());
  EXPECT_TRUE(spec);
  PlanSettings settings;
  settings.comparisons = false;
  return outcome_of(*make_plan(spec->spec, prices, settings), {});
}

SpecDiff diff(const SpecPair& pair) {
  Result<SpecDiff> found = diff_specs(pair, {}, "0.1.0");
  if (found) return std::move(*found);
  ADD_FAILURE() << found.error().front().message;
  return {};
}

TEST(Diff, NothingChanged) {
  const SpecDiff same =
      diff({side(tune("200M")), side("# a comment\n" + tune("200M")), base_prices(), base_prices()});
  EXPECT_EQ(same.effects.total(), Money());
  EXPECT_TRUE(same.keys.empty());
  EXPECT_EQ(same.winner_changed, Cause::kNone);
}

// Of two runs the deadline is that of the one which has least room; the budget is the one that is broken.
TEST(Diff, KnowsWhereTheStateIsStated) {
  const std::string run =
      "    model: {preset: llama-3-8b}\n    dataset: {tokens: 200M}\n"
      "    training: {sequence_length: 4096, global_batch: 64}\n";
  const std::string text = "# two runs\nversion: 1\nname: two\nworkloads:\n  - name: a\n" + run +
                           "    deadline: 90 days\n  - name: b\n" + run +
                           "    deadline: 10 days\nconstraints:\n  budget: $1M\n  budget_per_month: $1\n";
  const StatePlaces places = diff({side(text), side(text), base_prices(), base_prices()}).places;
  EXPECT_EQ(places.spec.line, 2);
  EXPECT_EQ(places.workloads.at(0).line, 5);
  EXPECT_EQ(places.workloads.at(1).line, 10);
  EXPECT_EQ(places.deadline.line, 14);
  EXPECT_EQ(places.budget.line, 17);
}

// Each corner of the definition, computed here apart.
TEST(Diff, EffectsAreThoseOfTheDefinition) {
  const SpecDiff both = diff({side(tune("200M")), side(tune("500M")), base_prices(), head_prices()});
  const Money c00 = now(tune("200M"), base_prices()).total, c10 = now(tune("500M"), base_prices()).total,
              c11 = now(tune("500M"), head_prices()).total;
  EXPECT_EQ(both.effects.spec, c10 - c00);
  EXPECT_EQ(both.effects.price, c11 - c10);
  EXPECT_EQ(both.effects.engine, Money());
  EXPECT_GT(both.effects.spec, Money());
  EXPECT_LT(both.effects.price, Money());
  EXPECT_EQ(both.base->total + both.effects.total(), both.head->total);
}

TEST(Diff, WorkloadsAndTotalsSumExactly) {
  const std::string two =
      "version: 1\nname: two\nworkloads:\n"
      "- {name: a, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 200M}, training: "
      "{epochs: 1, "
      "sequence_length: 4096, global_batch: 64}, optimizations: [lora], pin: {accelerator: H100-SXM-80GB}}\n"
      "- {name: b, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 30M}, training: "
      "{epochs: 1, "
      "sequence_length: 4096, global_batch: 64}, optimizations: [lora], pin: {accelerator: H100-SXM-80GB}}\n";
  std::string changed = two;
  changed.replace(changed.find("30M"), 3, "70M").replace(changed.find("name: a"), 7, "name: c");
  const SpecDiff found = diff({side(two), side(changed), base_prices(), head_prices()});
  Effects sum;
  for (const WorkloadChange& w : found.workloads) {
    EXPECT_EQ(w.before.value_or(Money()) + w.effects.total(), w.after.value_or(Money())) << w.name;
    sum = sum + w.effects;
  }
  EXPECT_EQ(sum.spec, found.effects.spec);
  EXPECT_EQ(sum.price, found.effects.price);
  ASSERT_EQ(found.workloads.size(), 3U);  // c and b, then a
  EXPECT_FALSE(found.workloads[0].before);
  EXPECT_FALSE(found.workloads[2].after);
}

TEST(Diff, KeysAreSetBackOneByOne) {
  const SpecDiff found =
      diff({side(tune("200M", "64")), side(tune("500M", "128")), base_prices(), base_prices()});
  ASSERT_EQ(found.keys.size(), 2U);
  EXPECT_EQ(found.keys[0].key, "dataset.tokens");
  EXPECT_EQ(found.keys[0].before, "200M");
  EXPECT_EQ(found.keys[0].after, "500M");
  EXPECT_EQ(found.keys[0].place.line, 5);
  const Money head = now(tune("500M", "128"), base_prices()).total;
  EXPECT_EQ(found.keys[0].effect, head - now(tune("200M", "128"), base_prices()).total);
  EXPECT_EQ(found.keys[1].effect, head - now(tune("500M", "64"), base_prices()).total);
}

TEST(Diff, OneKeyCostsWhatTheSpecCosts) {
  const SpecDiff found = diff({side(tune("200M")), side(tune("500M")), base_prices(), head_prices()});
  ASSERT_EQ(found.keys.size(), 1U);
  EXPECT_EQ(found.keys[0].effect, found.effects.spec);
}

TEST(Diff, WhatCannotBeSetBackAloneSaysSo) {
  std::string head = tune("200M");
  head.replace(head.find("dataset: {tokens: 200M}"), 23, "dataset: {samples: 5000}");
  const SpecDiff found = diff({side(tune("200M")), side(head), base_prices(), base_prices()});
  ASSERT_EQ(found.keys.size(), 2U);
  EXPECT_FALSE(found.keys[0].effect);  // tokens and samples both
}

TEST(Diff, WinnerChangesForAReason) {
  const SpecDiff price = diff({side(tune("200M")), side(tune("200M")), base_prices(), head_prices()});
  EXPECT_EQ(price.winner_changed, Cause::kPrice);
  EXPECT_EQ(price.effects.spec, Money());
  std::string denied = tune("200M");
  const std::string winner = now(tune("200M"), base_prices()).winner;
  const std::size_t slash = winner.find('/');
  denied += "constraints: {providers: {deny: [" +
            winner.substr(slash + 1, winner.find('/', slash + 1) - slash - 1) + "]}}\n";
  const SpecDiff spec = diff({side(tune("200M")), side(denied), base_prices(), base_prices()});
  EXPECT_EQ(spec.winner_changed, Cause::kSpec);
  ASSERT_EQ(spec.keys.size(), 1U);
  EXPECT_TRUE(spec.keys[0].decides);
}

TEST(Diff, RenamedSpecOfOneWorkloadIsTheSame) {
  std::string renamed = tune("200M");
  renamed.replace(renamed.find("name: tune"), 10, "name: other");
  const SpecDiff found = diff({side(tune("200M")), side(renamed), base_prices(), base_prices()});
  ASSERT_EQ(found.workloads.size(), 1U);
  EXPECT_EQ(found.workloads[0].name, "other");
  EXPECT_EQ(found.effects.total(), Money());
}

TEST(Diff, AddedAndRemovedSpecs) {
  const SpecDiff added = diff({std::nullopt, side(tune("200M")), base_prices(), head_prices()});
  EXPECT_EQ(added.effects.spec, now(tune("200M"), base_prices()).total);
  EXPECT_EQ(added.effects.total(), added.head->total);
  const SpecDiff removed = diff({side(tune("200M")), std::nullopt, base_prices(), head_prices()});
  EXPECT_EQ(removed.effects.total(), Money() - removed.base->total);
  EXPECT_EQ(removed.effects.price, Money());
}

TEST(Diff, EngineEffectIsWhatARecordedResultHasDifferently) {
  const Outcome then = [] {
    Outcome outcome = now(tune("200M"), base_prices());
    outcome.identity = {"0.0.9", base_prices().sha256(), "", spec_digest(side(tune("200M")))};
    outcome.total += Money::of(Usd::of(1.5));
    outcome.workloads.front().cost += Money::of(Usd::of(1.5));
    return outcome;
  }();
  SpecPair pair{side(tune("200M")), side(tune("500M")), base_prices(), head_prices(), {}, then};
  const SpecDiff found = diff(pair);
  EXPECT_EQ(found.effects.engine, Money() - Money::of(Usd::of(1.5)));
  EXPECT_EQ(then.total + found.effects.total(), found.head->total);
  EXPECT_EQ(found.workloads[0].effects.total(), found.effects.total());
  pair.recorded->identity.spec_sha256 = "another";
  EXPECT_FALSE(diff_specs(pair, {}, "0.1.0"));
}

TEST(Diff, PricesThatTheBaseLacksAreTheHeads) {
  SpecPair pair{side(tune("200M")), side(tune("500M")), base_prices(), head_prices()};
  pair.base_lacks = [](const PlanSpec&) { return std::string("the lock holds no such offer"); };
  const SpecDiff found = diff(pair);
  EXPECT_EQ(found.effects.price, Money());
  EXPECT_EQ(found.effects.spec, found.head->total - found.base->total);
  EXPECT_FALSE(found.notes.empty());
}

TEST(Diff, ResultsTellWhatOneDifferenceMade) {
  Outcome a = now(tune("200M"), base_prices());
  a.identity = {"0.1.0", "prices-1", "2026-01-01", "spec-1"};
  Outcome b = a;
  b.total += Money::of(Usd::of(3));
  b.workloads.front().cost += Money::of(Usd::of(3));
  const Money three = Money::of(Usd::of(3));
  const auto with = [&](auto change) {
    Outcome head = b;
    change(head.identity);
    return diff_results(a, head, "head.json").effects;
  };
  EXPECT_EQ(with([](Identity&) {}).unsplit, three);  // made with other options
  EXPECT_EQ(with([](Identity& i) { i.spec_sha256 = "spec-2"; }).spec, three);
  EXPECT_EQ(with([](Identity& i) { i.catalog_sha256 = "prices-2"; }).price, three);
  EXPECT_EQ(with([](Identity& i) { i.version = "0.2.0"; }).engine, three);
  EXPECT_EQ(with([](Identity& i) { i.version = "0.2.0", i.spec_sha256 = "spec-2"; }).unsplit, three);
  EXPECT_EQ(with([](Identity& i) { i.catalog_sha256 = "prices-2", i.spec_sha256 = ""; }).unsplit, three);
}

TEST(Diff, ProblemsOfBothSidesAreReported) {
  const auto found = diff_specs(
      {side("version: 1\n", "base.yaml"), side("version: 2\n", "head.yaml"), base_prices(), base_prices()},
      {}, "0.1.0");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().front().location.file, "base.yaml");
  EXPECT_EQ(found.error().back().location.file, "head.yaml");
}

}  // namespace
}  // namespace capplan

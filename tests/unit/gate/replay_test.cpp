// A year of the market under a gate: prices walk, rows vanish and come, sellers swap ranks. None of that may
// fail a spec that did not change, and none of it may be blamed on one that did.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "capplan/gate/check.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

constexpr int kMonths = 12;
constexpr int kSellers = 12;

// SplitMix64 (Steele, Lea, Flood 2014): the same walk on every machine.
class Walk {
 public:
  explicit Walk(std::uint64_t seed) : state_(seed) {}
  double uniform() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

// The market of every month, the first one before anything moved. Prices move by up to 30% a month; one row
// in ten vanishes or comes back.
std::vector<Catalog> year(std::uint64_t seed) {
  Walk walk(seed);
  std::vector<double> price(kSellers);
  std::vector<bool> sold(kSellers, true);
  for (double& p : price) p = 1.5 + 2 * walk.uniform();
  std::vector<Catalog> months;
  for (int month = 0; month <= kMonths; ++month) {
    std::vector<testing::Row> rows;
    for (int i = 0; i < kSellers; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (sold[at] || i == 0)  // one is always there
        rows.push_back({.provider = "seller" + std::to_string(i), .usd_per_hour = price[at]});
      price[at] *= 0.7 + 0.6 * walk.uniform();
      if (walk.uniform() < 0.1) sold[at] = !sold[at];
    }
    months.push_back(testing::market_of(rows));
  }
  return months;
}

std::string tune(const std::string& tokens) {
  return "version: 1\nname: tune\nkind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: " +
         tokens +
         "}\ntraining: {epochs: 1, sequence_length: 4096, global_batch: 64}\noptimizations: [lora]\npin: "
         "{accelerator: H100-SXM-80GB}\nconstraints: {budget: $40, options: [rental]}\n";
}

SpecSide side(const std::string& text) { return {"tune.yaml", text, {}}; }

SpecDiff diff(const std::string& base, const std::string& head, const Catalog& base_prices,
              const Catalog& head_prices) {
  Result<SpecDiff> found = diff_specs({side(base), side(head), base_prices, head_prices}, {}, "0.1.0");
  if (found) return std::move(*found);
  throw std::runtime_error(testing::messages(found.error()));
}

// Every kind of rule about a spec and its change, each as tight as it goes.
const std::string kRules =
    "version: 1\nrules:\n"
    "- {id: grows, when: {delta: {abs: \">$0\"}}}\n"
    "- {id: grows-p90, when: {delta: {rel: \">0%\"}, statistic: p90}}\n"
    "- {id: job, when: {metric: job_cost, delta: {abs: \">$0\"}}}\n"
    "- {id: carbon, when: {metric: co2e, delta: {abs: \">0 kg\"}}}\n"
    "- {id: slower, when: {metric: wall_clock, delta: {abs: \">0 s\"}}}\n"
    "- {id: crosses, when: {value: \">$30\", crossing: true}}\n"
    "- {id: over, when: {value: \">$30\"}}\n"
    "- {id: likely, when: {probability: \"P(total_cost > budget) > 10%\"}}\n"
    "- {id: unproven, when: {assumption_share: \">30%\"}}\n"
    "- {id: flips, when: {winner_changed: true}}\n"
    "- {id: broken, when: {infeasible: any}}\n";

std::string findings(const SpecDiff& diff) {
  CheckInput input;
  input.diff.specs = {diff};
  input.paths = {"tune.yaml"};
  input.has_base = true;
  input.policy = *read_policy("policy.yaml", kRules);
  input.policy.dead_band = {Millionths(), 0};
  std::string all;
  for (const Finding& f : judge(input)) {
    all += f.rule;
    if (f.amount) all += " " + std::to_string(f.amount->value.millionths);
    if (f.share && f.share->value) all += " " + std::to_string(*f.share->value);
    all += "\n";
  }
  return all;
}

class Replay : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Replay, AnUnchangedSpecPassesOrFailsAsItDidAtItsBase) {
  const std::vector<Catalog> months = year(GetParam());
  const std::string before = findings(diff(tune("400M"), tune("400M"), months[0], months[0]));
  int moved = 0, flipped = 0;
  for (int month = 1; month <= kMonths; ++month) {
    const SpecDiff moving =
        diff(tune("400M"), tune("400M"), months[0], months[static_cast<std::size_t>(month)]);
    EXPECT_EQ(findings(moving), before) << month;
    EXPECT_EQ(moving.effects.spec, Money());
    moved += moving.effects.price != Money() ? 1 : 0;
    flipped += moving.winner_changed == Cause::kPrice ? 1 : 0;
  }
  EXPECT_GE(moved, kMonths - 1);  // or nothing was tried
  EXPECT_GE(flipped, 1);
}

TEST_P(Replay, AChangedSpecIsBlamedForItsChangeAloneToTheCent) {
  const std::vector<Catalog> months = year(GetParam());
  const SpecDiff still = diff(tune("400M"), tune("600M"), months[0], months[0]);
  ASSERT_GT(still.effects.spec, Money());
  const std::string before = findings(still);
  for (int month = 1; month <= kMonths; ++month) {
    const SpecDiff moving =
        diff(tune("400M"), tune("600M"), months[0], months[static_cast<std::size_t>(month)]);
    EXPECT_EQ(moving.effects.spec, still.effects.spec) << month;
    EXPECT_EQ(moving.base->total + moving.effects.total(), moving.head->total);
    EXPECT_EQ(moving.keys.at(0).effect, still.effects.spec);
    EXPECT_EQ(findings(moving), before) << month;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Replay, ::testing::Values(1U, 2026U, 77U));

}  // namespace
}  // namespace capplan

#include "capplan/gate/check.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

Money usd(double amount) { return Money::of(Usd::of(amount)); }

Outcome outcome(double total, const std::string& winner = "rental/a") {
  Outcome o;
  o.name = "tune";
  o.winner = winner;
  o.feasible = true;
  o.total = usd(total);
  o.wall_clock = kHour * 100;
  o.workloads = {{"tune", usd(total)}};
  o.standing = Standing{.p50 = usd(total * 1.1),
                        .p90 = usd(total * 1.5),
                        .horizon = kMonth * 12,
                        .p_over_budget = 0.05,
                        .p_late = std::nullopt,
                        .kg_co2e = 1000,
                        .assumption_share = 0.2,
                        .oldest_price = "2026-08-01"};
  return o;
}

// Of a spec whose text changed at the same prices.
SpecDiff spec_diff(const Outcome& base, const Outcome& head) {
  SpecDiff diff;
  diff.file = "w/tune.yaml";
  diff.name = "tune";
  diff.base = diff.base_now = base;
  diff.head = diff.head_at_base = head;
  diff.effects.spec = head.total - base.total;
  diff.workloads = {{"tune", base.total, head.total, diff.effects}};
  diff.keys = {{"dataset.tokens", "2T", "3T", {"w/tune.yaml", 5, 3, 6}, usd(40), false},
               {"training.epochs", "1", "2", {"w/tune.yaml", 7, 3, 6}, usd(400), false},
               {"deadline", "9 d", "", {"main:w/tune.yaml", 9, 1, 8}, usd(0), false}};
  return diff;
}

CheckInput input_of(SpecDiff diff, const std::string& rules) {
  Result<Policy> policy = read_policy("policy.yaml", "version: 1\nrules:\n" + rules);
  EXPECT_TRUE(policy) << policy.error().front().message;
  CheckInput input;
  input.diff.specs.push_back(std::move(diff));
  input.paths = {"w/tune.yaml"};
  input.has_base = true;
  input.policy = *policy;
  input.as_of = "2026-11-01";
  return input;
}

std::size_t count(SpecDiff diff, const std::string& when) {
  return judge(input_of(std::move(diff), "- {id: a, when: {" + when + "}}\n")).size();
}
std::size_t count(double before, double after, const std::string& when) {
  return count(spec_diff(outcome(before), outcome(after)), when);
}

// Of a spec that nobody changed: where it states what is judged.
TEST(Judge, AStateIsFoundWhereItIsStated) {
  Outcome head = outcome(1000);
  head.feasible = false;
  head.standing->breaks_budget = true;
  head.standing->breaks_deadline = true;
  SpecDiff diff = spec_diff(head, head);
  diff.keys.clear();
  const auto at = [](int line) { return Location{"main:w/tune.yaml", line, 1, 1}; };
  diff.places = {at(2), at(11), at(12), {at(5)}};
  const auto line_of = [&](const std::string& when) {
    const std::vector<Finding> found = judge(input_of(diff, "- {id: a, when: {" + when + "}}\n"));
    EXPECT_EQ(found.size(), 1U) << when;
    if (found.empty()) return 0;
    EXPECT_EQ(found[0].place.file, "w/tune.yaml");
    return found[0].place.line;
  };
  EXPECT_EQ(line_of("infeasible: budget"), 11);
  EXPECT_EQ(line_of("infeasible: deadline"), 12);
  EXPECT_EQ(line_of("infeasible: any"), 11);
  EXPECT_EQ(line_of("probability: \"P(total_cost > budget) > 1%\""), 11);
  EXPECT_EQ(line_of("metric: job_cost, value: \">$10\""), 5);
  EXPECT_EQ(line_of("metric: co2e, value: \">1 kg\""), 2);
  EXPECT_EQ(line_of("price_age: \">10d\""), 2);
}

TEST(Judge, BothPartsOfAGrowthMustHold) {
  const std::string both = "delta: {abs: \">$100\", rel: \">5%\"}";
  EXPECT_EQ(count(1000, 1120, both), 1U);
  EXPECT_EQ(count(1000, 1090, both), 0U);        // 9%, but $90
  EXPECT_EQ(count(100'000, 100'200, both), 0U);  // $200, but 0.2%
  EXPECT_EQ(count(1000, 1090, both + ", all: false"), 1U);
  EXPECT_EQ(count(1000, 900, both + ", all: false"), 0U);
}

TEST(Judge, LimitsAreExact) {
  EXPECT_EQ(count(1000.1, 1100.1, "delta: {abs: \">$100\"}"), 0U);
  EXPECT_EQ(count(1000.1, 1100.1, "delta: {abs: \">=$100\"}"), 1U);
  EXPECT_EQ(count(1000.1, 1100.100001, "delta: {abs: \">$100\"}"), 1U);
  EXPECT_EQ(count(1000, 5000, "value: \">$5k\""), 0U);
  EXPECT_EQ(count(1000, 5000.000001, "value: \">$5k\""), 1U);
}

TEST(Judge, FindingSaysWhatAndWhere) {
  const auto found = judge(input_of(spec_diff(outcome(1000), outcome(1500)),
                                    "- {id: big, when: {metric: job_cost, delta: {abs: \">$100\", rel: "
                                    "\">5%\"}}, level: warn, message: ask}\n"));
  ASSERT_EQ(found.size(), 1U);
  const Finding& f = found.front();
  EXPECT_EQ(f.rule, "big");
  EXPECT_EQ(f.level, Level::kWarn);
  EXPECT_EQ(f.workload, "tune");
  EXPECT_EQ(f.amount->value.value(), 500);
  EXPECT_EQ(f.amount->limit.at.value(), 100);
  EXPECT_DOUBLE_EQ(*f.share->value, 0.5);
  EXPECT_EQ(f.key, "training.epochs");  // the costliest of the three
  EXPECT_EQ(f.place.line, 7);
  EXPECT_EQ(f.after, "2");
}

TEST(Judge, KeyThatIsGoneStandsNowhereInTheHead) {
  SpecDiff diff = spec_diff(outcome(1000), outcome(1500));
  diff.keys.erase(diff.keys.begin(), diff.keys.begin() + 2);
  const auto found = judge(input_of(diff, "- {id: a, when: {delta: {abs: \">$100\"}}}\n"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, "deadline");
  EXPECT_EQ(found[0].place.file, "w/tune.yaml");
  EXPECT_EQ(found[0].place.line, 1);
}

TEST(Judge, DeadBandSilencesNoise) {
  EXPECT_EQ(count(100, 100.9, "delta: {rel: \">0.5%\"}"), 0U);  // under $1
  EXPECT_EQ(count(100, 101.1, "delta: {rel: \">0.5%\"}"), 1U);
  EXPECT_EQ(count(1'000'000, 1'000'900, "delta: {abs: \">$500\"}"), 0U);  // under 0.1%
  EXPECT_EQ(count(1'000'000, 1'001'100, "delta: {abs: \">$500\"}"), 1U);
}

TEST(Judge, EffectsAreApart) {
  SpecDiff diff = spec_diff(outcome(1000), outcome(1000));
  diff.head = outcome(1500);  // dearer at its own prices
  diff.keys.clear();
  EXPECT_EQ(count(diff, "delta: {abs: \">$100\"}"), 0U);
  EXPECT_EQ(count(diff, "delta: {abs: \">$100\"}, effect: price"), 1U);
  EXPECT_EQ(count(diff, "delta: {abs: \">$100\"}, effect: total"), 1U);
  EXPECT_EQ(count(diff, "delta: {abs: \">$100\"}, effect: engine"), 0U);
  diff.base = outcome(600);  // as recorded
  EXPECT_EQ(count(diff, "delta: {abs: \">$100\"}, effect: engine"), 1U);
}

TEST(Judge, StateIsOfTheBasesPricesUnlessSaid) {
  SpecDiff diff = spec_diff(outcome(1000), outcome(1000));
  diff.head = outcome(1500);
  EXPECT_EQ(count(diff, "value: \">$1200\""), 0U);
  EXPECT_EQ(count(diff, "value: \">$1200\", prices: head"), 1U);
}

TEST(Judge, CrossingIsFromBelow) {
  EXPECT_EQ(count(1000, 1500, "value: \">$1200\", crossing: true"), 1U);
  EXPECT_EQ(count(1300, 1500, "value: \">$1200\", crossing: true"), 0U);
  EXPECT_EQ(count(1300, 1500, "value: \">$1200\""), 1U);
}

TEST(Judge, CrossingOfEveryState) {
  const std::string likely = "probability: \"P(total_cost > budget) > 10%\"";
  const std::string assumed = "assumption_share: \">30%\"";
  const std::string broken = "infeasible: budget";
  const auto diff = [](bool before) {
    Outcome bad = outcome(1000);
    bad.standing->p_over_budget = 0.2;
    bad.standing->assumption_share = 0.4;
    bad.standing->breaks_budget = true;
    bad.feasible = false;
    return spec_diff(before ? bad : outcome(1000), bad);
  };
  for (const std::string& when : {likely, assumed, broken}) {
    EXPECT_EQ(count(diff(true), when), 1U) << when;
    EXPECT_EQ(count(diff(true), when + ", crossing: true"), 0U) << when;
    EXPECT_EQ(count(diff(false), when + ", crossing: true"), 1U) << when;
  }
  CheckInput input = input_of(diff(true), "- {id: a, when: {infeasible: any, crossing: true}}\n");
  EXPECT_TRUE(asks_of_changes_alone(input.policy));
  EXPECT_TRUE(tolerates_infeasible({input, judge(input), {}}, input.diff.specs[0]));
  input = input_of(diff(false), "- {id: a, when: {infeasible: any, crossing: true}}\n");
  EXPECT_FALSE(tolerates_infeasible({input, judge(input), {}}, input.diff.specs[0]));
}

TEST(Judge, OtherMetrics) {
  SpecDiff diff = spec_diff(outcome(1200), outcome(1200));
  diff.head->standing->kg_co2e = diff.head_at_base->standing->kg_co2e = 1200;
  diff.head->wall_clock = diff.head_at_base->wall_clock = kHour * 130;
  EXPECT_EQ(count(diff, "metric: co2e, delta: {rel: \">10%\"}"), 1U);
  EXPECT_EQ(count(diff, "metric: co2e, delta: {rel: \">20%\"}"), 0U);
  EXPECT_EQ(count(diff, "metric: co2e, value: \">1.1 t\""), 1U);
  EXPECT_EQ(count(diff, "metric: wall_clock, delta: {abs: \">1 day\"}"), 1U);
  EXPECT_EQ(count(diff, "metric: monthly_cost, value: \">$99\""), 1U);  // 12 months
  EXPECT_EQ(count(diff, "metric: monthly_cost, value: \">$100\""), 0U);
  EXPECT_EQ(count(diff, "statistic: p50, value: \">$1319\""), 1U);
  EXPECT_EQ(count(diff, "statistic: p90, value: \">$1799\""), 1U);
  EXPECT_EQ(count(diff, "statistic: p90, value: \">$1801\""), 0U);
}

TEST(Judge, Probabilities) {
  SpecDiff diff = spec_diff(outcome(1000), outcome(1000));
  EXPECT_EQ(count(diff, "probability: \"P(total_cost > budget) > 5%\""), 0U);
  EXPECT_EQ(count(diff, "probability: \"P(total_cost > budget) >= 5%\""), 1U);
  EXPECT_EQ(count(diff, "probability: \"P(finish > deadline) > 0%\""), 0U);  // it states none
}

TEST(Judge, AgeCountsToTheDate) {
  CheckInput input =
      input_of(spec_diff(outcome(1000), outcome(1000)), "- {id: a, when: {price_age: \">45d\"}}\n");
  EXPECT_TRUE(needs_date(input.policy, {}));
  input.as_of = "2026-09-15";  // 45 days after 1 August
  EXPECT_TRUE(judge(input).empty());
  input.as_of = "2026-09-16";
  ASSERT_EQ(judge(input).size(), 1U);
  EXPECT_EQ(judge(input)[0].amount->value.value(), 46);
}

TEST(Judge, WinnerAndItsCause) {
  SpecDiff diff = spec_diff(outcome(1000), outcome(1000, "rental/b"));
  diff.winner_changed = Cause::kSpec;
  EXPECT_EQ(count(diff, "winner_changed: true"), 1U);
  EXPECT_EQ(count(diff, "winner_changed: true, effect: price"), 0U);
  diff.winner_changed = Cause::kSpecAndPrice;
  EXPECT_EQ(count(diff, "winner_changed: true, effect: price"), 1U);
  diff.winner_changed = Cause::kNone;
  EXPECT_EQ(count(diff, "winner_changed: true, effect: total"), 0U);
}

TEST(Judge, DefaultPolicyNamesWhatIsBroken) {
  const auto rules = [](const Outcome& head) {
    CheckInput input = input_of(spec_diff(outcome(1000), head), "[]\n");
    input.policy = default_policy();
    std::string ids;
    for (const Finding& f : judge(input)) ids += f.rule + " ";
    return ids;
  };
  Outcome head = outcome(1000);
  EXPECT_EQ(rules(head), "");
  head.feasible = false;
  head.standing->breaks_budget = true;
  EXPECT_EQ(rules(head), "over-budget ");
  head.standing->breaks_deadline = true;
  EXPECT_EQ(rules(head), "over-budget late ");
  head.standing = std::nullopt;
  head.winner.clear();
  EXPECT_EQ(rules(head), "infeasible ");
}

TEST(Judge, AddedAndRemovedSpecs) {
  SpecDiff added = spec_diff(outcome(1000), outcome(1000));
  added.base = added.base_now = std::nullopt;
  EXPECT_EQ(count(added, "delta: {abs: \">$900\", rel: \">100%\"}"), 1U);  // of nothing it is any share
  EXPECT_EQ(count(added, "value: \">$900\", crossing: true"), 1U);
  SpecDiff removed = spec_diff(outcome(1000), outcome(1000));
  removed.head = removed.head_at_base = std::nullopt;
  EXPECT_EQ(count(removed, "delta: {abs: \">$1\"}, effect: total"), 0U);
  EXPECT_EQ(count(removed, "value: \">$1\""), 0U);
}

TEST(Judge, WithoutABaseOnlyTheStateIsJudged) {
  CheckInput input = input_of(spec_diff(outcome(1000), outcome(2000)),
                              "- {id: a, when: {delta: {abs: \">$1\"}}}\n- {id: b, when: {value: \">$1\"}}\n"
                              "- {id: c, when: {value: \">$1\", crossing: true}}\n");
  input.has_base = false;
  input.diff.specs[0].base = input.diff.specs[0].base_now = std::nullopt;
  const auto found = judge(input);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, "b");
}

Waiver waiver(const std::string& expires, const std::string& rule = "a") {
  return {.rule = rule,
          .spec = "w/tune.yaml",
          .workload = std::nullopt,
          .reason = "launch",
          .approved_by = "jo",
          .expires = expires,
          .place = {"waivers.yaml", 3, 9, 1}};
}

TEST(Waivers, HoldThroughTheirLastDay) {
  CheckInput input =
      input_of(spec_diff(outcome(1000), outcome(2000)), "- {id: a, when: {value: \">$1\"}, level: warn}\n");
  input.waivers = {waiver("2026-11-01")};
  Check check{input, judge(input), {}};
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].waiver, 0U);
  EXPECT_EQ(check.ruling(), Ruling::kPass);
  // One day later it denies, though the rule only warns.
  check.input.as_of = "2026-11-02";
  check.findings = judge(check.input);
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].expired, 0U);
  EXPECT_EQ(check.ruling(), Ruling::kDeny);
  check.input.waivers.push_back(waiver("2026-12-31"));
  check.findings = judge(check.input);
  EXPECT_EQ(check.findings[0].waiver, 1U);
  EXPECT_EQ(check.ruling(), Ruling::kPass);
}

TEST(Waivers, ThatFindNothingWarn) {
  CheckInput input =
      input_of(spec_diff(outcome(1000), outcome(1000)), "- {id: big-one, when: {value: \">$9k\"}}\n");
  input.waivers = {waiver("2026-12-31", "big-one"), waiver("2026-12-31", "big-ome")};
  const auto found = judge(input);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, kUnusedWaiver);
  EXPECT_EQ(found[0].level, Level::kWarn);
  EXPECT_EQ(found[0].place.file, "waivers.yaml");
  EXPECT_NE(found[1].detail.find("did you mean `big-one`?"), std::string::npos) << found[1].detail;
  input.paths = {"w/other.yaml"};  // its spec is not looked at
  EXPECT_TRUE(judge(input).empty());
  input.whole_repository = true;  // its spec is not there
  EXPECT_EQ(judge(input).size(), 2U);
  input.untouched = {"w/tune.yaml"};  // not priced: a rule about a change finds nothing there
  EXPECT_EQ(judge(input)[0].detail, "waiver of `big-one`: the rule finds nothing there: take it away");
}

TEST(Waivers, OfAnotherWorkloadDoNotHold) {
  CheckInput input = input_of(spec_diff(outcome(1000), outcome(2000)),
                              "- {id: a, when: {metric: job_cost, value: \">$1\"}}\n");
  input.waivers = {waiver("2026-12-31")};
  input.waivers[0].workload = "other";
  const auto found = judge(input);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FALSE(found[0].waiver);
  input.waivers[0].workload = "tune";
  EXPECT_TRUE(judge(input)[0].waiver);
}

TEST(Ruling, IsTheWorstThatIsNotWaived) {
  CheckInput input =
      input_of(spec_diff(outcome(1000), outcome(2000)),
               "- {id: a, when: {value: \">$1\"}, level: info}\n- {id: b, when: {value: \">$1\"}, "
               "level: warn}\n");
  EXPECT_EQ((Check{input, judge(input), {}}.ruling()), Ruling::kWarn);
  EXPECT_EQ((Check{input, judge(input), {"w/broken.yaml"}}.ruling()), Ruling::kError);
  input.warn_as_deny = true;
  EXPECT_EQ((Check{input, judge(input), {}}.ruling()), Ruling::kDeny);
}

TEST(Ruling, InfeasibleIsToleratedWhereThePolicySaysSo) {
  Outcome head = outcome(1000);
  head.feasible = false;
  head.standing->breaks_budget = true;
  const auto tolerated = [&](const std::string& rules, bool waived) {
    CheckInput input = input_of(spec_diff(outcome(1000), head), rules);
    if (waived) input.waivers = {waiver("2026-12-31")};
    return tolerates_infeasible({input, judge(input), {}}, input.diff.specs[0]);
  };
  EXPECT_FALSE(tolerated("- {id: a, when: {value: \">$1\"}}\n", false));
  EXPECT_FALSE(tolerated("- {id: a, when: {infeasible: any}}\n", false));
  EXPECT_TRUE(tolerated("- {id: a, when: {infeasible: any}, level: warn}\n", false));
  EXPECT_TRUE(tolerated("- {id: a, when: {infeasible: budget}}\n", true));
}

}  // namespace
}  // namespace capplan

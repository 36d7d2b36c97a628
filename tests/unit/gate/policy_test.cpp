#include "capplan/gate/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "gate/policy_cases.h"
#include "input/yaml.h"

namespace capplan {
namespace {

using Json = nlohmann::ordered_json;

const std::string kWhole = R"(version: 1
defaults: {statistic: p50, level: warn, prices: head, min_delta: {abs: $20, rel: 1%}}
rules:
- id: big-increase
  when: {effect: spec, metric: job_cost, delta: {abs: ">$5k", rel: ">=5%"}, all: true}
  level: deny
  message: "ask #ml-infra"
- {id: budget, when: {metric: monthly_cost, value: ">$180k", crossing: true}}
- {id: likely-over, when: {probability: "P(job_cost > budget) > 10%"}}
- {id: late, when: {probability: "P(finish > deadline) >= 20%", prices: base-lock}}
- {id: stale, when: {price_age: ">45d"}, level: info}
- {id: unproven, when: {assumption_share: ">30%"}}
- {id: carbon, when: {metric: co2e, delta: {rel: ">10%"}}}
- {id: slow, when: {metric: wall_clock, delta: {abs: ">2 days"}, effect: total}}
- {id: flip, when: {winner_changed: true, effect: price}}
- {id: none-left, when: {infeasible: any}}
)";

Policy policy(const std::string& text) {
  Result<Policy> read = read_policy("policy.yaml", text);
  if (read) return std::move(*read);
  for (const Diagnostic& d : read.error()) ADD_FAILURE() << format_diagnostic(d, text);
  return {};
}

std::string problems(const std::string& text) {
  const Result<Policy> read = read_policy("policy.yaml", text);
  std::string all;
  if (read) return all;
  for (const Diagnostic& d : read.error())
    all += std::to_string(d.location.line) + ":" + std::to_string(d.location.column) + " " + d.message +
           (d.hint.empty() ? "" : " | " + d.hint) + "\n";
  return all;
}

std::string rule(const std::string& when) { return "version: 1\nrules:\n- {id: a, when: {" + when + "}}\n"; }

TEST(ReadPolicy, EveryKindOfRule) {
  const Policy p = policy(kWhole);
  ASSERT_EQ(p.rules.size(), 10U);
  EXPECT_EQ(p.dead_band.by, Millionths::of(20));
  EXPECT_DOUBLE_EQ(p.dead_band.share, 0.01);
  EXPECT_EQ(p.rules[0].level, Level::kDeny);
  EXPECT_EQ(p.rules[0].message, "ask #ml-infra");
  EXPECT_EQ(p.rules[0].place.line, 4);
  const auto& growth = std::get<Growth>(p.rules[0].when);
  EXPECT_EQ(growth.of.metric, Metric::kJobCost);
  EXPECT_EQ(growth.of.statistic, Statistic::kTotal);  // jobs have no quantiles, whatever the default is
  EXPECT_EQ(growth.by->at.value(), 5000);
  EXPECT_FALSE(growth.by->or_equal);
  EXPECT_DOUBLE_EQ(growth.share->at, 0.05);
  EXPECT_TRUE(growth.share->or_equal);
  const auto& above = std::get<Above>(p.rules[1].when);
  EXPECT_EQ(p.rules[1].level, Level::kWarn);
  EXPECT_EQ(above.of.statistic, Statistic::kP50);
  EXPECT_EQ(above.prices, PricesOf::kHead);
  EXPECT_TRUE(above.crossing);
  EXPECT_EQ(std::get<Likely>(p.rules[2].when).mishap, Mishap::kOverBudget);
  EXPECT_EQ(std::get<Likely>(p.rules[3].when).mishap, Mishap::kLate);
  EXPECT_EQ(std::get<Likely>(p.rules[3].when).prices, PricesOf::kBaseLock);
  EXPECT_EQ(std::get<PriceAge>(p.rules[4].when).limit.at.value(), 45);
  EXPECT_DOUBLE_EQ(std::get<Assumed>(p.rules[5].when).limit.at, 0.3);
  EXPECT_EQ(std::get<Growth>(p.rules[6].when).of.metric, Metric::kCo2e);
  EXPECT_EQ(std::get<Growth>(p.rules[7].when).by->at.value(), 48);  // hours
  EXPECT_EQ(std::get<WinnerChanged>(p.rules[8].when).effect, Effect::kPrice);
  EXPECT_EQ(std::get<Infeasible>(p.rules[9].when).breach, Breach::kAny);
}

TEST(ReadPolicy, DefaultsOfTheFormat) {
  const Policy p = policy(rule("delta: {abs: \">$1\"}"));
  EXPECT_EQ(p.rules[0].level, Level::kDeny);
  EXPECT_EQ(p.dead_band.by, Millionths::of(1));
  EXPECT_DOUBLE_EQ(p.dead_band.share, 0.001);
  const auto& growth = std::get<Growth>(p.rules[0].when);
  EXPECT_EQ(growth.effect, Effect::kSpec);
  EXPECT_TRUE(growth.both);
}

TEST(ReadPolicy, AllProblemsAtOnceAndWhereTheyStand) {
  const std::string said = problems(
      "version: 1\nrules:\n- {id: Big, when: {delta: {abs: \">€5k\"}}}\n- {id: b, when: {valeu: \">$1\"}, "
      "level: denied}\n- {id: c, when: {value: \"$5k\"}}\n");
  EXPECT_NE(said.find("3:8 `id`: expected lower-case letters"), std::string::npos) << said;
  EXPECT_NE(said.find("3:33 `delta.abs`: "), std::string::npos) << said;
  EXPECT_NE(said.find("limits are in dollars, as results are"), std::string::npos) << said;
  EXPECT_NE(said.find("did you mean `value`?"), std::string::npos) << said;
  EXPECT_EQ(said.find("states no condition"), std::string::npos) << said;
  EXPECT_NE(said.find("4:40 `rules[1].level`: expected one of info, warn, deny"), std::string::npos) << said;
  EXPECT_NE(said.find("5:25 `value`: expected a limit such as `>$5k`"), std::string::npos) << said;
}

TEST(ReadPolicy, WhatARuleCannotSay) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"level: warn", "unknown key `level`"},
      {"effect: spec", "states no condition"},
      {"metric: co2e", "states no condition"},
      {"value: \">$1\", delta: {abs: \">$1\"}", "states both `delta` and `value`"},
      {"delta: {}", "states neither `abs` nor `rel`"},
      {"delta: {abs: \"<$1\"}", "begin with `>` or `>=`"},
      {"delta: {abs: \">5k\"}", "has no unit"},
      {"delta: {abs: \">$-5\"}", "expected more than nothing"},
      {"delta: {abs: \">5 SEK\"}", "limits are in dollars"},
      {"metric: co2e, delta: {abs: \">$5\"}", "wrong unit"},
      {"metric: wall_clock, value: \">5\"", "has no unit"},
      {"metric: job_cost, statistic: p90, delta: {rel: \">5%\"}", "job_cost has no quantiles"},
      {"probability: \"P(total_cost > budget)\"", "expected a limit such as"},
      {"probability: \"P(total_cost > $1M) > 5%\"", "known are P(total_cost > budget)"},
      {"probability: \"P(finish > deadline) > 100%\"", "no probability is above 100%"},
      {"price_age: \">45\"", "has no unit"},
      {"price_age: \">45d\", effect: spec", "`effect` does not go with `price_age`"},
      {"winner_changed: false", "never fires"},
      {"infeasible: true", "expected one of any, budget, deadline, other"},
      {"value: \">$1\", all: true", "`all` does not go with `value`"},
  };
  for (const auto& [when, expected] : wrong)
    EXPECT_NE(problems(rule(when)).find(expected), std::string::npos) << when << "\n" << problems(rule(when));
}

TEST(ReadPolicy, IdsAreOnes) {
  const std::string said = problems(
      "version: 1\nrules:\n- {id: a, when: {infeasible: any}}\n- {id: a, when: {winner_changed: true}}\n");
  EXPECT_EQ(said, "4:8 the id `a` stands there twice\n");
}

TEST(ReadPolicy, NoPolicyAtAll) {
  EXPECT_NE(problems(""), "");
  EXPECT_NE(problems("version: 2\nrules: []\n").find("`version`"), std::string::npos);
  EXPECT_NE(problems("version: 1\n").find("lacks `rules`"), std::string::npos);
  EXPECT_NE(problems("[1]\n").find("must be a mapping"), std::string::npos);
  EXPECT_TRUE(policy("version: 1\nrules: []\n").rules.empty());
}

TEST(ReadWaivers, AllKeys) {
  const auto read =
      read_waivers("waivers.yaml",
                   "version: 1\nwaivers:\n- {rule: a, spec: w/x.yaml, workload: pretrain, reason: "
                   "launch, approved_by: jo, expires: 2026-12-31}\n");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().workload, "pretrain");
  EXPECT_EQ(read->front().expires, "2026-12-31");
  EXPECT_EQ(read->front().place.line, 3);
  const auto wrong =
      read_waivers("waivers.yaml", "version: 1\nwaivers:\n- {rule: a, spec: x, expires: 2026-02-30}\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().size(), 3U);  // no reason, nobody who approved it, no such day
}

// The blocks of YAML in docs/ci.md that are files of ours.
std::vector<std::string> documented() {
  std::ifstream in(std::string(CAPPLAN_SOURCE_DIR) + "/docs/ci.md", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string begin = "```yaml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const std::size_t from = at + begin.size();
    std::string block = text.substr(from, text.find("```", from) - from);
    if (block.starts_with("version: 1")) blocks.push_back(std::move(block));
  }
  return blocks;
}

TEST(PolicyDocs, ExamplesAreReadAndDoWhatTheySay) {
  const auto blocks = documented();
  ASSERT_EQ(blocks.size(), 3U);
  const Policy documented_policy = policy(blocks[0]);
  EXPECT_EQ(documented_policy.rules.size(), 9U);
  EXPECT_TRUE(read_waivers("waivers.yaml", blocks[1]));
  const auto cases = read_policy_cases("policy-test.yaml", blocks[2]);
  ASSERT_TRUE(cases);
  EXPECT_TRUE(check_cases(*cases, documented_policy).empty());
  ASSERT_EQ(cases->cases.size(), 2U);
  for (const PolicyCase& one : cases->cases)
    EXPECT_TRUE(run_case(one, documented_policy, cases->as_of).passed()) << one.name;
}

TEST(PolicyCases, SayWhatFailed) {
  const auto cases = read_policy_cases("policy-test.yaml",
                                       "version: 1\nas_of: 2026-11-15\ncases:\n- {name: a, before: "
                                       "{total_cost: $10}, after: {total_cost: $20k}, "
                                       "expect: {warn: [late]}}\n");
  ASSERT_TRUE(cases);
  const CaseResult result = run_case(cases->cases[0], policy(kWhole), cases->as_of);
  EXPECT_EQ(result.missing, (Expected{{Level::kWarn, "late"}}));
  ASSERT_EQ(result.unexpected.size(), 1U);
  EXPECT_EQ(result.unexpected[0].rule, "big-increase");
  EXPECT_FALSE(result.passed());
}

Json to_json(const YamlNode& node) {
  Json json;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kScalar:
      if (node.quoted) return node.scalar;
      json = Json::parse(node.scalar, nullptr, false);
      return json.is_primitive() && !json.is_discarded() ? json : Json(node.scalar);
    case YamlNode::Kind::kList:
      json = Json::array();
      for (const YamlNode& item : node.items) json.push_back(to_json(item));
      return json;
    case YamlNode::Kind::kMap:
      json = Json::object();
      for (const auto& [key, value] : node.members) json[key.scalar] = to_json(value);
      return json;
  }
  return json;
}

bool satisfies(const std::string& schema_text, const std::string& text) {
  const Json schema_json = Json::parse(schema_text);
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  const auto root = parse_yaml({"policy.yaml", text});
  if (!root) return false;
  const Json document = to_json(*root);
  return valijson::Validator(valijson::Validator::kStrongTypes)
      .validate(schema, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
}

// Limits are texts to a schema: what they say is the reader's to judge, as is what goes together.
TEST(PolicySchema, AgreesWithTheReader) {
  EXPECT_TRUE(satisfies(policy_json_schema(), kWhole));
  EXPECT_TRUE(satisfies(policy_json_schema(), "version: 1\nrules: []\n"));
  for (const std::string& text :
       {std::string("version: 2\nrules: []\n"), std::string("version: 1\n"),
        std::string("version: 1\nrules:\n- {id: a}\n"), rule("valeu: \">$1\""), rule("infeasible: true"),
        rule("metric: cost, value: \">$1\""), rule("delta: \">$1\""),
        std::string("version: 1\nrules: []\ndefaults: {min_delta: {abs: 1}}\n")}) {
    EXPECT_FALSE(satisfies(policy_json_schema(), text)) << text;
    EXPECT_NE(problems(text), "") << text;
  }
  EXPECT_TRUE(satisfies(waivers_json_schema(),
                        "version: 1\nwaivers:\n- {rule: a, spec: x, reason: b, approved_by: c, expires: "
                        "\"2026-01-31\"}\n"));
  EXPECT_FALSE(satisfies(waivers_json_schema(), "version: 1\nwaivers:\n- {rule: a, spec: x}\n"));
  EXPECT_TRUE(satisfies(policy_cases_json_schema(), documented()[2]));
  EXPECT_FALSE(satisfies(policy_cases_json_schema(), "version: 1\ncases:\n- {name: a, after: {cost: $5}}\n"));
}

}  // namespace
}  // namespace capplan

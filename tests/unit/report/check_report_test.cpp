#include "report/check_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

namespace capplan {
namespace {

using Json = nlohmann::json;

Money usd(double amount) { return Money::of(Usd::of(amount)); }

Outcome outcome(double total, const std::string& winner) {
  Outcome o;
  o.name = "tune";
  o.identity = {"0.1.0", "aa", "2026-08-22", "bb"};
  o.winner = winner;
  o.feasible = true;
  o.total = usd(total);
  o.wall_clock = 10 * kHour;
  o.workloads = {{"tune", usd(total)}};
  Standing standing;
  standing.p50 = standing.p90 = o.total;
  standing.horizon = 12 * kMonth;
  o.standing = standing;
  return o;
}

SpecDiff changed(const std::string& file, const std::string& name) {
  SpecDiff spec;
  spec.file = file;
  spec.name = name;
  spec.base = spec.base_now = outcome(1000.25, "rental/a");
  spec.head = spec.head_at_base = outcome(2234.5, "rental/b");
  spec.effects.spec = usd(1234.25);
  spec.workloads = {{"tune", usd(1000.25), usd(2234.5), spec.effects}};
  spec.keys = {{"dataset.tokens", "1T", "2T", {file, 7, 3, 1}, usd(1234.25), true}};
  spec.winner_changed = Cause::kSpec;
  return spec;
}

Check checked(std::vector<SpecDiff> specs, const std::string& rules) {
  Result<Policy> policy = read_policy("policy.yaml", "version: 1\nrules:\n" + rules);
  EXPECT_TRUE(policy);
  Check check;
  check.input.policy = *policy;
  check.input.has_base = true;
  check.input.as_of = "2026-11-15";
  for (SpecDiff& spec : specs) {
    check.input.paths.push_back(spec.file);
    check.input.diff.specs.push_back(std::move(spec));
  }
  check.findings = judge(check.input);
  return check;
}

const std::string kRules =
    "- {id: big, when: {delta: {abs: \">$5\", rel: \">5%\"}}, message: ask}\n"
    "- {id: flip, when: {winner_changed: true}, level: warn}\n";

std::string shown(const Check& check, CheckFormat format) {
  RenderOptions options;
  options.version = "0.1.0";
  return render(check, "main → working tree", format, options);
}

std::vector<std::string> csv_cells(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

double number_after(const std::string& text, const std::string& before) {
  const std::size_t at = text.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  return at == std::string::npos ? 0 : std::stod(text.substr(at + before.size()));
}

// Each format is parsed, and its figures held against those of the findings.
TEST(CheckReport, AllFormatsCarryTheSameNumbers) {
  const Check check = checked({changed("w/tune.yaml", "tune")}, kRules);
  ASSERT_EQ(check.findings.size(), 2U);
  const double value = 1234.25, limit = 5, share = 1234.25 / 1000.25, before = 1000.25, after = 2234.5;

  const Json json = Json::parse(shown(check, CheckFormat::kJson));
  EXPECT_EQ(json["schema"], "capplan.check/1");
  EXPECT_EQ(json["verdict"], "deny");
  EXPECT_EQ(json["before_usd"], before);
  EXPECT_EQ(json["after_usd"], after);
  EXPECT_EQ(json["delta_usd"], value);
  EXPECT_EQ(json["effects"]["spec_usd"], value);
  const Json& found = json["findings"][0];
  EXPECT_EQ(found["rule"], "big");
  EXPECT_EQ(found["line"], 7);
  EXPECT_EQ(found["amount"]["value"], value);
  EXPECT_EQ(found["amount"]["limit"], limit);
  EXPECT_NEAR(found["share"]["value"].get<double>(), share, 1e-11);

  const std::string csv = shown(check, CheckFormat::kCsv);
  const std::size_t line = csv.find('\n') + 1;
  const auto names = csv_cells(csv.substr(0, line - 1));
  const auto cells = csv_cells(csv.substr(line, csv.find('\n', line) - line));
  ASSERT_EQ(names.size(), cells.size());
  std::map<std::string, std::string> row;
  for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = cells[i];
  EXPECT_EQ(row["rule"], "big");
  EXPECT_EQ(row["unit"], "usd");
  EXPECT_EQ(std::stod(row["value"]), value);
  EXPECT_EQ(std::stod(row["limit"]), limit);
  EXPECT_NEAR(std::stod(row["share"]), share, 1e-11);

  const Json run = Json::parse(shown(check, CheckFormat::kSarif))["runs"][0];
  EXPECT_EQ(run["properties"]["before_usd"], before);
  EXPECT_EQ(run["properties"]["delta_usd"], value);
  EXPECT_EQ(run["results"][0]["ruleId"], "big");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["results"][1]["level"], "warning");
  EXPECT_EQ(run["results"][0]["properties"]["amount"]["value"], value);
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 7);

  const std::string junit = shown(check, CheckFormat::kJunit);
  EXPECT_EQ(number_after(junit, "name=\"before_usd\" value=\""), before);
  EXPECT_EQ(number_after(junit, "name=\"after_usd\" value=\""), after);
  EXPECT_EQ(number_after(junit, "name=\"delta_usd\" value=\""), value);
  EXPECT_EQ(number_after(junit, "usd: "), value);
  EXPECT_EQ(number_after(junit, "limit: "), limit);
  EXPECT_NE(junit.find("tests=\"2\" failures=\"1\" errors=\"0\""), std::string::npos) << junit;

  // For people four digits are shown, of the same figures.
  for (const CheckFormat format : {CheckFormat::kTable, CheckFormat::kMarkdown, CheckFormat::kGithub}) {
    const std::string text = shown(check, format);
    EXPECT_NE(text.find("+$1,234 > $5.00 and +123%"), std::string::npos) << text;
  }
  EXPECT_EQ(machine_line(check), "capplan: verdict=deny rules=big delta=+1234.25USD");
  EXPECT_EQ(github_outputs(check),
            "verdict=deny\ntotal=2234.50\ndelta=+1234.25\ndelta_pct=+123.39\nwinner=rental/b\n");
}

TEST(CheckReport, MachineLineOfEveryVerdict) {
  EXPECT_EQ(
      machine_line(checked({changed("a", "a")}, "- {id: flip, when: {winner_changed: true}, level: warn}\n")),
      "capplan: verdict=warn rules=flip delta=+1234.25USD");
  Check check = checked({changed("a", "a")}, "[]\n");
  EXPECT_EQ(machine_line(check), "capplan: verdict=pass rules=- delta=+1234.25USD");
  check.input.has_base = false;
  EXPECT_EQ(machine_line(check), "capplan: verdict=pass rules=- delta=-");
  check.unjudged = {"b"};
  EXPECT_EQ(machine_line(check), "capplan: verdict=error rules=- delta=-");
}

// What strangers wrote does nothing in any format.
TEST(CheckReport, NamesDoNothing) {
  const std::string name = "<img src=x>`[a](b)`@team|x\n::error::y%\x1b[31m";
  const Check check = checked({changed("w/" + name, name)}, kRules);
  const std::string markdown = shown(check, CheckFormat::kMarkdown);
  EXPECT_EQ(markdown.find("x\n::error"), std::string::npos);
  bool inside = false;
  for (std::size_t i = 0; i < markdown.size(); ++i) {
    if (markdown[i] == '`') inside = !inside;
    const bool ours = markdown.compare(i, 5, "<img ") != 0 && markdown.compare(i, 5, "@team") != 0;
    EXPECT_TRUE(inside || ours) << markdown.substr(i, 40);
  }
  const std::string github = shown(check, CheckFormat::kGithub);
  for (std::size_t at = 0; at < github.size(); at = github.find('\n', at) + 1)
    EXPECT_TRUE(std::regex_search(github.substr(at, 40), std::regex("^::(error|warning) file=w/<img")))
        << github;
  const std::string junit = shown(check, CheckFormat::kJunit);
  EXPECT_EQ(junit.find("<img"), std::string::npos);
  EXPECT_EQ(junit.find('\x1b'), std::string::npos);
  SpecDiff formula = changed("=cmd|'/c calc'!A1", "=1+1");
  const std::string csv = shown(checked({formula}, kRules), CheckFormat::kCsv);
  EXPECT_NE(csv.find(",'=cmd"), std::string::npos) << csv;
  EXPECT_NE(Json::parse(shown(check, CheckFormat::kSarif))["runs"][0]["results"][0]["locations"][0]
                                                          ["physicalLocation"]["artifactLocation"]["uri"]
                                                              .get<std::string>()
                                                              .find("%3Cimg"),
            std::string::npos);
}

// GitHub refuses a comment that is too long: parts are left out, and that is said.
TEST(CheckReport, CommentsKeepWithinTheLimit) {
  std::vector<SpecDiff> specs;
  for (int i = 0; i < 3000; ++i) {
    const std::string file = "workloads/" + std::string(60, 'x') + std::to_string(i) + ".yaml";
    specs.push_back(changed(file, std::string(i % 100 == 0 ? 5000 : 20, 'n')));
  }
  const std::string text = shown(checked(std::move(specs), kRules), CheckFormat::kMarkdown);
  EXPECT_LE(text.size(), kCommentLimit);
  EXPECT_GT(text.size(), 40'000U);
  for (const char* part :
       {"<!-- capplan:tag=default -->", "more rows are left out", "more findings are left out",
        "more keys are left out", "</details>", "3000 denied", "prices as of"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(CheckReport, TheSameTwice) {
  const Check check = checked({changed("w/tune.yaml", "tune")}, kRules);
  EXPECT_EQ(shown(check, CheckFormat::kMarkdown), shown(check, CheckFormat::kMarkdown));
}

TEST(CheckReport, NothingToSay) {
  SpecDiff same = changed("w/tune.yaml", "tune");
  same.head = same.head_at_base = same.base;
  same.effects = {};
  same.keys.clear();
  same.winner_changed = Cause::kNone;
  const std::string text = shown(checked({same}, kRules), CheckFormat::kTable);
  EXPECT_NE(text.find("no change in cost  passes"), std::string::npos) << text;
  EXPECT_NE(text.find("1 spec without a change or a finding"), std::string::npos) << text;
}

}  // namespace
}  // namespace capplan

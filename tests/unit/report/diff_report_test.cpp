#include "report/diff_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace capplan {
namespace {

Money usd(double amount) { return Money::of(Usd::of(amount)); }

Outcome outcome(const std::string& winner, double total) {
  Outcome o;
  o.name = "tune";
  o.identity = {"0.1.0", "aa", "2026-08-22", "bb"};
  o.winner = winner;
  o.feasible = true;
  o.total = usd(total);
  o.wall_clock = 10 * kHour;
  o.workloads = {{"tune", usd(total)}};
  o.by_plan = {{winner, usd(total)}, {"rental/a", usd(total + 50)}};
  return o;
}

Diff example(const std::string& name) {
  SpecDiff spec;
  spec.file = name;
  spec.name = name;
  spec.base = outcome("rental/a", 100);
  spec.head = outcome("rental/b", 130);
  spec.effects = {usd(40), usd(-10), Money(), Money()};
  spec.workloads = {{name, usd(100), usd(130), spec.effects}};
  spec.keys = {{name, "1T", "2T", {name, 7, 3, 1}, usd(40), true}};
  spec.winner_changed = Cause::kSpecAndPrice;
  return {{spec}};
}

TEST(DiffReport, TableSaysWhatAndWhy) {
  const std::string text = render(example("dataset.tokens"), "main → working tree", DiffFormat::kTable, {});
  for (const char* part : {"+$30.00 (+30%)", "$100 ", "$130 ", "+$40.00", "−$10.00", "main → working tree",
                           "winner rental/a → rental/b, because of the spec and the prices (dataset.tokens)",
                           "rental/a would now cost $180, and did $100", "dataset.tokens:7"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(DiffReport, JsonSums) {
  const auto json = nlohmann::json::parse(render(example("x"), "", DiffFormat::kJson, {}));
  const auto& effects = json["effects"];
  EXPECT_EQ(json["after_usd"].get<double>() - json["before_usd"].get<double>(),
            effects["spec_usd"].get<double>() + effects["price_usd"].get<double>() +
                effects["engine_usd"].get<double>() + effects["unsplit_usd"].get<double>());
  EXPECT_EQ(json["specs"][0]["changed_keys"][0]["line"], 7);
}

// Names come from the specs of strangers. In a code span of Markdown nothing is interpreted.
TEST(DiffReport, NamesDoNothingInMarkdown) {
  const std::string text = render(example("<img src=x>`[a](b)`@team|x"), "`<b>`", DiffFormat::kMarkdown, {});
  EXPECT_NE(text.find("| `<img src=x>'[a](b)'@team\\|x` |"), std::string::npos) << text;
  EXPECT_NE(text.find("`'<b>'`"), std::string::npos) << text;
  std::size_t ticks = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '`') ++ticks;
    if (text[at] == '<') {
      EXPECT_EQ(ticks % 2, 1U) << "outside a code span: " << text.substr(at, 20);
    }
  }
}

TEST(DiffReport, NamesDoNotSteerTheTerminal) {
  for (const DiffFormat format : {DiffFormat::kTable, DiffFormat::kMarkdown}) {
    const std::string text = render(example("a\x1b[2J\u009b\u202e"), "\x1b]0;x\x07", format, {});
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find("\u009b"), std::string::npos);
    EXPECT_EQ(text.find("\u202e"), std::string::npos);
  }
}

}  // namespace
}  // namespace capplan

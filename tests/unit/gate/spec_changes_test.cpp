#include "gate/spec_changes.h"

#include <gtest/gtest.h>

#include "input/yaml_text.h"

namespace capplan {
namespace {

YamlNode parsed(const std::string& text) {
  Result<YamlNode> root = parse_yaml({"spec.yaml", text});
  if (root) return std::move(*root);
  ADD_FAILURE() << format_diagnostic(root.error().front(), text);
  return {};
}

std::vector<std::string> keys_of(const std::string& base, const std::string& head) {
  const YamlNode a = parsed(base), b = parsed(head);
  std::vector<std::string> keys;
  for (const ChangedKey& change : changed_keys(a, b)) keys.push_back(change.key());
  return keys;
}

using Keys = std::vector<std::string>;

TEST(SpecChanges, AreOfValuesNotOfTheirWriting) {
  EXPECT_EQ(keys_of("a: {b: 1, c: x}\n", "# comment\na:\n  c: x\n  b: 1\n"), Keys{});
  EXPECT_EQ(keys_of("a: 1\n", "a: 2\n"), Keys{"a"});
  EXPECT_EQ(keys_of("a: 1\n", "a: \"1\"\n"), Keys{"a"});  // a number and a text
}

TEST(SpecChanges, NamesKeysByTheirPath) {
  EXPECT_EQ(keys_of("a: {b: {c: 1, d: 2}}\n", "a: {b: {c: 3, e: 4}}\n"), (Keys{"a.b.c", "a.b.e", "a.b.d"}));
  EXPECT_EQ(keys_of("a: 1\n", "a: 1\nslo: {ttft: 1 s, tpot: 2 s}\n"), Keys{"slo"});
  EXPECT_EQ(keys_of("l: [1, 2]\n", "l: [2, 1]\n"), Keys{"l"});
}

TEST(SpecChanges, ComparesWorkloadsByName) {
  EXPECT_EQ(keys_of("workloads:\n- {name: a, n: 1}\n- {name: b, n: 1}\n",
                    "workloads:\n- {name: b, n: 2}\n- {name: c, n: 1}\n"),
            (Keys{"b.n", "workloads.c", "workloads.a"}));
}

TEST(SpecChanges, StandWhereTheKeyStands) {
  const YamlNode a = parsed("v: 1\na:\n  b: 1\n  d: 1\n"), b = parsed("v: 1\n\na:\n  b: 2\n");
  const auto changes = changed_keys(a, b);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].place.line, 4);
  EXPECT_EQ(changes[0].place.column, 3);
  EXPECT_EQ(changes[1].place.line, 4);  // in the base: the head does not have it
}

// Setting every change back one after the other gives the base again, order aside.
TEST(SpecChanges, SetBackGivesTheBase) {
  const std::string base =
      "version: 1\nx: [a, b]\nworkloads:\n- {name: a, m: {p: 7B, q: \"7\"}}\n- {name: b, m: {p: 1}}\n";
  const std::string head =
      "version: 1\ny: {z: 1}\nworkloads:\n- {name: c, m: {p: 2}}\n- {name: a, m: {p: 8B, r: 1}}\n";
  const YamlNode a = parsed(base);
  YamlNode now = parsed(head);
  std::size_t steps = 0;
  for (auto changes = changed_keys(a, now); !changes.empty() && steps < 20; changes = changed_keys(a, now)) {
    now = set_back(now, changes.front());
    ++steps;
  }
  EXPECT_EQ(steps, 7U);
  EXPECT_TRUE(changed_keys(now, a).empty());
}

TEST(SpecChanges, TreeReadsBackFromItsText) {
  const std::string text =
      "a: 1 TB\nb: \"45%\"\nc: 'it''s: # \"so\"'\nd: [1, {e: [x, \"y, z\"]}, []]\nf: {}\ng: |\n  two\n  "
      "lines\n"
      "\"h: i\": $2.50/h\n";
  const YamlNode tree = parsed(text);
  const YamlNode again = parsed(yaml_text(tree));
  EXPECT_TRUE(changed_keys(tree, again).empty()) << yaml_text(tree);
  EXPECT_EQ(yaml_line(tree), yaml_line(again));
}

}  // namespace
}  // namespace capplan

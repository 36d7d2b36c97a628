#include "input/yaml.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace capplan {
namespace {

using Kind = YamlNode::Kind;

YamlNode parse(const std::string& text) {
  const auto root = parse_yaml({"t.yaml", text});
  EXPECT_TRUE(root.has_value()) << text << "\n" << (root ? "" : root.error().front().message);
  return root.value_or(YamlNode());
}

TEST(Yaml, TreeHasKindsPlacesAndQuotes) {
  const YamlNode root = parse("a: 1\nb: [x, \"7\", ~, '8']\nc:\n  d: |\n    two\n    lines\n");
  ASSERT_EQ(root.kind, Kind::kMap);
  ASSERT_EQ(root.members.size(), 3U);
  EXPECT_EQ(root.find("a")->scalar, "1");
  EXPECT_FALSE(root.find("a")->quoted);
  const YamlNode& list = *root.find("b");
  ASSERT_EQ(list.kind, Kind::kList);
  ASSERT_EQ(list.items.size(), 4U);
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_EQ(list.items[2].kind, Kind::kNull);
  EXPECT_TRUE(list.items[3].quoted);
  EXPECT_EQ(list.items[1].location.file, "t.yaml");
  EXPECT_EQ(list.items[1].location.line, 2);
  EXPECT_EQ(list.items[1].location.column, 8);
  EXPECT_EQ(root.members[2].key.location.line, 3);
  EXPECT_EQ(root.find("c")->find("d")->scalar, "two\nlines\n");
  EXPECT_EQ(root.find("z"), nullptr);
}

TEST(Yaml, AliasesAreWrittenOut) {
  const YamlNode root = parse("a: &x {p: 1}\nb: *x\nc: &y \"it's\"\nd: *y\n");
  EXPECT_EQ(root.find("b")->find("p")->scalar, "1");
  EXPECT_EQ(root.find("d")->scalar, "it's");
}

TEST(Yaml, WhatIsUsualIsRead) {
  for (const char* text :
       {"---\na: 1\n", "a: 1\n...\n",
        "\xef\xbb\xbf"
        "a: \"1\"\n",
        "# c\n\na: 1", "a: 'x: # y'", "{a: 1}\n", "a: \"say \\\"x\\\"\"\n", "a: 'it''s'\n",
        "a: >-\n  folded\n  text\n", "a: |\n  \"open\n", "? a\n: 1\n", "a: 1\r\nb: 2\r\n"}) {
    EXPECT_EQ(parse(text).kind, Kind::kMap) << text;
  }
}

struct Bad {
  std::string text;
  std::string says;
  int line = 1;
  int column = 1;
};

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::vector<Bad> bad_documents() {
  return {
      {"", "the file is empty"},
      {"# only words\n", "the file is empty"},
      {"---\n", "the file is empty"},
      {"null\n", "the file is empty"},
      {"a: 1\na: 2\n", "duplicate key `a`", 2, 1},
      {"a: 1\n---\nb: 2\n", "a second document in one file", 3, 1},
      {"a: 1\n---\n" + nested(80) + "\n", "a second document in one file", 3, 65},
      {"a:\n\t- 1\n", "a tab as indentation", 2, 1},
      {"a: !!str 1\n", "YAML tags are not used here", 1, 4},
      {"a: !x [1]\n", "YAML tags are not used here", 1, 4},
      {"a: &x {p: 1}\nb: {<<: *x}\n", "merge keys", 2, 5},
      {"a: &x [*x]\n", "an alias may not stand inside", 1, 8},
      {"a: *x\n", "not valid YAML", 1, 4},
      {"? [a]\n: 1\n", "a key must be a plain word", 1, 3},
      {"a: [1\n", "not valid YAML", 2, 1},
      {"a: b: c\n", "a `:` where no mapping can start", 1, 5},
      {"a: \"open\n", "this quote is not closed", 1, 4},
      {"a: 'it''s\n", "this quote is not closed", 1, 4},
      {"a: &x \"open \\\"\n", "this quote is not closed", 1, 4},
      {"a: \"open", "not valid YAML", 1, 9},
      {std::string("a: \0", 4), "not UTF-8 text", 1, 4},
      {"a: 1\nb: \xff\n", "not UTF-8 text", 2, 4},
      {"a: \"b\\_c\"\n", "an escape that gives no UTF-8 text", 1, 4},
      {"\"b\\Nc\": 1\n", "an escape that gives no UTF-8 text", 1, 1},
      {nested(65), "nested deeper than 64 levels", 1, 65},
      {nested(100000), "nested deeper than 64 levels", 1, 65},
      {"a: &a " + nested(40) + "\nb: " + std::string(30, '[') + "*a" + std::string(30, ']') + "\n",
       "nested deeper than 64 levels", 2, 34},
  };
}

TEST(Yaml, WhatIsNotReadSaysWhere) {
  for (const Bad& bad : bad_documents()) {
    SCOPED_TRACE(bad.text.substr(0, 60));
    const auto root = parse_yaml({"t.yaml", bad.text});
    ASSERT_FALSE(root.has_value());
    const Diagnostic& first = root.error().front();
    EXPECT_NE(first.message.find(bad.says), std::string::npos) << first.message;
    EXPECT_EQ(first.location.line, bad.line);
    EXPECT_EQ(first.location.column, bad.column);
  }
}

TEST(Yaml, DepthOf64IsRead) { EXPECT_EQ(parse(nested(64)).kind, Kind::kList); }

TEST(Yaml, AllDuplicatesAreReportedInOrder) {
  const auto root = parse_yaml({"t.yaml", "a: 1\nb: 1\nb: 2\na: 2\n"});
  ASSERT_FALSE(root.has_value());
  ASSERT_EQ(root.error().size(), 2U);
  EXPECT_EQ(root.error()[0].location.line, 3);
  EXPECT_EQ(root.error()[1].location.line, 4);
  EXPECT_EQ(root.error()[0].hint, "it stands already in line 2");
}

TEST(Yaml, ProblemsAreBounded) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "a: !t 1\n";
  const auto root = parse_yaml({"t.yaml", text});
  ASSERT_FALSE(root.has_value());
  EXPECT_LE(root.error().size(), 110U);
}

TEST(Yaml, ControlCharactersAreNoText) {
  for (const char* text :
       {"a: \"\\e[2J\"\n", "\"\\x07\": 1\n", "a: [x, \"\\u202e\"]\n", "a: b\x1b\n", "a: |\n  x\u009b\n"}) {
    const auto root = parse_yaml({"t.yaml", text});
    EXPECT_FALSE(root.has_value()) << text;
  }
  EXPECT_TRUE(parse_yaml({"t.yaml", "a: \"x\\ty\\n\"\n"}).has_value());
}

// Each anchor holds a copy of all below it: without a bound, a megabyte would become gigabytes.
TEST(Yaml, AnchoredNestsAreBounded) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 20000; ++i) text += "x,";
  text += "x" + std::string(60, ']');
  const auto root = parse_yaml({"t.yaml", text});
  ASSERT_FALSE(root.has_value());
  EXPECT_NE(root.error().front().message.find("more than 200,000 nodes"), std::string::npos);
}

}  // namespace
}  // namespace capplan

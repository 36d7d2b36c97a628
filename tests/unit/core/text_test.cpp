#include "core/text.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

TEST(Text, NearestName) {
  const std::vector<std::string_view> keys = {"model", "dataset", "training", "sequence_length",
                                              "max_accelerators"};
  EXPECT_EQ(nearest_name("modle", keys), "model");
  EXPECT_EQ(nearest_name("Dataset", keys), "dataset");
  EXPECT_EQ(nearest_name("trainning", keys), "training");
  EXPECT_EQ(nearest_name("sequence", keys), "sequence_length");
  EXPECT_EQ(nearest_name("maxaccelerators", keys), "max_accelerators");
  EXPECT_EQ(nearest_name("price", keys), "");
  EXPECT_EQ(nearest_name("", keys), "");
  EXPECT_EQ(nearest_name("model", {}), "");
  EXPECT_EQ(nearest_name(std::string(100, 'm'), keys), "");
}

TEST(Text, Join) {
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"a"}), "a");
  EXPECT_EQ(join({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(join({"a", "b"}, "; "), "a; b");
}

TEST(Text, FoldAndTrim) {
  EXPECT_EQ(fold_name("H100-SXM_80 GB"), "h100sxm80gb");
  EXPECT_EQ(fold_name("Qwen2.5/7B"), "qwen257b");
  EXPECT_EQ(to_lower("ÄbC"), "Äbc");  // only ASCII has a case here
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("   "), "");
}

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(Text, Globs) {
  const GlobCase cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"eu-*", "eu-north1", true},
      {"eu-*", "us-east-1", false},
      {"EU-*", "eu-north1", true},
      {"*east*", "us-east-1", true},
      {"a*b*c", "aXbYbc", true},
      {"a*b*c", "aXbY", false},
      {"h100", "h100-sxm", false},
      {"**", "x", true},
      {"*a", "aaab", false},
  };
  for (const GlobCase& c : cases)
    EXPECT_EQ(matches_glob(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
}

TEST(Text, WhatSteersATerminalIsFound) {
  EXPECT_EQ(find_control("plain, ä, €, 字, a\tb\r\n"), std::string_view::npos);
  EXPECT_EQ(find_control("ab\x1b[2J"), 2U);
  EXPECT_EQ(find_control("\x7f"), 0U);
  EXPECT_EQ(find_control("a\u009b"), 1U);  // C1: one character that begins an escape
  EXPECT_EQ(find_control("a\u202eb"), 1U);
  EXPECT_EQ(find_control("a\u2069"), 1U);
  EXPECT_EQ(find_control("\u2013\u00a0"), std::string_view::npos);
  EXPECT_EQ(printable("a\x1b[\u009b\u202e\n\tä"), "a?[????ä");
}

TEST(Text, GlobsOfManyStarsAreQuick) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(10000, 'a')));
}

}  // namespace
}  // namespace capplan

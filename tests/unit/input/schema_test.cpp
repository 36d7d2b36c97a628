#include "input/schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "input/json_schema.h"

namespace capplan {
namespace {

constexpr std::string_view kColours[] = {"red", "green"};
constexpr Field kInner[] = {
    {.key = "each",
     .type = ValueType::kInteger,
     .doc = "how many",
     .required = true,
     .min = 1,
     .max = 100,
     .noun = "runs"},
};
constexpr Field kFields[] = {
    {.key = "text", .type = ValueType::kText, .doc = "words"},
    {.key = "texts", .type = ValueType::kTexts, .doc = "lists of words"},
    {.key = "colour", .type = ValueType::kName, .doc = "a name", .names = kColours},
    {.key = "colours",
     .type = ValueType::kNames,
     .doc = "names",
     .example = "[red]",
     .min = 1,
     .names = kColours},
    {.key = "flag", .type = ValueType::kBool, .doc = "a flag"},
    {.key = "whole", .type = ValueType::kInteger, .doc = "a count", .example = "3", .max = 1e12},
    {.key = "wholes", .type = ValueType::kIntegers, .doc = "counts", .max = 10},
    {.key = "number", .type = ValueType::kNumber, .doc = "a number", .min = -10, .max = 10},
    {.key = "ratio", .type = ValueType::kRatio, .doc = "a ratio", .max = 1, .above_min = true},
    {.key = "multiple", .type = ValueType::kMultiple, .doc = "a multiple", .max = 100},
    {.key = "time",
     .type = ValueType::kQuantity,
     .doc = "a duration",
     .dim = {.second = 1},
     .max = 1e9,
     .above_min = true},
    {.key = "price", .type = ValueType::kQuantity, .doc = "a price", .dim = {.usd = 1, .second = -1}},
    {.key = "date", .type = ValueType::kDate, .doc = "a day"},
    {.key = "map", .type = ValueType::kMap, .doc = "a map", .fields = kInner},
    {.key = "maps", .type = ValueType::kMaps, .doc = "maps", .min = 1, .fields = kInner},
    {.key = "either", .type = ValueType::kMultiple, .doc = "a multiple or a map", .fields = kInner},
};

YamlNode parse(const std::string& text) {
  const auto root = parse_yaml({"t.yaml", text});
  EXPECT_TRUE(root.has_value()) << text;
  return root.value_or(YamlNode());
}

Diagnostics problems_of(const std::string& text) {
  Diagnostics problems;
  check_fields(parse(text), kFields, "", problems);
  return problems;
}

TEST(Schema, AcceptsAndReads) {
  const YamlNode root = parse(
      "text: 5\ntexts: [a, 'b']\ncolour: red\ncolours: [red, green]\nflag: false\nwhole: 1.001k\nwholes: [1, "
      "2]\nnumber: -2.5\n"
      "ratio: 45%\nmultiple: 3x\ntime: 2 h\nprice: $3.60/h\ndate: 2026-08-22\nmap: {each: 2 runs}\nmaps: "
      "[{each: 1}, {each: 1 run}]\n"
      "either: {each: 7}\n");
  Diagnostics problems;
  check_fields(root, kFields, "", problems);
  EXPECT_TRUE(problems.empty()) << problems.front().message;
  const Section top(root, kFields);
  EXPECT_EQ(top.text("text"), "5");
  EXPECT_EQ(top.texts("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(top.texts("colours").size(), 2U);
  EXPECT_EQ(top.flag("flag"), false);
  EXPECT_EQ(top.number("whole"), 1001);
  EXPECT_EQ(top.numbers("wholes"), (std::vector<double>{1, 2}));
  EXPECT_EQ(top.number("number"), -2.5);
  EXPECT_DOUBLE_EQ(top.number("ratio").value_or(0), 0.45);
  EXPECT_EQ(top.number("multiple"), 3);
  EXPECT_EQ(top.duration("time"), 2 * kHour);
  EXPECT_DOUBLE_EQ((top.quantity<Dim{.usd = 1, .second = -1}>("price").value_or(UsdRate()) * kHour).in(kUsd),
                   3.6);
  EXPECT_EQ(top.text("date"), "2026-08-22");
  EXPECT_EQ(top.section("map").number("each"), 2);
  EXPECT_EQ(top.sections("maps").size(), 2U);
  EXPECT_EQ(top.number("either"), std::nullopt);
  EXPECT_EQ(top.section("either").number("each"), 7);
}

TEST(Schema, AbsentAndWrongValuesReadAsNothing) {
  const YamlNode root = parse("whole: x\nflag: yes\ntime: 5\ntexts: [a, [b]]\nwholes: [1, x]\ntext:\n");
  const Section top(root, kFields);
  EXPECT_EQ(top.number("whole"), std::nullopt);
  EXPECT_EQ(top.flag("flag"), std::nullopt);
  EXPECT_EQ(top.duration("time"), std::nullopt);
  EXPECT_EQ(top.texts("texts").size(), 1U);
  EXPECT_EQ(top.numbers("wholes").size(), 1U);
  EXPECT_FALSE(top.has("text"));
  EXPECT_FALSE(top.has("number"));
  EXPECT_FALSE(top.section("map"));
  EXPECT_EQ(top.location("time").line, 3);
  EXPECT_EQ(top.key_location("time").column, 1);
  EXPECT_FALSE(Section());
  EXPECT_EQ(Section().number("anything"), std::nullopt);
}

struct Bad {
  const char* text;
  const char* says;
  const char* hint;
};

TEST(Schema, SaysWhatIsWrong) {
  const Bad cases[] = {
      {"txt: a", "unknown key `txt`; expected one of text, texts", "did you mean `text`?"},
      {"map: {eech: 1, each: 1}", "unknown key `eech` in `map`", "did you mean `each`?"},
      {"map: {}", "`map` lacks `each`: how many", ""},
      {"text: ''", "`text`: expected text, found nothing", ""},
      {"texts: a", "`texts` must be a list", ""},
      {"texts: [{a: 1}]", "`texts[0]`: expected text", ""},
      {"colour: reed", "expected one of red, green, found `reed`", "did you mean `red`?"},
      {"colours: []", "`colours` is empty", "for instance `[red]`"},
      {"colours: [blue]", "`colours[0]`: expected one of red, green", ""},
      {"flag: yes", "expected true or false, found `yes`", "write `true`"},
      {"flag: 'false'", "expected true or false", "write `false`"},
      {"whole: 1.5", "expected a whole number, found `1.5`", ""},
      {"whole: 8.0300000001B", "", ""},
      {"whole: -1", "expected a whole number from 0 to 1000000000000, found `-1`", ""},
      {"whole: 5 GB", "`5 GB` has the wrong unit", ""},
      {"whole: 5 runs", "expected a whole number", ""},
      {"whole: 5%", "found the percentage `5%`", ""},
      {"whole:", "`whole` has no value; expected a whole number", "for instance `3`"},
      {"whole: 010", "found `010`", "octal"},
      {"wholes: [1, 11]", "`wholes[1]`: expected a whole number from 0 to 10", ""},
      {"wholes: [1.5]", "expected a whole number", ""},
      {"number: 11", "expected a number from -10 to 10", ""},
      {"ratio: 0", "expected a ratio", ""},
      {"ratio: 101%", "expected a ratio", ""},
      {"multiple: 3", "expected a multiple such as `3x`", ""},
      {"multiple: 101x", "expected a multiple", ""},
      {"time: 5", "`5` has no unit; expected a duration", ""},
      {"time: 5 GB", "has the wrong unit", ""},
      {"time: 0 s", "expected more than nothing", ""},
      {"time: 1e6 years", "out of range", ""},
      {"price: $5", "has the wrong unit; expected a price for time", ""},
      {"date: 2026-02-30", "expected a date", ""},
      {"map: [1]", "`map` must be a mapping of keys: each", ""},
      {"maps: []", "`maps` is empty", ""},
      {"maps: [1]", "`maps[0]` must be a mapping", ""},
      {"maps: [{each: 101}]", "`maps[0].each`: expected a whole number from 1 to 100 of runs", ""},
      {"either: [3x]", "`either`: expected a multiple", ""},
  };
  for (const Bad& bad : cases) {
    const Diagnostics problems = problems_of(bad.text);
    ASSERT_EQ(problems.size(), 1U) << bad.text;
    EXPECT_NE(problems[0].message.find(bad.says), std::string::npos)
        << bad.text << ": " << problems[0].message;
    EXPECT_NE(problems[0].hint.find(bad.hint), std::string::npos) << bad.text << ": " << problems[0].hint;
  }
}

TEST(Schema, ReportsNoMoreThanAnybodyReads) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_LE(problems_of(text).size(), 200U);
}

TEST(Schema, ReportsAllProblems) {
  EXPECT_EQ(problems_of("a: 1\nb: 2\nwhole: x\ntime: 5\nmaps: [{}, {}]\n").size(), 6U);
}

TEST(JsonSchema, HasEveryFieldWithItsDocumentation) {
  const std::string text = json_schema("things", {kFields});
  EXPECT_TRUE(text.ends_with("}\n"));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["title"], "things");
  const auto& form = json["oneOf"][0];
  EXPECT_EQ(form["additionalProperties"], false);
  for (const Field& field : kFields)
    EXPECT_EQ(form["properties"][std::string(field.key)]["description"], field.doc) << field.key;
  EXPECT_EQ(form["properties"]["maps"]["minItems"], 1);
  EXPECT_EQ(form["properties"]["map"]["required"][0], "each");
  EXPECT_EQ(form["properties"]["whole"]["examples"][0], 3);
  EXPECT_EQ(form["properties"]["number"]["anyOf"][0]["minimum"], -10);
  EXPECT_EQ(form["properties"]["ratio"]["anyOf"][0]["exclusiveMinimum"], 0);
  EXPECT_EQ(form["properties"]["either"]["anyOf"].size(), 3U);
  EXPECT_EQ(form["properties"]["number"]["anyOf"][2]["$ref"], "#/definitions/distribution");
}

}  // namespace
}  // namespace capplan

// Every file of tests/corpus/specs ends as its place says, and the JSON Schema agrees with the reader
// wherever a schema can see the fault.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

// valijson's headers do not keep to our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "capplan/spec/load.h"
#include "input/yaml.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kCorpus = fs::path(CAPPLAN_SOURCE_DIR) / "tests" / "corpus" / "specs";

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_of(const char* folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kCorpus / folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// What follows "# key: " in one of the first two lines.
std::string note(const std::string& text, const std::string& key) {
  const std::string mark = "# " + key + ": ";
  std::size_t begin = 0;
  for (int line = 0; line < 2 && begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (text.compare(begin, mark.size(), mark) == 0)
      return text.substr(begin + mark.size(), end - begin - mark.size());
    begin = end + 1;
  }
  return {};
}

Result<LoadedSpec> load(const fs::path& path, const std::string& text) {
  const auto read_file = [&](const std::string& name) -> tl::expected<std::string, std::string> {
    const fs::path file = path.parent_path() / name;
    if (!fs::is_regular_file(file)) return tl::unexpected<std::string>("no such file");
    return read_text(file);
  };
  return load_spec(path.filename().string(), text, read_file);
}

// As JSON has it: what YAML's readers in editors make of a plain scalar.
Json scalar_json(const YamlNode& node) {
  const std::string& text = node.scalar;
  if (node.quoted) return text;
  if (text == "true" || text == "false") return text == "true";
  const Json number = Json::parse(text, nullptr, false);
  if (!number.is_number()) return text;
  const double value = number.get<double>();
  const bool whole = value == std::floor(value) && std::abs(value) < 1e18;
  return whole ? Json(static_cast<std::int64_t>(value)) : number;
}

Json to_json(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kScalar:
      return scalar_json(node);
    case YamlNode::Kind::kList: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case YamlNode::Kind::kMap: {
      Json map = Json::object();
      for (const auto& [key, value] : node.members) map[key.scalar] = to_json(value);
      return map;
    }
  }
  return nullptr;
}

class SchemaOracle {
 public:
  SchemaOracle() : text_(Json::parse(spec_json_schema())) {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text_), schema_);
  }

  bool accepts(const YamlNode& root) {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    const Json document = to_json(root);
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }

 private:
  Json text_;
  valijson::Schema schema_;
};

void expect_inside(const Location& at, const std::string& text) {
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  ASSERT_GE(at.line, 1);
  ASSERT_LE(at.line, lines);
  std::size_t begin = 0;
  for (int i = 1; i < at.line; ++i) begin = text.find('\n', begin) + 1;
  const std::size_t end = std::min(text.find('\n', begin), text.size());
  EXPECT_GE(at.column, 1);
  EXPECT_LE(static_cast<std::size_t>(at.column), end - begin + 1);
}

std::string all_of(const Diagnostics& diagnostics, const std::string& text) {
  std::string out;
  for (const Diagnostic& d : diagnostics) out += format_diagnostic(d, text);
  return out;
}

bool any_says(const Diagnostics& diagnostics, const std::string& part) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& d) {
    return (d.message + "\n" + d.hint).find(part) != std::string::npos;
  });
}

TEST(SpecCorpus, GoodFilesAreReadAndSatisfyTheSchema) {
  SchemaOracle schema;
  const auto files = files_of("good");
  EXPECT_GE(files.size(), 25U);
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.filename().string());
    const std::string text = read_text(path);
    const auto loaded = load(path, text);
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : all_of(loaded.error(), text));
    const auto root = parse_yaml({"spec", text});
    ASSERT_TRUE(root.has_value());
    EXPECT_TRUE(schema.accepts(*root));
    if (!loaded) continue;
    EXPECT_EQ(loaded->warnings.empty(), path.stem().string().find("warns") == std::string::npos);
    for (const Diagnostic& d : loaded->warnings) expect_inside(d.location, text);
  }
}

TEST(SpecCorpus, BadFilesAreRefusedForTheirReason) {
  SchemaOracle schema;
  const auto files = files_of("bad");
  EXPECT_GE(files.size(), 70U);
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.filename().string());
    const std::string text = read_text(path);
    const std::string expected = note(text, "expect");
    EXPECT_FALSE(expected.empty());
    const auto loaded = load(path, text);
    ASSERT_FALSE(loaded.has_value());
    EXPECT_TRUE(any_says(loaded.error(), expected)) << all_of(loaded.error(), text);
    for (const Diagnostic& d : loaded.error()) expect_inside(d.location, text);
    const auto root = parse_yaml({"spec", text});
    if (!root) continue;
    // A file that the schema refuses needs no mark: then it is wrong the other way round.
    EXPECT_EQ(schema.accepts(*root), note(text, "schema") == "cannot say");
  }
}

TEST(SpecCorpus, EmptyFileIsRefused) {
  const auto loaded = load(kCorpus / "good" / "none.yaml", "");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_TRUE(any_says(loaded.error(), "the file is empty"));
}

TEST(SpecSchema, IsTheSameEachTime) {
  EXPECT_EQ(spec_json_schema(), spec_json_schema());
  const Json schema = Json::parse(spec_json_schema());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["oneOf"].size(), 2U);
}

}  // namespace
}  // namespace capplan

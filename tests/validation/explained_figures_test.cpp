// Every number of the JSON of every example has a derivation with the same value, and every node of it
// follows from its parts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "capplan/explain/derivation.h"
#include "capplan/report/report.h"
#include "capplan/spec/load.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using Json = nlohmann::json;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void each_number(const Json& value, const std::string& path,
                 const std::function<void(const std::string&, double)>& visit) {
  if (value.is_number()) {
    visit(path, value.get<double>());
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items())
      each_number(member, path.empty() ? key : path + "." + key, visit);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      each_number(value[i], path + "[" + std::to_string(i) + "]", visit);
  }
}

bool close(double a, double b) {
  // Amounts are rounded to a millionth of a dollar each.
  return std::abs(a - b) <= 1e-4 + 1e-9 * std::max(std::abs(a), std::abs(b));
}

const std::string& methodology() {
  static const std::string text = read(std::filesystem::path(CAPPLAN_SOURCE_DIR) / "docs/methodology.md");
  return text;
}

// Whether each "docs/methodology.md, section 12 (P10, P50, P90)" names a section under its heading.
bool cites_a_section(const std::string& source) {
  static std::set<std::string> seen;  // few sources stand at many nodes
  if (seen.contains(source)) return true;
  static const std::regex citation(R"(docs/methodology\.md(, section (\d+) \(([^)]*)\))?)");
  for (std::sregex_iterator i(source.begin(), source.end(), citation), end; i != end; ++i) {
    const std::string heading = "\n## " + (*i)[2].str() + ". " + (*i)[3].str() + "\n";
    if (methodology().find(heading) == std::string::npos) return false;
  }
  seen.insert(source);
  return true;
}

// The first node that its parts do not make; empty where all hold.
std::string first_wrong(const Derivation& d) {
  if (!std::isfinite(d.value)) return d.name + " is not finite";
  if (!close(d.value, recomputed(d))) return d.name;
  if (d.operation == Operation::kGiven && !d.parts.empty()) return d.name + " is a leaf with parts";
  if (d.operation == Operation::kGiven && d.source.empty()) return d.name + " has no source";
  if (!cites_a_section(d.source) || !cites_a_section(d.citation)) return d.name + " cites no section";
  for (const Derivation& part : d.parts) {
    if (std::string wrong = first_wrong(part); !wrong.empty()) return wrong;
  }
  return {};
}

// Figures that are made of others, whatever the spec: no leaf, unless it is nothing.
bool goes_deeper(const std::string& path) {
  static const std::regex deep(
      R"(((total|p10|p90|capex|opex|npv|npv_after_tax|amount)_usd|months\[\d+\]|at_start|at_horizon)$)"
      R"(|(wall_clock|accelerator|run)_hours(_p90)?$|break_even\[\d+\]\.(utilization|months)$)"
      R"(|(step_time_s|ttft_ms|energy_kwh|carbon_kg_co2e|mfu)$)");
  const bool compared = path.starts_with("levers") || path.starts_with("relaxations") ||
                        path.find("runners_up") != std::string::npos;
  return !compared && std::regex_search(path, deep);
}

// Served traffic runs all the horizon; what is split does its phases one after the other, and each side of
// split traffic has its own.
bool is_end(const Derivation& d) {
  return d.source == "served all the horizon" || d.source.find("section 8 (Hybrid)") != std::string::npos;
}

class ExplainedFigures : public ::testing::TestWithParam<std::string> {};

TEST_P(ExplainedFigures, EveryNumberFollowsFromItsParts) {
  const auto folder = std::filesystem::path(CAPPLAN_SOURCE_DIR) / "examples";
  const auto spec = load_spec(
      GetParam(), read(folder / GetParam()),
      [&](const std::string& file) -> tl::expected<std::string, std::string> { return read(folder / file); },
      testing::builtin().exchange_rates());
  ASSERT_TRUE(spec);
  PlanSettings settings;
  const auto plan = make_plan(spec->spec, testing::builtin(), settings);
  ASSERT_TRUE(plan);
  RenderOptions options;
  const Json json = Json::parse(render(*plan, Format::kJson, options));
  const Explained result{*plan, best_of_each(*plan), spec->spec, testing::builtin()};
  int numbers = 0;
  int wrong = 0;
  each_number(json, "", [&](const std::string& path, double value) {
    ++numbers;
    if (wrong > 20) return;
    const auto found = explain(result, path);
    const std::string fault = !found                        ? "has no derivation"
                              : !close(found->value, value) ? "has another value"
                              : goes_deeper(path) && value != 0 && found->parts.empty() && !is_end(*found)
                                  ? "goes no deeper: " + found->source
                                  : first_wrong(*found);
    if (!fault.empty()) ++wrong;
    EXPECT_EQ(fault, "") << path << " of " << GetParam();
  });
  EXPECT_GT(numbers, 100);
}

std::vector<std::string> examples() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(CAPPLAN_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string name_of(const ::testing::TestParamInfo<std::string>& example) {
  std::string name = example.param;
  std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return name;
}

INSTANTIATE_TEST_SUITE_P(Examples, ExplainedFigures, ::testing::ValuesIn(examples()), name_of);

TEST(Explained, ShortNamesAreFiguresOfTheFirstPlan) {
  const auto spec = load_spec("spec.yaml",
                              "version: 1\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 1B}\n"
                              "training: {sequence_length: 8192, global_batch: 64}\n",
                              {}, {});
  ASSERT_TRUE(spec);
  const auto plan = make_plan(spec->spec, testing::builtin(), {});
  ASSERT_TRUE(plan);
  const Explained result{*plan, best_of_each(*plan), spec->spec, testing::builtin()};
  const auto total = explain(result, "total");
  ASSERT_TRUE(total);
  EXPECT_NEAR(total->value, plan->options.front().cost.total().usd(), 1e-5);
  const auto tokens = explain(result, "workloads[0].demand.tokens");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->place.line, 3);
  // No rate is stated, nothing is served, nothing that could be owned is rented.
  const std::set<std::string_view> absent{"npv", "ttft", "tpot", "replicas", "utilization", "break_even"};
  for (const ShortName& known : short_names())
    EXPECT_EQ(explain(result, known.name).has_value(), !absent.contains(known.name)) << known.name;
  EXPECT_FALSE(explain(result, "totl"));
  EXPECT_FALSE(explain(result, "plans[100000].rank"));
  EXPECT_FALSE(explain(result, "plans["));
}

}  // namespace
}  // namespace capplan

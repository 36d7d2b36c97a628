// All formats are made from one result and carry the same numbers.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "capplan/report/report.h"
#include "capplan/spec/load.h"
#include "core/number_text.h"
#include "report/figures.h"

namespace capplan {
namespace {

const Catalog& catalog() {
  static const Catalog loaded = builtin_catalog();
  return loaded;
}

Plan make_plan_of(const std::string& text) {
  const ReadFile no_files = [](const std::string&) -> tl::expected<std::string, std::string> {
    return tl::unexpected<std::string>("none");
  };
  const auto loaded = load_spec("spec.yaml", text, no_files);
  EXPECT_TRUE(loaded.has_value());
  auto plan = make_plan(loaded->spec, catalog(), {});
  EXPECT_TRUE(plan.has_value());
  return std::move(*plan);
}

// Planned once: most of the time goes there, and many tests look at the same plan.
const Plan& plan_of(const std::string& text) {
  static std::map<std::string, Plan> plans;
  const auto found = plans.find(text);
  return found != plans.end() ? found->second : plans.emplace(text, make_plan_of(text)).first->second;
}

const char* const kLlama = R"(
version: 1
name: llama
model: {preset: llama-3-8b}
dataset: {tokens: 100B}
training: {sequence_length: 8192, global_batch: 512}
deadline: 30 days
)";

const char* const kTwo = R"(
version: 1
name: two
workloads:
  - {name: tune, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 1B}, training: {global_batch: 64}, runs: {every: month}, deadline: 3 days}
  - {name: chat, kind: serving, model: {preset: llama-3-8b}, traffic: {requests_per_second: 5, prompt_tokens: 500, output_tokens: 100}}
)";

// Cells of a CSV line without quoted commas, which no column of a plan but `violations` can have.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

void expect_csv_equals_json(const Plan& plan) {
  RenderOptions options;
  options.all = true;
  const auto json = nlohmann::json::parse(render(plan, Format::kJson, options));
  std::istringstream csv(render(plan, Format::kCsv, options));
  std::string line;
  std::getline(csv, line);
  const std::vector<std::string> header = cells_of(line);
  for (const auto& entry : json["plans"]) {
    ASSERT_TRUE(std::getline(csv, line));
    const std::vector<std::string> cells = cells_of(line);
    ASSERT_EQ(cells.size(), header.size());
    const auto cell = [&](const std::string& name) {
      return cells[static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin())];
    };
    EXPECT_EQ(cell("id"), entry["id"].get<std::string>());
    EXPECT_EQ(cell("rank"), std::to_string(entry["rank"].get<int>()));
    for (const char* key :
         {"total_usd", "p10_usd", "p50_usd", "p90_usd", "capex_usd", "opex_usd", "idle_usd"})
      EXPECT_EQ(cell(key), plain_number(entry["cost"][key].get<double>())) << key;
    for (const auto& [category, amount] : entry["cost"]["breakdown_usd"].items())
      EXPECT_EQ(cell(category + "_usd"), plain_number(amount.get<double>()));
    EXPECT_EQ(cell("wall_clock_hours"), plain_number(entry["wall_clock_hours"].get<double>()));
    EXPECT_EQ(cell("energy_kwh"), plain_number(entry["energy_kwh"].get<double>()));
    std::string counts;
    for (const auto& allocation : entry["allocations"])
      counts += (counts.empty() ? "" : ";") + std::to_string(allocation["count"].get<int>());
    EXPECT_EQ(cell("count"), counts);
  }
  EXPECT_FALSE(std::getline(csv, line));
}

TEST(Render, CsvEqualsJsonForEveryPlan) {
  expect_csv_equals_json(plan_of(kLlama));
  expect_csv_equals_json(plan_of(kTwo));
}

TEST(Render, TableAndMarkdownShowTheJsonsFigures) {
  const Plan& plan = plan_of(kLlama);
  RenderOptions options;
  options.top = 6;
  const auto json = nlohmann::json::parse(render(plan, Format::kJson, options));
  const std::string table = render(plan, Format::kTable, options);
  const std::string markdown = render(plan, Format::kMarkdown, options);
  for (const auto& entry : json["plans"]) {
    for (const std::string& shown : {money_text(entry["cost"]["total_usd"].get<double>()),
                                     short_money_text(entry["cost"]["p90_usd"].get<double>()),
                                     time_text(entry["wall_clock_hours"].get<double>() * kHour)}) {
      EXPECT_NE(table.find(shown), std::string::npos) << shown;
      EXPECT_NE(markdown.find(shown), std::string::npos) << shown;
    }
  }
}

TEST(Render, JsonSumsAndShape) {
  const Plan& plan = plan_of(kTwo);
  const auto json = nlohmann::json::parse(render(plan, Format::kJson, {}));
  EXPECT_EQ(json["schema"], "capplan.estimate/1");
  EXPECT_EQ(json["summary"]["shown"].get<std::size_t>(), json["plans"].size());
  EXPECT_EQ(json["summary"]["plans"].get<std::size_t>(), plan.options.size());
  for (const auto& entry : json["plans"]) {
    const auto& cost = entry["cost"];
    double breakdown = 0;
    for (const auto& [category, amount] : cost["breakdown_usd"].items()) breakdown += amount.get<double>();
    double lines = 0;
    for (const auto& line : cost["line_items"]) lines += line["amount_usd"].get<double>();
    const double total = cost["total_usd"].get<double>();
    EXPECT_NEAR(breakdown, total, 1e-5 + total * 1e-11);
    EXPECT_NEAR(lines, total, 1e-5 + total * 1e-11);
    EXPECT_NEAR(cost["capex_usd"].get<double>() + cost["opex_usd"].get<double>(), total,
                1e-5 + total * 1e-11);
    EXPECT_LE(cost["p10_usd"].get<double>(), cost["p50_usd"].get<double>());
    EXPECT_LE(cost["p50_usd"].get<double>(), cost["p90_usd"].get<double>());
    EXPECT_LE(cost["idle_usd"].get<double>(), total);
  }
}

TEST(Render, SameBytesTwice) {
  EXPECT_EQ(render(plan_of(kTwo), Format::kJson, {}), render(make_plan_of(kTwo), Format::kJson, {}));
}

TEST(Render, TopAndAllBoundWhatIsShown) {
  const Plan& plan = plan_of(kLlama);
  RenderOptions top;
  top.top = 3;
  EXPECT_EQ(shown_options(plan, top).size(), 3U);
  RenderOptions all;
  all.all = true;
  EXPECT_EQ(shown_options(plan, all).size(), plan.options.size());
  EXPECT_LT(shown_options(plan, {}).size(), plan.options.size());
}

const char* const kSpot = R"(
version: 1
name: spot
model: {preset: llama-3-8b}
dataset: {tokens: 5B}
training: {sequence_length: 8192, global_batch: 64}
deadline: 4 days
discount_rate: 8%
constraints: {purchases: [spot], options: [cloud]}
pin: {accelerator: H100-SXM-80GB, count: 8}
)";

const PlanOption* first_on_spot(const Plan& plan) {
  for (const PlanOption& o : plan.options) {
    if (o.allocations.front().interrupted && o.feasible) return &o;
  }
  return nullptr;
}

TEST(Render, ANarrowTableSaysHowAPlanIsBoughtAndHowFarOffItMayBe) {
  const Plan& plan = plan_of(kSpot);
  const PlanOption* spot = first_on_spot(plan);
  ASSERT_NE(spot, nullptr);
  RenderOptions options;
  options.all = true;
  for (const int width : {80, 100, 160}) {
    options.width = width;
    std::istringstream table(render(plan, Format::kTable, options));
    const std::string rank = " " + std::to_string(spot->rank) + "  cloud";
    bool bought = false;
    bool late = false;
    bool present = false;
    bool fallback = false;
    bool here = false;
    for (std::string line; std::getline(table, line);) {
      if (line.find(rank) != std::string::npos) here = true;
      if (here && line.find("rests on assumed") != std::string::npos) break;
      if (!here) continue;
      bought = bought || line.find(" spot") != std::string::npos;
      late = late || line.find(short_money_text(spot->sampled->p90.usd())) != std::string::npos;
      present = present || line.find("present value " + money_text(spot->npv->in(kUsd)) + " at 8% a year") !=
                               std::string::npos;
      fallback = fallback || line.find("on-demand in its") != std::string::npos;
    }
    EXPECT_TRUE(bought && late && present && fallback) << width;
  }
}

TEST(Render, CsvHasWhatTheTableNotes) {
  const Plan& plan = plan_of(kSpot);
  RenderOptions options;
  options.all = true;
  std::istringstream csv(render(plan, Format::kCsv, options));
  std::string line;
  std::getline(csv, line);
  const std::vector<std::string> header = cells_of(line);
  ASSERT_GE(header.size(), 9U);
  EXPECT_EQ(std::vector<std::string>(header.end() - 9, header.end()),
            (std::vector<std::string>{"mfu", "npv_usd", "npv_after_tax_usd", "spot_hours", "on_demand_hours",
                                      "assumed_share", "p_over_budget", "p_late", "p_cheapest"}));
  for (const PlanOption& o : plan.options) {
    ASSERT_TRUE(std::getline(csv, line));
    const std::vector<std::string> cells = cells_of(line);
    ASSERT_EQ(cells.size(), header.size()) << o.id;
    const std::size_t end = cells.size();
    EXPECT_EQ(cells[end - 8], plain_number(o.npv->in(kUsd))) << o.id;
    EXPECT_EQ(cells[end - 7], "") << o.id;
    const auto& interrupted = o.allocations.front().interrupted;
    const std::string hours = interrupted ? plain_number(interrupted->on_spot.in(kHour)) : "";
    EXPECT_TRUE(o.allocations.size() > 1 || cells[end - 6] == hours) << o.id;
  }
}

TEST(Render, JsonNamesTheFactorsOfEachLineAndTheShareOfEachAssumption) {
  const Plan& plan = plan_of(kSpot);
  const auto json = nlohmann::json::parse(render(plan, Format::kJson, {}));
  EXPECT_EQ(json["site"], "colocation-us");
  EXPECT_EQ(json["discount_rate"], 0.08);
  for (const auto& entry : json["plans"]) {
    for (const auto& line : entry["cost"]["line_items"]) {
      double product = 1;
      for (const auto& factor : line["factors"]) product *= factor["value"].get<double>();
      const double quantity = line["quantity"].get<double>();
      EXPECT_NEAR(product, quantity, 1e-9 * std::abs(quantity)) << line["label"];
    }
    EXPECT_LE(entry["cost"]["assumed_share"].get<double>(), 1);
    for (const auto& a : entry["assumptions"])
      EXPECT_LE(a["share"].get<double>(), entry["cost"]["assumed_share"].get<double>()) << a["path"];
  }
}

TEST(Render, TheBestPlansAssumptionsStandByShare) {
  const Plan& plan = plan_of(kLlama);
  const std::string table = render(plan, Format::kTable, {});
  const std::size_t list = table.find("assumed (for plan 1");
  ASSERT_NE(list, std::string::npos);
  std::istringstream lines(table.substr(list));
  std::string line;
  std::getline(lines, line);
  double last = 100;
  int shares = 0;
  while (std::getline(lines, line) && line.starts_with("  · ")) {
    const std::size_t percent = line.find("% ");
    if (percent == std::string::npos || percent > 12 || line.find("under") != std::string::npos) continue;
    const double share = std::stod(line.substr(std::string("  · ").size()));
    EXPECT_LE(share, last) << line;
    last = share;
    ++shares;
  }
  EXPECT_GT(shares, 3);
}

TEST(Listing, NumbersAreNumbersAndTextIsSafeInSpreadsheets) {
  Listing listing{"things",
                  {{"name", "NAME", false, 0}, {"price", "PRICE", true, 0}},
                  {{text_cell("=cmd()"), number_cell(2.5)}, {text_cell("a,\"b\""), empty_cell()}}};
  EXPECT_EQ(render(listing, Format::kCsv, {}), "name,price\n'=cmd(),2.5\n\"a,\"\"b\"\"\",\n");
  const auto json = nlohmann::json::parse(render(listing, Format::kJson, {}));
  EXPECT_EQ(json["things"][0]["price"], 2.5);
  EXPECT_TRUE(json["things"][1]["price"].is_null());
}

// Where nothing is feasible, every format but CSV says what would let a plan in.
TEST(Render, WhatWouldLetAPlanIn) {
  const Plan& plan = plan_of(std::string(kLlama) + "constraints: {budget: $1000}\n");
  ASSERT_FALSE(plan.feasible());
  ASSERT_FALSE(plan.relaxations.empty());
  const auto json = nlohmann::json::parse(render(plan, Format::kJson, {}));
  ASSERT_EQ(json["relaxations"].size(), plan.relaxations.size());
  for (std::size_t i = 0; i < plan.relaxations.size(); ++i) {
    const Relaxation& r = plan.relaxations[i];
    EXPECT_EQ(json["relaxations"][i]["path"], r.path);
    EXPECT_EQ(json["relaxations"][i]["to"], r.to);
    for (const Format format : {Format::kTable, Format::kMarkdown})
      EXPECT_NE(render(plan, format, {}).find(r.path + ": " + r.to + " (" + r.change + ")"),
                std::string::npos);
  }
  EXPECT_FALSE(nlohmann::json::parse(render(plan_of(kLlama), Format::kJson, {})).contains("relaxations"));
}

// Rows of the trade-offs are on the front, from the cheapest on; `--all` shows all of it.
TEST(Render, TradeOffsAreTheFront) {
  const Plan& plan = plan_of(kLlama);
  const auto ranks = [&](bool all, int width) {
    RenderOptions options;
    options.all = all;
    options.width = width;
    std::istringstream lines(render(plan, Format::kTable, options));
    std::vector<int> found;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
      if (inside && line.find(" × ") == std::string::npos) break;
      if (inside) found.push_back(std::stoi(line));
      if (line.find("TRADE-OFF") != std::string::npos) inside = true;
    }
    return found;
  };
  const std::vector<int> whole = ranks(true, 0);
  const auto on_front = std::count_if(plan.options.begin(), plan.options.end(),
                                      [](const PlanOption& o) { return o.on_pareto_front; });
  EXPECT_EQ(static_cast<long>(whole.size()), on_front);
  const std::vector<int> steps = ranks(false, 80);
  EXPECT_GT(steps.size(), 1U);
  EXPECT_LE(steps.size(), whole.size());
  EXPECT_EQ(ranks(false, 160), steps);
  for (const int rank : steps) EXPECT_TRUE(plan.options[static_cast<std::size_t>(rank) - 1].on_pareto_front);
  EXPECT_EQ(steps.front(), 1);
}

// A plan that nobody compares has no quantiles: none are written, where others stand.
TEST(Render, PlansWithoutSamplesHaveNoQuantiles) {
  const auto loaded =
      load_spec("spec.yaml", kLlama, [](const std::string&) -> tl::expected<std::string, std::string> {
        return tl::unexpected<std::string>("none");
      });
  PlanSettings settings;
  settings.comparisons = false;
  const auto plan = make_plan(loaded->spec, catalog(), settings);
  RenderOptions options;
  options.all = true;
  const auto json = nlohmann::json::parse(render(*plan, Format::kJson, options));
  EXPECT_TRUE(json["plans"].front()["cost"]["p90_usd"].is_number());
  EXPECT_TRUE(json["plans"].back()["cost"]["p90_usd"].is_null());
  std::istringstream lines(render(*plan, Format::kCsv, options));
  std::string line;
  std::getline(lines, line);
  const std::size_t columns = cells_of(line).size();
  while (std::getline(lines, line)) EXPECT_EQ(cells_of(line).size(), columns);
}

}  // namespace
}  // namespace capplan

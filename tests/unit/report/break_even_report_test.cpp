#include "report/break_even_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/chart.h"
#include "report/grid.h"
#include "support/plans.h"

namespace capplan {
namespace {

const BreakEvenStudy& study() {
  static const BreakEvenStudy made = *study_break_even(
      testing::spec_of(
          "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\npin: {accelerator: H100-SXM-80GB}\n"),
      testing::builtin(), {});
  return made;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Chart, CrossingStandsWhereTheLinesMeet) {
  Chart chart;
  chart.owning = {{0, 50}, {1, 50}};
  chart.renting = {{0, 0}, {1, 100}};
  chart.x_first = "0%";
  chart.x_last = "100%";
  chart.crossing = 0.5;
  chart.now = 1;
  RenderOptions options;
  options.width = 80;
  const std::string text = draw(chart, options);
  const auto lines = lines_of(text);
  const auto crossing = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("×") != std::string::npos;
  });
  ASSERT_NE(crossing, lines.end());
  const std::string before = crossing->substr(0, crossing->find("×"));
  EXPECT_NEAR(static_cast<double>(display_width(before)), 10 + 34, 1);
  EXPECT_NE(lines.front().find("$100"), std::string::npos);
  for (const std::string& line : lines) EXPECT_LE(display_width(line), 80U) << line;
}

TEST(BreakEvenReport, FitsTheWidthAndAscii) {
  for (const int width : {80, 160}) {
    RenderOptions options;
    options.width = width;
    for (const std::string& line : lines_of(render(study(), Format::kTable, options)))
      EXPECT_LE(display_width(line), static_cast<std::size_t>(width)) << line;
    options.ascii = true;
    const std::string ascii = render(study(), Format::kTable, options);
    EXPECT_TRUE(
        std::all_of(ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
  }
}

TEST(BreakEvenReport, FormatsAgree) {
  const auto json = nlohmann::json::parse(render(study(), Format::kJson, {}));
  EXPECT_EQ(json["schema"], "capplan.breakeven/1");
  EXPECT_EQ(json["discounting"]["timing"], "end");
  const auto& workload = json["workloads"][0];
  const auto& first = workload["buy_or_rent"][0];
  const BuyOrRent& b = study().workloads.front().purchases.front();
  EXPECT_EQ(first["buy"], b.buy);
  EXPECT_NEAR(first["undiscounted"]["saving_usd"].get<double>(), b.undiscounted.saving().in(kUsd), 1e-3);
  EXPECT_EQ(first["curves"]["cost_over_use"].size(), 11U);
  EXPECT_EQ(first["curves"]["cash_over_months"].size(), b.months.size());
  const auto rows = lines_of(render(study(), Format::kCsv, {}));
  EXPECT_EQ(rows.size(), 1 + workload["buy_or_rent"].size() + workload["commitments"].size());
  const auto commas = [](const std::string& row) { return std::count(row.begin(), row.end(), ','); };
  for (const std::string& row : rows) EXPECT_EQ(commas(row), commas(rows.front())) << row;
  const std::string markdown = render(study(), Format::kMarkdown, {});
  EXPECT_NE(markdown.find(b.buy), std::string::npos);
}

}  // namespace
}  // namespace capplan

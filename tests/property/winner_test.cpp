// A plan of the winner alone has the winner of the full plan, with all its figures.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "capplan/gate/outcome.h"
#include "property/holds.h"
#include "support/plans.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::market_of;
using testing::plan_of;
using testing::Row;

Outcome outcome(const PlanSpec& spec, const Catalog& prices, bool winner_alone) {
  PlanSettings settings;
  settings.comparisons = false;
  settings.winner_alone = winner_alone;
  return outcome_of(plan_of(spec, prices, settings), {});
}

// All that a gate reads of an outcome, as text.
std::string figures(const Outcome& o) {
  std::ostringstream text;
  text.precision(17);
  text << o.winner << " " << o.feasible << " " << o.total.micros() << " " << o.wall_clock.base() << " "
       << o.problem;
  for (const WorkloadCost& w : o.workloads) text << " " << w.name << "=" << w.cost.micros();
  if (!o.standing) return text.str();
  const Standing& s = *o.standing;
  text << " " << s.p50.micros() << " " << s.p90.micros() << " " << s.p_over_budget.value_or(-1) << " "
       << s.p_late.value_or(-1) << " " << s.kg_co2e << " " << s.assumption_share << " " << s.oldest_price
       << " " << s.breaks_budget << s.breaks_deadline << s.breaks_other;
  return text.str();
}

std::string one_of(const std::vector<std::string>& texts) {
  return texts[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(texts.size())))];
}

// Small jobs are rented, large ones may be owned or split. Markets of their own know two models.
std::string any_work() {
  const std::string count = std::to_string(*rc::gen::inRange(1, 20000));
  const std::string peak = std::to_string(*rc::gen::inRange(3, 3000));
  const std::string llama = "model: {preset: llama-3-8b}\n";
  return one_of({
      llama + "dataset: {tokens: " + count + "M}\ntraining: {sequence_length: 4096, global_batch: 256}\n",
      llama + "dataset: {tokens: " + count + "B}\ntraining: {sequence_length: 4096, global_batch: 1024}\n",
      "kind: fine-tuning\n" + llama + "dataset: {tokens: {min: " + count +
          "M, max: 20_000M}}\ntraining: {sequence_length: 2048, global_batch: 32}\noptimizations: [lora]\n",
      "model: {preset: resnet-50}\ndataset: {samples: " + count +
          "000}\ntraining: {epochs: 90, global_batch: 256}\n",
      "kind: serving\n" + llama + "traffic: {requests_per_second: {mean: 2, peak: " + peak +
          "}, prompt_tokens: 800, output_tokens: 200}\n",
      "kind: batch-inference\n" + llama + "dataset: {tokens: " + count + "M}\n",
  });
}

std::string any_spec() {
  std::string spec = any_work();
  if (spec.find("serving") == std::string::npos)
    spec += one_of({"", "", "deadline: 20 days\n", "deadline: 3 days\n", "deadline: 200 days\n",
                    "runs: {every: month}\n", "experiments: 3x\n"});
  spec += one_of({"", "", "pin: {accelerator: H100-SXM-80GB}\n", "pin: {accelerator: L40S-48GB}\n"});
  spec += one_of({"", "", "horizon: 3 months\n", "horizon: 36 months\n"});
  spec += one_of({"", "", "site: {lead_time: 30 days}\n", "operations: {setup_time: 2 days}\n",
                  "carbon_price: $80/t\n", "objective: time\n", "finance: {rate: 9%}\n"});
  const std::string limits =
      one_of({"", "", "budget: $5k", "budget: $1M", "purchases: [spot, marketplace]", "options: [hybrid]",
              "options: [on-prem, hybrid]", "providers: {deny: [\"p0\", vast]}", "max_accelerators: 16",
              "regions: {allow: [\"eu-*\"]}", "data: {may_leave_site: false}", "platforms: [cuda]"});
  return limits.empty() ? spec : spec + "constraints: {" + limits + "}\n";
}

// Sellers who ask the same price are told apart by their names alone.
Catalog any_market() {
  std::vector<Row> rows;
  for (int i = 0, sellers = *rc::gen::inRange(1, 6); i < sellers; ++i) {
    for (const char* accelerator : {"H100-SXM-80GB", "L40S-48GB", "B200-SXM-180GB"}) {
      Row row{.provider = "p" + std::to_string(i)};
      row.accelerator = accelerator;
      row.usd_per_hour = *rc::gen::inRange(1, 5);
      row.cluster = "c";
      rows.push_back(row);
    }
  }
  return market_of(rows);
}

TEST(Property, TheWinnerAloneIsTheWinner) {
  expect_holds([] {
    const std::string text = any_spec();
    RC_LOG() << text;
    const PlanSpec spec = testing::spec_of(text);
    RC_ASSERT(figures(outcome(spec, builtin(), true)) == figures(outcome(spec, builtin(), false)));
  });
}

TEST(Property, TheWinnerAloneIsTheWinnerOfAnyMarket) {
  expect_holds([] {
    const std::string text = any_spec();
    RC_LOG() << text;
    const PlanSpec spec = testing::spec_of(text);
    const Catalog prices = any_market();
    RC_ASSERT(figures(outcome(spec, prices, true)) == figures(outcome(spec, prices, false)));
  });
}

TEST(Property, TheWinnerAloneIsTheWinnerOfEveryExample) {
  std::vector<std::filesystem::path> examples;
  for (const auto& entry : std::filesystem::directory_iterator(CAPPLAN_SOURCE_DIR "/examples")) {
    if (entry.path().extension() == ".yaml") examples.push_back(entry.path());
  }
  std::ranges::sort(examples);
  const int enough = testing::kSanitized ? 2 : 1000;
  int seen = 0;
  for (const auto& path : examples) {
    if (seen >= enough) break;
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    const auto spec = load_spec(path.filename(), text.str(), {}, builtin().exchange_rates());
    if (!spec) continue;  // what names other files
    ++seen;
    EXPECT_EQ(figures(outcome(spec->spec, builtin(), true)), figures(outcome(spec->spec, builtin(), false)))
        << path;
  }
  EXPECT_GE(seen, std::min(enough, 10));
}

}  // namespace
}  // namespace capplan

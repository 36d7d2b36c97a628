#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "capplan/report/report.h"
#include "support/plans.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

using testing::builtin;

const std::string kSmall =
    "name: small\n"
    "model: {architecture: transformer, layers: 24, hidden: 2048, ffn: 8192, heads: 16, kv_heads: 16,"
    " head_dim: 128, vocab: 51200, gated_mlp: false, tied_embeddings: true}\n"
    "dataset: {tokens: 20B}\ntraining: {sequence_length: 2048, global_batch: 96}\n"
    "constraints: {max_accelerators: 64, providers: {allow: [crusoe, lambda]}}\n";

Plan planned(const std::string& spec, const PlanSettings& settings = {}) {
  return testing::plan_of(spec, builtin(), settings);
}

// Ids of one offer differ by count alone, their fourth part.
std::string offer_of(const PlanOption& o) {
  std::size_t begin = 0;
  for (int part = 0; part < 3; ++part) begin = o.id.find('/', begin) + 1;
  return o.id.substr(0, begin) + o.id.substr(o.id.find('/', begin));
}

// Every count pinned in turn: of each offer the cheapest in time.
std::map<std::string, Money> cheapest_of_all_counts(const std::string& rest) {
  std::map<std::string, Money> cheapest;
  for (int count = 1; count <= 64; ++count) {
    const Plan plan =
        planned(kSmall + rest + "pin: {accelerator: A100-SXM-80GB, count: " + std::to_string(count) + "}\n");
    for (const PlanOption& o : plan.options) {
      if (o.option == SupplyOption::kHybrid || !o.meets_deadline) continue;
      const auto [known, is_new] = cheapest.try_emplace(offer_of(o), o.cost.total());
      if (!is_new) known->second = std::min(known->second, o.cost.total());
    }
  }
  return cheapest;
}

TEST(BestCount, IsTheCheapestOfAllCounts) {
  for (const std::string rest : {"deadline: 40 hours\n", "deadline: 6 days\n", ""}) {
    const std::map<std::string, Money> expected = cheapest_of_all_counts(rest);
    ASSERT_GT(expected.size(), 3U);
    const Plan plan = planned(kSmall + rest + "pin: {accelerator: A100-SXM-80GB}\n");
    std::size_t compared = 0;
    for (const PlanOption& o : plan.options) {
      const auto found = expected.find(offer_of(o));
      if (o.option == SupplyOption::kHybrid || found == expected.end()) continue;
      EXPECT_EQ(o.cost.total(), found->second) << o.id << ", " << rest;
      ++compared;
    }
    EXPECT_EQ(compared, expected.size()) << rest;
    if (testing::kSanitized) break;
  }
}

TEST(BestCount, IsTheFastestWhereTimeIsTheObjective) {
  double fastest = 1e30;
  for (const int count : {8, 16, 24, 32, 40, 48, 56, 64}) {
    const Plan plan =
        planned(kSmall + "pin: {accelerator: A100-SXM-80GB, count: " + std::to_string(count) + "}\n");
    for (const PlanOption& o : plan.options) fastest = std::min(fastest, o.wall_clock.base());
  }
  const Plan plan = planned(kSmall + "objective: time\npin: {accelerator: A100-SXM-80GB}\n");
  EXPECT_EQ(plan.options.front().wall_clock.base(), fastest);
}

// More nodes save faster, so a count that is slower undisturbed may be faster where it is interrupted.
TEST(BestCount, IsTheFastestWithInterruptionsToo) {
  const std::string spec =
      "name: spot\nmodel: {architecture: transformer, layers: 32, hidden: 8192, heads: 64, kv_heads: 8,"
      " head_dim: 128, ffn: 32768, vocab: 32000}\n"
      "dataset: {tokens: 1B}\ntraining: {sequence_length: 4096, global_batch: 8, steps: 1000}\n"
      "objective: time\nconstraints: {max_accelerators: 512, purchases: [spot]}\n";
  std::map<std::string, double> fastest;
  for (int count = 8; count <= 512; count += testing::kSanitized ? 72 : 8) {
    const Plan plan =
        planned(spec + "pin: {accelerator: A100-SXM-80GB, count: " + std::to_string(count) + "}\n");
    for (const PlanOption& o : plan.options) {
      if (o.option == SupplyOption::kHybrid) continue;
      const auto [known, is_new] = fastest.try_emplace(offer_of(o), o.wall_clock.base());
      known->second = std::min(known->second, o.wall_clock.base());
    }
  }
  std::size_t compared = 0;
  for (const PlanOption& o : planned(spec + "pin: {accelerator: A100-SXM-80GB}\n").options) {
    const auto known = fastest.find(offer_of(o));
    if (o.option == SupplyOption::kHybrid || known == fastest.end()) continue;
    EXPECT_LE(o.wall_clock.base(), known->second * (1 + 1e-12)) << o.id;
    ++compared;
  }
  EXPECT_GT(compared, 5U);
}

TEST(BestCount, TheFastestKeepsToTheBudgetWhereOneDoes) {
  const auto within = [](const std::string& budget) {
    std::string spec = kSmall + "objective: time\npin: {accelerator: A100-SXM-80GB}\n";
    const std::string constraints = "constraints: {";
    spec.replace(spec.find(constraints), constraints.size(),
                 constraints + "options: [rental]" + budget + ", ");
    return planned(spec).options.front();
  };
  const PlanOption free = within("");
  const PlanOption bound = within(", budget: $680");
  EXPECT_GT(free.cost.total().usd(), 680);
  EXPECT_TRUE(bound.feasible);
  EXPECT_LE(bound.cost.total().usd(), 680);
  EXPECT_GT(bound.allocations.front().count, 8);
  EXPECT_LT(bound.allocations.front().count, free.allocations.front().count);
}

TEST(BestCount, ThreadsChangeNoByte) {
  RenderOptions all;
  all.all = true;
  const std::string one = render(planned(kSmall), Format::kJson, all);
  for (const int threads : {2, 5}) {
    PlanSettings settings;
    settings.threads = threads;
    EXPECT_EQ(render(planned(kSmall, settings), Format::kJson, all), one) << threads;
  }
}

TEST(BestCount, InterruptedThereIsStillAPlanThatSaysSo) {
  Monitor monitor;
  monitor.stop();
  PlanSettings settings;
  settings.monitor = &monitor;
  const Plan plan = planned(kSmall, settings);
  EXPECT_FALSE(plan.proven);
  EXPECT_FALSE(plan.options.empty());
  EXPECT_NE(render(plan, Format::kJson, {}).find("\"proven\": false"), std::string::npos);
  EXPECT_NE(render(plan, Format::kTable, {}).find("not proven"), std::string::npos);
  Monitor undisturbed;
  settings.monitor = &undisturbed;
  EXPECT_TRUE(planned(kSmall, settings).proven);
  EXPECT_NEAR(undisturbed.progress(), 1, 1e-9);
}

TEST(Scaling, EachCountIsFasterAndTheCheapestIsThePlan) {
  PlanSettings settings;
  settings.scaling = true;
  const Plan plan = planned(kSmall + "deadline: 6 days\npin: {accelerator: A100-SXM-80GB}\n", settings);
  ASSERT_EQ(plan.scaling.size(), 1U);
  const ScalingCurve& curve = plan.scaling.front();
  ASSERT_GT(curve.rows.size(), 5U);
  for (std::size_t i = 1; i < curve.rows.size(); ++i) {
    EXPECT_GT(curve.rows[i].count, curve.rows[i - 1].count);
    EXPECT_LT(curve.rows[i].execution.run_time, curve.rows[i - 1].execution.run_time);
  }
  EXPECT_EQ(curve.rows[curve.cheapest].count, plan.options.front().allocations.front().count);
  EXPECT_EQ(curve.rows[curve.cheapest].cost, plan.options.front().cost.total());
}

TEST(Scaling, EveryFormatCarriesTheSameRows) {
  PlanSettings settings;
  settings.scaling = true;
  const Plan plan = planned(kSmall + "pin: {accelerator: A100-SXM-80GB}\n", settings);
  std::istringstream csv(render(plan, Format::kCsv, {}));
  std::string line;
  std::size_t rows = 0;
  std::ptrdiff_t commas = 0;
  while (std::getline(csv, line)) {
    const std::ptrdiff_t here = std::count(line.begin(), line.end(), ',');
    if (rows++ == 0) commas = here;
    EXPECT_EQ(here, commas) << line;
  }
  EXPECT_EQ(rows, plan.scaling.front().rows.size() + 1);
  const std::string json = render(plan, Format::kJson, {});
  EXPECT_NE(
      json.find("\"cheapest_count\": " + std::to_string(plan.options.front().allocations.front().count)),
      std::string::npos);
}

// A curve's time, hours and cost are of all runs, as the plan's are.
TEST(Scaling, CountsEveryRunOfTheHorizon) {
  PlanSettings settings;
  settings.scaling = true;
  const Plan plan =
      planned(kSmall + "runs: {every: month, each: 1}\npin: {accelerator: A100-SXM-80GB}\n", settings);
  const ScalingCurve& curve = plan.scaling.front();
  const ScalingRow& row = curve.rows[curve.cheapest];
  const PlanOption& best = plan.options.front();
  EXPECT_EQ(row.cost, best.cost.total());
  EXPECT_EQ(row.wall_clock.base(), best.wall_clock.base());
  EXPECT_EQ(row.accelerator_hours, best.allocations.front().accelerator_hours);
}

TEST(Scaling, APinnedCountIsOnePointOfIt) {
  PlanSettings settings;
  settings.scaling = true;
  const Plan plan = planned(kSmall + "pin: {accelerator: A100-SXM-80GB, count: 16}\n", settings);
  ASSERT_EQ(plan.scaling.size(), 1U);
  EXPECT_EQ(plan.options.front().allocations.front().count, 16);
  EXPECT_GT(plan.scaling.front().rows.size(), 5U);
}

// What does not fit says what would.
TEST(DoesNotFit, TheSmallestChangeIsNamedAndFits) {
  const std::string pinned =
      "name: big\n"
      "model: {architecture: transformer, layers: 40, hidden: 5120, ffn: 20480, heads: 40, kv_heads: 40,"
      " head_dim: 128, vocab: 51200, gated_mlp: false, tied_embeddings: true}\n"
      "dataset: {tokens: 1B}\ntraining: {sequence_length: 2048, global_batch: 512}\n"
      "constraints: {providers: {allow: [lambda]}}\n";
  const auto relaxations = [&](const std::string& pin) {
    std::map<std::string, int> said;
    for (const Rejection& r : planned(pinned + pin).rejected) {
      if (r.reason.starts_with("does not fit")) ++said[r.relaxation];
    }
    return said;
  };
  const auto pin = relaxations(
      "pin: {accelerator: A100-SXM-40GB, count: 8, tensor_parallel: 1, pipeline_parallel: 1, zero_stage: "
      "1}\n");
  ASSERT_EQ(pin.size(), 1U);
  EXPECT_EQ(pin.begin()->first, "`pin: {tensor_parallel: 8}`");
  EXPECT_TRUE(planned(pinned +
                      "pin: {accelerator: A100-SXM-40GB, count: 8, tensor_parallel: 8, pipeline_parallel: 1,"
                      " zero_stage: 1}\n")
                  .feasible());
  const auto count = relaxations("pin: {accelerator: A100-SXM-40GB, count: 2}\n");
  for (const auto& [relaxation, times] : count)
    EXPECT_NE(relaxation.find("accelerators that work on one run"), std::string::npos) << relaxation;
}

}  // namespace
}  // namespace capplan

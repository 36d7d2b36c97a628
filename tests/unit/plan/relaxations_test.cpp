// Applied to the text of the spec, each relaxation lets a plan in, and one step less of a number does not.
#include <gtest/gtest.h>

#include <charconv>
#include <map>

#include "support/plans.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

using testing::builtin;
using testing::market_of;
using testing::plan_of;

const std::string kSmall =
    "model: {params: 10M}\ndataset: {size: 1 TB, samples: 9M}\n"
    "training: {epochs: 90, global_batch: 256, flops_per_step: 7.7 TFLOP}\n";
const std::string kLlama =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 100B}\npin: {accelerator: H100-SXM-80GB}\n";

PlanSpec changed(const std::string& text, std::string path, const std::string& value) {
  constexpr std::string_view kOnly = "workloads[0].";
  if (path.starts_with(kOnly)) path.erase(0, kOnly.size());
  const ReadFile no_files = [](const std::string& file) -> tl::expected<std::string, std::string> {
    return tl::unexpected("no file " + file);
  };
  ReadSpec read = read_spec("spec.yaml", "version: 1\n" + text, no_files, {}, {{path, value}});
  if (has_errors(read.problems)) throw std::runtime_error(testing::messages(read.problems));
  return std::move(read.spec);
}

bool lets_in(const PlanSpec& spec, const Catalog& catalog) {
  const Plan plan = plan_of(spec, catalog, {.comparisons = false, .objective = {}});
  return plan.feasible() && is_usual(plan.options.front().standing);
}

// "24.4 days" is "24.3 days".
std::string one_step_less(const std::string& value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const std::string unit(end, value.data() + value.size());
  const bool tenths = unit == " days" || unit == " h" || unit == " min";
  return std::to_string(number - (tenths ? 0.1 : 1)) + unit;
}

struct Case {
  std::string name, text;
  std::vector<std::string> paths;  // that are among those found
};

class EachRelaxation : public ::testing::TestWithParam<Case> {};

TEST_P(EachRelaxation, AreEnoughAndNoLessIs) {
  const std::string& text = GetParam().text;
  if (testing::kSanitized && text.find("workloads:") != std::string::npos)
    GTEST_SKIP() << "each probe asks a program: a minute there";
  const Plan plan = plan_of(text);
  ASSERT_FALSE(plan.feasible());
  for (const std::string& path : GetParam().paths)
    EXPECT_TRUE(std::ranges::any_of(plan.relaxations, [&](const Relaxation& r) { return r.path == path; }))
        << path;
  for (const Relaxation& r : plan.relaxations) {
    SCOPED_TRACE(r.path + ": " + r.to + " (" + r.change + ")");
    EXPECT_TRUE(lets_in(changed(text, r.path, r.to), builtin()));
    EXPECT_FALSE(lets_in(changed(text, r.path, r.from == "[]" ? "null" : r.from), builtin()));
    if (!r.change.ends_with(" more")) continue;
    EXPECT_FALSE(lets_in(changed(text, r.path, one_step_less(r.to)), builtin()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , EachRelaxation,
    ::testing::Values(
        Case{"Deadline",
             kLlama + "deadline: 8 h\nconstraints: {max_accelerators: 64, options: [rental]}\n",
             {"workloads[0].deadline", "constraints.max_accelerators"}},
        Case{"Budget", kSmall + "constraints: {budget: $20}\n", {"constraints.budget"}},
        Case{"BudgetAndDeadline",
             kLlama + "deadline: 6 h\nconstraints: {budget: $7k}\n",
             {"constraints.budget", "workloads[0].deadline"}},
        Case{"Accelerators",
             "model: {preset: llama-2-70b}\ndataset: {tokens: 100M}\nconstraints: {max_accelerators: 4}\n",
             {"constraints.max_accelerators"}},
        Case{"Month",
             kLlama + "deadline: 6 months\nconstraints: {budget_per_month: $300}\n",
             {"constraints.budget_per_month"}},
        Case{"Served",
             "kind: serving\nmodel: {preset: llama-3-8b}\n"
             "traffic: {requests_per_second: {mean: 3, peak: 5}, prompt_tokens: 1200, output_tokens: 250}\n"
             "slo: {ttft: 2 ms, tpot: 50 ms, percentile: 95}\n",
             {"workloads[0].slo.ttft"}},
        Case{"Names",
             kSmall + "constraints: {options: [cloud], regions: {allow: [\"nowhere-*\"]}}\n",
             {"constraints.regions"}},
        Case{"TwoWorkloads",
             "horizon: 3 months\nconstraints: {budget: $100, max_accelerators: 16}\nworkloads:\n"
             "  - {name: a, model: {preset: llama-3-8b}, dataset: {tokens: 1B}, runs: {every: month, each: "
             "2}}\n"
             "  - {name: b, model: {preset: llama-3-8b}, dataset: {tokens: 2B}, deadline: 3 days}\n",
             {"constraints.budget"}},
        Case{"Data",
             kLlama + "deadline: 5 days\nsite: {lead_time: 30 days}\n"
                      "constraints: {data: {may_leave_site: false}}\n",
             {"constraints.data.may_leave_site", "workloads[0].deadline"}}),
    [](const auto& each) { return each.param.name; });

const std::string kLocal =
    kSmall + "constraints: {options: [rental], quotas: [{provider: a, accelerators: 1}]}\ndeadline: 12 h\n";

// A quota stands in a list, which no path reaches into: changed in the spec itself.
TEST(Relaxations, OfAQuota) {
  const Catalog catalog = market_of({{.provider = "a", .usd_per_hour = 2, .cluster = "c"}});
  const Plan plan = plan_of(kLocal, catalog);
  ASSERT_FALSE(plan.feasible());
  const auto found =
      std::ranges::find(plan.relaxations, "constraints.quotas[0].accelerators", &Relaxation::path);
  ASSERT_NE(found, plan.relaxations.end());
  PlanSpec spec = testing::spec_of(kLocal);
  const double least = std::stod(found->to);
  EXPECT_GT(least, 1);
  spec.constraints.quotas.front().accelerators = least;
  EXPECT_TRUE(lets_in(spec, catalog));
  spec.constraints.quotas.front().accelerators = least - 1;
  EXPECT_FALSE(lets_in(spec, catalog));
}

TEST(Relaxations, OfPurchasesAndProviders) {
  const Catalog catalog = market_of({{.provider = "a", .usd_per_hour = 2},
                                     {.provider = "a", .usd_per_hour = 1.2, .purchase = "spot"},
                                     {.provider = "b", .usd_per_hour = 2.2}});
  const Plan plan = plan_of(kSmall +
                                "constraints: {options: [rental, cloud], providers: {deny: [\"*\"]}, "
                                "accelerators: {allow: [\"H100-SXM*\"]}}\n",
                            catalog);
  ASSERT_FALSE(plan.feasible());
  ASSERT_FALSE(plan.relaxations.empty());
  for (const Relaxation& r : plan.relaxations) EXPECT_NE(r.path, "constraints.purchases");
  const Relaxation& first = plan.relaxations.front();
  EXPECT_EQ(first.path, "constraints.providers");
  EXPECT_EQ(first.change, "admits a");
  EXPECT_EQ(plan.relaxations.back().path, "constraints.options");
}

TEST(Relaxations, AreNoneWhereSomethingIsFeasibleOrOneChangeIsNotEnough) {
  EXPECT_TRUE(plan_of(kSmall).relaxations.empty());
  const Plan two = plan_of(kSmall +
                           "deadline: 1 min\nconstraints: {budget: $1, options: [rental], "
                           "accelerators: {allow: [\"H100-SXM*\"]}}\n");
  EXPECT_FALSE(two.feasible());
  EXPECT_TRUE(two.relaxations.empty());
}

}  // namespace
}  // namespace capplan

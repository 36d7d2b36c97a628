#include <gtest/gtest.h>

#include "capplan/gate/outcome.h"
#include "capplan/report/report.h"
#include "capplan/spec/load.h"

namespace capplan {
namespace {

constexpr const char* kTwo = R"(version: 1
name: two
workloads:
- name: tune
  kind: fine-tuning
  model: {preset: llama-3-8b}
  dataset: {tokens: 20M}
  training: {epochs: 1, sequence_length: 4096, global_batch: 64}
  optimizations: [lora]
  pin: {accelerator: H100-SXM-80GB}
- name: tune-more
  kind: fine-tuning
  model: {preset: llama-3-8b}
  dataset: {tokens: 50M}
  training: {epochs: 1, sequence_length: 4096, global_batch: 64}
  optimizations: [lora]
  pin: {accelerator: H100-SXM-80GB}
)";

Plan plan_of(const std::string& text) {
  const Catalog catalog = builtin_catalog();
  const auto spec = load_spec("spec.yaml", text, {}, catalog.exchange_rates());
  EXPECT_TRUE(spec);
  static std::vector<std::shared_ptr<const Catalog>> kept;  // a plan's names are the catalogue's
  kept.push_back(std::make_shared<const Catalog>(catalog));
  auto plan = make_plan(spec->spec, *kept.back(), {});
  EXPECT_TRUE(plan);
  return std::move(*plan);
}

TEST(Outcome, WorkloadsSumToTheTotal) {
  const Outcome outcome = outcome_of(plan_of(kTwo), {});
  ASSERT_EQ(outcome.workloads.size(), 2U);
  EXPECT_EQ(outcome.workloads[0].cost + outcome.workloads[1].cost, outcome.total);
  EXPECT_GT(outcome.workloads[1].cost, outcome.workloads[0].cost);
}

TEST(ReadResult, ReadsWhatEstimateWrites) {
  const Plan plan = plan_of(kTwo);
  RenderOptions options;
  options.version = "0.1.0";
  options.spec_sha256 = "abc";
  const auto read = read_result("result.json", render(plan, Format::kJson, options));
  ASSERT_TRUE(read);
  const Outcome now = recorded(outcome_of(plan, {"0.1.0", "", "", "abc"}));
  EXPECT_EQ(read->winner, now.winner);
  EXPECT_EQ(read->total, now.total);
  EXPECT_EQ(read->feasible, now.feasible);
  EXPECT_EQ(read->identity.version, "0.1.0");
  EXPECT_EQ(read->identity.catalog_sha256, plan.catalog_sha256);
  EXPECT_EQ(read->identity.spec_sha256, "abc");
  ASSERT_EQ(read->workloads.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(read->workloads[i].cost, now.workloads[i].cost);
}

TEST(ReadResult, SaysWhatIsWrong) {
  const auto refused = [](const std::string& text) {
    const auto read = read_result("result.json", text);
    EXPECT_FALSE(read) << text;
    return read ? Diagnostics() : read.error();
  };
  EXPECT_EQ(refused("{\"schema\":\n 1,}").front().location.line, 2);
  EXPECT_EQ(refused("{\"schema\": \"capplan.compare/1\"}").size(), 6U);
  EXPECT_EQ(refused("[]").size(), 7U);
  EXPECT_EQ(refused("{\"a\": 1e999}").front().message, "a number is out of range");
  EXPECT_FALSE(refused(std::string(100'000, '[')).empty());
  EXPECT_FALSE(refused("").empty());
}

TEST(ReadResult, WithoutAnOption) {
  const auto read = read_result(
      "result.json",
      R"({"schema":"capplan.estimate/1","capplan_version":"0.1.0","name":"x","catalog":{"as_of":"2026-01-01","sha256":"a"},
          "workloads":[{"name":"x"}],"plans":[]})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->winner.empty());
  EXPECT_FALSE(read->feasible);
}

}  // namespace
}  // namespace capplan

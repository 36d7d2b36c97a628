#include "spec/changes.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

const std::string kShort =
    "version: 1\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 1B}\nexperiments: 3x\ndeadline: 9 days\n"
    "training: {global_batch: 64, sequence_length: 8192}\n";
const std::string kFull =
    "version: 1\nworkloads:\n"
    "  - {name: tune, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 1B}}\n"
    "  - {name: v1.5, kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 2B}}\n";

ReadSpec read(const std::string& text, const SpecChanges& changes) {
  return read_spec(
      "spec.yaml", text, [](const std::string&) { return tl::unexpected(std::string("none")); }, {}, changes);
}

std::string first_problem(const ReadSpec& read) {
  if (read.problems.empty()) return "";
  const Diagnostic& d = read.problems.front();
  return d.location.file + ":" + std::to_string(d.location.line) + ":" + std::to_string(d.location.column) +
         ": " + d.message + " / " + d.hint;
}

TEST(SpecChanges, SetWhatTheFileSays) {
  const ReadSpec changed = read(kShort, {{"dataset.tokens", "2T"}});
  EXPECT_EQ(first_problem(changed), "");
  EXPECT_EQ(changed.spec.workloads.at(0).dataset.tokens, 2e12);
}

TEST(SpecChanges, AddWhatTheFileLeavesOut) {
  const ReadSpec changed =
      read(kShort,
           {{"pin.accelerator", "H100-SXM-80GB"}, {"pin.count", "8"}, {"constraints.purchases", "[spot]"}});
  EXPECT_EQ(first_problem(changed), "");
  EXPECT_EQ(changed.spec.workloads.at(0).pin.count, 8);
  EXPECT_EQ(changed.spec.constraints.purchases, std::vector<std::string>{"spot"});
}

TEST(SpecChanges, NullTakesAKeyAway) {
  EXPECT_TRUE(read(kShort, {}).spec.workloads.at(0).deadline.has_value());
  EXPECT_FALSE(read(kShort, {{"deadline", "null"}}).spec.workloads.at(0).deadline.has_value());
}

TEST(SpecChanges, AMappingReplacesAValue) {
  const ReadSpec changed = read(kShort, {{"experiments.runs", "12"}, {"experiments.size", "10%"}});
  EXPECT_EQ(first_problem(changed), "");
}

TEST(SpecChanges, WorkloadsOfTheFullFormAreFoundByName) {
  const ReadSpec changed = read(kFull, {{"tune.dataset.tokens", "5B"}, {"v1.5.dataset.tokens", "7B"}});
  EXPECT_EQ(first_problem(changed), "");
  EXPECT_EQ(changed.spec.workloads.at(0).dataset.tokens, 5e9);
  EXPECT_EQ(changed.spec.workloads.at(1).dataset.tokens, 7e9);
}

TEST(SpecChanges, ProblemsPointIntoTheOption) {
  const ReadSpec wrong = read(kShort, {{"pin.count", "8"}, {"dataset.tokens", "2X"}});
  EXPECT_EQ(first_problem(wrong).substr(0, 13), "--set:2:16: `");
  const ReadSpec unknown = read(kShort, {{"dataset.token", "2T"}});
  EXPECT_EQ(first_problem(unknown).substr(0, 10), "--set:1:1:");
  EXPECT_NE(first_problem(unknown).find("did you mean `tokens`?"), std::string::npos)
      << first_problem(unknown);
}

TEST(SpecChanges, AWorkloadThatIsNotThereIsSaid) {
  const ReadSpec wrong = read(kFull, {{"tuen.dataset.tokens", "5B"}});
  EXPECT_EQ(first_problem(wrong),
            "--set:1:1: no workload or key at the top level is named `tuen` / did you mean `tune`?");
}

TEST(SpecChanges, WrongYamlIsLocated) {
  EXPECT_EQ(first_problem(read(kShort, {{"constraints.purchases", "[spot"}})).substr(0, 8), "--set:1:");
}

}  // namespace
}  // namespace capplan

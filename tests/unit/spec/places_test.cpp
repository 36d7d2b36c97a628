#include "spec/places.h"

#include <gtest/gtest.h>

#include "capplan/spec/load.h"

namespace capplan {
namespace {

SpecPlaces places(const std::string& text) {
  const auto root = parse_yaml({"spec.yaml", text});
  if (!root) throw std::runtime_error("no YAML");
  return places_of(*root);
}

std::string at(const Location* where) {
  return where == nullptr
             ? "nowhere"
             : where->file + ":" + std::to_string(where->line) + ":" + std::to_string(where->column);
}

const std::string kShort = "version: 1\nmodel: {params: 7B}\ntraining:\n  epochs: 3\n";
const std::string kFull =
    "version: 1\nworkloads:\n  - name: a\n    training: {epochs: 3}\n  - name: b\n    optimizations: [fp8, "
    "lora]\n";

TEST(SpecPlaces, FindsScalarsMapsAndItems) {
  const SpecPlaces full = places(kFull);
  EXPECT_EQ(at(full.find("workloads[0].training.epochs")), "spec.yaml:4:24");
  EXPECT_EQ(at(full.find("workloads[1]")), "spec.yaml:5:5");
  EXPECT_EQ(at(full.find("workloads[1].optimizations[1]")), "spec.yaml:6:26");
  EXPECT_EQ(at(full.find("version")), "spec.yaml:1:10");
}

TEST(SpecPlaces, FindsNothingThatIsNotThere) {
  const SpecPlaces full = places(kFull);
  EXPECT_EQ(full.find("workloads[2]"), nullptr);
  EXPECT_EQ(full.find("workloads[0].training.steps"), nullptr);
  EXPECT_EQ(full.find("training.epochs"), nullptr);
}

TEST(SpecPlaces, TakesThePrefixOfTheOnlyWorkloadInTheShortForm) {
  const SpecPlaces at_top = places(kShort);
  EXPECT_EQ(at(at_top.find("workloads[0].training.epochs")), "spec.yaml:4:11");
  EXPECT_EQ(at(at_top.find("training.epochs")), "spec.yaml:4:11");
  EXPECT_EQ(at(at_top.find("workloads[0]")), "spec.yaml:1:1");
  EXPECT_EQ(at_top.find("workloads[1].training.epochs"), nullptr);
}

TEST(SpecPlaces, FallsBackToWhatIsAround) {
  const auto around = [](const SpecPlaces& all, std::string_view path) {
    const Location where = all.nearest(path);
    return at(&where);
  };
  const SpecPlaces full = places(kFull);
  EXPECT_EQ(around(full, "workloads[0].training.steps"), "spec.yaml:4:15");
  EXPECT_EQ(around(full, "workloads[1].training.steps"), "spec.yaml:5:5");
  EXPECT_EQ(around(full, "constraints.budget"), "spec.yaml:1:1");
  EXPECT_EQ(around(places(kShort), "workloads[0].training.steps"), "spec.yaml:4:3");
  EXPECT_EQ(around(SpecPlaces{}, "horizon"), ":1:1");
}

TEST(SpecPlaces, ComeWithTheSpec) {
  const ReadFile no_files = [](const std::string&) -> tl::expected<std::string, std::string> {
    return tl::unexpected<std::string>("none");
  };
  const ReadSpec read = read_spec("a.yaml", kShort + "dataset: {tokens: 1T}\n", no_files);
  ASSERT_FALSE(has_errors(read.problems));
  EXPECT_EQ(at(read.spec.places.find("dataset.tokens")), "a.yaml:5:19");
}

}  // namespace
}  // namespace capplan

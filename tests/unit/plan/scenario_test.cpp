#include "capplan/plan/scenario.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

std::string text_of(const Scenario& s) { return std::to_string(s.spec) + " " + changes_text(s.changes); }

TEST(ScenarioMatrix, TheLastAxisChangesFirst) {
  const auto matrix = ScenarioMatrix::of(2, {{"a", {"1", "2"}}, {"b", {"x", "y", "z"}}});
  ASSERT_TRUE(matrix);
  ASSERT_EQ(matrix->size(), 12U);
  EXPECT_EQ(text_of(matrix->at(0)), "0 a=1\nb=x\n");
  EXPECT_EQ(text_of(matrix->at(1)), "0 a=1\nb=y\n");
  EXPECT_EQ(text_of(matrix->at(5)), "0 a=2\nb=z\n");
  EXPECT_EQ(text_of(matrix->at(6)), "1 a=1\nb=x\n");
  EXPECT_EQ(matrix->at(11).number, 12U);
}

TEST(ScenarioMatrix, WithoutAxesEverySpecIsOne) {
  const auto matrix = ScenarioMatrix::of(3, {});
  ASSERT_TRUE(matrix);
  EXPECT_EQ(matrix->size(), 3U);
  EXPECT_EQ(text_of(matrix->at(2)), "2 ");
}

TEST(ScenarioMatrix, CountsNoMoreThanItCan) {
  const std::vector<std::string> thousand(1000, "v");
  std::vector<ScenarioAxis> axes(6, {"k", thousand});
  ASSERT_TRUE(ScenarioMatrix::of(1, axes));
  EXPECT_EQ(ScenarioMatrix::of(1, axes)->size(), 1'000'000'000'000'000'000U);
  EXPECT_FALSE(ScenarioMatrix::of(1, std::vector<ScenarioAxis>(7, {"k", thousand})));
  EXPECT_FALSE(ScenarioMatrix::of(1, {{"k", {}}}));
}

TEST(Shard, PartsFollowEachOtherAndAreEven) {
  for (const std::size_t size : {0U, 1U, 3U, 7U, 64U, 1001U}) {
    for (const std::size_t of : {1U, 2U, 4U, 9U}) {
      std::size_t end = 0;
      for (std::size_t number = 1; number <= of; ++number) {
        const Shard shard{number, of};
        EXPECT_EQ(shard.begin(size), end);
        end = shard.end(size);
        EXPECT_LE(end - shard.begin(size), size / of + 1);
        EXPECT_GE(end - shard.begin(size), size / of);
      }
      EXPECT_EQ(end, size);
    }
  }
}

}  // namespace
}  // namespace capplan

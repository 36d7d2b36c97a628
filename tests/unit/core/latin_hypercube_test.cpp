#include "core/latin_hypercube.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace capplan {
namespace {

TEST(LatinHypercube, HoldsOneNumberInEachPart) {
  for (const std::size_t size : {1U, 2U, 7U, 128U}) {
    std::set<std::size_t> parts;
    for (const double u : uniform_column({11, 3, 5}, size)) {
      EXPECT_GT(u, 0);
      EXPECT_LT(u, 1);
      parts.insert(static_cast<std::size_t>(u * static_cast<double>(size)));
    }
    EXPECT_EQ(parts.size(), size);
  }
}

TEST(LatinHypercube, SeedsBatchesAndColumnsDiffer) {
  const auto column = uniform_column({1, 0, 0}, 64);
  EXPECT_EQ(column, uniform_column({1, 0, 0}, 64));
  EXPECT_NE(column, uniform_column({2, 0, 0}, 64));
  EXPECT_NE(column, uniform_column({1, 1, 0}, 64));
  EXPECT_NE(column, uniform_column({1, 0, 1}, 64));
}

// FNV-1a's published value of the empty text and of "a" and "foobar".
TEST(LatinHypercube, SeedIsFnv1a) {
  EXPECT_EQ(seed_of(""), 0x811c9dc5U);
  EXPECT_EQ(seed_of("a"), 0xe40c292cU);
  EXPECT_EQ(seed_of("foobar"), 0xbf9cf968U);
}

TEST(LatinHypercube, ColumnsAreNearlyUncorrelated) {
  const std::size_t size = 512;
  const auto a = normal_scores(9, seed_of("a"), 8, size);
  const auto b = normal_scores(9, seed_of("b"), 8, size);
  double product = 0;
  double mean = 0;
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    mean += a[i];
    squares += a[i] * a[i];
  }
  const auto n = static_cast<double>(a.size());
  EXPECT_NEAR(product / n, 0, 4 / std::sqrt(n));
  // Strata make these far better than chance would, by which the mean would be off by 0.016.
  EXPECT_NEAR(mean / n, 0, 1e-3);
  EXPECT_NEAR(squares / n, 1, 1e-2);
}

}  // namespace
}  // namespace capplan

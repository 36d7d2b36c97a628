#include "capplan/core/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

namespace capplan {
namespace {

// Published quantiles of the standard normal distribution, and AS 241's own test values (Wichura 1988).
TEST(NormalQuantile, PublishedValues) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167814, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-13);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.9), kScoreP90, 1e-15);
}

TEST(NormalQuantile, IsTheInverseOfTheProbability) {
  for (const double z : {-7.0, -4.0, -1.9, -0.3, 0.0, 0.01, 0.8, 2.5, 5.0})
    EXPECT_NEAR(normal_quantile(normal_probability(z)), z, 1e-9 * (1 + std::exp(z * z / 2) * 1e-6)) << z;
}

TEST(Distribution, GoesThroughItsThreePoints) {
  for (const ThroughPoints& points : {ThroughPoints{0.3, 0.4, 0.45}, ThroughPoints{-2, 1, 9}}) {
    const Distribution d(points);
    EXPECT_NEAR(d.quantile(0.1), points.p10, 1e-12);
    EXPECT_NEAR(d.quantile(0.5), points.p50, 1e-12);
    EXPECT_NEAR(d.quantile(0.9), points.p90, 1e-12);
  }
  // Above zero it stays there, and P99 continues in the logarithm.
  const Distribution d(ThroughPoints{1, 2, 8});
  EXPECT_GT(d.quantile(1e-9), 0);
  EXPECT_NEAR(d.quantile(0.99), 2 * std::pow(4, 2.3263478740408408 / kScoreP90), 1e-9);
}

TEST(Distribution, UniformAndTriangularByTheirInverses) {
  const Distribution uniform(Uniform{2, 6});
  EXPECT_DOUBLE_EQ(uniform.quantile(0.25), 3);
  EXPECT_DOUBLE_EQ(uniform.median(), 4);
  // F(x) = (x - 1)^2 / (4 * 1) up to the mode 2, 1 - (5 - x)^2 / (4 * 3) beyond.
  const Distribution triangular(Triangular{1, 2, 5});
  EXPECT_NEAR(triangular.quantile(0.25), 2, 1e-12);
  EXPECT_NEAR(triangular.quantile(0.09), 1.6, 1e-12);
  EXPECT_NEAR(triangular.quantile(1 - 1.0 / 12), 4, 1e-12);
  EXPECT_NEAR(Distribution(Triangular{3, 3, 3}).quantile(0.7), 3, 0);
}

TEST(Distribution, NormalAndLognormal) {
  const Distribution normal(Normal{10, 2});
  EXPECT_NEAR(normal.quantile(0.9), 10 + 2 * kScoreP90, 1e-12);
  const Distribution lognormal(Lognormal{5, 0.3});
  EXPECT_NEAR(lognormal.median(), 5, 1e-12);
  EXPECT_NEAR(lognormal.quantile(0.1), 5 * std::exp(-0.3 * kScoreP90), 1e-12);
}

TEST(Distribution, KeepsToWhatTheQuantityCanTake) {
  const Distribution ratio(Normal{0.9, 0.2}, 0, 1);
  EXPECT_EQ(ratio.quantile(0.99), 1);
  EXPECT_EQ(ratio.quantile(1e-12), 0);
}

}  // namespace
}  // namespace capplan

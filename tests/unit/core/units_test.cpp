#include "capplan/core/units.h"

#include <gtest/gtest.h>

#include <concepts>

namespace capplan {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};

TEST(Units, UnlikeDimensionsDoNotMix) {
  EXPECT_TRUE((Addable<Usd, Usd>));
  EXPECT_FALSE((Addable<Usd, Duration>));
  EXPECT_FALSE((Addable<Bytes, Flops>));
  EXPECT_FALSE((Addable<Usd, double>));
  EXPECT_TRUE((Comparable<Bytes, Bytes>));
  EXPECT_FALSE((Comparable<Bytes, Bandwidth>));
  EXPECT_FALSE((std::convertible_to<double, Usd>));
  EXPECT_FALSE((std::convertible_to<Usd, double>));
}

TEST(Units, ProductsAndQuotientsCarryTheirDimension) {
  EXPECT_TRUE((std::same_as<decltype(kGB / kSecond), Bandwidth>));
  EXPECT_TRUE((std::same_as<decltype(kFlop / kSecond), FlopRate>));
  EXPECT_TRUE((std::same_as<decltype(kWatt * kHour), Energy>));
  EXPECT_TRUE((std::same_as<decltype(kUsd / (kDevice * kHour)), DevicePrice>));
  EXPECT_TRUE((std::same_as<decltype(kHour / kDay), double>));
  EXPECT_TRUE((std::same_as<decltype(kHour * (1.0 / kHour)), double>));
}

TEST(Units, NumbersLeaveThroughAUnit) {
  EXPECT_DOUBLE_EQ((kKilowatt * kHour).in(kKwh), 1);
  EXPECT_DOUBLE_EQ(kYear.in(kMonth), 12);
  EXPECT_DOUBLE_EQ(kMonth.in(kHour), 730);
  EXPECT_DOUBLE_EQ((80 * kGiB).in(kByte), 80.0 * 1073741824);
  const DevicePrice price = 2.5 * kUsd / (kDevice * kHour);
  EXPECT_DOUBLE_EQ((price * (64 * kDevice * kDay)).in(kUsd), 2.5 * 64 * 24);
}

TEST(Units, Arithmetic) {
  Usd sum = 3 * kUsd;
  sum += kUsd;
  sum -= 2 * kUsd;
  EXPECT_EQ(sum, 2 * kUsd);
  EXPECT_LT(-sum, sum - kUsd);
  EXPECT_DOUBLE_EQ((sum / 4).base(), 0.5);
  EXPECT_DOUBLE_EQ(Usd().base(), 0);
}

}  // namespace
}  // namespace capplan

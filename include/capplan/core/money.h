// Amounts as whole millionths of a dollar: rounded once, when a line item is made; totals and comparisons are
// exact.
#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>

#include "capplan/core/units.h"

namespace capplan {

class Money {
 public:
  constexpr Money() = default;
  // Amounts beyond a trillion dollars are cut there, so that no total wraps.
  static Money of(Usd amount) {
    constexpr double kMostMicros = 1e18;
    Money money;
    money.micros_ = std::llround(std::clamp(amount.in(kUsd)*1e6, -kMostMicros, kMostMicros));
    return money;
  }

  constexpr double usd() const { return static_cast<double>(micros_) / 1e6; }
  constexpr std::int64_t micros() const { return micros_; }

  friend constexpr Money operator+(Money a, Money b) {
    a.micros_ += b.micros_;
    return a;
  }
  friend constexpr Money operator-(Money a, Money b) {
    a.micros_ -= b.micros_;
    return a;
  }
  constexpr Money& operator+=(Money b) {
    micros_ += b.micros_;
    return *this;
  }
  friend constexpr auto operator<=>(Money, Money) = default;

 private:
  std::int64_t micros_ = 0;
};

}  // namespace capplan

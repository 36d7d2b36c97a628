// Quantities with a physical dimension: seconds, bytes, floating-point operations, joules, dollars, devices,
// grams. A Quantity holds one double in base units; adding or comparing unlike dimensions does not compile,
// and a number leaves a Quantity only through in(unit). Tokens, samples and steps are counts: plain numbers.
#pragma once

#include <compare>

namespace capplan {

// Exponents of the base units. GB and GiB are both bytes; a price "per device" carries device^-1.
struct Dim {
  int usd = 0;
  int second = 0;
  int byte = 0;
  int flop = 0;
  int joule = 0;
  int device = 0;
  int gram = 0;

  friend constexpr bool operator==(const Dim&, const Dim&) = default;
};

constexpr Dim operator+(Dim a, Dim b) {
  return {a.usd + b.usd,     a.second + b.second, a.byte + b.byte, a.flop + b.flop,
          a.joule + b.joule, a.device + b.device, a.gram + b.gram};
}
constexpr Dim operator-(Dim a, Dim b) {
  return {a.usd - b.usd,     a.second - b.second, a.byte - b.byte, a.flop - b.flop,
          a.joule - b.joule, a.device - b.device, a.gram - b.gram};
}

template <Dim D>
class Quantity {
 public:
  constexpr Quantity() = default;
  // `base` counts base units (dollars, seconds, bytes, FLOP, joules, devices, grams).
  static constexpr Quantity of(double base) { return Quantity(base); }

  // The number of `unit`s in this quantity.
  constexpr double in(Quantity unit) const { return value_ / unit.value_; }
  constexpr double base() const { return value_; }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator-(Quantity a) { return Quantity(-a.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }
  friend constexpr auto operator<=>(Quantity a, Quantity b) { return a.value_ <=> b.value_; }
  friend constexpr bool operator==(Quantity a, Quantity b) { return a.value_ == b.value_; }
  constexpr Quantity& operator+=(Quantity b) {
    value_ += b.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity b) {
    value_ -= b.value_;
    return *this;
  }

 private:
  explicit constexpr Quantity(double base) : value_(base) {}
  double value_ = 0;
};

template <Dim A, Dim B>
requires(A + B != Dim{}) constexpr Quantity<A + B> operator*(Quantity<A> a, Quantity<B> b) {
  return Quantity<A + B>::of(a.base() * b.base());
}
template <Dim A, Dim B>
requires(A + B == Dim{}) constexpr double operator*(Quantity<A> a, Quantity<B> b) {
  return a.base() * b.base();
}
template <Dim A, Dim B>
requires(A != B) constexpr Quantity<A - B> operator/(Quantity<A> a, Quantity<B> b) {
  return Quantity<A - B>::of(a.base() / b.base());
}
template <Dim B>
constexpr Quantity<Dim{} - B> operator/(double a, Quantity<B> b) {
  return Quantity<Dim{} - B>::of(a / b.base());
}

using Usd = Quantity<Dim{.usd = 1}>;
using Duration = Quantity<Dim{.second = 1}>;
using Bytes = Quantity<Dim{.byte = 1}>;
using Flops = Quantity<Dim{.flop = 1}>;
using Energy = Quantity<Dim{.joule = 1}>;
using Devices = Quantity<Dim{.device = 1}>;

using FlopRate = Quantity<Dim{.second = -1, .flop = 1}>;
using Bandwidth = Quantity<Dim{.second = -1, .byte = 1}>;
using Power = Quantity<Dim{.second = -1, .joule = 1}>;
using DeviceTime = Quantity<Dim{.second = 1, .device = 1}>;
using UsdRate = Quantity<Dim{.usd = 1, .second = -1}>;                    // a salary, a machine by the hour
using DevicePrice = Quantity<Dim{.usd = 1, .second = -1, .device = -1}>;  // an accelerator by the hour
using EnergyPrice = Quantity<Dim{.usd = 1, .joule = -1}>;
using StoragePrice = Quantity<Dim{.usd = 1, .second = -1, .byte = -1}>;
using TransferPrice = Quantity<Dim{.usd = 1, .byte = -1}>;
using Mass = Quantity<Dim{.gram = 1}>;
using CarbonPrice = Quantity<Dim{.usd = 1, .gram = -1}>;
using PowerPrice = Quantity<Dim{.usd = 1, .joule = -1}>;  // $/(kW month): dollars a joule too

inline constexpr Usd kUsd = Usd::of(1);
inline constexpr Duration kSecond = Duration::of(1);
inline constexpr Duration kHour = Duration::of(3600);
inline constexpr Duration kDay = kHour * 24;
// Billing conventions: a month is 730 h and a year 8,760 h, as the clouds and Infracost count them.
inline constexpr Duration kMonth = kHour * 730;
inline constexpr Duration kYear = kHour * 8760;
inline constexpr Bytes kByte = Bytes::of(1);
inline constexpr Bytes kGB = Bytes::of(1e9);
inline constexpr Bytes kGiB = Bytes::of(1024.0 * 1024.0 * 1024.0);
inline constexpr Flops kFlop = Flops::of(1);
inline constexpr FlopRate kTflops = FlopRate::of(1e12);
inline constexpr Energy kKwh = Energy::of(3.6e6);
inline constexpr Power kWatt = Power::of(1);
inline constexpr Power kKilowatt = Power::of(1000);
inline constexpr Mass kKilogram = Mass::of(1000);
inline constexpr Mass kTonne = Mass::of(1e6);
inline constexpr Devices kDevice = Devices::of(1);

}  // namespace capplan

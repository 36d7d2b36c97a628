// The kinds of fields that a spec is made of.
#pragma once

#include "input/schema.h"

namespace capplan {

using T = ValueType;
using Names = std::span<const std::string_view>;

inline constexpr double kManyDevices = 1e6;
inline constexpr double kHuge = 1e30;
inline constexpr double kLongest =
    100 * 365.25 * 86400;  // seconds of a period that is walked through by month
inline constexpr Dim kTime{.second = 1};
inline constexpr Dim kData{.byte = 1};
inline constexpr Dim kWork{.flop = 1};
inline constexpr Dim kMoney{.usd = 1};
inline constexpr Dim kDataRate{.second = -1, .byte = 1};

constexpr Field whole(std::string_view key, std::string_view doc, std::string_view example,
                      double max = kManyDevices) {
  return {.key = key, .type = T::kInteger, .doc = doc, .example = example, .min = 1, .max = max};
}
constexpr Field positive(std::string_view key, std::string_view doc, std::string_view example,
                         std::string_view noun = {}) {
  return {.key = key,
          .type = T::kNumber,
          .doc = doc,
          .example = example,
          .max = kHuge,
          .above_min = true,
          .noun = noun};
}
constexpr Field ratio(std::string_view key, std::string_view doc, std::string_view example) {
  return {.key = key, .type = T::kRatio, .doc = doc, .example = example, .max = 1, .above_min = true};
}
constexpr Field quantity(std::string_view key, Dim dim, std::string_view doc, std::string_view example) {
  return {.key = key,
          .type = T::kQuantity,
          .doc = doc,
          .example = example,
          .dim = dim,
          .max = kHuge,
          .above_min = true};
}
constexpr Field name_of(std::string_view key, Names names, std::string_view doc, std::string_view example) {
  return {.key = key, .type = T::kName, .doc = doc, .example = example, .names = names};
}
// From none to all: nothing is a statement too.
constexpr Field share_of(std::string_view key, std::string_view doc, std::string_view example) {
  return {.key = key, .type = T::kRatio, .doc = doc, .example = example, .max = 1};
}

}  // namespace capplan

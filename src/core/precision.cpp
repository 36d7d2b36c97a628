#include "capplan/core/precision.h"

#include <algorithm>
#include <array>
#include <utility>

namespace capplan {
namespace {

constexpr std::array<std::pair<Precision, std::string_view>, 9> kNames{{{Precision::kFp32, "fp32"},
                                                                        {Precision::kTf32, "tf32"},
                                                                        {Precision::kFp16, "fp16"},
                                                                        {Precision::kBf16, "bf16"},
                                                                        {Precision::kFp8, "fp8"},
                                                                        {Precision::kMxfp8, "mxfp8"},
                                                                        {Precision::kInt8, "int8"},
                                                                        {Precision::kFp4, "fp4"},
                                                                        {Precision::kNvfp4, "nvfp4"}}};

}  // namespace

std::string_view precision_name(Precision precision) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.first == precision; });
  return found->second;
}

std::optional<Precision> find_precision(std::string_view name) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.second == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

double bytes_per_element(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
    case Precision::kTf32:
      return 4;
    case Precision::kFp16:
    case Precision::kBf16:
      return 2;
    case Precision::kFp8:
    case Precision::kMxfp8:
    case Precision::kInt8:
      return 1;
    case Precision::kFp4:
    case Precision::kNvfp4:
      return 0.5625;  // 4 bits and one 8-bit scale for 16 values (NVFP4)
  }
  return 2;
}

}  // namespace capplan

// Number formats of matrix products.
#pragma once

#include <optional>
#include <string_view>

namespace capplan {

enum class Precision { kFp32, kTf32, kFp16, kBf16, kFp8, kMxfp8, kInt8, kFp4, kNvfp4 };

std::string_view precision_name(Precision precision);
std::optional<Precision> find_precision(std::string_view name);

// Bytes of one stored value, block scales included.
double bytes_per_element(Precision precision);

}  // namespace capplan

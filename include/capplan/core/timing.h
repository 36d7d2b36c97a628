// When in its period the cash of that period moves.
#pragma once

#include <optional>
#include <string_view>

namespace capplan {

enum class Timing { kStart, kMiddle, kEnd };
std::string_view timing_name(Timing timing);
std::optional<Timing> find_timing(std::string_view name);

}  // namespace capplan

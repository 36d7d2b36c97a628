#include "capplan/core/timing.h"

#include <array>

namespace capplan {
namespace {

constexpr std::array<std::string_view, 3> kTimings{"start", "middle", "end"};

}  // namespace

std::string_view timing_name(Timing timing) { return kTimings[static_cast<std::size_t>(timing)]; }

std::optional<Timing> find_timing(std::string_view name) {
  for (std::size_t i = 0; i < kTimings.size(); ++i) {
    if (kTimings[i] == name) return static_cast<Timing>(i);
  }
  return std::nullopt;
}

}  // namespace capplan

#include "capplan/model/extent.h"

#include <charconv>

namespace capplan {
namespace {

constexpr int kLargest = 1000000;

}  // namespace

std::optional<Extent> parse_extent(std::string_view text, int axes) {
  Extent e;
  const auto number = [](std::string_view part) -> std::optional<double> {
    int value = 0;
    const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (failed != std::errc{} || end != part.data() + part.size() || value < 1 || value > kLargest)
      return std::nullopt;
    return value;
  };
  if (const auto power = text.find('^'); power != std::string_view::npos) {
    const auto side = number(text.substr(0, power));
    const auto count = number(text.substr(power + 1));
    if (!side || !count || *count > 3) return std::nullopt;
    e.axes = static_cast<int>(*count);
    for (int i = 0; i < e.axes; ++i) e.size[static_cast<std::size_t>(i)] = *side;
    return e;
  }
  while (!text.empty() && e.axes < 3) {
    const auto mark = text.find('x');
    const auto size = number(text.substr(0, mark));
    if (!size) return std::nullopt;
    e.size[static_cast<std::size_t>(e.axes++)] = *size;
    text = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
    if (mark != std::string_view::npos && text.empty()) return std::nullopt;
  }
  if (!text.empty() || e.axes == 0) return std::nullopt;
  // One number stands for all axes.
  if (e.axes == 1 && axes > 1) {
    e.axes = axes;
    for (int i = 1; i < axes; ++i) e.size[static_cast<std::size_t>(i)] = e.size[0];
  }
  return e;
}

}  // namespace capplan

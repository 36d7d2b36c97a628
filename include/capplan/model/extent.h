// Sizes of images, volumes and windows.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace capplan {

// Extents of an image, a volume or a sequence.
struct Extent {
  std::array<double, 3> size{1, 1, 1};
  int axes = 0;

  double positions() const { return size[0] * size[1] * size[2]; }
  bool operator==(const Extent&) const = default;
};

// "3", "1x7", "128^3"; one number stands for all of `axes`. Nothing where the text is no such size.
std::optional<Extent> parse_extent(std::string_view text, int axes);

}  // namespace capplan

// Two lines over one axis, drawn with characters.
#pragma once

#include <string>
#include <vector>

#include "capplan/report/report.h"

namespace capplan {

struct ChartPoint {
  double x = 0;
  double usd = 0;
};

struct Chart {
  // By x, both over the same range, at least two points each.
  std::vector<ChartPoint> owning, renting;  // drawn with ◆ and with ·
  double x_most = 1;                        // the axis begins at 0
  std::string x_first, x_last;              // what stands under its ends
  std::optional<double> crossing;           // marked with ×
  std::optional<double> now;                // marked with ▲ under the axis
};

// Dollars upwards from 0. Fits the width of the options, 80 columns where there is no limit.
std::string draw(const Chart& chart, const RenderOptions& options);

}  // namespace capplan

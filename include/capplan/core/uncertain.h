// A figure of a spec or of a profile that is a distribution.
#pragma once

#include <string>

#include "capplan/core/diagnostic.h"
#include "capplan/core/distribution.h"
#include "capplan/core/units.h"

namespace capplan {

// Wherever one number is needed its median stands for it.
struct UncertainFigure {
  // "workloads[0].assume.mfu"; of the short form "assume.mfu"; of a profile after its file, "carbon.csv world
  // world g_per_kwh"
  std::string path;
  Distribution distribution;  // in base units; in a table in those of its column
  Dim dim;                    // of them; none of counts, ratios and columns
  Location location;
};

}  // namespace capplan

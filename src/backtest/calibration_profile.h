// A fit as the profile file that the catalogue reads.
#pragma once

#include <string>

#include "backtest/calibrate.h"

namespace capplan {

struct CalibrationSource {
  std::string id;
  std::string source;
  std::string as_of;  // ISO date
};

// Fits the observations, finds the bands by leaving sources and accelerators out, and writes both as YAML.
std::string calibration_profile(std::span<const Observation* const> observations, const Catalog& catalog,
                                const FitOptions& options, const CalibrationSource& source);

}  // namespace capplan

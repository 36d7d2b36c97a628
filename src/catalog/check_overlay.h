// What looks wrong in profiles of one's own that are valid: warnings, each at its row or key. They are held
// against the catalogue that the profiles are laid over.
#pragma once

#include <array>

#include "capplan/catalog/catalog.h"

namespace capplan {

// The formats of a peak, in the order of their keys.
struct PeakFormat {
  std::string_view key;
  FlopRate Peaks::*peak;
};
inline constexpr std::array<PeakFormat, 8> kPeakFormats{{{"fp64", &Peaks::fp64},
                                                         {"fp32", &Peaks::fp32},
                                                         {"tf32", &Peaks::tf32},
                                                         {"fp16", &Peaks::fp16},
                                                         {"bf16", &Peaks::bf16},
                                                         {"fp8", &Peaks::fp8},
                                                         {"int8", &Peaks::int8},
                                                         {"fp4", &Peaks::fp4}}};
// Where each peak of one accelerator stands.
using PeakPlaces = std::array<Location, kPeakFormats.size()>;

// Prices of a whole node where that of one accelerator belongs, and the other way round: one warning for all
// rows of a provider. The accelerators of `offers` are resolved; places[i] is that of offers[i].
void check_price_units(const std::vector<Offer>& offers, const std::vector<Location>& places,
                       const Catalog& base, Diagnostics& warnings);

// Peaks with 2:4 sparsity, twice the dense ones: of a part that the catalogue has, or of a part like those of
// its generation. places[i] belongs to accelerators[i].
void check_dense_peaks(const std::vector<Accelerator>& accelerators, const std::vector<PeakPlaces>& places,
                       const Catalog& base, Diagnostics& warnings);

}  // namespace capplan

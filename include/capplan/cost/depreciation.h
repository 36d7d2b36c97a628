// How the value of what was bought falls with its age: in the books, for tax, or on the market.
#pragma once

#include <variant>
#include <vector>

#include "capplan/core/units.h"

namespace capplan {

// A share of the whole that is lost in a time: 0.2 / kYear.
using LossRate = Quantity<Dim{.second = -1}>;

// The same amount each year, until `salvage` of the price is left.
struct StraightLine {
  Duration life;
  double salvage = 0;  // share of the price, 0 to 1
};

// The same share of what is left each year, without an end: (1 - rate)^years.
struct DecliningBalance {
  double rate = 0;  // share a year, 0 to 1
};

// `factor` / life of what is left each year, or what is left evenly over the rest of the life as soon as that
// is more: double-declining balance with a factor of 2. Even within a year. Nothing is left at the end.
struct SwitchingBalance {
  int life_years = 1;
  double factor = 2;
};

// Tax depreciation in the United States (MACRS): double-declining with a switch to straight line, half a
// year's worth in the first and in the last year (IRS Publication 946, table A-1). The value left at the end
// of each year is rounded to a hundredth of a percent, which gives the table to the digit. Computers,
// accelerators among them, are five-year property (table B-1, class 00.12). Age counts from the start of the
// tax year of purchase.
enum class MacrsClass { kThreeYears, kFiveYears, kSevenYears };

// What newer hardware for the same money can do makes the old worth less: 10^-(decay x age). `decay` counts
// orders of magnitude (OOM) in a time. Epoch AI: 0.14 / (365.25 days) of GPUs for machine learning (Cottier
// et al., arXiv 2405.21015).
struct PricePerformance {
  LossRate decay;
};

using Depreciation =
    std::variant<StraightLine, DecliningBalance, SwitchingBalance, MacrsClass, PricePerformance>;

// Share of the price that is left at an age, in years of 8,760 h; 1 at age 0 and before.
double value_left(const Depreciation& method, Duration age);

// Shares of the price lost in each of the first `years` years. Those of a method that ends sum to 1 (less the
// salvage value) once its life is over.
std::vector<double> yearly_depreciation(const Depreciation& method, int years);

// What use costs at first under price-performance decay, as a share of the value then: decay x ln 10, the
// slope of value_left at age 0. Epoch charges a training run at this rate for all of its time (the same).
LossRate loss_in_use(const PricePerformance& method);

}  // namespace capplan

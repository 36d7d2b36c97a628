// Model FLOP/s utilisation from published runs: docs/efficiency.md holds the rule and how accurate it is.
#pragma once

#include <string>

#include "capplan/catalog/catalog.h"
#include "capplan/demand/demand.h"

namespace capplan {

struct Efficiency {
  double mfu = 0;
  double p10 = 0;  // low MFU: slow
  double p90 = 0;
  std::string evidence;
  bool measured = false;  // a cell of this very accelerator, size, precision and count
};

Efficiency find_efficiency(const Catalog& catalog, Family family, const Accelerator& accelerator,
                           Precision precision, double params, double count);

}  // namespace capplan

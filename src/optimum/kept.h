// Which columns of a portfolio's program there are.
#pragma once

#include <cstddef>
#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

struct Kept {
  std::vector<int> bought;                               // by pool: machines that may be bought, at most
  std::vector<std::vector<std::vector<int>>> committed;  // by pool, commitment, first month: at most
  std::vector<std::vector<std::vector<bool>>> placed;    // by work, period, option
  std::vector<std::vector<bool>> served;                 // by work, option
};

// All that can be in a plan at all: runs that end in time, on no more machines than there can be.
Kept all_columns(const Portfolio& portfolio);

}  // namespace capplan

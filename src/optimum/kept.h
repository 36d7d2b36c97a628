// Which columns of a portfolio's program there are.
#pragma once

#include <cstddef>
#include <vector>

namespace capplan {

struct Kept {
  std::vector<int> bought;                               // by pool: machines that may be bought, at most
  std::vector<std::vector<std::vector<int>>> committed;  // by pool, commitment, first month: at most
  std::vector<std::vector<std::vector<bool>>> placed;    // by work, period, option
  std::vector<std::vector<bool>> served;                 // by work, option
  std::vector<bool> runs, serving;                       // by work: is in question at all
};

}  // namespace capplan

// The rounds in which a program is solved, checked hour by hour, and made more detailed where it must be.
#pragma once

#include <optional>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"
#include "optimum/portfolio_program.h"

namespace capplan {

struct SearchRules {
  bool limits = false;
  // What the program pays to exceed them, since many searches end before they find a plan that does not. Such
  // plans lead to others and are no answer. Empty: they are not exceeded.
  LimitPrices beyond = {};
  const PortfolioPlan* capacity = nullptr;  // what is bought, where that is settled
  const PortfolioPlan* start = nullptr;     // to be bettered, where one is known that can be carried out
  bool ties = true;                         // of plans that cost the same, the first by ids
};

// Of the works and columns of `part`. nullopt: no plan was found that keeps to the rules.
std::optional<Optimum> search(const Portfolio& portfolio, const Kept& part, const SearchRules& rules,
                              const OptimumSettings& settings);

// Settled to a millionth and a cent.
bool is_proven(double usd, double bound);

}  // namespace capplan

// The rounds in which a program is solved, checked hour by hour, and made more detailed where it must be.
#pragma once

#include <optional>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// Of the works and columns of `part`, on the machines of `capacity` where that is given. nullopt as
// find_optimum.
std::optional<Optimum> search(const Portfolio& portfolio, const Kept& part, bool limits,
                              const OptimumSettings& settings, const PortfolioPlan* capacity = nullptr);

// Settled to a millionth and a cent.
bool is_proven(double usd, double bound);

}  // namespace capplan

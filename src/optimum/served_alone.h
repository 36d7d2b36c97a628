// One elastic demand on machines that nothing else uses: its best plan without a search.
#pragma once

#include <optional>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// The optimum of a part without limits. Absent: the part is not of that kind. It is where one work is served,
// what is held is held for the whole horizon, machines of all pools serve as much as one another, and no more
// than six places are paid for.
std::optional<PortfolioPlan> served_alone(const Portfolio& portfolio, const Kept& part);

}  // namespace capplan

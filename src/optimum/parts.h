// A portfolio taken apart into works that have nothing to do with each other.
#pragma once

#include <optional>
#include <vector>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// By pool: whether any of the work may be done there.
std::vector<bool> used_pools(const Portfolio& portfolio, const Kept& kept);

// Works that share a pool are together, and each pool is with its works. Only where no limit ties them.
std::vector<Kept> independent_parts(const Portfolio& portfolio, const Kept& kept);

// The plan of a part in which everything is rented by the hour and no place is paid for: the cheapest of
// each. Absent: the part is not of that kind.
std::optional<PortfolioPlan> cheapest_of_each(const Portfolio& portfolio, const Kept& part);

// All of it rented by the hour, at what each costs alone; absent where that cannot be.
std::optional<PortfolioPlan> all_rented(const Portfolio& portfolio, const Kept& part);

}  // namespace capplan

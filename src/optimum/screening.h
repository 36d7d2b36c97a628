// What need not be looked at to find an optimum. Every rule here leaves one optimal plan at least; what looks
// alike and does not is named in docs/methodology.md, The optimum.
#pragma once

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// All that can be in a plan: runs that end in time, on no more machines than there can be.
Kept all_columns(const Portfolio& portfolio);

// Nothing is bought of it, committed to or done on it.
void drop_pool(const Portfolio& portfolio, std::size_t pool, Kept& kept);

// By pool: whether any of the work may be done there.
std::vector<bool> used_pools(const Portfolio& portfolio, const Kept& kept);

// `limited`: limits on accelerators or on what is paid in a month hold. Then what is rented instead of used
// may not be there, and a longer term may be too much.
Kept screened(const Portfolio& portfolio, bool limited);

}  // namespace capplan

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

// The same of every other pool, and of what is rented by the hour.
void drop_all_but(const Portfolio& portfolio, std::size_t pool, Kept& kept);
// What the plan has and does.
void admit(const PortfolioPlan& plan, Kept& kept);

// Nothing is bought of it or committed to.
void drop_capacity(std::size_t pool, Kept& kept);

// `limited`: limits on accelerators or on what is paid in a month hold. Then what is rented instead of used
// may not be there, and a longer term may be too much.
Kept screened(const Portfolio& portfolio, bool limited);

}  // namespace capplan

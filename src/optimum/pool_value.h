// What the machines of a pool are worth: what the work on them would cost to rent by the hour.
#pragma once

#include <cstddef>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// Machines that all work together can use at once.
int useful_machines(const Portfolio& portfolio, const Kept& kept, std::size_t pool);

// Whether nothing that can be bought or committed to in a pool without machines costs less than all that
// could be saved on it. Then the pool is in no optimal plan: without it, its work is rented for less. A
// single commitment beside others must not be dropped so: it may be what a run on many machines lacks.
bool never_pays(const Portfolio& portfolio, const Kept& kept, std::size_t pool);

}  // namespace capplan

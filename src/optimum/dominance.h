// Columns that another column replaces at no higher cost in every plan.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// What a work's data costs besides where it goes to `to` instead of to `from`, at most.
double usd_to_move(const std::vector<DataPlaceCost>& places, std::optional<std::size_t> from,
                   std::optional<std::size_t> to);

// One month and block.
struct MonthBlock {
  std::size_t month, block;
};

// Whether a kept option serves what option `worse` does there as well, at no higher cost in any plan.
bool served_as_well(const ServedWork& work, const std::vector<bool>& kept, std::size_t worse,
                    const MonthBlock& at);

void drop_dominated_runs(const Portfolio& portfolio, bool limited, Kept& kept);
void drop_dominated_serving(const Portfolio& portfolio, Kept& kept);
void drop_dominated_serving_within_limits(const Portfolio& portfolio, Kept& kept);
void drop_dominated_starts(const Portfolio& portfolio, Kept& kept);

}  // namespace capplan

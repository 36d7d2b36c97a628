#include "optimum/kept.h"

#include <algorithm>

#include "optimum/run_time.h"

namespace capplan {
namespace {

// Machines of a pool at one time, at most.
int most_machines(const Pool& pool, int months) {
  int most = pool.existing + std::max(0, static_cast<int>(pool.bought_usd.size()) - 1);
  for (const Commitment& commitment : pool.commitments) {
    most += commitment.most * std::min(commitment.term_months, months);
  }
  return most;
}

}  // namespace

Kept all_columns(const Portfolio& portfolio) {
  Kept kept;
  std::vector<int> most;
  for (const Pool& pool : portfolio.pools) {
    most.push_back(most_machines(pool, portfolio.months));
    kept.bought.push_back(std::max(0, static_cast<int>(pool.bought_usd.size()) - 1));
    auto& committed = kept.committed.emplace_back();
    for (const Commitment& commitment : pool.commitments) {
      committed.emplace_back(static_cast<std::size_t>(portfolio.months), commitment.most);
    }
  }
  for (const RunWork& work : portfolio.runs) {
    auto& placed = kept.placed.emplace_back();
    for (const Period& period : work.periods) {
      auto& options = placed.emplace_back();
      for (const RunOption& option : work.options) {
        options.push_back(fits(option, period, portfolio) &&
                          (!option.pool || option.machines <= most[*option.pool]));
      }
    }
  }
  for (const ServedWork& work : portfolio.served) kept.served.emplace_back(work.options.size(), true);
  return kept;
}

}  // namespace capplan

#include "optimum/screening.h"

#include <algorithm>
#include <optional>

#include "optimum/dominance.h"
#include "optimum/pool_value.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

// Machines of a pool at one time, at most.
int most_machines(const Pool& pool, int months) {
  int most = pool.existing + std::max(0, static_cast<int>(pool.bought_usd.size()) - 1);
  for (const TermOffer& commitment : pool.commitments) {
    most += commitment.most * std::min(commitment.term_months, months);
  }
  return most;
}

// More than every work can use together is bought only where a table makes more cost less.
int bought_at_most(const Pool& pool, int useful) {
  const int all = static_cast<int>(pool.bought_usd.size()) - 1;
  if (all <= useful) return std::max(0, all);
  const auto from = pool.bought_usd.begin() + useful;
  return static_cast<int>(std::min_element(from, pool.bought_usd.end()) - pool.bought_usd.begin());
}

void cap(const Portfolio& portfolio, Kept& kept) {
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    const Pool& pool = portfolio.pools[p];
    const int useful = std::max(0, useful_machines(portfolio, kept, p) - pool.existing);
    kept.bought[p] = bought_at_most(pool, useful);
    for (std::size_t k = 0; k < pool.commitments.size(); ++k) {
      // Fewer than the least of a purchase cannot be had; it may pay all the same.
      const int most = useful == 0 ? 0 : std::max(useful, pool.commitments[k].least);
      for (int& start : kept.committed[p][k]) start = std::min(start, most);
    }
  }
}

bool anything_to_buy(const Kept& kept, std::size_t pool) {
  return kept.bought[pool] > 0 || std::ranges::any_of(kept.committed[pool], [](const auto& commitment) {
           return std::ranges::any_of(commitment, [](int most) { return most > 0; });
         });
}

// Ways of doing work on pools, or on none, of which `drop` says so.
template <class Drop>
void drop_options(const Portfolio& portfolio, Kept& kept, const Drop& drop) {
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    for (auto& period : kept.placed[w]) {
      for (std::size_t o = 0; o < period.size(); ++o) {
        if (drop(portfolio.runs[w].options[o].pool)) period[o] = false;
      }
    }
  }
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    for (std::size_t o = 0; o < kept.served[w].size(); ++o) {
      if (drop(portfolio.served[w].options[o].pool)) kept.served[w][o] = false;
    }
  }
}

}  // namespace

void drop_pool(const Portfolio& portfolio, std::size_t pool, Kept& kept) {
  drop_capacity(pool, kept);
  drop_options(portfolio, kept, [&](const std::optional<std::size_t>& on) { return on == pool; });
}

void drop_all_but(const Portfolio& portfolio, std::size_t pool, Kept& kept) {
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    if (p != pool) drop_capacity(p, kept);
  }
  drop_options(portfolio, kept, [&](const std::optional<std::size_t>& on) { return on != pool; });
}

void admit(const PortfolioPlan& plan, Kept& kept) {
  for (const auto& bought : plan.bought)
    kept.bought[bought.pool] = std::max(kept.bought[bought.pool], bought.machines);
  for (const auto& committed : plan.committed) {
    int& most =
        kept.committed[committed.pool][committed.commitment][static_cast<std::size_t>(committed.month)];
    most = std::max(most, committed.machines);
  }
  for (const auto& placed : plan.placed) kept.placed[placed.work][placed.period][placed.option] = true;
  for (const auto& served : plan.served) kept.served[served.work][served.option] = true;
}

void drop_capacity(std::size_t pool, Kept& kept) {
  kept.bought[pool] = 0;
  for (auto& commitment : kept.committed[pool]) std::ranges::fill(commitment, 0);
}

Kept all_columns(const Portfolio& portfolio) {
  Kept kept;
  std::vector<int> most;
  for (const Pool& pool : portfolio.pools) {
    most.push_back(most_machines(pool, portfolio.months));
    kept.bought.push_back(std::max(0, static_cast<int>(pool.bought_usd.size()) - 1));
    auto& committed = kept.committed.emplace_back();
    for (const TermOffer& commitment : pool.commitments) {
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
  kept.runs.assign(portfolio.runs.size(), true);
  kept.serving.assign(portfolio.served.size(), true);
  return kept;
}

Kept screened(const Portfolio& portfolio, bool limited) {
  Kept kept = all_columns(portfolio);
  drop_dominated_runs(portfolio, limited, kept);
  if (limited) {
    drop_dominated_serving_within_limits(portfolio, kept);
  } else {
    drop_dominated_serving(portfolio, kept);
  }
  cap(portfolio, kept);
  if (limited) return kept;
  drop_dominated_starts(portfolio, kept);
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) {
    if (portfolio.pools[p].existing > 0) continue;
    if (!anything_to_buy(kept, p) || never_pays(portfolio, kept, p)) drop_pool(portfolio, p, kept);
  }
  return kept;
}

}  // namespace capplan

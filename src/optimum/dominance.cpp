#include "optimum/dominance.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "optimum/plan_cost.h"
#include "optimum/pool_value.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

// Whether a run is done as well by `better`, wherever a plan has it done by `worse`.
bool replaces(const RunWork& work, const RunOption& better, const RunOption& worse) {
  const double usd = better.usd + usd_to_move(work.places, worse.place, better.place);
  if (better.pool) {
    return better.pool == worse.pool && better.machines <= worse.machines && better.hours <= worse.hours &&
           better.window_share >= worse.window_share && usd <= worse.usd;
  }
  return usd <= worse.usd;
}

// Whether no limit counts `better` that does not count `worse`.
bool counts_no_more(const PortfolioLimits& limits, const std::string& better, const std::string& worse) {
  return better == worse || !has_quota(limits, better);
}

// Whether so many groups of the one take no more than as many of the other; and parts of them, made whole.
// Of one that has a most of its own there may be no more.
template <class Option>
bool no_larger(const Option& better, double better_machines, const Option& worse, double worse_machines) {
  return !better.most_at_once &&
         better_machines * better.accelerators_a_machine <= worse_machines * worse.accelerators_a_machine &&
         std::fmod(worse.accelerators_a_machine, better.accelerators_a_machine) == 0;
}

// The same where limits hold: it takes no more of any, nor pays another month more.
bool replaces_within_limits(const PortfolioLimits& limits, const RunWork& work, const RunOption& better,
                            const RunOption& worse) {
  const bool same_months = better.hours == worse.hours && better.place == worse.place;
  return replaces(work, better, worse) && better.pool == worse.pool &&
         counts_no_more(limits, better.quota, worse.quota) && better.hours <= worse.hours &&
         no_larger(better, better.machines, worse, worse.machines) && (same_months || !limits.budget_a_month);
}

// Of two that replace each other, the one by id stays.
bool alike_and_first(const RunOption& better, const RunOption& worse) {
  const auto key = [](const RunOption& option) { return std::tuple(option.pool.has_value(), option.id); };
  return key(better) < key(worse);
}

// Those that another of the kept replaces; of two that replace each other, the one that is `first` stays.
template <class Wins, class First>
void drop_replaced(std::vector<bool>& kept, const Wins& wins, const First& first) {
  const std::vector<bool> all = kept;
  for (std::size_t worse = 0; worse < all.size(); ++worse) {
    for (std::size_t better = 0; better < all.size(); ++better) {
      if (!all[worse] || !all[better] || worse == better) continue;
      if (wins(better, worse) && (!wins(worse, better) || first(better, worse))) kept[worse] = false;
    }
  }
}

void drop_dominated_runs_of(const RunWork& work, const PortfolioLimits* limits, std::vector<bool>& kept) {
  const auto wins = [&](const RunOption& better, const RunOption& worse) {
    return limits != nullptr ? replaces_within_limits(*limits, work, better, worse)
                             : replaces(work, better, worse);
  };
  drop_replaced(
      kept,
      [&](std::size_t better, std::size_t worse) { return wins(work.options[better], work.options[worse]); },
      [&](std::size_t one, std::size_t other) {
        return alike_and_first(work.options[one], work.options[other]);
      });
}

double usd_in(const ServeOption& option, const MonthBlock& at) {
  return option.usd_a_machine_hour * option.machines[at.month][at.block];
}

// Whether `better` serves at no higher cost there, and on no more of the machines that `worse` needs.
bool serves_as_well(const ServedWork& work, const ServeOption& better, const ServeOption& worse,
                    const MonthBlock& at) {
  if (usd_to_move(work.places, worse.place, better.place) > 0) return false;
  if (better.pool && better.pool != worse.pool) return false;
  if (better.pool && better.machines[at.month][at.block] > worse.machines[at.month][at.block]) return false;
  const double b = usd_in(better, at), w = usd_in(worse, at);
  if (b != w) return b < w;
  return std::tuple(better.pool.has_value(), better.id) < std::tuple(worse.pool.has_value(), worse.id);
}

bool served_elsewhere(const Portfolio& portfolio, const ServedWork& work, const std::vector<bool>& kept,
                      std::size_t worse) {
  for (std::size_t m = 0; m < static_cast<std::size_t>(portfolio.months); ++m) {
    for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
      if (!served_as_well(work, kept, worse, {m, b})) return false;
    }
  }
  return true;
}

// Whether `better` serves all of a work at no higher cost in any month and block, takes no more of any limit,
// and is where `worse` is or rented as it is.
bool serves_within_limits(const PortfolioLimits& limits, const ServedWork& work, const ServeOption& better,
                          const ServeOption& worse) {
  if (better.pool != worse.pool || usd_to_move(work.places, worse.place, better.place) > 0 ||
      !counts_no_more(limits, better.quota, worse.quota))
    return false;
  for (std::size_t m = 0; m < worse.machines.size(); ++m) {
    for (std::size_t b = 0; b < worse.machines[m].size(); ++b) {
      if (!no_larger(better, better.machines[m][b], worse, worse.machines[m][b]) ||
          usd_in(better, {m, b}) > usd_in(worse, {m, b}))
        return false;
    }
  }
  return true;
}

struct Start {
  std::size_t commitment;
  int month;
};

// Whether machines of `better` stand in every month in which those of `worse` do, at no higher price, and as
// many as anybody can use.
bool covers(const Portfolio& portfolio, const Pool& pool, const Start& better, const Start& worse,
            int useful) {
  const TermOffer& b = pool.commitments[better.commitment];
  const TermOffer& w = pool.commitments[worse.commitment];
  const auto ends = [&](const TermOffer& commitment, const Start& start) {
    return std::min(portfolio.months, start.month + commitment.term_months);
  };
  return better.month <= worse.month && ends(b, better) >= ends(w, worse) && b.usd <= w.usd &&
         b.most >= useful && b.least <= std::max(1, w.least);
}

void drop_dominated_starts_of(const Portfolio& portfolio, std::size_t p, Kept& kept) {
  const Pool& pool = portfolio.pools[p];
  const int useful = std::max(0, useful_machines(portfolio, kept, p) - pool.existing);
  std::vector<Start> starts;
  for (std::size_t k = 0; k < pool.commitments.size(); ++k) {
    for (int m = 0; m < portfolio.months; ++m) starts.push_back({k, m});
  }
  for (const Start& worse : starts) {
    const bool dominated = std::ranges::any_of(starts, [&](const Start& better) {
      if (!covers(portfolio, pool, better, worse, useful)) return false;
      const auto key = [&](const Start& start) {
        return std::tuple(pool.commitments[start.commitment].id, start.month);
      };
      return !covers(portfolio, pool, worse, better, useful) || key(better) < key(worse);
    });
    if (dominated) kept.committed[p][worse.commitment][static_cast<std::size_t>(worse.month)] = 0;
  }
}

}  // namespace

double usd_to_move(const std::vector<DataPlaceCost>& places, std::optional<std::size_t> from,
                   std::optional<std::size_t> to) {
  return !to || from == to ? 0 : places[*to].usd;
}

bool served_as_well(const ServedWork& work, const std::vector<bool>& kept, std::size_t worse,
                    const MonthBlock& at) {
  for (std::size_t o = 0; o < work.options.size(); ++o) {
    if (kept[o] && serves_as_well(work, work.options[o], work.options[worse], at)) return true;
  }
  return false;
}

void drop_dominated_runs(const Portfolio& portfolio, bool limited, Kept& kept) {
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    for (auto& period : kept.placed[w])
      drop_dominated_runs_of(portfolio.runs[w], limited ? &portfolio.limits : nullptr, period);
  }
}

void drop_dominated_serving(const Portfolio& portfolio, Kept& kept) {
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    const std::vector<bool> all = kept.served[w];
    for (std::size_t o = 0; o < all.size(); ++o) {
      if (served_elsewhere(portfolio, portfolio.served[w], all, o)) kept.served[w][o] = false;
    }
  }
}

void drop_dominated_serving_within_limits(const Portfolio& portfolio, Kept& kept) {
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    const ServedWork& work = portfolio.served[w];
    drop_replaced(
        kept.served[w],
        [&](std::size_t better, std::size_t worse) {
          return serves_within_limits(portfolio.limits, work, work.options[better], work.options[worse]);
        },
        [&](std::size_t one, std::size_t other) { return work.options[one].id < work.options[other].id; });
  }
}

void drop_dominated_starts(const Portfolio& portfolio, Kept& kept) {
  for (std::size_t p = 0; p < portfolio.pools.size(); ++p) drop_dominated_starts_of(portfolio, p, kept);
}

}  // namespace capplan

#include "optimum/pool_value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "optimum/dominance.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

// What one work could save on a pool in a month: so much a machine-hour, and so much in all.
struct Saving {
  int machines = 1;  // that it needs at least
  double usd_an_hour = 0;
  double usd = 0;
};

// The least that a run costs where it is rented instead, its data's place included.
double rented_usd(const RunWork& work, const std::vector<bool>& kept, const RunOption& instead_of) {
  double usd = kNever;
  for (std::size_t o = 0; o < work.options.size(); ++o) {
    const RunOption& option = work.options[o];
    if (kept[o] && !option.pool)
      usd = std::min(usd, option.usd + usd_to_move(work.places, instead_of.place, option.place));
  }
  return usd;
}

void add_run_savings(const Portfolio& portfolio, const Kept& kept, std::size_t pool, int month,
                     std::vector<Saving>& savings) {
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    const RunWork& work = portfolio.runs[w];
    for (std::size_t r = 0; r < work.periods.size(); ++r) {
      const Period& period = work.periods[r];
      const int i = month - period.first_month;
      if (i < 0 || i >= months_of(period, portfolio)) continue;
      for (std::size_t o = 0; o < work.options.size(); ++o) {
        const RunOption& option = work.options[o];
        if (!kept.placed[w][r][o] || option.pool != pool) continue;
        const double usd = rented_usd(work, kept.placed[w][r], option) - option.usd;
        savings.push_back({.machines = option.machines,
                           .usd_an_hour = usd / (option.machines * option.hours),
                           .usd = usd * period.growth * period.runs});
      }
    }
  }
}

// What serves all of a work at the least in all, its data's place included, without a pool; nullptr where
// nothing does.
const ServeOption* rented_instead(const Portfolio& portfolio, const Kept& kept, std::size_t w) {
  const ServedWork& work = portfolio.served[w];
  const ServeOption* best = nullptr;
  double best_usd = kNever;
  for (std::size_t o = 0; o < work.options.size(); ++o) {
    const ServeOption& option = work.options[o];
    if (!kept.served[w][o] || option.pool) continue;
    double usd = option.place ? work.places[*option.place].usd : 0;
    for (const auto& month : option.machines) {
      for (std::size_t b = 0; b < month.size(); ++b)
        usd += option.usd_a_machine_hour * month[b] * portfolio.blocks[b].hours;
    }
    if (usd < best_usd) {
      best = &option;
      best_usd = usd;
    }
  }
  return best;
}

// Besides these, what it saves that its data need not be brought to a place (place_usd).
void add_serving_savings(const Portfolio& portfolio, const Kept& kept, std::size_t pool, int month,
                         std::vector<Saving>& savings) {
  const auto m = static_cast<std::size_t>(month);
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    const ServedWork& work = portfolio.served[w];
    const ServeOption* instead = rented_instead(portfolio, kept, w);
    for (std::size_t o = 0; o < work.options.size(); ++o) {
      const ServeOption& option = work.options[o];
      if (!kept.served[w][o] || option.pool != pool) continue;
      for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
        const double machines = option.machines[m][b];
        if (machines <= 0) continue;
        const double rented =
            instead == nullptr ? kNever : instead->usd_a_machine_hour * instead->machines[m][b];
        const double usd = rented / machines - option.usd_a_machine_hour;
        savings.push_back({.usd_an_hour = usd, .usd = usd * machines * portfolio.blocks[b].hours});
      }
    }
  }
}

// What bringing the data of served work to where it is rented instead costs, once.
double place_usd(const Portfolio& portfolio, const Kept& kept, std::size_t pool) {
  double usd = 0;
  for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
    const ServedWork& work = portfolio.served[w];
    const ServeOption* instead = rented_instead(portfolio, kept, w);
    double most = 0;
    for (std::size_t o = 0; o < work.options.size(); ++o) {
      if (instead == nullptr || !kept.served[w][o] || work.options[o].pool != pool) continue;
      most = std::max(most, usd_to_move(work.places, work.options[o].place, instead->place));
    }
    usd += most;
  }
  return usd;
}

// What so many machines could save in a month at most: the best hours first, as if runs could be split.
double most_saved(const std::vector<Saving>& best_first, int machines, double hours_a_month) {
  double usd = 0;
  double left = machines * hours_a_month;
  for (const Saving& saving : best_first) {
    if (saving.machines > machines || saving.usd_an_hour <= 0 || left <= 0) continue;
    const double taken = std::min(saving.usd, saving.usd_an_hour * left);
    usd += taken;
    left -= taken / saving.usd_an_hour;
  }
  return usd;
}

// An upper bound of what a month of one machine saves, on average over the machines of the pool. With more
// machines it falls until the next larger run fits.
double most_saved_by_machine(const Portfolio& portfolio, const Kept& kept, std::size_t pool, int month) {
  std::vector<Saving> savings;
  add_run_savings(portfolio, kept, pool, month, savings);
  add_serving_savings(portfolio, kept, pool, month, savings);
  if (std::ranges::any_of(savings, [](const Saving& saving) { return std::isinf(saving.usd); }))
    return kNever;
  std::ranges::stable_sort(savings, std::ranges::greater{}, &Saving::usd_an_hour);
  double most = 0;
  for (const Saving& saving : savings) {
    most = std::max(most, most_saved(savings, saving.machines, portfolio.hours_a_month) / saving.machines);
  }
  return most;
}

// What the runs of a month occupy when all stand side by side, each with its largest option.
double machines_for_runs(const Portfolio& portfolio, const Kept& kept, std::size_t pool, int month) {
  double machines = 0;
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    const RunWork& work = portfolio.runs[w];
    for (std::size_t r = 0; r < work.periods.size(); ++r) {
      const int i = month - work.periods[r].first_month;
      if (i < 0 || i >= months_of(work.periods[r], portfolio)) continue;
      int largest = 0;
      for (std::size_t o = 0; o < work.options.size(); ++o) {
        if (kept.placed[w][r][o] && work.options[o].pool == pool)
          largest = std::max(largest, work.options[o].machines);
      }
      machines += 1.0 * largest * work.periods[r].runs;
    }
  }
  return machines;
}

}  // namespace

int useful_machines(const Portfolio& portfolio, const Kept& kept, std::size_t pool) {
  double most = 0;
  for (int month = 0; month < portfolio.months; ++month) {
    double machines = machines_for_runs(portfolio, kept, pool, month);
    for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
      double largest = 0;
      for (std::size_t o = 0; o < portfolio.served[w].options.size(); ++o) {
        const ServeOption& option = portfolio.served[w].options[o];
        if (!kept.served[w][o] || option.pool != pool) continue;
        largest = std::max(largest, std::ranges::max(option.machines[static_cast<std::size_t>(month)]));
      }
      machines += largest;
    }
    most = std::max(most, machines);
  }
  return static_cast<int>(std::ceil(std::min(most, 1e9)));
}

bool never_pays(const Portfolio& portfolio, const Kept& kept, std::size_t p) {
  const Pool& pool = portfolio.pools[p];
  std::vector<double> saved_before = {0};  // by one machine, in the months before
  for (int m = 0; m < portfolio.months; ++m) {
    saved_before.push_back(saved_before.back() + most_saved_by_machine(portfolio, kept, p, m));
    if (std::isinf(saved_before.back())) return false;
  }
  const double once = place_usd(portfolio, kept, p);
  const auto saved = [&](int from, int end) {
    return saved_before[static_cast<std::size_t>(std::min(end, portfolio.months))] -
           saved_before[static_cast<std::size_t>(std::min(from, portfolio.months))];
  };
  for (int n = 1; n <= kept.bought[p]; ++n) {
    if (pool.bought_usd[static_cast<std::size_t>(n)] < n * saved(pool.first_month, portfolio.months) + once)
      return false;
  }
  for (std::size_t k = 0; k < pool.commitments.size(); ++k) {
    for (int start = 0; start < portfolio.months; ++start) {
      if (kept.committed[p][k][static_cast<std::size_t>(start)] == 0) continue;
      if (pool.commitments[k].usd < saved(start, start + pool.commitments[k].term_months) + once)
        return false;
    }
  }
  return true;
}

}  // namespace capplan

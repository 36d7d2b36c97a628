// The optimum of a small portfolio by trying every plan, written without a look at the program: two months,
// two blocks, served work on one pool at most; runs of several months and limits only where nothing is
// served.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

class Enumeration {
 public:
  explicit Enumeration(const Portfolio& portfolio) : f_(portfolio) {}

  // Infinite: no plan keeps to all rules. `seen` gets the cost of each plan that does.
  double best(std::vector<double>* seen = nullptr) {
    seen_ = seen;
    best_ = kNever;
    there_.assign(f_.pools.size(), {0, 0});
    for (std::size_t p = 0; p < f_.pools.size(); ++p)
      there_[p] = {f_.pools[p].existing, f_.pools[p].existing};
    paid_ = {0, 0};
    buy(0, 0);
    return best_;
  }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();
  using Months = std::vector<double>;

  void buy(std::size_t p, double usd) {
    if (p == f_.pools.size()) return commit(0, 0, 0, usd);
    const Pool& pool = f_.pools[p];
    const std::size_t most = pool.bought_usd.empty() ? 0 : pool.bought_usd.size() - 1;
    for (std::size_t n = 0; n <= most; ++n) {
      const double price = n == 0 ? 0 : pool.bought_usd[n];
      const double start = n == 0 || pool.bought_usd_at_start.empty() ? 0 : pool.bought_usd_at_start[n];
      const Months monthly = {start + std::max(0.0, price - start) / 2, std::max(0.0, price - start) / 2};
      change(p, pool.first_month, 2, static_cast<int>(n), monthly, 1);
      buy(p + 1, usd + price);
      change(p, pool.first_month, 2, -static_cast<int>(n), monthly, -1);
    }
  }

  void change(std::size_t p, int from, int end, int machines, const Months& paid, int sign) {
    for (int m = from; m < std::min(2, end); ++m) there_[p][static_cast<std::size_t>(m)] += machines;
    for (std::size_t m = 0; m < 2; ++m) paid_[m] += sign * paid[m];
  }

  void commit(std::size_t p, std::size_t k, int month, double usd) {
    if (p == f_.pools.size()) {
      choice_.clear();
      return place(0, 0, usd);
    }
    if (k == f_.pools[p].commitments.size()) return commit(p + 1, 0, 0, usd);
    if (month == 2) return commit(p, k + 1, 0, usd);
    const TermOffer& c = f_.pools[p].commitments[k];
    for (int n = 0; n <= c.most; ++n) {
      if (n > 0 && n < c.least) continue;
      Months paid = {0, 0};
      for (int m = month; m < std::min(2, month + c.term_months); ++m)
        paid[static_cast<std::size_t>(m)] = n * c.usd * (1 - c.upfront) / c.term_months;
      paid[static_cast<std::size_t>(month)] += n * c.usd * c.upfront;
      change(p, month, month + c.term_months, n, paid, 1);
      commit(p, k, month + 1, usd + n * c.usd);
      change(p, month, month + c.term_months, -n, paid, -1);
    }
  }

  struct Choice {
    std::size_t work, period, option;
    int runs;
  };

  void place(std::size_t w, std::size_t r, double usd) {
    if (usd >= best_ && seen_ == nullptr) return;
    if (w == f_.runs.size()) return finish(usd);
    if (r == f_.runs[w].periods.size()) return place(w + 1, 0, usd);
    spread(w, r, 0, f_.runs[w].periods[r].runs, usd);
  }

  void spread(std::size_t w, std::size_t r, std::size_t o, int left, double usd) {
    const RunWork& work = f_.runs[w];
    if (o == work.options.size()) {
      if (left == 0) place(w, r + 1, usd);
      return;
    }
    for (int n = 0; n <= left; ++n) {
      if (n > 0) choice_.push_back({w, r, o, n});
      spread(w, r, o + 1, left - n, usd + n * work.options[o].usd * work.periods[r].growth);
      if (n > 0) choice_.pop_back();
    }
  }

  void finish(double usd) {
    for (std::size_t w = 0; w < f_.runs.size(); ++w) {
      std::vector<bool> used(f_.runs[w].places.size(), false);
      for (const Choice& c : choice_) {
        if (c.work == w && f_.runs[w].options[c.option].place)
          used[*f_.runs[w].options[c.option].place] = true;
      }
      for (std::size_t i = 0; i < used.size(); ++i) usd += used[i] ? f_.runs[w].places[i].usd : 0;
    }
    double all = usd;
    if (f_.served.empty()) {
      for (std::size_t p = 0; p < f_.pools.size(); ++p) {
        if (!runs_fit(p)) return;
      }
      if (!within_limits(usd)) return;
    } else {
      all += serving();
    }
    if (!std::isfinite(all)) return;
    if (f_.limits.budget && all > *f_.limits.budget + 1e-9) return;
    if (seen_ != nullptr) seen_->push_back(all);
    best_ = std::min(best_, all);
  }

  // Least and most that the chosen runs of a pool take in the first of two parts, and all that they take,
  // in machine-hours; false where one of them cannot end in time.
  struct Range {
    double least = 0, most = 0, all = 0;
  };
  bool add(Range& range, double machines, double hours, double first, double second) const {
    if (hours > first + second + 1e-6) return false;
    range.least += machines * std::max(0.0, hours - second);
    range.most += machines * std::min(hours, first);
    range.all += machines * hours;
    return true;
  }

  // Nothing served: months are the two parts.
  bool runs_fit(std::size_t p) const {
    Range range;
    for (const Choice& c : choice_) {
      const RunOption& option = f_.runs[c.work].options[c.option];
      const Period& period = f_.runs[c.work].periods[c.period];
      const double hours = c.runs * option.hours * period.growth;
      std::vector<double> most = {0, 0};
      for (std::size_t i = 0; i < period.window.size(); ++i) {
        const std::size_t m = static_cast<std::size_t>(period.first_month) + i;
        const bool there = option.pool != p || option.machines <= there_[p][m];
        if (there) most[m] = c.runs * f_.hours_a_month * period.window[i] * option.window_share;
      }
      if (hours > most[0] + most[1] + 1e-6) return false;
      if (option.pool == p && !add(range, option.machines, hours, most[0], most[1])) return false;
    }
    const double room0 = f_.hours_a_month * there_[p][0], room1 = f_.hours_a_month * there_[p][1];
    return std::max(range.least, range.all - room1) <= std::min(range.most, room0) + 1e-6;
  }

  double serving() const {
    const ServedWork& work = f_.served.front();
    double best = kNever;
    // Which places are paid for: without one, its options are not there.
    for (std::size_t mask = 0; mask < (std::size_t{1} << work.places.size()); ++mask) {
      double usd = 0;
      for (std::size_t i = 0; i < work.places.size(); ++i)
        usd += ((mask >> i) & 1) != 0 ? work.places[i].usd : 0;
      for (std::size_t m = 0; m < 2; ++m) usd += serving_in(m, mask);
      best = std::min(best, usd);
    }
    return best;
  }

  double serving_in(std::size_t m, std::size_t mask) const {
    const ServedWork& work = f_.served.front();
    const ServeOption* in_pool = nullptr;
    const ServeOption* rented = nullptr;
    for (const ServeOption& option : work.options) {
      if (option.place && ((mask >> *option.place) & 1) == 0) continue;
      (option.pool ? in_pool : rented) = &option;
    }
    double usd = 0;
    for (std::size_t p = 0; p < f_.pools.size(); ++p) {
      const bool serves = in_pool != nullptr && *in_pool->pool == p;
      usd += pool_month(p, m, serves ? in_pool : nullptr, rented);
    }
    if (in_pool == nullptr) {
      for (std::size_t b = 0; b < 2; ++b) usd += rented == nullptr ? kNever : price(*rented, m, b);
    }
    return usd;
  }

  double price(const ServeOption& option, std::size_t m, std::size_t b) const {
    return option.usd_a_machine_hour * option.machines[m][b] * f_.blocks[b].hours;
  }

  // What serving costs in a month, on the pool as far as `in_pool` is given, with the chosen runs on it too.
  double pool_month(std::size_t p, std::size_t m, const ServeOption* in_pool,
                    const ServeOption* rented) const {
    Range range;
    const double c = there_[p][m], h0 = f_.blocks[0].hours, h1 = f_.blocks[1].hours;
    for (const Choice& one : choice_) {
      const RunOption& option = f_.runs[one.work].options[one.option];
      const Period& period = f_.runs[one.work].periods[one.period];
      if (period.first_month != static_cast<int>(m)) continue;
      const double share = one.runs * period.window[0] * option.window_share;
      const double hours = one.runs * option.hours * period.growth;
      if (hours > share * f_.hours_a_month + 1e-6) return kNever;
      if (option.pool != p) continue;
      if (option.machines > there_[p][m] || !add(range, option.machines, hours, share * h0, share * h1))
        return kNever;
    }
    if (in_pool == nullptr) {
      const bool fits = std::max(range.least, range.all - h1 * c) <= std::min(range.most, h0 * c) + 1e-6;
      return fits ? 0 : kNever;
    }
    const double d0 = in_pool->machines[m][0], d1 = in_pool->machines[m][1];
    // Convex in the hours of runs in the first block: an end, or where a share begins or ceases to be whole.
    double best = kNever;
    for (const double runs :
         {range.least, range.most, h0 * c, h0 * (c - d0), range.all - h1 * c, range.all - h1 * (c - d1)}) {
      if (runs < range.least - 1e-6 || runs > range.most + 1e-6) continue;
      best = std::min(best, block(*in_pool, rented, m, 0, c - runs / h0) +
                                block(*in_pool, rented, m, 1, c - (range.all - runs) / h1));
    }
    return best;
  }

  double block(const ServeOption& in_pool, const ServeOption* rented, std::size_t m, std::size_t b,
               double room) const {
    if (room < -1e-9) return kNever;
    const double most = in_pool.machines[m][b] > 0 ? std::clamp(room / in_pool.machines[m][b], 0.0, 1.0) : 1;
    if (rented == nullptr) return most < 1 - 1e-9 ? kNever : price(in_pool, m, b);
    const double share = price(in_pool, m, b) < price(*rented, m, b) ? most : 0;
    return share * price(in_pool, m, b) + (1 - share) * price(*rented, m, b);
  }

  // Of runs alone: each rented one begins with its period.
  bool within_limits(double) const {
    const PortfolioLimits& limits = f_.limits;
    Months paid = paid_;
    for (std::size_t w = 0; w < f_.runs.size(); ++w) {
      int first = 2;
      for (const Period& period : f_.runs[w].periods) first = std::min(first, period.first_month);
      for (std::size_t i = 0; i < f_.runs[w].places.size(); ++i) {
        const bool used = std::ranges::any_of(
            choice_, [&](const Choice& c) { return c.work == w && f_.runs[w].options[c.option].place == i; });
        if (used) paid[static_cast<std::size_t>(first)] += f_.runs[w].places[i].usd;
      }
    }
    const auto at_once = [&](std::size_t m, const std::string* quota) {
      double sum = 0;
      for (std::size_t p = 0; p < f_.pools.size(); ++p) {
        if (quota == nullptr || f_.pools[p].quota == *quota)
          sum += there_[p][m] * f_.pools[p].accelerators_a_machine;
      }
      for (std::size_t w = 0; w < f_.runs.size(); ++w) {
        for (std::size_t o = 0; o < f_.runs[w].options.size(); ++o) {
          const RunOption& option = f_.runs[w].options[o];
          if (option.pool || (quota != nullptr && option.quota != *quota)) continue;
          sum += runs_at_once(w, o) * option.machines * option.accelerators_a_machine;
        }
      }
      return sum;
    };
    for (std::size_t m = 0; m < 2; ++m) {
      if (limits.accelerators && at_once(m, nullptr) > *limits.accelerators + 1e-9) return false;
      for (const QuotaLimit& limit : limits.quotas) {
        if (at_once(m, &limit.quota) > limit.accelerators + 1e-9) return false;
      }
      for (const Choice& c : choice_) {
        const RunOption& option = f_.runs[c.work].options[c.option];
        paid[m] += c.runs * option.usd * part(c, m) / option.hours;
      }
      if (limits.budget_a_month && paid[m] > *limits.budget_a_month + 1e-9) return false;
    }
    return true;
  }

  // In the month that has most of them; each is whole.
  double runs_at_once(std::size_t w, std::size_t o) const {
    double most = 0;
    for (const Choice& c : choice_) {
      if (c.work != w || c.option != o) continue;
      const Period& period = f_.runs[w].periods[c.period];
      const double months = static_cast<double>(period.window.size()) * f_.hours_a_month;
      const double busy = c.runs * f_.runs[w].options[o].hours * period.growth / months;
      most = std::max({most, 1.0, std::ceil(busy - 1e-9)});
    }
    return most;
  }

  // Hours of one run in a month, where it does not wait.
  double part(const Choice& c, std::size_t month) const {
    const RunOption& option = f_.runs[c.work].options[c.option];
    const Period& period = f_.runs[c.work].periods[c.period];
    double left = option.hours * period.growth;
    for (std::size_t i = 0; i < period.window.size(); ++i) {
      const double here = std::min(left, f_.hours_a_month * period.window[i] * option.window_share);
      if (static_cast<std::size_t>(period.first_month) + i == month) return here;
      left -= here;
    }
    return 0;
  }

  const Portfolio& f_;
  std::vector<double>* seen_ = nullptr;
  double best_ = kNever;
  std::vector<std::vector<int>> there_;
  Months paid_;
  std::vector<Choice> choice_;
};

}  // namespace capplan

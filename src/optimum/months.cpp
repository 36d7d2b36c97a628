#include "optimum/months.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "optimum/mixed_integer_program.h"
#include "optimum/payments.h"
#include "optimum/plan_cost.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

// Of a month: a tenth of the gap asked for, so that the sum of all leaves little of it.
constexpr double kMonthGapShare = 0.1;
constexpr int kMonthNodes = 100;
constexpr int kMonthRounds = 2;

bool is_for_long(const TermOffer& offer) { return offer.term_months > 1; }

// Whether there are several months, and each run is due within one.
bool are_apart(const Portfolio& portfolio, const Kept& part) {
  if (portfolio.months < 2) return false;
  for (std::size_t w = 0; w < portfolio.runs.size(); ++w) {
    const auto& periods = portfolio.runs[w].periods;
    const auto is_one = [&](const Period& period) { return months_of(period, portfolio) == 1; };
    if (part.runs[w] && !std::ranges::all_of(periods, is_one)) return false;
  }
  return true;
}

class MonthByMonth {
 public:
  MonthByMonth(const Portfolio& portfolio, const Kept& part, const PortfolioPlan& plan, bool limits)
      : portfolio_(portfolio), part_(part) {
    if (limits) limits_ = portfolio.limits;
    all_.bought = plan.bought;
    std::ranges::copy_if(plan.committed, std::back_inserter(all_.committed), [&](const auto& committed) {
      return is_for_long(portfolio.pools[committed.pool].commitments[committed.commitment]);
    });
    machines_ = machines_there(portfolio, all_);
    for (const auto& placed : plan.placed) {
      const auto& place = portfolio.runs[placed.work].options[placed.option].place;
      if (place) run_places_.emplace(placed.work, *place);
    }
    for (const auto& served : plan.served) {
      const auto& place = portfolio.served[served.work].options[served.option].place;
      if (place) served_places_.emplace(served.work, *place);
    }
    rented_ = rented_at_once(portfolio, plan);
    paid_ = usd_by_month(portfolio, all_);
    const auto pay = [&](const DataPlaceCost& place) {
      for (int m = 0; m < portfolio.months; ++m) paid_[static_cast<std::size_t>(m)] += usd_in_month(place, m);
    };
    for (const auto& [work, place] : run_places_) pay(portfolio.runs[work].places[place]);
    for (const auto& [work, place] : served_places_) pay(portfolio.served[work].places[place]);
    const std::vector<std::vector<double>> none(static_cast<std::size_t>(portfolio.months),
                                                std::vector<double>(portfolio.blocks.size(), 0.0));
    for (std::size_t w = 0; w < portfolio.served.size(); ++w) {
      auto& options = served_.emplace_back();
      for (std::size_t o = 0; o < portfolio.served[w].options.size(); ++o) options.push_back({w, o, none});
    }
  }

  std::optional<Optimum> plan(const OptimumSettings& settings) {
    bool scheduled = true;
    for (int m = 0; m < portfolio_.months; ++m) {
      const Month month = this->month(m);
      const auto best = find_optimum(month.portfolio, settings);
      if (!best || !best->within_limits || (settings.monitor != nullptr && settings.monitor->stopped()))
        return std::nullopt;
      scheduled = scheduled && best->scheduled;
      take(m, month, best->plan);
    }
    for (auto& options : served_) {
      for (auto& one : options) {
        const bool used = std::ranges::any_of(one.share, [](const auto& month) {
          return std::ranges::any_of(month, [](double share) { return share > 0; });
        });
        if (used) all_.served.push_back(std::move(one));
      }
    }
    all_.usd = usd_of_plan(portfolio_, all_);
    return Optimum{.plan = std::move(all_), .bound = -kUnlimited, .proven = false, .scheduled = scheduled};
  }

 private:
  // A month's work: its options as indices of the whole work's.
  struct Work {
    std::size_t work = 0, period = 0;
    std::vector<std::size_t> options;
  };
  struct Month {
    Portfolio portfolio;
    std::vector<Work> runs, served;
    std::vector<std::vector<std::size_t>> commitments;  // by pool, those of the whole
  };

  // What is there for long is there; what is committed to by the month can be had.
  Month month(int m) const {
    Month month;
    month.portfolio.months = 1;
    month.portfolio.hours_a_month = portfolio_.hours_a_month;
    month.portfolio.blocks = portfolio_.blocks;
    const auto at = static_cast<std::size_t>(m);
    month.portfolio.limits = limits_;
    month.portfolio.limits.budget.reset();  // of all months together
    auto& budget = month.portfolio.limits.budget_a_month;
    if (budget) budget = *budget - paid_[at];
    if (m > 0) month.portfolio.limits.paid_at_start = 0;
    for (std::size_t p = 0; p < portfolio_.pools.size(); ++p) {
      const Pool& whole = portfolio_.pools[p];
      Pool pool;
      pool.id = whole.id;
      pool.existing = machines_[p][at];
      pool.accelerators_a_machine = whole.accelerators_a_machine;
      pool.quota = whole.quota;
      auto& commitments = month.commitments.emplace_back();
      for (std::size_t k = 0; k < whole.commitments.size(); ++k) {
        const int most = part_.committed[p][k][at];
        if (is_for_long(whole.commitments[k]) || most == 0) continue;
        pool.commitments.push_back(whole.commitments[k]);
        pool.commitments.back().most = most;
        commitments.push_back(k);
      }
      month.portfolio.pools.push_back(std::move(pool));
    }
    for (std::size_t w = 0; w < portfolio_.runs.size(); ++w) {
      for (std::size_t r = 0; part_.runs[w] && r < portfolio_.runs[w].periods.size(); ++r) {
        if (portfolio_.runs[w].periods[r].first_month == m) add_runs(w, r, month);
      }
    }
    for (std::size_t w = 0; w < portfolio_.served.size(); ++w) {
      if (part_.serving[w]) add_served(w, at, month);
    }
    return month;
  }

  void add_runs(std::size_t w, std::size_t r, Month& month) const {
    const RunWork& whole = portfolio_.runs[w];
    RunWork work{whole.id, {whole.periods[r]}, {}, whole.places};
    work.periods.front().first_month = 0;
    Work source{w, r, {}};
    for (std::size_t o = 0; o < whole.options.size(); ++o) {
      if (!part_.placed[w][r][o]) continue;
      source.options.push_back(o);
      work.options.push_back(whole.options[o]);
      work.options.back().most_at_once = most_at_once(rented_.runs, whole.options[o], {w, o});
    }
    for (std::size_t i = 0; i < work.places.size(); ++i)
      work.places[i] = of_month(work.places[i], run_places_.contains({w, i}));
    month.portfolio.runs.push_back(std::move(work));
    month.runs.push_back(std::move(source));
  }

  // Nothing where the plan pays for it already; else at once, so that months do not depend on each other.
  static DataPlaceCost of_month(const DataPlaceCost& place, bool paid) {
    return {place.id, paid ? 0 : place.usd};
  }

  void add_served(std::size_t w, std::size_t m, Month& month) const {
    const ServedWork& whole = portfolio_.served[w];
    ServedWork work{whole.id, {}, whole.places};
    Work source{w, 0, {}};
    for (std::size_t o = 0; o < whole.options.size(); ++o) {
      if (!part_.served[w][o]) continue;
      source.options.push_back(o);
      work.options.push_back(whole.options[o]);
      work.options.back().machines = {whole.options[o].machines[m]};
      work.options.back().most_at_once = most_at_once(rented_.served, whole.options[o], {w, o});
    }
    for (std::size_t i = 0; i < work.places.size(); ++i)
      work.places[i] = of_month(work.places[i], served_places_.contains({w, i}));
    month.portfolio.served.push_back(std::move(work));
    month.served.push_back(std::move(source));
  }

  // What is rented by the hour counts as much as it takes in any month: no more of it than the plan has, so
  // that months do not depend on each other.
  template <class Option>
  std::optional<int> most_at_once(const std::map<RentedAtOnce::Way, int>& rented, const Option& option,
                                  const RentedAtOnce::Way& way) const {
    if (option.pool || !is_counted(limits_, option.quota)) return std::nullopt;
    const auto found = rented.find(way);
    return found == rented.end() ? 0 : found->second;
  }

  void take(int m, const Month& month, const PortfolioPlan& best) {
    for (const auto& committed : best.committed)
      all_.committed.push_back(
          {committed.pool, month.commitments[committed.pool][committed.commitment], m, committed.machines});
    for (const auto& placed : best.placed) {
      const Work& source = month.runs[placed.work];
      all_.placed.push_back({source.work, source.period, source.options[placed.option], placed.runs});
    }
    for (const auto& served : best.served) {
      const Work& source = month.served[served.work];
      auto& whole = served_[source.work][source.options[served.option]];
      whole.share[static_cast<std::size_t>(m)] = served.share.front();
    }
  }

  const Portfolio& portfolio_;
  const Kept& part_;
  PortfolioLimits limits_;
  PortfolioPlan all_;
  std::vector<std::vector<PortfolioPlan::Served>> served_;  // by work, option
  std::vector<std::vector<int>> machines_;                  // by pool, month: there for long
  std::set<std::pair<std::size_t, std::size_t>> run_places_, served_places_;  // work, place: of the plan
  RentedAtOnce rented_;                                                       // by the plan
  std::vector<double> paid_;                                                  // by month: for what is given
};

}  // namespace

std::optional<Optimum> laid_out_by_month(const Portfolio& portfolio, const Kept& part,
                                         const PortfolioPlan& plan, bool limits,
                                         const OptimumSettings& settings) {
  if (!are_apart(portfolio, part)) return std::nullopt;
  return MonthByMonth(portfolio, part, plan, limits)
      .plan({.gap = settings.gap * kMonthGapShare,
             .nodes = std::min(settings.nodes, kMonthNodes),
             .rounds = kMonthRounds,
             .monitor = settings.monitor});
}

}  // namespace capplan

#include "optimum/served_alone.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "optimum/elastic.h"
#include "optimum/mixed_integer_program.h"
#include "optimum/plan_cost.h"

namespace capplan {
namespace {

constexpr std::size_t kMostPlaces = 6;  // any of them may be paid for: 64 cases

// Where a way of holding comes from.
struct HeldFrom {
  std::size_t pool = 0, option = 0;
  std::optional<std::size_t> commitment;  // absent: existing or bought
  bool existing = false;
};

class ServedAlone {
 public:
  ServedAlone(const Portfolio& portfolio, const Kept& part, std::size_t work)
      : portfolio_(portfolio), part_(part), w_(work), work_(portfolio.served[work]) {}

  std::optional<PortfolioPlan> plan() {
    if (!gather()) return std::nullopt;
    const std::vector<std::size_t> places = paid_places();
    if (places.size() > kMostPlaces) return std::nullopt;
    // Fewer places first, so that they win a tie.
    std::vector<std::uint32_t> cases(std::size_t{1} << places.size());
    for (std::uint32_t i = 0; i < cases.size(); ++i) cases[i] = i;
    std::ranges::stable_sort(cases, {}, [](std::uint32_t in) { return std::popcount(in); });
    std::optional<PortfolioPlan> best;
    for (const std::uint32_t in : cases) {
      std::set<std::size_t> closed;
      for (std::size_t i = 0; i < places.size(); ++i) {
        if ((in >> i & 1U) == 0) closed.insert(places[i]);
      }
      auto plan = without(closed);
      if (plan && (!best || plan->usd < best->usd - 1e-6)) best = std::move(plan);
    }
    return best;
  }

 private:
  // Whether all that may be held is held for the whole horizon, or all of it from one month on.
  bool gather() {
    std::set<std::size_t> pools;
    for (std::size_t o = 0; o < work_.options.size(); ++o) {
      const auto& pool = work_.options[o].pool;
      if (!part_.served[w_][o] || !pool) continue;
      if (!pools.insert(*pool).second || !add_ways(*pool, o)) return false;
    }
    for (const HeldFrom& source : sources_) {
      if (work_.options[source.option].machines != machines()) return false;
    }
    return std::ranges::all_of(work_.options,
                               [&](const ServeOption& option) { return is_asked_alike(option); });
  }

  // Whether it needs machines when the others do.
  bool is_asked_alike(const ServeOption& option) const {
    for (std::size_t m = 0; m < machines().size(); ++m) {
      for (std::size_t b = 0; b < machines()[m].size(); ++b) {
        if ((option.machines[m][b] > 0) != (machines()[m][b] > 0)) return false;
      }
    }
    return true;
  }

  bool add_ways(std::size_t p, std::size_t option) {
    const Pool& pool = portfolio_.pools[p];
    const double variable = work_.options[option].usd_a_machine_hour;
    if (pool.existing > 0) {
      add({p, option, {}, true},
          {std::vector<double>(static_cast<std::size_t>(pool.existing) + 1, 0.0), variable});
      if (!from(0)) return false;
    }
    if (part_.bought[p] > 0) {
      const auto end = pool.bought_usd.begin() + part_.bought[p] + 1;
      add({p, option, {}, false}, {std::vector<double>(pool.bought_usd.begin(), end), variable});
      if (!from(pool.first_month)) return false;
    }
    for (std::size_t k = 0; k < pool.commitments.size(); ++k) {
      const TermOffer& offer = pool.commitments[k];
      const std::vector<int>& most = part_.committed[p][k];
      if (std::ranges::all_of(most, [](int machines) { return machines == 0; })) continue;
      if (offer.term_months < portfolio_.months ||
          std::any_of(most.begin() + 1, most.end(), [](int machines) { return machines > 0; }) || !from(0))
        return false;
      HeldWay way{{0}, variable};
      for (int n = 1; n <= most.front(); ++n) way.usd.push_back(n < offer.least ? kUnlimited : n * offer.usd);
      add({p, option, k, false}, std::move(way));
    }
    return true;
  }

  void add(HeldFrom source, HeldWay way) {
    sources_.push_back(source);
    ways_.push_back(std::move(way));
  }

  bool from(int month) {
    if (!from_) from_ = month;
    return from_ == month;
  }

  // By month and block: of the pools, or of what is rented.
  const std::vector<std::vector<double>>& machines() const {
    return work_.options[sources_.empty() ? 0 : sources_.front().option].machines;
  }

  std::vector<std::size_t> paid_places() const {
    std::set<std::size_t> places;
    for (std::size_t o = 0; o < work_.options.size(); ++o) {
      const auto& place = work_.options[o].place;
      if (part_.served[w_][o] && place && work_.places[*place].usd > 0) places.insert(*place);
    }
    return {places.begin(), places.end()};
  }

  bool is_open(std::size_t option, const std::set<std::size_t>& closed) const {
    const auto& place = work_.options[option].place;
    return part_.served[w_][option] && !(place && closed.contains(*place));
  }

  // The cheapest by the hour, of equal ones the first by id.
  std::optional<std::size_t> rented(std::size_t m, std::size_t b, const std::set<std::size_t>& closed) const {
    std::optional<std::size_t> best;
    const auto usd = [&](std::size_t o) {
      return work_.options[o].usd_a_machine_hour * work_.options[o].machines[m][b];
    };
    for (std::size_t o = 0; o < work_.options.size(); ++o) {
      if (work_.options[o].pool || !is_open(o, closed)) continue;
      if (!best || std::pair(usd(o), work_.options[o].id) < std::pair(usd(*best), work_.options[*best].id))
        best = o;
    }
    return best;
  }

  struct Level {
    std::size_t month, block;
    std::optional<std::size_t> rented;  // option
    DemandLevel demand;
  };

  std::vector<Level> levels(const std::set<std::size_t>& closed) const {
    std::vector<Level> levels;
    for (std::size_t m = 0; m < machines().size(); ++m) {
      for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
        const double units = machines()[m][b];
        if (units <= 0) continue;
        Level level{m, b, rented(m, b, closed), {units, portfolio_.blocks[b].hours, kUnlimited}};
        if (level.rented) {
          const ServeOption& option = work_.options[*level.rented];
          level.demand.by_the_hour_usd = option.usd_a_machine_hour * option.machines[m][b] / units;
        }
        levels.push_back(level);
      }
    }
    return levels;
  }

  std::optional<PortfolioPlan> without(const std::set<std::size_t>& closed) const {
    const std::vector<Level> all = levels(closed);
    std::vector<DemandLevel> demand;
    for (const Level& level : all) {
      if (std::cmp_less(level.month, from_.value_or(0))) {
        if (!level.rented) return std::nullopt;
      } else {
        demand.push_back(level.demand);
      }
    }
    std::vector<HeldWay> ways = ways_;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (!is_open(sources_[i].option, closed)) ways[i].usd.resize(1);
    }
    const HeldCapacity held = hold(demand, ways);
    if (!std::isfinite(held.usd)) return std::nullopt;
    return plan_of(held, all);
  }

  PortfolioPlan plan_of(const HeldCapacity& held, const std::vector<Level>& all) const {
    PortfolioPlan plan;
    for (std::size_t i = 0; i < held.units.size(); ++i) {
      if (held.units[i] == 0 || sources_[i].existing) continue;
      const auto& [pool, option, commitment, existing] = sources_[i];
      if (commitment) {
        plan.committed.push_back({pool, *commitment, 0, held.units[i]});
      } else {
        plan.bought.push_back({pool, held.units[i]});
      }
    }
    serve(held, all, plan);
    plan.usd = usd_of_plan(portfolio_, plan);
    return plan;
  }

  void serve(const HeldCapacity& held, const std::vector<Level>& all, PortfolioPlan& plan) const {
    const std::vector<std::vector<double>> none(static_cast<std::size_t>(portfolio_.months),
                                                std::vector<double>(portfolio_.blocks.size(), 0.0));
    std::vector<PortfolioPlan::Served> served;
    for (std::size_t o = 0; o < work_.options.size(); ++o) served.push_back({w_, o, none});
    const std::vector<std::size_t> order = merit_order(ways_);
    for (const Level& level : all) {
      double left = level.demand.units;
      const bool there = std::cmp_greater_equal(level.month, from_.value_or(0));
      for (const std::size_t i : order) {
        if (!there || ways_[i].variable_usd > level.demand.by_the_hour_usd) continue;
        const double here = std::min<double>(left, held.units[i]);
        served[sources_[i].option].share[level.month][level.block] += here / level.demand.units;
        left -= here;
      }
      if (left > 0 && level.rented)
        served[*level.rented].share[level.month][level.block] += left / level.demand.units;
    }
    for (PortfolioPlan::Served& one : served) {
      const bool used = std::ranges::any_of(one.share, [](const auto& month) {
        return std::ranges::any_of(month, [](double s) { return s > 0; });
      });
      if (used) plan.served.push_back(std::move(one));
    }
  }

  const Portfolio& portfolio_;
  const Kept& part_;
  std::size_t w_;
  const ServedWork& work_;
  std::vector<HeldFrom> sources_;
  std::vector<HeldWay> ways_;
  std::optional<int> from_;  // month in which what is held is there
};

}  // namespace

std::optional<PortfolioPlan> served_alone(const Portfolio& portfolio, const Kept& part) {
  if (std::ranges::count(part.runs, true) > 0 || std::ranges::count(part.serving, true) != 1)
    return std::nullopt;
  const auto work = static_cast<std::size_t>(std::ranges::find(part.serving, true) - part.serving.begin());
  return ServedAlone(portfolio, part, work).plan();
}

}  // namespace capplan

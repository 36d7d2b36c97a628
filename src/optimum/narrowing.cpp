#include "optimum/narrowing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "optimum/parts.h"
#include "optimum/screening.h"

namespace capplan {
namespace {

// Pools that come in at one time: those that are wanted most. Once they are in, the prices of the works
// change, and others are wanted less.
constexpr std::size_t kAtATime = 4;
// Of the whole: what the solver's tolerances leave over.
constexpr double kNothing = 1e-6;
Kept only_pool(const Portfolio& portfolio, Kept part, std::size_t pool) {
  drop_all_but(portfolio, pool, part);
  return part;
}

// In some period, at least.
bool is_kept(const std::vector<std::vector<bool>>& placed, std::size_t option) {
  return std::ranges::any_of(placed, [&](const auto& period) { return period[option]; });
}

// Whether some of the runs can be done on no machine that is rented by the hour.
bool needs_pools(const RunWork& work, const std::vector<std::vector<bool>>& placed) {
  return std::ranges::any_of(placed, [&](const std::vector<bool>& period) {
    for (std::size_t o = 0; o < period.size(); ++o) {
      if (period[o] && !work.options[o].pool) return false;
    }
    return true;
  });
}

bool needs_pools(const ServedWork& work, const std::vector<bool>& served) {
  for (std::size_t o = 0; o < served.size(); ++o) {
    if (served[o] && !work.options[o].pool) return false;
  }
  return true;
}

ProgramDetail of_one_pool(bool limits) {
  ProgramDetail detail;
  detail.limits = limits;
  detail.beyond = limits;
  detail.elsewhere = true;
  return detail;
}

}  // namespace

Narrowing::Other::Other(const Portfolio& portfolio, const Kept& part, std::size_t pool, bool limits)
    : program(std::make_unique<PortfolioProgram>(portfolio, only_pool(portfolio, part, pool),
                                                 of_one_pool(limits))),
      any(program->add_row_of_machines(pool)),
      relaxation(program->program()) {}

Narrowing::Narrowing(const Portfolio& portfolio, const Kept& part, bool limits, Monitor* monitor,
                     double beyond)
    : portfolio_(portfolio), part_(part), limits_(limits), monitor_(monitor), beyond_(beyond), used_(part) {
  start();
  if (!limits || set_beyond_prices()) {
    narrow();
  } else {
    take_in_all();
  }
}

PortfolioProgram Narrowing::program() const {
  ProgramDetail detail;
  detail.limits = limits_;
  detail.beyond = limits_;
  PortfolioProgram few(portfolio_, part(), detail);
  few.price_limits(beyond_prices_);
  return few;
}

// By what all costs where limits may be exceeded for nothing.
bool Narrowing::set_beyond_prices() {
  const PortfolioProgram few = program();
  const std::vector<double> limits = few.limits();
  beyond_prices_.assign(limits.size(), 0);
  const RelaxedSolution relaxed = few.program().solve_relaxed(monitor_);
  if (!relaxed.found()) return false;
  for (std::size_t i = 0; i < beyond_prices_.size(); ++i)
    beyond_prices_[i] = beyond_ * relaxed.objective / std::max(1.0, limits[i]);
  return true;
}

void Narrowing::narrow() {
  while (left_out() > 0) {
    const PortfolioProgram few = program();
    const RelaxedSolution relaxed = few.program().solve_relaxed(monitor_);
    if (!relaxed.found()) return take_in_all();
    const Prices prices{few.work_prices(relaxed.row_prices), few.limit_prices(relaxed.row_prices)};
    if (!price(prices)) return take_in_all();
    const double nothing = kNothing * relaxed.objective;
    if (take_in_most_wanted(nothing)) continue;
    leave_out_unused(few.machines(relaxed.values));
    // Of these, one whose place nobody else pays for now may be wanted at the part of it that it pays.
    do {
      if (!price(prices)) return take_in_all();
    } while (take_in_most_wanted(nothing));
    bound_ = relaxed.objective;
    for (const auto& [pool, other] : others_) {
      if (!other.in) bound_ += other.usd;
    }
    used_ = few.used(relaxed.values, part());
    possible_ = few.exceeded(relaxed.values) <= kNothing;
    return;
  }
}

// Pools that some work cannot be without, and those that have machines, are in from the start and stay.
void Narrowing::start() {
  const std::vector<bool> used = used_pools(portfolio_, part_);
  std::vector<bool> stay;
  for (const Pool& pool : portfolio_.pools) stay.push_back(pool.existing > 0);
  const auto keep_pools = [&](const auto& work) {
    for (const auto& option : work.options) {
      if (option.pool) stay[*option.pool] = true;
    }
  };
  for (std::size_t w = 0; w < portfolio_.runs.size(); ++w) {
    if (part_.runs[w] && needs_pools(portfolio_.runs[w], part_.placed[w])) keep_pools(portfolio_.runs[w]);
  }
  for (std::size_t w = 0; w < portfolio_.served.size(); ++w) {
    if (part_.serving[w] && needs_pools(portfolio_.served[w], part_.served[w]))
      keep_pools(portfolio_.served[w]);
  }
  for (std::size_t p = 0; p < portfolio_.pools.size(); ++p) {
    if (used[p] && !stay[p]) others_.try_emplace(p, portfolio_, part_, p, limits_);
  }
}

bool Narrowing::is_out(std::size_t pool) const {
  const auto other = others_.find(pool);
  return other != others_.end() && !other->second.in;
}

std::size_t Narrowing::left_out() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(others_, [](const auto& other) { return !other.second.in; }));
}

Kept Narrowing::part() const {
  Kept part = part_;
  for (const auto& [pool, other] : others_) {
    if (!other.in) drop_pool(portfolio_, pool, part);
  }
  return part;
}

// A place that is paid for by what is in costs nothing more; of one that others share, each pays a part.
PlaceShares Narrowing::place_shares() const {
  const auto shares = [&](const auto& work, const auto& kept) {
    std::vector<bool> paid(work.places.size(), false);
    std::vector<std::set<std::size_t>> sharing(work.places.size());
    for (std::size_t o = 0; o < work.options.size(); ++o) {
      const auto& option = work.options[o];
      if (!option.place || !kept(o)) continue;
      if (option.pool && is_out(*option.pool)) {
        sharing[*option.place].insert(*option.pool);
      } else {
        paid[*option.place] = true;
      }
    }
    std::vector<double> parts;
    for (std::size_t i = 0; i < paid.size(); ++i)
      parts.push_back(paid[i] || sharing[i].empty() ? 0 : 1 / static_cast<double>(sharing[i].size()));
    return parts;
  };
  PlaceShares all;
  for (std::size_t w = 0; w < portfolio_.runs.size(); ++w) {
    const auto& placed = part_.placed[w];
    all.runs.push_back(shares(portfolio_.runs[w], [&](std::size_t o) { return is_kept(placed, o); }));
  }
  for (std::size_t w = 0; w < portfolio_.served.size(); ++w) {
    const auto& served = part_.served[w];
    all.served.push_back(shares(portfolio_.served[w], [&](std::size_t o) { return served[o]; }));
  }
  return all;
}

bool Narrowing::price(const Prices& prices) {
  const PlaceShares shares = place_shares();
  for (auto& [pool, other] : others_) {
    if (other.in) continue;
    if (monitor_ != nullptr && monitor_->stopped()) return false;
    other.program->price_elsewhere(prices.works);
    other.program->price_limits(prices.limits);
    other.program->price_places(shares);
    const RelaxedSolution relaxed = other.relaxation.solve();
    if (!relaxed.found()) return false;
    other.usd = std::min(0.0, relaxed.objective - other.program->elsewhere_usd());
  }
  return true;
}

// Those that are alike come in together, so that ids can decide between them.
bool Narrowing::take_in_most_wanted(double nothing) {
  std::vector<double> wanted;
  for (const auto& [pool, other] : others_) {
    if (!other.in && other.usd < -nothing) wanted.push_back(other.usd);
  }
  if (wanted.empty()) return false;
  std::ranges::sort(wanted);
  const double last = wanted[std::min(kAtATime, wanted.size()) - 1];
  for (auto& [pool, other] : others_) other.in = other.in || other.usd <= last + nothing;
  return true;
}

// The relaxation is the same without them.
void Narrowing::leave_out_unused(const std::vector<double>& machines) {
  for (auto& [pool, other] : others_) {
    if (machines[pool] == 0) other.in = false;
  }
}

void Narrowing::take_in_all() {
  others_.clear();
  used_ = part_;
  bound_ = -kUnlimited;
}

double Narrowing::take_in(double usd) {
  double of_others = kUnlimited;
  for (auto& [pool, other] : others_) {
    if (other.in) continue;
    const bool stopped = monitor_ != nullptr && monitor_->stopped();
    other.program->program().bound_row(other.any, 1, kUnlimited);
    const RelaxedSolution some = other.relaxation.solve();
    const double with_it =
        stopped ? -kUnlimited : bound_ - other.usd + some.objective - other.program->elsewhere_usd();
    other.in = with_it < usd;
    if (!other.in) of_others = std::min(of_others, with_it);
  }
  return of_others;
}

}  // namespace capplan

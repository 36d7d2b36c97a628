#include "optimum/elastic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace capplan {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kTie = 1e-6;  // dollars

std::size_t most_units(std::span<const DemandLevel> demand) {
  double most = 0;
  for (const DemandLevel& level : demand) most = std::max(most, std::ceil(level.units));
  return static_cast<std::size_t>(most);
}

// What the use of the first k units costs, at index k, at a price for an hour of each level.
template <class Price>
std::vector<double> usd_of_use(std::span<const DemandLevel> demand, const Price& price) {
  const std::size_t most = most_units(demand);
  std::vector<double> usd{0};
  for (std::size_t k = 0; k < most; ++k) {
    double unit = 0;
    for (const DemandLevel& level : demand) {
      const double busy = std::clamp(level.units - static_cast<double>(k), 0.0, 1.0);
      if (busy > 0) unit += level.hours * busy * price(level);
    }
    usd.push_back(usd.back() + unit);
  }
  return usd;
}

// The least that the first k units cost, at index k, if all of them are held.
class Stack {
 public:
  explicit Stack(std::size_t most) : usd_(most + 1, kInfinite) { usd_[0] = 0; }

  // On top of what the earlier ways hold.
  void add(const HeldWay& way, const std::vector<double>& use) {
    std::vector<double> usd(usd_.size(), kInfinite);
    std::vector<std::size_t> held(usd_.size(), 0), below(usd_.size(), 0);
    const std::size_t most = usd_.size() - 1;
    for (std::size_t n = 0; n < way.usd.size(); ++n) {
      for (std::size_t k = 0; k <= most; ++k) {
        const std::size_t top = std::min(most, k + n);
        const double all = usd_[k] + way.usd[n] + use[top] - use[k];
        if (!(all < usd[top] - kTie)) continue;
        usd[top] = all;
        held[top] = n;
        below[top] = k;
      }
    }
    usd_ = std::move(usd);
    steps_.push_back({std::move(held), std::move(below)});
  }

  double usd(std::size_t units) const { return usd_[units]; }
  // By way, in the order in which they were added.
  std::vector<int> held(std::size_t units) const {
    std::vector<int> held;
    for (std::size_t last = steps_.size(); last-- > 0;) {
      const Step& step = steps_[last];
      held.push_back(static_cast<int>(step.held[units]));
      units = step.below[units];
    }
    std::ranges::reverse(held);
    return held;
  }

 private:
  // By units that are held in all: those of this way, and those below them.
  struct Step {
    std::vector<std::size_t> held, below;
  };
  std::vector<double> usd_;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<std::size_t> merit_order(std::span<const HeldWay> ways) {
  std::vector<std::size_t> order(ways.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t way) { return ways[way].variable_usd; });
  return order;
}

HeldCapacity hold(std::span<const DemandLevel> demand, std::span<const HeldWay> ways) {
  const std::size_t most = most_units(demand);
  const std::vector<std::size_t> order = merit_order(ways);
  Stack stack(most);
  for (const std::size_t w : order) {
    const HeldWay& way = ways[w];
    stack.add(way, usd_of_use(demand, [&](const DemandLevel& level) {
                return std::min(way.variable_usd, level.by_the_hour_usd);
              }));
  }
  // Of the units above k, from the last one down: infinite prices cannot be taken from a sum.
  std::vector<double> above(most + 1, 0);
  for (std::size_t k = most; k-- > 0;) {
    above[k] = above[k + 1];
    for (const DemandLevel& level : demand) {
      const double busy = std::clamp(level.units - static_cast<double>(k), 0.0, 1.0);
      if (busy > 0) above[k] += level.hours * busy * level.by_the_hour_usd;
    }
  }
  HeldCapacity best{.units = {}, .usd = kInfinite};
  std::size_t held = 0;
  for (std::size_t k = 0; k <= most; ++k) {
    const double usd = stack.usd(k) + above[k];
    if (!(usd < best.usd - kTie)) continue;
    best.usd = usd;
    held = k;
  }
  best.units.assign(ways.size(), 0);
  if (!std::isfinite(best.usd)) return best;
  const std::vector<int> units = stack.held(held);
  for (std::size_t i = 0; i < order.size(); ++i) best.units[order[i]] = units[i];
  return best;
}

}  // namespace capplan

#include "plan/ranking.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/number_text.h"
#include "plan/supply.h"

namespace capplan {
namespace {

// What cannot be had at all is further off than what breaks one more limit.
std::size_t faults(const PlanOption& option) {
  constexpr std::size_t kFarOff = 10;
  std::size_t sum = 0;
  for (const std::string& violation : option.violations) {
    const bool far = violation.starts_with("purchases") || violation.starts_with("platforms") ||
                     violation.starts_with("data") || violation.starts_with("pin");
    sum += far ? kFarOff : 1;
  }
  return sum;
}

// Plans that were not sampled are compared by their cost alone.
Money p90_of(const PlanOption& option) { return option.sampled ? option.sampled->p90 : option.cost.total(); }

bool dominates(const PlanOption& a, const PlanOption& b) {
  const double a_time = round_to_12_digits(a.wall_clock.base());
  const double b_time = round_to_12_digits(b.wall_clock.base());
  const bool no_worse = a.cost.total() <= b.cost.total() && p90_of(a) <= p90_of(b) && a_time <= b_time;
  return no_worse && (a.cost.total() < b.cost.total() || p90_of(a) < p90_of(b) || a_time < b_time);
}

// A plan comes after all that dominate it when sorted by cost, then P90, then time: only the front needs
// comparing.
void mark_front(std::vector<PlanOption>& options) {
  std::vector<PlanOption*> order;
  for (PlanOption& option : options) {
    if (option.feasible && is_usual(option.standing)) order.push_back(&option);
  }
  std::sort(order.begin(), order.end(), [](const PlanOption* a, const PlanOption* b) {
    return std::tuple(a->cost.total(), p90_of(*a), round_to_12_digits(a->wall_clock.base()), a->rank) <
           std::tuple(b->cost.total(), p90_of(*b), round_to_12_digits(b->wall_clock.base()), b->rank);
  });
  std::vector<const PlanOption*> front;
  for (PlanOption* option : order) {
    option->on_pareto_front =
        std::none_of(front.begin(), front.end(), [&](const PlanOption* f) { return dominates(*f, *option); });
    if (option->on_pareto_front) front.push_back(option);
  }
}

}  // namespace

void rank_options(std::vector<PlanOption>& options, Objective objective, bool include_outliers) {
  const auto key = [&](const PlanOption& o) {
    const bool last = !is_usual(o.standing) && !include_outliers;
    return std::tuple(!o.feasible, o.feasible ? std::size_t{0} : faults(o), last,
                      score(objective, o.cost.total(), p90_of(o), o.wall_clock, o.energy.kg_co2e),
                      o.cost.total(), std::string_view(o.id));
  };
  std::sort(options.begin(), options.end(),
            [&](const PlanOption& a, const PlanOption& b) { return key(a) < key(b); });
  int rank = 0;
  for (PlanOption& option : options) option.rank = ++rank;
  mark_front(options);
}

std::vector<const PlanOption*> best_of_each(const Plan& plan) {
  std::vector<const PlanOption*> best;
  std::set<std::tuple<SupplyOption, std::string>> seen;
  for (const PlanOption& option : plan.options) {
    std::string supply;
    for (const Allocation& a : option.allocations)
      supply += std::string(a.provider) + "/" + std::string(a.accelerator) +
                (is_firm(a.purchase) ? "/" : "/interruptible/");
    if (seen.emplace(option.option, supply).second) best.push_back(&option);
  }
  return best;
}

}  // namespace capplan

#include "capplan/gate/policy.h"

#include <algorithm>
#include <cmath>

#include "gate/policy_fields.h"

namespace capplan {
namespace {

template <class Enum, std::size_t N>
std::string_view name_of(Enum value, const std::string_view (&names)[N]) {
  return names[static_cast<std::size_t>(value)];
}

Rule broken(std::string id, Breach breach, std::string message) {
  return {.id = std::move(id),
          .level = Level::kDeny,
          .when = Infeasible{PricesOf::kBaseLock, breach, false},
          .message = std::move(message),
          .place = {}};
}

}  // namespace

std::string_view level_name(Level level) { return name_of(level, kLevelNames); }
std::string_view metric_name(Metric metric) { return name_of(metric, kMetricNames); }
std::string_view statistic_name(Statistic statistic) { return name_of(statistic, kStatisticNames); }
std::string_view effect_name(Effect effect) { return name_of(effect, kEffectNames); }
std::string_view breach_name(Breach breach) { return name_of(breach, kBreachNames); }

Millionths Millionths::of(double value) {
  constexpr double kMost = 1e18;
  return {std::llround(std::clamp(value * 1e6, -kMost, kMost))};
}

bool needs_base(const Condition& condition) {
  struct OfAChange {
    bool operator()(const Growth&) const { return true; }
    bool operator()(const WinnerChanged&) const { return true; }
    bool operator()(const PriceAge&) const { return false; }
    bool operator()(const Above& state) const { return state.crossing; }
    bool operator()(const Likely& state) const { return state.crossing; }
    bool operator()(const Assumed& state) const { return state.crossing; }
    bool operator()(const Infeasible& state) const { return state.crossing; }
  };
  return std::visit(OfAChange{}, condition);
}

Policy default_policy() {
  return {.file = "",
          .rules = {broken("over-budget", Breach::kBudget, "raise the budget, or ask for less"),
                    broken("late", Breach::kDeadline, "move the deadline, or admit more accelerators"),
                    broken("infeasible", Breach::kOther, "loosen a constraint")},
          .dead_band = {}};
}

}  // namespace capplan

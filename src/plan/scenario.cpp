#include "capplan/plan/scenario.h"

#include <algorithm>
#include <limits>

namespace capplan {

std::optional<ScenarioMatrix> ScenarioMatrix::of(std::size_t specs, std::vector<ScenarioAxis> axes) {
  std::size_t combinations = 1;
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max() / 2;
  for (const ScenarioAxis& axis : axes) {
    if (axis.values.empty() || combinations > kMost / axis.values.size()) return std::nullopt;
    combinations *= axis.values.size();
  }
  if (specs == 0 || combinations > kMost / specs) return std::nullopt;
  return ScenarioMatrix(std::move(axes), combinations, combinations * specs);
}

Scenario ScenarioMatrix::at(std::size_t index) const {
  Scenario scenario{.number = index + 1, .spec = index / combinations_};
  std::size_t rest = index % combinations_;
  scenario.changes.resize(axes_.size());
  for (std::size_t i = axes_.size(); i-- > 0;) {
    const ScenarioAxis& axis = axes_[i];
    scenario.changes[i] = {axis.key, axis.values[rest % axis.values.size()]};
    rest /= axis.values.size();
  }
  return scenario;
}

std::size_t Shard::part(std::size_t size, std::size_t shards) const {
  const std::size_t each = size / of;
  const std::size_t more = size % of;  // the first ones take one more
  return shards * each + std::min(shards, more);
}

void take_best(Plan plan, ScenarioOutcome& outcome) {
  outcome.plans = plan.options.size();
  for (const PlanOption& option : plan.options) outcome.feasible += option.feasible ? 1U : 0U;
  if (plan.options.empty()) {
    outcome.problem =
        plan.rejected.empty() ? "nothing in the catalogue can run it" : plan.rejected.front().reason;
  } else {
    plan.options.resize(1);
  }
  plan.rejected.clear();
  outcome.plan = std::move(plan);
}

}  // namespace capplan

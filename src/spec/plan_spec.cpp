#include "capplan/spec/plan_spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.h"

namespace capplan {
namespace {

constexpr std::array<std::pair<Objective, std::string_view>, 4> kObjectives{
    {{Objective::kCost, "cost"},
     {Objective::kTime, "time"},
     {Objective::kCarbon, "carbon"},
     {Objective::kCostP90, "cost_p90"}}};

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches_glob(p, name); });
}

}  // namespace

std::string_view objective_name(Objective objective) {
  const auto* found = std::find_if(kObjectives.begin(), kObjectives.end(),
                                   [&](const auto& o) { return o.first == objective; });
  return found->second;
}

std::optional<Objective> find_objective(std::string_view name) {
  const auto* found =
      std::find_if(kObjectives.begin(), kObjectives.end(), [&](const auto& o) { return o.second == name; });
  if (found == kObjectives.end()) return std::nullopt;
  return found->first;
}

bool NameFilter::admits(std::string_view name) const {
  return (allow.empty() || matches_any(allow, name)) && !matches_any(deny, name);
}

}  // namespace capplan

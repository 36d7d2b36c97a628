#include "capplan/spec/plan_spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.h"

namespace capplan {
namespace {

constexpr std::array<std::pair<Objective, std::string_view>, 4> kObjectiveNames{
    {{Objective::kCost, "cost"},
     {Objective::kTime, "time"},
     {Objective::kCarbon, "carbon"},
     {Objective::kCostP90, "cost_p90"}}};

constexpr std::array<std::string_view, 4> kDepreciationNames{"straight-line", "declining", "macrs",
                                                             "price-performance"};

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches_glob(p, name); });
}

}  // namespace

std::string_view objective_name(Objective objective) {
  const auto* found = std::find_if(kObjectiveNames.begin(), kObjectiveNames.end(),
                                   [&](const auto& o) { return o.first == objective; });
  return found->second;
}

std::optional<Objective> find_objective(std::string_view name) {
  const auto* found = std::find_if(kObjectiveNames.begin(), kObjectiveNames.end(),
                                   [&](const auto& o) { return o.second == name; });
  if (found == kObjectiveNames.end()) return std::nullopt;
  return found->first;
}

std::string_view depreciation_name(DepreciationMethod method) {
  return kDepreciationNames[static_cast<std::size_t>(method)];
}

std::optional<DepreciationMethod> find_depreciation(std::string_view name) {
  for (std::size_t i = 0; i < kDepreciationNames.size(); ++i) {
    if (kDepreciationNames[i] == name) return static_cast<DepreciationMethod>(i);
  }
  return std::nullopt;
}

bool NameFilter::admits(std::string_view name) const {
  return (allow.empty() || matches_any(allow, name)) && !matches_any(deny, name);
}

}  // namespace capplan

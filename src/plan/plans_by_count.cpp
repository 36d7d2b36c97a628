#include "plan/plans_by_count.h"

#include <algorithm>
#include <array>

namespace capplan {
namespace {

constexpr std::array<int, 2> kTellingCounts{1, 8};  // a card, and the usual node
constexpr int kClusters = 64;                       // from here on nobody thinks of one node

}  // namespace

std::vector<PlanOfCount> plans_by_count(const PlanSpec& spec, const Catalog& catalog,
                                        const PlanSettings& settings, const Plan& planned) {
  std::vector<PlanOfCount> found;
  const Workload& only = spec.workloads.front();
  if (spec.workloads.size() != 1 || !is_trained(only.kind) || only.pin.count || planned.options.empty())
    return found;
  if (planned.options.front().allocations.front().count >= kClusters) return found;
  PlanSettings plain = settings;
  plain.scaling = plain.comparisons = plain.mixes = false;
  plain.monitor = nullptr;  // these are short, and no part of the progress
  for (const int count : kTellingCounts) {
    if (settings.monitor != nullptr && settings.monitor->stopped()) break;
    PlanSpec pinned = spec;
    pinned.workloads.front().pin.count = count;
    Result<Plan> plan = make_plan(pinned, catalog, plain);
    if (!plan) continue;
    const auto first = std::ranges::find_if(plan->options, [](const PlanOption& o) { return o.firm; });
    if (first != plan->options.end()) found.push_back({count, std::move(*first)});
  }
  return found;
}

}  // namespace capplan

#include "capplan/gate/outcome.h"

#include <algorithm>

#include "core/number_text.h"
#include "plan/assumption_shares.h"

namespace capplan {
namespace {

Money rounded(Money money) { return Money::of(Usd::of(round_to_12_digits(money.usd()))); }

// Each line is of an allocation, and that of a workload.
std::vector<WorkloadCost> costs_of(const Plan& plan, const PlanOption& option) {
  std::vector<WorkloadCost> costs;
  for (const WorkloadDemand& workload : plan.workloads) costs.push_back({workload.name, Money()});
  for (const CostLine& line : option.cost.lines) {
    const bool known = line.allocation < option.allocations.size();
    costs[known ? option.allocations[line.allocation].workload : 0].cost += line.amount;
  }
  return costs;
}

// A violation begins with the name of the constraint.
bool breaks(const PlanOption& option, std::string_view constraint) {
  return std::any_of(option.violations.begin(), option.violations.end(), [&](const std::string& violation) {
    return violation.substr(0, violation.find(':')) == constraint;
  });
}

std::string oldest_price(const PlanOption& option) {
  std::string oldest;
  for (const Allocation& allocation : option.allocations) {
    if (!allocation.as_of.empty() && (oldest.empty() || allocation.as_of < oldest)) oldest = allocation.as_of;
  }
  return oldest;
}

Standing standing_of(const Plan& plan, const PlanOption& best) {
  const CostQuantiles& sampled = best.sampled.value();  // the first plan always is
  Standing standing{.p50 = sampled.p50,
                    .p90 = sampled.p90,
                    .horizon = plan.horizon,
                    .p_over_budget = best.p_over_budget,
                    .p_late = best.p_late,
                    .kg_co2e = best.energy.kg_co2e,
                    .assumption_share = assumption_shares(plan, best).share,
                    .oldest_price = oldest_price(best),
                    .breaks_budget = breaks(best, "budget") || breaks(best, "budget_per_month"),
                    .breaks_deadline = breaks(best, "deadline"),
                    .breaks_other = false};
  standing.breaks_other = !best.feasible && !standing.breaks_budget && !standing.breaks_deadline;
  return standing;
}

}  // namespace

Outcome outcome_of(const Plan& plan, Identity identity) {
  Outcome outcome;
  outcome.name = plan.name;
  outcome.identity = std::move(identity);
  outcome.identity.catalog_sha256 = plan.catalog_sha256;
  outcome.identity.catalog_as_of = plan.catalog_as_of;
  for (const PlanOption& option : plan.options) outcome.by_plan.emplace(option.id, option.cost.total());
  if (plan.options.empty()) {
    outcome.problem =
        plan.rejected.empty() ? "nothing in the catalogue can run it" : plan.rejected.front().reason;
    return outcome;
  }
  const PlanOption& best = plan.options.front();
  outcome.winner = best.id;
  outcome.feasible = best.feasible;
  outcome.total = best.cost.total();
  outcome.wall_clock = best.wall_clock;
  outcome.workloads = costs_of(plan, best);
  outcome.standing = standing_of(plan, best);
  if (!best.feasible && !best.violations.empty()) outcome.problem = best.violations.front();
  return outcome;
}

Outcome recorded(Outcome outcome) {
  outcome.total = rounded(outcome.total);
  for (auto& [id, total] : outcome.by_plan) total = rounded(total);
  Money rest = outcome.total;
  for (WorkloadCost& workload : outcome.workloads) {
    workload.cost = rounded(workload.cost);
    rest = rest - workload.cost;
  }
  // Parts of 12 digits sum to a total of 12 digits but for its last one.
  if (!outcome.workloads.empty()) outcome.workloads.front().cost += rest;
  return outcome;
}

}  // namespace capplan

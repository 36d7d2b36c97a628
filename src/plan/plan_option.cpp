#include "plan/plan_option.h"

#include "capplan/cost/credits.h"
#include "plan/feasibility.h"
#include "plan/notes.h"

namespace capplan {
namespace {

constexpr std::size_t kParts = 4;  // owned and rented candidates that splits are made of

void spend(PlanOption& o, const Catalog& catalog) {
  if (catalog.tables().credits.empty()) return;
  std::vector<Buyer> buyers;
  for (const Allocation& a : o.allocations) buyers.push_back({a.provider, a.purchase});
  spend_credits(o.cost, buyers, catalog);
}

void discount(PlanOption& o, const BoundSpec& spec) {
  o.cash = cash_flow(o.cost, spec.horizon);
  if (!spec.discounting) return;
  const Discounting& d = *spec.discounting;
  o.npv = -net_present_value(o.cash, d.rate, d.timing);
  if (d.tax) o.npv_after_tax = -net_present_value(after_tax(o.cost, spec.horizon, *d.tax), d.rate, d.timing);
}

Duration time_needed(const Allocation& a, const BoundWorkload& w) {
  if (is_served(w)) return a.execution.run_time;
  return a.execution.run_time * (w.demand.runs - a.runs_missed) + a.starts_after;
}

}  // namespace

PlanOption option_of(const std::vector<const Candidate*>& parts, SupplyOption option) {
  PlanOption o;
  o.option = option;
  for (const Candidate* part : parts) {
    if (!o.id.empty()) o.id += "+";
    o.id += part->id;
    o.cost = std::move(o.cost) + of_allocation(part->cost, o.allocations.size());
    o.uses.push_back(part->energy);
    o.meets_deadline = o.meets_deadline && part->meets_deadline;
    o.allocations.push_back(part->allocation);
    if (part->offer.offer != nullptr) {
      o.standing = std::max(o.standing, part->offer.standing);
      o.firm = o.firm && is_firm(part->offer.offer->purchase);
    }
  }
  o.energy = energy_together(o.uses);
  return o;
}

void complete_option(PlanOption& option, const BoundSpec& spec, const Catalog& catalog) {
  if (option.wall_clock.base() == 0) {
    for (const Allocation& a : option.allocations)
      option.wall_clock = std::max(option.wall_clock, time_needed(a, spec.workloads[a.workload]));
  }
  spend(option, catalog);
  discount(option, spec);
  check_constraints(option, spec, catalog);
  note_option(option, spec, catalog);
}

bool can_be_part(const Candidate& candidate, const BoundSpec& spec, const Catalog& catalog) {
  PlanOption probe = option_of({&candidate}, candidate.option);
  probe.wall_clock = candidate.allocation.execution.run_time;
  check_constraints(probe, spec, catalog);
  return std::all_of(probe.violations.begin(), probe.violations.end(), [](const std::string& v) {
    return v.starts_with("deadline") || v.starts_with("lead time") || v.starts_with("budget") ||
           v.starts_with("options");
  });
}

std::vector<const Candidate*> cheapest_parts(const std::vector<Candidate>& candidates, bool owned,
                                             const BoundSpec& spec, const Catalog& catalog) {
  std::vector<const Candidate*> found;
  for (const Candidate& candidate : candidates) {
    const bool is_owned = candidate.offer.offer == nullptr;
    const bool usual =
        is_usual(candidate.offer.standing) && (is_owned || is_firm(candidate.offer.offer->purchase));
    if (is_owned == owned && usual && can_be_part(candidate, spec, catalog)) found.push_back(&candidate);
  }
  std::sort(found.begin(), found.end(), [](const Candidate* a, const Candidate* b) {
    if (a->meets_deadline != b->meets_deadline) return a->meets_deadline;
    if (a->cost.total() != b->cost.total()) return a->cost.total() < b->cost.total();
    return a->id < b->id;
  });
  if (found.size() > kParts) found.resize(kParts);
  return found;
}

}  // namespace capplan

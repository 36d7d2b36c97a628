#include "plan/split_plan.h"

#include "core/number_text.h"
#include "plan/hybrid.h"
#include "plan/plan_option.h"

namespace capplan {
namespace {

bool is_better(const HybridSplit& a, const HybridSplit& b) {
  if (a.meets_deadline != b.meets_deadline) return a.meets_deadline;
  return a.cost.total() < b.cost.total();
}

// For one run the cost is linear in the split, so one of its ends costs no more.
void mark_dominated(PlanOption& o, const HybridSplit& split, const std::vector<PlanOption>& others) {
  for (const PlanOption& end : others) {
    const bool is_end = end.id == split.owned.id || end.id == split.rented.id;
    if (is_end && end.meets_deadline && end.cost.total() <= o.cost.total() && !o.dominated) {
      o.dominated = true;
      o.notes.push_back("dominated: " + end.id + " alone costs less");
    }
  }
}

PlanOption plan_of(const HybridSplit& split, bool served) {
  PlanOption o = option_of({&split.owned, &split.rented}, SupplyOption::kHybrid);
  const Allocation& owned = split.owned.allocation;
  o.id = "hybrid/" + std::string(owned.provider) + "/" + id_part(owned.accelerator) + "/" +
         std::to_string(owned.count) + "+" + split.rented.id;
  o.cost = split.cost;
  o.wall_clock = split.wall_clock;
  o.meets_deadline = split.meets_deadline;
  o.notes.push_back(plain_number(split.owned_share * 100) + "% of the " + (served ? "traffic" : "work") +
                    " on owned accelerators, the rest rented");
  return o;
}

}  // namespace

std::optional<PlanOption> best_split_plan(const SupplyContext& c, const std::vector<Candidate>& candidates,
                                          const std::vector<PlanOption>& others,
                                          const std::function<bool(const Candidate&)>& worth_it) {
  std::optional<HybridSplit> best;
  for (const Candidate* owned : cheapest_parts(candidates, true, c.spec, c.catalog)) {
    if (!worth_it(*owned)) continue;
    for (const Candidate* rented : cheapest_parts(candidates, false, c.spec, c.catalog)) {
      std::optional<HybridSplit> split = best_split(c, 0, *owned, *rented);
      if (split && (!best || is_better(*split, *best))) best = std::move(split);
    }
  }
  if (!best) return std::nullopt;
  PlanOption o = plan_of(*best, is_served(c.spec.workloads[0]));
  mark_dominated(o, *best, others);
  complete_option(o, c.spec, c.catalog);
  return o;
}

}  // namespace capplan

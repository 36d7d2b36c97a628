#include "plan/redraw.h"

#include "plan/best_count.h"

namespace capplan {

DrawnSpec::DrawnSpec(PlanSpec spec, const Catalog& catalog, const PlanSettings& settings,
                     const Market& market)
    : spec_(std::move(spec)), catalog_(catalog), market_(market) {
  Diagnostics problems;
  bound_ = bind_spec(spec_, catalog, settings, problems);
  valid_ = !has_errors(problems);
}

std::optional<Candidate> DrawnSpec::price(const Allocation& allocation, const Supply& supply) const {
  const std::size_t index = allocation.workload;
  Workload workload = *bound_.workloads[index].workload;
  if (workload.kind != WorkloadKind::kServing) workload.pin.count = allocation.count;
  BoundSpec bound = bound_;
  bound.workloads[index].workload = &workload;
  ExecutionCache executions(bound, catalog_);
  const SupplyContext context{bound, catalog_, executions, 1, nullptr, &market_};
  Supplied priced = find_best_counts(context, index, {supply}).front();
  return priced ? std::optional(std::move(*priced)) : std::nullopt;
}

}  // namespace capplan

#include "plan/scaling.h"

#include <algorithm>
#include <tuple>

namespace capplan {

std::vector<ScalingRow> scaling_rows(const SupplyContext& c, std::size_t workload, const Supply& supply) {
  const BoundWorkload& w = c.spec.workloads[workload];
  const SupplyPricer pricer(c, workload, supply);
  const Lots lots = pricer.lots();
  Workload open = *w.workload;
  open.pin.count.reset();
  open.pin.data_parallel.reset();
  const TrainingModel model(w.demand, open,
                            {supply.accelerator, 1, lots.node, lots.node_bandwidth, lots.vcpus}, c.catalog,
                            most_that_can_be_had(lots), c.monitor);
  std::vector<int> counts = model.legal_counts();
  std::erase_if(counts, [&](int count) { return !can_have(lots, count); });
  std::vector<ScalingRow> rows;
  for (const ScalingPoint& point : model.frontier(counts)) {
    const ExecutionResult execution = model.at(point.count, c.threads);
    Rejection refusal;
    const std::optional<Candidate> candidate =
        execution ? pricer.price(*execution, point.count, refusal) : std::nullopt;
    if (!candidate) continue;
    const Allocation& a = candidate->allocation;
    rows.push_back({point.count, a.execution, a.execution.run_time * w.demand.runs, a.accelerator_hours,
                    candidate->cost.total(), candidate->p10, candidate->p90, candidate->on_time()});
  }
  return rows;
}

std::size_t cheapest_row(const std::vector<ScalingRow>& rows) {
  const auto cheaper = [](const ScalingRow& a, const ScalingRow& b) {
    return std::tuple(!a.meets_deadline, a.cost) < std::tuple(!b.meets_deadline, b.cost);
  };
  return static_cast<std::size_t>(std::min_element(rows.begin(), rows.end(), cheaper) - rows.begin());
}

}  // namespace capplan

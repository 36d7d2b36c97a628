#include "plan/data_place.h"

#include <algorithm>

#include "plan/candidate.h"

namespace capplan {
namespace {

constexpr double kKeptCheckpoints = 3;

}  // namespace

DataNeed data_need(const BoundSpec& spec, const BoundWorkload& workload, Duration stored_for) {
  const Demand& d = workload.demand;
  if (is_served(workload)) return {Bytes::of(2 * d.params), stored_for, d.result};
  const double kept = spec.spec->operations.kept_checkpoints.value_or(kKeptCheckpoints);
  return {d.dataset + kept * d.checkpoint, stored_for, d.runs * d.result};
}

Bandwidth link_of(const BoundWorkload& workload, const Catalog& catalog) {
  return workload.workload->dataset.link.value_or(Bandwidth::of(catalog.figure("wan.uplink").value));
}

std::optional<DataMove> cheapest_move(const BoundWorkload& workload, const Provider* provider, Text region,
                                      const Catalog& catalog) {
  const auto stands_there = [&](const DataPlace& place) {
    return place.provider == provider && (place.region.empty() || place.region == region);
  };
  if (workload.places.empty() || std::ranges::any_of(workload.places, stands_there)) return std::nullopt;
  std::optional<DataMove> best;
  Money best_cost;
  for (const DataPlace& place : workload.places) {
    const DataMove move{workload.demand.dataset, place.provider, place.region, link_of(workload, catalog)};
    const Money cost = move_cost(move, catalog);
    if (best && best_cost <= cost) continue;
    best = move;
    best_cost = cost;
  }
  return best;
}

}  // namespace capplan

#include "performance/goodput.h"

#include <algorithm>
#include <cmath>

namespace capplan {

Duration checkpoint_interval(Duration between_failures, Duration save) {
  return Duration::of(std::sqrt(2 * between_failures.base() * save.base()));
}

Duration daly_interval(Duration between_failures, Duration save) {
  const double half_ratio = save / (2 * between_failures);
  if (half_ratio >= 1) return between_failures;
  const double series = 1 + std::sqrt(half_ratio) / 3 + half_ratio / 9;
  return checkpoint_interval(between_failures, save) * series - save;
}

double exponential_slowdown(Duration between_failures, Duration save, Duration restart, Duration interval) {
  const double restarts = std::exp(restart / between_failures);
  if (interval.base() <= 0) return restarts;
  return restarts * std::expm1((interval + save) / between_failures) / (interval / between_failures);
}

double young_daly_goodput(Duration between_failures, Duration save, Duration restart) {
  const Duration interval = checkpoint_interval(between_failures, save);
  const double saving = save.base() > 0 ? save / interval : 0;
  const double lost = saving + interval / (2 * between_failures) + restart / between_failures;
  return 1 / (1 + lost);
}

double run_goodput(const Demand& demand, const Workload& workload, const Machine& machine,
                   const Catalog& catalog) {
  const int nodes = (machine.count + machine.per_node - 1) / machine.per_node;
  return workload.assume.goodput.value_or(failure_goodput(catalog, machine.count, nodes, demand.checkpoint));
}

double failure_goodput(const Catalog& catalog, double count, int nodes, Bytes checkpoint) {
  const double failures_a_year =
      catalog.figure("reliability.interruptions-per-accelerator-year").value * count;
  const Duration between = kYear / failures_a_year;
  const Bandwidth write = Bandwidth::of(catalog.figure("checkpoint.write-bandwidth").value);
  const Duration save = checkpoint / (write * static_cast<double>(std::max(nodes, 1)));
  return young_daly_goodput(between, save, Duration::of(catalog.figure("checkpoint.restart-time").value));
}

}  // namespace capplan

#include "plan/own_pricer.h"

#include <algorithm>
#include <cmath>

#include "capplan/cost/operations.h"
#include "plan/data_place.h"

namespace capplan {
namespace {

// Recurring runs, one at the beginning of each period, that are due before hardware that comes after
// `starts_after` can have done them. They count from the first: the accelerators are there from then on.
double runs_before_service(const BoundWorkload& w, Duration starts_after, Duration run_time) {
  if (!w.workload->runs || starts_after.base() <= 0) return 0;
  const Duration period = w.workload->runs->every / w.workload->runs->each;
  const Duration latest_start = std::max(w.deadline - run_time, Duration{});
  const double missed = std::ceil((starts_after - latest_start) / period - 1e-9);
  return std::clamp(missed, 0.0, w.demand.runs - w.demand.experiments);
}

Duration time_in_service(const SupplyContext& c, const BoundWorkload& w) {
  return std::max(c.spec.horizon - owned_starts_after(c, w), Duration{});
}

}  // namespace

Duration owned_time_for_all_runs(const SupplyContext& c, const BoundWorkload& w) {
  const Duration first = std::max(w.deadline - owned_starts_after(c, w), Duration{});
  return std::min(first, time_in_service(c, w) / w.demand.runs);
}

Duration owned_time_for_later_runs(const SupplyContext& c, const BoundWorkload& w) {
  const double left = w.demand.runs - runs_before_service(w, owned_starts_after(c, w), w.deadline);
  return left > 0 ? std::min(w.deadline, time_in_service(c, w) / left) : w.deadline;
}

Duration owned_starts_after(const SupplyContext& c, const BoundWorkload& w) {
  return c.spec.site.lead_time + time_of(cheapest_move(w, nullptr, {}, c.catalog));
}

Execution with_repairs(const BoundSpec& spec, const BoundWorkload& w, Execution e) {
  if (is_served(w)) return e;
  const double available = owned_availability(spec.site);
  e.run_time = e.run_time / available;
  e.goodput *= available;
  return e;
}

Cost operated_cost(const SupplyContext& c, const OwnedJob& job) {
  const PlanSpec& spec = *c.spec.spec;
  Cost cost = price_owned(job, c.catalog);
  add_operations(cost, spec.operations,
                 {job.count, job.horizon, std::nullopt, static_cast<double>(spec.workloads.size())});
  if (spec.carbon_price)
    add_carbon_price(cost,
                     owned_energy(*job.accelerator, job.site->pue, job.site->country, job.count,
                                  {job.used, job.power_share}, c.catalog),
                     *spec.carbon_price, {Duration{}, job.horizon, 0, job.use});
  return cost;
}

OwnedJob owned_job(const BoundSpec& spec, const Accelerator& accelerator, int count, Duration used,
                   PriceCase prices) {
  const SiteChoice& site = spec.spec->site;
  OwnedJob job;
  job.accelerator = &accelerator;
  job.site = &spec.site;
  job.count = count;
  job.used = used;
  job.horizon = spec.horizon;
  job.share = site.shared.value_or(1);
  job.prices = prices;
  return job;
}

Candidate price_owned_at(const SupplyContext& c, std::size_t index, const Accelerator& accelerator,
                         const Execution& undisturbed, int count) {
  const BoundWorkload& w = c.spec.workloads[index];
  const Execution e = with_repairs(c.spec, w, undisturbed);
  Candidate candidate;
  candidate.option = SupplyOption::kOnPrem;
  candidate.span = span_of(c.spec, w, e.run_time);
  const Duration starts_after = owned_starts_after(c, w);
  const double missed = runs_before_service(w, starts_after, e.run_time);
  const Duration used = is_served(w) ? e.run_time - starts_after : e.run_time * (w.demand.runs - missed);
  const auto cost_at = [&](double slower, PriceCase prices) {
    const Duration time = is_served(w) ? used : std::min(used * slower, c.spec.horizon);
    OwnedJob job = owned_job(c.spec, accelerator, count, time, prices);
    job.power_share = e.power_share;
    job.data = data_need(c.spec, w, candidate.span);
    job.data.moved = cheapest_move(w, nullptr, {}, c.catalog);
    return operated_cost(c, job);
  };
  candidate.cost = cost_at(1, PriceCase::kCentral);
  set_time_spread(candidate.cost, cost_at(e.time_p10, PriceCase::kCentral),
                  cost_at(e.time_p90, PriceCase::kCentral));
  set_price_spread(candidate.cost, cost_at(1, PriceCase::kLow), cost_at(1, PriceCase::kHigh));
  candidate.set_ends();
  candidate.energy = owned_energy(accelerator, c.spec.site.pue, c.spec.site.country, count,
                                  {std::min(used, c.spec.horizon), e.power_share, c.spec.horizon}, c.catalog);
  // Owned accelerators do all runs one after another. What recurs waits for delivery once, not each time.
  const Duration waits = w.workload->runs ? Duration{} : starts_after;
  candidate.meets_deadline =
      is_served(w) || (e.run_time + waits <= w.deadline && used + starts_after <= c.spec.horizon);
  Allocation& a = candidate.allocation;
  a.workload = index;
  a.accelerator = accelerator.id;
  a.count = count;
  a.provider = c.spec.site.id;
  a.as_of = accelerator.purchase->provenance.as_of;
  a.purchase = Purchase::kOwned;
  a.accelerator_hours = used.in(kHour)*count;
  a.starts_after = starts_after;
  a.runs_missed = missed;
  a.execution = e;
  candidate.id = "on-prem/" + std::string(c.spec.site.id) + "/" + id_part(accelerator.id) + "/" +
                 std::to_string(count) + "/owned";
  return candidate;
}

}  // namespace capplan

#include "plan/hybrid.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "capplan/cost/operations.h"
#include "core/number_text.h"
#include "plan/best_count.h"
#include "plan/data_place.h"
#include "plan/own_pricer.h"

namespace capplan {
namespace {

// Shares of the work that the owned part does.
constexpr std::array<double, 7> kShares{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};

class SplitPricer {
 public:
  SplitPricer(const SupplyContext& context, std::size_t index, const Candidate& owned,
              const Candidate& rented)
      : c_(context), w_(context.spec.workloads[index]), owned_(owned), rented_(rented) {}

  HybridSplit at(double share) const {
    HybridSplit split;
    split.owned = owned_;
    split.rented = rented_;
    split.owned_share = share;
    split.cost = owned_part(share) + of_allocation(rented_part(1 - share), 1);
    set_time(split, share);
    set_uses(split, share);
    if (one_run() && !w_.workload->dataset.link)
      add_assumption(split.cost.assumptions,
                     {"hybrid.uplink", plain_number(uplink().in(1e9 / 8 * kByte / kSecond)) + " Gbit/s",
                      "unverified: dataset and checkpoint move over it once"});
    return split;
  }

 private:
  bool one_run() const { return w_.demand.runs <= 1; }
  Duration owned_time() const { return owned_.allocation.execution.run_time * w_.demand.runs; }
  Duration rented_time() const { return rented_.allocation.execution.run_time * w_.demand.runs; }

  Cost owned_part(double share) const {
    const Execution& e = owned_.allocation.execution;
    const auto at = [&](double slower, PriceCase prices) { return owned_cost(share, slower, prices); };
    Cost cost = at(1, PriceCase::kCentral);
    set_time_spread(cost, at(e.time_p10, PriceCase::kCentral), at(e.time_p90, PriceCase::kCentral));
    set_price_spread(cost, at(1, PriceCase::kLow), at(1, PriceCase::kHigh));
    return cost;
  }
  Cost rented_part(double share) const {
    const Execution& e = rented_.allocation.execution;
    Cost cost = rented_cost(share, 1);
    set_time_spread(cost, rented_cost(share, e.time_p10), rented_cost(share, e.time_p90));
    return cost;
  }

  Cost owned_cost(double share, double slower, PriceCase prices) const {
    const Accelerator& accelerator = *c_.catalog.accelerator(owned_.allocation.accelerator);
    const Duration used = std::min(owned_time() * (share * slower), c_.spec.horizon);
    OwnedJob job = owned_job(c_.spec, accelerator, owned_.allocation.count, used, prices);
    job.power_share = owned_.allocation.execution.power_share;
    // Of one run the site keeps its data until they have moved on.
    job.data = data_need(c_.spec, w_, one_run() ? used + moving() : c_.spec.horizon);
    job.data.moved = cheapest_move(w_, nullptr, {}, c_.catalog);
    return operated_cost(c_, job);
  }
  // To the rented phase of one run: its checkpoint, and the dataset unless a copy stands there.
  Duration moving() const {
    const bool stands_there = !w_.places.empty() && !to_provider();
    return (w_.demand.checkpoint + (stands_there ? Bytes{} : w_.demand.dataset)) / uplink();
  }
  std::optional<DataMove> to_provider() const {
    const Offer& offer = *rented_.offer.offer;
    return cheapest_move(w_, rented_.offer.provider, offer.region, c_.catalog);
  }
  Bandwidth uplink() const { return link_of(w_, c_.catalog); }

  Cost rented_cost(double share, double slower) const {
    RentedJob job;
    job.offer = rented_.offer;
    job.count = rented_.allocation.count;
    job.run_time = rented_.allocation.execution.run_time * slower * (one_run() ? share : 1);
    job.runs = one_run() ? 1 : w_.demand.runs * share;
    job.span = one_run() ? job.run_time : c_.spec.horizon;
    job.data = data_need(c_.spec, w_, job.span);
    job.data.sent_out = job.data.sent_out * share;
    // One run brings its data from the site, which charges nothing; several work on both sides from the
    // start.
    if (!one_run()) job.data.moved = to_provider();
    Cost cost = price_rented(job, c_.catalog);
    const PlanSpec& spec = *c_.spec.spec;
    add_operations(cost, without_fixed(spec.operations),
                   {job.count, held_for(c_.spec, w_, job.span), hourly_price(*rented_.offer.offer), 1});
    if (spec.carbon_price)
      add_carbon_price(
          cost,
          rented_energy(rented_.offer, job.count,
                        {job.runs * job.run_time, rented_.allocation.execution.power_share}, c_.catalog),
          *spec.carbon_price, {Duration{}, job.span});
    return cost;
  }

  // Runs that are due before delivery are rented first.
  double runs_missed(double share) const {
    return std::max(std::ceil(owned_.allocation.runs_missed - w_.demand.runs * (1 - share) - 1e-9), 0.0);
  }

  void set_time(HybridSplit& split, double share) const {
    const Duration owned_from = owned_.allocation.starts_after;
    const Duration rented_from = rented_.allocation.starts_after;
    if (one_run()) {
      // What is rented is set up while the first phase works.
      const Duration set_up = c_.spec.spec->operations.setup_time.value_or(Duration{});
      const Duration handed_over = std::max(owned_from + owned_time() * share + moving(), set_up);
      split.wall_clock = handed_over + rented_time() * (1 - share);
      split.meets_deadline = split.wall_clock <= w_.deadline;
    } else {
      // Work that recurs waits for owned accelerators once, not each time.
      const Duration waits = w_.workload->runs ? Duration{} : owned_from;
      split.wall_clock =
          std::max(owned_from + owned_time() * share, rented_from + rented_time() * (1 - share));
      const bool in_time = waits + owned_.allocation.execution.run_time <= w_.deadline &&
                           rented_from + rented_.allocation.execution.run_time <= w_.deadline;
      split.meets_deadline = in_time && runs_missed(share) == 0 && split.wall_clock <= c_.spec.horizon;
    }
  }

  void set_uses(HybridSplit& split, double share) const {
    Allocation& own = split.owned.allocation;
    Allocation& rent = split.rented.allocation;
    own.accelerator_hours = (owned_time() * share).in(kHour)*own.count;
    own.runs_missed = runs_missed(share);
    rent.accelerator_hours *= 1 - share;
    split.owned.energy = owned_energy(
        *c_.catalog.accelerator(own.accelerator), c_.spec.site.pue, c_.spec.site.country, own.count,
        {std::min(owned_time() * share, c_.spec.horizon), own.execution.power_share, c_.spec.horizon},
        c_.catalog);
    split.rented.energy = rented_energy(
        rented_.offer, rent.count, {rented_time() * (1 - share), rent.execution.power_share}, c_.catalog);
  }

  const SupplyContext& c_;
  const BoundWorkload& w_;
  const Candidate& owned_;
  const Candidate& rented_;
};

void scale_traffic(BoundSpec& spec, std::size_t workload, double share) {
  Demand& d = spec.workloads[workload].demand;
  d.mean_requests_per_second *= share;
  d.peak_requests_per_second *= share;
  d.samples *= share;
  d.tokens *= share;
  d.total_flops = d.total_flops * share;
  d.result = d.result * share;
}

// Each side is sized anew for its share of the traffic.
std::optional<HybridSplit> split_traffic(const SupplyContext& c, std::size_t index, const Candidate& owned,
                                         const Candidate& rented, double share) {
  BoundSpec own_spec = c.spec;
  BoundSpec rent_spec = c.spec;
  scale_traffic(own_spec, index, share);
  scale_traffic(rent_spec, index, 1 - share);
  PlanSpec paid_once = *c.spec.spec;
  paid_once.operations = without_fixed(paid_once.operations);
  rent_spec.spec = &paid_once;
  ExecutionCache own_cache(own_spec, c.catalog);
  ExecutionCache rent_cache(rent_spec, c.catalog);
  const Accelerator* own_accelerator = c.catalog.accelerator(owned.allocation.accelerator);
  const Supplied own_part = find_best_counts({own_spec, c.catalog, own_cache, 1, nullptr, c.market}, index,
                                             {{nullptr, own_accelerator}})
                                .front();
  const Supplied rent_part = find_best_counts({rent_spec, c.catalog, rent_cache, 1, nullptr, c.market}, index,
                                              {{&rented.offer, rented.offer.accelerator}})
                                 .front();
  if (!own_part || !rent_part) return std::nullopt;
  HybridSplit split;
  split.owned = *own_part;
  split.rented = *rent_part;
  split.owned_share = share;
  split.cost = own_part->cost + of_allocation(rent_part->cost, 1);
  split.wall_clock = c.spec.horizon;
  return split;
}

}  // namespace

std::optional<HybridSplit> best_split(const SupplyContext& context, std::size_t workload,
                                      const Candidate& owned, const Candidate& rented) {
  const bool served = context.spec.workloads[workload].workload->kind == WorkloadKind::kServing;
  const SplitPricer pricer(context, workload, owned, rented);
  std::optional<HybridSplit> best;
  for (const double share : kShares) {
    std::optional<HybridSplit> split =
        served ? split_traffic(context, workload, owned, rented, share) : pricer.at(share);
    if (!split) continue;
    const bool better =
        !best || (split->meets_deadline && !best->meets_deadline) ||
        (split->meets_deadline == best->meets_deadline && split->cost.total() < best->cost.total());
    if (better) best = std::move(split);
  }
  return best;
}

}  // namespace capplan

#include "plan/rent_pricer.h"

#include <cmath>
#include <numeric>

#include "capplan/cost/operations.h"
#include "capplan/cost/spot.h"
#include "capplan/demand/load.h"
#include "core/number_text.h"
#include "performance/goodput.h"
#include "plan/counts.h"
#include "plan/data_place.h"

namespace capplan {
namespace {

// What one set of machines is used of each kind of capacity, `slower` times as long.
RentedJob interrupted(RentedJob job, const SpotOutcome& outcome, const MarketOffer* fallback, double slower) {
  job.run_time = outcome.elapsed * slower;
  job.interrupted = Interrupted{outcome.spot * slower, outcome.on_demand * slower,
                                fallback != nullptr ? fallback->offer : nullptr};
  return job;
}

}  // namespace

SpotOutcome SpotOutcomes::of(const SpotJob& run, const SpotConditions& conditions,
                             std::optional<Duration> deadline) {
  constexpr double kNone = -1;  // no notice and no deadline is negative
  const std::array<double, 9> key{run.work.base(),
                                  run.save.base(),
                                  run.restart.base(),
                                  run.notice ? run.notice->base() : kNone,
                                  conditions.up.base(),
                                  conditions.down.base(),
                                  conditions.up_cv,
                                  conditions.down_cv,
                                  deadline ? deadline->base() : kNone};
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
  }
  const SpotOutcome outcome = spot_outcome(run, conditions, deadline);
  const std::lock_guard lock(mutex_);
  return known_.emplace(key, outcome).first->second;
}

RentPricer::RentPricer(const SupplyContext& context, std::size_t workload, const MarketOffer& offer)
    : c_(context), index_(workload), w_(context.spec.workloads[workload]), offer_(offer) {}

Candidate RentPricer::price(const Execution& execution, int count) const {
  if (offer_.offer->purchase != Purchase::kSpot) return price_undisturbed(execution, count);
  return is_served(w_) ? price_served_on_spot(execution, count) : price_spot(execution, count);
}

RentedJob RentPricer::job(const Execution& e, int count, double slower) const {
  RentedJob job;
  job.offer = offer_;
  // A slower served model needs more replicas, not more time.
  job.count = is_served(w_)
                  ? static_cast<int>(std::ceil(count * slower / offer_.offer->count)) * offer_.offer->count
                  : count;
  job.run_time = is_served(w_) ? time_served(e, job.count) : e.run_time * slower;
  job.runs = w_.demand.runs;
  job.one_job = w_.workload->kind != WorkloadKind::kServing;
  job.span = span_of(c_.spec, w_, job.run_time);
  job.data = data_need(c_.spec, w_, job.span);
  job.data.moved = cheapest_move(w_, offer_.provider, offer_.offer->region, c_.catalog);
  if (follows_demand() && w_.demand.growth_per_month != 0) job.use = hours_by_month(e);
  return job;
}

// What is rented by the hour follows the demand.
bool RentPricer::follows_demand() const {
  const bool all_day = has_term(offer_.offer->purchase) || w_.workload->pin.count.has_value();
  return is_served(w_) && is_elastic(w_.demand) && !all_day;
}

std::vector<double> RentPricer::hours_by_month(const Execution& e) const {
  const int unit = unit_of(lots_of(offer_));
  std::vector<double> hours;
  for (const auto& month : load_by_month(w_.demand, e.run_time)) {
    double& sum = hours.emplace_back(0);
    for (const LoadLevel& level : month)
      sum += machines_for(*e.serving, unit, level.share) * unit * level.hours;
  }
  return hours;
}

// Hours that each of its machines is paid for on average.
Duration RentPricer::time_served(const Execution& e, int count) const {
  if (!follows_demand()) return e.run_time;
  const std::vector<double> hours = hours_by_month(e);
  return std::accumulate(hours.begin(), hours.end(), 0.0) / count * kHour;
}

double RentPricer::slowdown(int count) const {
  return on(Purchase::kMarketplace) ? marketplace_slowdown(count, false) : 1;
}

Duration RentPricer::starts_after() const {
  return time_of(cheapest_move(w_, offer_.provider, offer_.offer->region, c_.catalog)) +
         c_.spec.spec->operations.setup_time.value_or(Duration{});
}

SpotJob RentPricer::spot_job(int count) const {
  return {Duration{}, save_time(count), Duration::of(c_.catalog.figure("checkpoint.restart-time").value),
          offer_.provider->spot_notice};
}

SpotNeed RentPricer::spot_need(int count) const {
  return {offer_.offer->accelerator, offer_.offer->provider, count, nodes(count)};
}

int RentPricer::nodes(int count) const {
  const int node = std::max(1, lots_of(offer_).node);
  return (count + node - 1) / node;
}

// All nodes write their part of a checkpoint.
Duration RentPricer::save_time(int count) const {
  const Bandwidth write = Bandwidth::of(c_.catalog.figure("checkpoint.write-bandwidth").value);
  return w_.demand.checkpoint / (write * static_cast<double>(nodes(count)));
}

// Hosts of a marketplace go now and then, and others take their place at once.
double RentPricer::marketplace_slowdown(int count, bool at_p90) const {
  const Figure& between = c_.catalog.figure("marketplace.time-between-interruptions");
  const Duration restart = Duration::of(c_.catalog.figure("checkpoint.restart-time").value);
  const double base = at_p90 ? between.low.value_or(between.value) : between.value;
  return 1 / young_daly_goodput(Duration::of(base), save_time(count), restart);
}

// The cheapest firm hours of the same provider and accelerator that can hold the job.
const MarketOffer* RentPricer::fallback(int count) const {
  if (c_.market == nullptr) return nullptr;
  const MarketOffer* best = nullptr;
  for (const MarketOffer& other : c_.market->offers) {
    const Offer& o = *other.offer;
    if (o.purchase != Purchase::kOnDemand || o.provider != offer_.offer->provider ||
        o.accelerator != offer_.offer->accelerator)
      continue;
    if (best != nullptr && device_price(*best->offer) <= device_price(o)) continue;
    Lots lots = lots_of(other);
    lots.joined = lots.joined || is_served(w_);  // replicas need no fabric between them
    if (can_have(lots, count)) best = &other;
  }
  return best;
}

Cost RentPricer::cost_of(const RentedJob& job, double power_share) const {
  Cost cost = price_rented(job, c_.catalog);
  const PlanSpec& spec = *c_.spec.spec;
  add_operations(cost, spec.operations,
                 {job.count, held_for(c_.spec, w_, job.span), hourly_price(*offer_.offer),
                  static_cast<double>(spec.workloads.size())});
  if (spec.carbon_price)
    add_carbon_price(cost,
                     rented_energy(offer_, job.count, {job.runs * job.in_use(), power_share}, c_.catalog),
                     *spec.carbon_price, {Duration{}, job.span, 0, job.use});
  return cost;
}

Allocation RentPricer::allocation(const Execution& e, const RentedJob& job) const {
  Allocation a;
  a.workload = index_;
  a.accelerator = offer_.offer->accelerator;
  a.count = job.count;
  a.provider = offer_.offer->provider;
  a.region = offer_.offer->region;
  a.machine = offer_.offer->machine;
  a.nodes = nodes(job.count);
  a.as_of = offer_.offer->as_of;
  a.purchase = offer_.offer->purchase;
  a.usd_per_accelerator_hour = device_price(*offer_.offer).in(kUsd / kHour / kDevice);
  a.accelerator_hours = job.runs * job.in_use().in(kHour)*job.count;
  a.starts_after = starts_after();
  a.interrupted = job.interrupted;
  a.execution = e;
  return a;
}

Candidate RentPricer::with_cost(const Execution& e, int count, const RentedJob& central) const {
  Candidate candidate;
  candidate.option = offer_.provider->option;
  candidate.offer = offer_;
  candidate.cost = cost_of(central, e.power_share);
  candidate.span = span_of(c_.spec, w_, e.run_time);
  candidate.energy =
      rented_energy(offer_, count, {central.runs * central.in_use(), e.power_share}, c_.catalog);
  candidate.allocation = allocation(e, central);
  candidate.meets_deadline = in_time(c_.spec, w_, e.run_time, candidate.allocation.starts_after);
  return candidate;
}

Candidate RentPricer::price_undisturbed(const Execution& execution, int count) const {
  Execution e = execution;
  double late = e.time_p90;
  if (on(Purchase::kMarketplace)) {
    const double slower = marketplace_slowdown(count, false);
    late *= marketplace_slowdown(count, true) / slower;
    e.run_time = e.run_time * slower;
    e.goodput /= slower;
    add_assumption(e.assumptions, {"marketplace.interruptions", "one in 24 h, P90 one in 8 h",
                                   "unverified: the price sources hold no interruption rates"});
  }
  Candidate candidate = with_cost(e, count, job(e, count, 1));
  candidate.allocation.execution.time_p90 = late;
  set_time_spread(candidate.cost, cost_of(job(e, count, e.time_p10), e.power_share),
                  cost_of(job(e, count, late), e.power_share));
  candidate.set_ends();
  return candidate;
}

SpotOutcome RentPricer::outcome(const SpotJob& run, const SpotConditions& conditions,
                                std::optional<Duration> deadline) const {
  return c_.spot != nullptr ? c_.spot->of(run, conditions, deadline)
                            : spot_outcome(run, conditions, deadline);
}

// Expected on capacity like that of the median zone, late on that of the zone which nine of ten are better
// than. With a deadline the job falls back on firm hours in time; without one it waits.
Candidate RentPricer::price_spot(const Execution& execution, int count) const {
  Execution e = execution;
  SpotJob run = spot_job(count);
  run.work = e.run_time;
  const auto capacity = spot_capacity(spot_need(count), run, c_.catalog);
  if (!capacity) return price_undisturbed(execution, count);
  // What starts after its deadline cannot keep it.
  const Duration left = w_.deadline - starts_after();
  const MarketOffer* firm = w_.workload->deadline && left.base() > 0 ? fallback(count) : nullptr;
  const auto deadline = firm != nullptr ? std::optional(left) : std::nullopt;
  const SpotOutcome central = outcome(run, capacity->central, deadline);
  run.work = run.work * e.time_p90;
  const SpotOutcome late = outcome(run, capacity->p90, deadline);
  e.run_time = central.elapsed;
  e.goodput *= central.useful_share;
  e.time_p90 = std::max({1.0, central.elapsed_p90 / central.elapsed, late.elapsed / central.elapsed});
  add_assumption(e.assumptions, capacity->basis);
  const RentedJob usual = job(execution, count, 1);
  Candidate candidate = with_cost(e, count, interrupted(usual, central, firm, 1));
  candidate.allocation.interrupted->work = execution.run_time;
  candidate.allocation.interrupted->work_p90 = execution.run_time * execution.time_p90;
  set_time_spread(candidate.cost, cost_of(interrupted(usual, central, firm, e.time_p10), e.power_share),
                  cost_of(interrupted(usual, late, firm, 1), e.power_share));
  candidate.set_ends();
  return candidate;
}

// Spot capacity serves while it is there, firm hours of the same provider while it is away and while machines
// that came back start: of each time up M, a start R leaves e^(-R / M). Replicas need not be there together,
// so that each machine is expected to be there as much as a zone has one.
Candidate RentPricer::price_served_on_spot(const Execution& execution, int count) const {
  SpotJob start = spot_job(count);
  start.save = Duration{};
  start.notice = Duration{};  // a replica has no work to lose
  const int machine = std::min(count, std::max(1, lots_of(offer_).node));
  const auto capacity =
      spot_capacity({offer_.offer->accelerator, offer_.offer->provider, machine, 1}, start, c_.catalog);
  if (!capacity) return price_undisturbed(execution, count);
  const MarketOffer* firm = fallback(count);
  const auto shared_out = [&](RentedJob job, const SpotConditions& zone) {
    const double there = zone.availability();
    const double serves = there * std::exp(-start.restart / zone.up);
    const Duration away = firm != nullptr ? job.run_time * (1 - serves) : Duration{};
    job.interrupted = Interrupted{job.run_time * there, away, firm != nullptr ? firm->offer : nullptr};
    return job;
  };
  Execution e = execution;
  add_assumption(e.assumptions, capacity->basis);
  const auto cost_in = [&](double more, const SpotConditions& zone) {
    return cost_of(shared_out(job(e, count, more), zone), e.power_share);
  };
  Candidate candidate = with_cost(e, count, shared_out(job(e, count, 1), capacity->central));
  set_time_spread(candidate.cost, cost_in(e.time_p10, capacity->central), cost_in(e.time_p90, capacity->p90));
  candidate.set_ends();
  return candidate;
}

}  // namespace capplan

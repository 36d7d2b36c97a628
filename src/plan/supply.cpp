#include "plan/supply.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "capplan/cost/operations.h"
#include "core/number_text.h"
#include "core/text.h"
#include "performance/goodput.h"
#include "plan/counts.h"

namespace capplan {
namespace {

constexpr double kKeptCheckpoints = 3;

Duration move_time(const std::optional<DataMove>& move) { return move ? move->time() : Duration{}; }

int most_accelerators(const BoundSpec& spec) {
  return static_cast<int>(std::min<double>(
      spec.spec->constraints.max_accelerators.value_or(kMostAccelerators), kMostAccelerators));
}

bool is_served(const BoundWorkload& w) { return w.workload->kind == WorkloadKind::kServing; }

Duration span_of(const BoundSpec& spec, const BoundWorkload& w, Duration run_time) {
  if (is_served(w) || w.workload->runs) return spec.horizon;
  return run_time * w.demand.runs;
}

bool is_interruptible(const MarketOffer& offer) {
  return offer.offer->purchase == Purchase::kSpot || offer.offer->purchase == Purchase::kMarketplace;
}

void set_bounds(Candidate& candidate, const CategoryTotals& low, const CategoryTotals& high) {
  candidate.low = low;
  candidate.high = high;
  candidate.p10 = std::min(low.total(), candidate.cost.total());
  candidate.p90 = std::max(high.total(), candidate.cost.total());
}

Duration rented_starts_after(const SupplyContext& c, const BoundWorkload& w, const MarketOffer& offer) {
  return move_time(cheapest_move(w, offer.provider, offer.offer->region, c.catalog)) +
         c.spec.spec->operations.setup_time.value_or(Duration{});
}

Duration owned_starts_after(const SupplyContext& c, const BoundWorkload& w) {
  return c.spec.site.lead_time + move_time(cheapest_move(w, nullptr, {}, c.catalog));
}

// One workload at one count on one offer.
class RentPricer {
 public:
  RentPricer(const SupplyContext& context, std::size_t index, const MarketOffer& offer,
             const Interruptions& interruptions)
      : c_(context),
        index_(index),
        w_(context.spec.workloads[index]),
        offer_(offer),
        interruptions_(interruptions) {}

  Candidate price(const Execution& execution, int count) const {
    Candidate candidate;
    candidate.option = offer_.provider->option;
    candidate.offer = offer_;
    Execution e = execution;
    if (is_interruptible(offer_) && !is_served(w_)) {
      e.run_time = e.run_time * interruptions_.slowdown(count);
      e.goodput /= interruptions_.slowdown(count);
      add_assumption(e.assumptions, {"spot.interruptions", "one in 24 h, P90 one in 8 h",
                                     "unverified: the price sources hold no interruption rates"});
    }
    const double late = e.time_p90 * interruptions_.slowdown_p90(count) / interruptions_.slowdown(count);
    candidate.cost = cost_at(e, count, 1);
    set_bounds(candidate, totals_of(cost_at(e, count, e.time_p10)), totals_of(cost_at(e, count, late)));
    candidate.span = span_of(c_.spec, w_, e.run_time);
    candidate.energy = energy_at(e, count, 1);
    candidate.allocation = allocation(e, count, e.run_time * w_.demand.runs);
    candidate.meets_deadline =
        is_served(w_) || e.run_time + candidate.allocation.starts_after <= w_.deadline;
    return candidate;
  }

  RentedJob job(const Execution& e, int count, double slower) const {
    RentedJob job;
    job.offer = offer_;
    // A slower served model needs more replicas, not more time.
    job.count = is_served(w_)
                    ? static_cast<int>(std::ceil(count * slower / offer_.offer->count)) * offer_.offer->count
                    : count;
    job.run_time = is_served(w_) ? e.run_time : e.run_time * slower;
    job.runs = w_.demand.runs;
    job.one_job = w_.workload->kind != WorkloadKind::kServing;
    job.span = span_of(c_.spec, w_, job.run_time);
    job.data = data_need(c_.spec, w_, job.span);
    job.data.moved = cheapest_move(w_, offer_.provider, offer_.offer->region, c_.catalog);
    return job;
  }

 private:
  EnergyUse energy_at(const Execution& e, int count, double slower) const {
    const Duration used = e.run_time * (w_.demand.runs * slower);
    return rented_energy(offer_, count, {used, e.power_share}, c_.catalog);
  }

  Cost cost_at(const Execution& e, int count, double slower) const {
    const RentedJob rented = job(e, count, slower);
    Cost cost = price_rented(rented, c_.catalog);
    const PlanSpec& spec = *c_.spec.spec;
    add_operations(cost, spec.operations,
                   {rented.count, rented.span, hourly_price(*offer_.offer), 1.0 * spec.workloads.size()});
    if (spec.carbon_price)
      add_carbon_price(cost, energy_at(e, count, slower), *spec.carbon_price, {Duration{}, rented.span});
    return cost;
  }

  Allocation allocation(const Execution& e, int count, Duration used) const {
    Allocation a;
    a.workload = index_;
    a.accelerator = offer_.offer->accelerator;
    a.count = count;
    a.provider = offer_.offer->provider;
    a.region = offer_.offer->region;
    a.machine = offer_.offer->machine;
    a.as_of = offer_.offer->as_of;
    a.purchase = offer_.offer->purchase;
    a.usd_per_accelerator_hour = device_price(*offer_.offer).in(kUsd / kHour / kDevice);
    a.accelerator_hours = used.in(kHour)*count;
    a.starts_after = rented_starts_after(c_, w_, offer_);
    a.execution = e;
    return a;
  }

  const SupplyContext& c_;
  std::size_t index_;
  const BoundWorkload& w_;
  const MarketOffer& offer_;
  const Interruptions& interruptions_;
};

std::string offer_id(const MarketOffer& offer, const std::string& count) {
  std::string id = std::string(supply_option_name(offer.provider->option)) + "/" +
                   std::string(offer.offer->provider) + "/" + id_part(offer.offer->accelerator) + "/" +
                   count + "/" + std::string(purchase_name(offer.offer->purchase));
  for (const Text part : {offer.offer->tier, offer.offer->region, offer.offer->machine}) {
    if (!part.empty()) id += "/" + id_part(part);
  }
  return id;
}

Candidate price_owned_at(const SupplyContext& c, std::size_t index, const Accelerator& accelerator,
                         const Execution& e, int count) {
  const BoundWorkload& w = c.spec.workloads[index];
  Candidate candidate;
  candidate.option = SupplyOption::kOnPrem;
  candidate.span = span_of(c.spec, w, e.run_time);
  const Duration starts_after = owned_starts_after(c, w);
  const Duration used = is_served(w) ? e.run_time - starts_after : e.run_time * w.demand.runs;
  const auto cost_at = [&](double slower, PriceCase prices) {
    const Duration time = is_served(w) ? used : std::min(used * slower, c.spec.horizon);
    OwnedJob job = owned_job(c.spec, accelerator, count, time, prices);
    job.power_share = e.power_share;
    job.data = data_need(c.spec, w, candidate.span);
    job.data.moved = cheapest_move(w, nullptr, {}, c.catalog);
    return operated_cost(c, job);
  };
  candidate.cost = cost_at(1, PriceCase::kCentral);
  set_bounds(candidate, totals_of(cost_at(e.time_p10, PriceCase::kLow)),
             totals_of(cost_at(e.time_p90, PriceCase::kHigh)));
  candidate.energy =
      owned_energy(accelerator, c.spec.site.pue, c.spec.site.country, count,
                   {used, e.power_share, c.spec.horizon}, c.catalog);
  // Owned accelerators do all runs one after another.
  candidate.meets_deadline = is_served(w) || (e.run_time + starts_after <= w.deadline &&
                                              used + starts_after <= c.spec.horizon);
  Allocation& a = candidate.allocation;
  a.workload = index;
  a.accelerator = accelerator.id;
  a.count = count;
  a.provider = c.spec.site.id;
  a.as_of = accelerator.purchase->provenance.as_of;
  a.purchase = Purchase::kOwned;
  a.accelerator_hours = used.in(kHour)*count;
  a.starts_after = starts_after;
  a.execution = e;
  candidate.id = "on-prem/" + std::string(c.spec.site.id) + "/" + id_part(accelerator.id) + "/" +
                 std::to_string(count) + "/owned";
  return candidate;
}

}  // namespace

Interruptions::Interruptions(const Catalog& catalog, Bytes checkpoint) {
  const Figure& between = catalog.figure("spot.time-between-interruptions");
  between_ = Duration::of(between.value);
  between_p90_ = Duration::of(between.low.value_or(between.value));
  save_from_one_ = checkpoint / Bandwidth::of(catalog.figure("checkpoint.write-bandwidth").value);
  restart_ = Duration::of(catalog.figure("checkpoint.restart-time").value);
}

double Interruptions::slowdown_at(Duration between, int count) const {
  if (between.base() <= 0) return 1;
  const int nodes = (count + 7) / 8;
  return 1 / young_daly_goodput(between, save_from_one_ / static_cast<double>(std::max(nodes, 1)), restart_);
}

double score(Objective objective, Money total, Money p90, Duration wall_clock, double kg_co2e) {
  switch (objective) {
    case Objective::kCost:
      return static_cast<double>(total.micros());
    case Objective::kCostP90:
      return static_cast<double>(p90.micros());
    case Objective::kTime:
      return round_to_12_digits(wall_clock.base());
    case Objective::kCarbon:
      return round_to_12_digits(kg_co2e);
  }
  return 0;
}

std::string id_part(Text name) {
  std::string part;
  for (const char c : to_lower(name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (plain) {
      part += c;
    } else if (!part.empty() && part.back() != '-') {
      part += '-';
    }
  }
  while (!part.empty() && part.back() == '-') part.pop_back();
  return part;
}

Cost operated_cost(const SupplyContext& c, const OwnedJob& job) {
  const PlanSpec& spec = *c.spec.spec;
  Cost cost = price_owned(job, c.catalog);
  add_operations(cost, spec.operations, {job.count, job.horizon, std::nullopt, 1.0 * spec.workloads.size()});
  if (spec.carbon_price)
    add_carbon_price(cost,
                     owned_energy(*job.accelerator, job.site->pue, job.site->country, job.count,
                                  {job.used, job.power_share}, c.catalog),
                     *spec.carbon_price, {Duration{}, job.horizon});
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

DataNeed data_need(const BoundSpec& spec, const BoundWorkload& workload, Duration stored_for) {
  const Demand& d = workload.demand;
  if (is_served(workload)) return {Bytes::of(2 * d.params), stored_for, d.result};
  const double kept = spec.spec->operations.kept_checkpoints.value_or(kKeptCheckpoints);
  return {d.dataset + kept * d.checkpoint, stored_for, d.runs * d.result};
}

std::optional<DataMove> cheapest_move(const BoundWorkload& workload, const Provider* provider, Text region,
                                      const Catalog& catalog) {
  const auto stands_there = [&](const DataPlace& place) {
    return place.provider == provider && (place.region.empty() || place.region == region);
  };
  if (workload.places.empty() || std::ranges::any_of(workload.places, stands_there)) return std::nullopt;
  const Bandwidth usual = Bandwidth::of(catalog.figure("wan.uplink").value);
  std::optional<DataMove> best;
  Money best_cost;
  for (const DataPlace& place : workload.places) {
    const DataMove move{workload.demand.dataset, place.provider, place.region,
                        workload.workload->dataset.link.value_or(usual)};
    const Money cost = move_cost(move, catalog);
    if (best && best_cost <= cost) continue;
    best = move;
    best_cost = cost;
  }
  return best;
}

OperationsChoice without_fixed(OperationsChoice operations) {
  operations.setup.reset();
  operations.debugging.reset();
  operations.control_plane.reset();
  return operations;
}

const ExecutionResult& ExecutionCache::get(std::size_t workload, const Machine& machine) {
  const Key key{workload, machine.accelerator->id, machine.count, machine.per_node,
                machine.node_bandwidth.value_or(Bandwidth{}).base()};
  const auto found = results_.find(key);
  if (found != results_.end()) return found->second;
  const BoundWorkload& w = spec_.workloads[workload];
  const auto estimate = [&]() -> ExecutionResult {
    switch (w.workload->kind) {
      case WorkloadKind::kServing:
        return estimate_serving(w.demand, *w.workload, machine, spec_.horizon);
      case WorkloadKind::kBatchInference:
        return estimate_batch_inference(w.demand, *w.workload, machine, catalog_);
      case WorkloadKind::kTraining:
      case WorkloadKind::kFineTuning:
        break;
    }
    return estimate_training(w.demand, *w.workload, machine, catalog_);
  };
  return results_.emplace(key, estimate()).first->second;
}

SupplyPricer::SupplyPricer(const SupplyContext& context, std::size_t workload, const Supply& supply)
    : c_(context), workload_(workload), supply_(supply) {
  const BoundWorkload& w = context.spec.workloads[workload];
  if (supply.offer != nullptr && is_interruptible(*supply.offer) && !is_served(w))
    interruptions_ = Interruptions(context.catalog, w.demand.checkpoint);
}

Lots SupplyPricer::lots() const {
  const BoundWorkload& w = c_.spec.workloads[workload_];
  Lots lots = supply_.offer != nullptr ? lots_of(*supply_.offer) : lots_of_owned(*supply_.accelerator);
  // Who reads tokens asks little of the host.
  if (w.demand.text) lots.vcpus = 0;
  // Batches are independent jobs: no fabric has to join their nodes.
  if (w.workload->kind == WorkloadKind::kBatchInference && supply_.offer != nullptr) lots.joined = true;
  // A node of one's own is built as the spec says, of whole boards.
  const auto& per_node = w.workload->pin.per_node;
  if (supply_.offer == nullptr && per_node && supply_.accelerator->purchase &&
      *per_node % supply_.accelerator->purchase->accelerators == 0)
    lots.node = *per_node;
  // A pinned count beyond what is allowed is a plan that breaks a constraint, and says so.
  if (!w.workload->pin.count) lots.most = std::min(lots.most, most_accelerators(c_.spec));
  return lots;
}

std::optional<Candidate> SupplyPricer::price(const Execution& e, int count, Rejection& why) const {
  if (supply_.offer == nullptr) return price_owned_at(c_, workload_, *supply_.accelerator, e, count);
  const RentPricer pricer(c_, workload_, *supply_.offer, interruptions_);
  // A run that is cut off at its end was bought in vain: the term must hold the slow case too.
  const double slow = is_served(c_.spec.workloads[workload_]) ? 1 : e.time_p90;
  const std::string conflict = term_conflict(pricer.job(e, count, slow));
  if (!conflict.empty()) {
    why.reason = conflict;
    why.relaxation = "a shorter run, on more accelerators";
    return std::nullopt;
  }
  Candidate candidate = pricer.price(e, count);
  candidate.id = offer_id(*supply_.offer, std::to_string(count));
  return candidate;
}

// Of owned accelerators, what they cost unused; of rented ones, every hour at the price an hour.
Duration SupplyPricer::worth(int count, Money budget) const {
  const Duration always = Duration::of(std::numeric_limits<double>::infinity());
  if (supply_.offer == nullptr) {
    const OwnedJob idle = owned_job(c_.spec, *supply_.accelerator, count, Duration{}, PriceCase::kCentral);
    return price_owned(idle, c_.catalog).total() < budget ? always : Duration{};
  }
  const BoundWorkload& w = c_.spec.workloads[workload_];
  const DevicePrice price = device_price(*supply_.offer->offer);
  if (price.base() <= 0) return always;
  // A commitment that is held pays for the whole span once, however many runs share it.
  const bool held = has_term(supply_.offer->offer->purchase) && w.workload->runs;
  const double paid_runs = held ? 1 : w.demand.runs;
  // A cent for what rounding may take.
  return Usd::of(budget.usd() + 0.01) / (price * static_cast<double>(count) * kDevice) / paid_runs;
}

Duration SupplyPricer::starts_after() const {
  const BoundWorkload& w = c_.spec.workloads[workload_];
  return supply_.offer == nullptr ? owned_starts_after(c_, w) : rented_starts_after(c_, w, *supply_.offer);
}

Rejection SupplyPricer::refusal() const {
  if (supply_.offer == nullptr) {
    Rejection refusal{"on-prem/" + std::string(c_.spec.site.id) + "/" + id_part(supply_.accelerator->id),
                      "no count that is sold fits the pins", "another count"};
    if (!supply_.accelerator->purchase) {
      refusal.reason = "no purchase price is known; none is guessed";
      refusal.relaxation = "`purchase:` in a profile of your own";
    }
    return refusal;
  }
  const BoundWorkload& w = c_.spec.workloads[workload_];
  const Lots sold = lots();
  const std::string node = std::to_string(sold.node);
  Rejection refusal{offer_id(*supply_.offer, node),
                    "no count that is sold fits the pins: it comes in " + node + "s" +
                        (sold.joined ? "" : ", and its nodes are not joined"),
                    "another count"};
  if (!w.workload->pin.count && sold.node > most_accelerators(c_.spec) && !sold.single)
    refusal.reason = "sold by " + node + ", above max_accelerators";
  return refusal;
}

tl::expected<Candidate, Rejection> own_count(const SupplyContext& c, std::size_t index,
                                             const Accelerator& accelerator, int count) {
  const Lots lots = lots_of_owned(accelerator);
  const ExecutionResult& execution =
      c.executions.get(index, {&accelerator, count, lots.node, lots.node_bandwidth});
  if (!execution)
    return tl::unexpected(Rejection{"on-prem", execution.error().reason, execution.error().relaxation});
  return price_owned_at(c, index, accelerator, *execution, count);
}

}  // namespace capplan

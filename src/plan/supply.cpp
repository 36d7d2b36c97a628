#include "plan/supply.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/number_text.h"
#include "core/text.h"
#include "plan/counts.h"
#include "plan/own_pricer.h"

namespace capplan {
namespace {

int most_accelerators(const BoundSpec& spec) {
  return static_cast<int>(std::min<double>(
      spec.spec->constraints.max_accelerators.value_or(kMostAccelerators), kMostAccelerators));
}

std::string offer_id(const MarketOffer& offer, const std::string& count) {
  std::string id = std::string(supply_option_name(offer.provider->option)) + "/" +
                   std::string(offer.offer->provider) + "/" + id_part(offer.offer->accelerator) + "/" +
                   count + "/" + std::string(purchase_name(offer.offer->purchase));
  for (const Text part : {offer.offer->tier, offer.offer->region, offer.offer->machine}) {
    if (!part.empty()) id += "/" + id_part(part);
  }
  return id;
}

}  // namespace

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

const ExecutionResult& ExecutionCache::get(std::size_t workload, const Machine& machine) {
  const Key key{workload,
                machine.accelerator->id,
                machine.count,
                machine.per_node,
                machine.node_bandwidth.value_or(Bandwidth{}).base(),
                machine.vcpus};
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
  if (supply.offer != nullptr) renting_.emplace(context, workload, *supply.offer);
}

double SupplyPricer::slowdown(int count) const {
  return renting_ ? renting_->slowdown(count) : 1 / owned_availability(c_.spec.site);
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
  if (!w.workload->pin.count) lots.most = std::min(lots.most, allowed());
  return lots;
}

std::optional<Candidate> SupplyPricer::price(const Execution& e, int count, Rejection& why) const {
  if (supply_.offer == nullptr) return price_owned_at(c_, workload_, *supply_.accelerator, e, count);
  // A run that is cut off at its end was bought in vain: the term must hold the slow case too.
  const double slow = is_served(c_.spec.workloads[workload_]) ? 1 : e.time_p90;
  const std::string conflict = term_conflict(renting_->job(e, count, slow));
  if (!conflict.empty()) {
    why.reason = conflict;
    why.relaxation = "a shorter run, on more accelerators";
    return std::nullopt;
  }
  Candidate candidate = renting_->price(e, count);
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

Duration SupplyPricer::time_for_all_runs() const {
  const BoundWorkload& w = c_.spec.workloads[workload_];
  if (!renting_) return owned_time_for_all_runs(c_, w);
  const Duration starts_after = renting_->starts_after();
  // All runs are made one after another.
  const Duration each = std::max(c_.spec.horizon - starts_after, Duration{}) / w.demand.runs;
  return std::min(std::max(w.deadline - starts_after, Duration{}), each);
}

Duration SupplyPricer::time_for_later_runs() const {
  const BoundWorkload& w = c_.spec.workloads[workload_];
  return renting_ || !w.workload->runs ? time_for_all_runs() : owned_time_for_later_runs(c_, w);
}

int SupplyPricer::allowed() const {
  const Text place = supply_.offer != nullptr ? supply_.offer->offer->provider : c_.spec.site.id;
  int most = most_accelerators(c_.spec);
  for (const Quota& quota : c_.spec.spec->constraints.quotas) {
    if (quota.provider == place) most = static_cast<int>(std::min<double>(quota.accelerators, most));
  }
  return most;
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
  if (!w.workload->pin.count && sold.node > allowed() && !sold.single) {
    const bool by_quota = allowed() < most_accelerators(c_.spec);
    refusal.reason = "sold by " + node + ", above " + (by_quota ? "the quota" : "max_accelerators");
    refusal.relaxation = (by_quota ? "a quota of " : "max_accelerators of ") + node;
  }
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

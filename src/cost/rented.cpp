#include "capplan/cost/rented.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "cost/data.h"

namespace capplan {
namespace {

std::string hours(Duration time) { return plain_number(std::round(time.in(kHour)*10) / 10) + " h"; }

// What is not known to be billed finer is paid by the started hour.
Duration granularity(const Provider& provider) { return provider.billing.value_or(kHour); }

Duration billed(const RentedJob& job, Duration time) {
  const Provider& provider = *job.offer.provider;
  return billed_time(time, granularity(provider), provider.billing_least);
}

// A commitment is held over the whole span, renewed as often as its longest term asks, or bought once a run.
struct Terms {
  double blocks = 1;
  Duration each;
  bool held = true;
};

Terms terms_of(const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const Duration least = offer.term_min.value_or(Duration{});
  const double renewals = std::max(1.0, std::ceil(job.span / *offer.term_max - 1e-9));
  const Terms held{renewals, std::max(least, billed_time(job.span / renewals)), true};
  const Terms by_run{job.runs, std::max(least, billed_time(job.run_time)), false};
  return by_run.blocks * by_run.each.base() < held.blocks * held.each.base() ? by_run : held;
}

Factor accelerators(const RentedJob& job) { return result_factor("accelerators", job.count, "", "count"); }

// Accelerators of one machine: what the price is for, else as the cluster or the board has them.
int per_host(const RentedJob& job) {
  if (!job.offer.offer->machine.empty()) return job.offer.offer->count;
  const int node =
      job.offer.cluster != nullptr ? job.offer.cluster->per_node : job.offer.accelerator->per_node;
  return std::min(node, job.count);
}

std::string label_of(const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  return std::string(offer.accelerator) + ", " + std::string(purchase_name(offer.purchase)) + " at " +
         std::string(job.offer.provider->name);
}

Schedule as_used(const RentedJob& job) { return {Duration{}, job.span, 0, job.use}; }

void add_hours(Cost& cost, const RentedJob& job, const std::string& label, Duration time,
               const Offer& offer) {
  cost.add(
      cost_line(Category::kCompute, label,
                {result_factor("runs", job.runs, "", "runs"),
                 result_factor("hours of a run, as billed", billed(job, time).in(kHour), "h", "billed_hours"),
                 accelerators(job)},
                "accelerator-hour", hourly_price(offer), as_used(job)));
  const Duration unused = std::max(billed(job, time) - time, Duration{});
  cost.idle += Money::of(Usd::of(job.runs * unused.in(kHour)*job.count * hourly_price(offer).value));
}

void add_all_hours(Cost& cost, const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  if (!job.interrupted) {
    add_hours(cost, job, label_of(job), job.run_time, offer);
    return;
  }
  const Interrupted& parts = *job.interrupted;
  add_hours(cost, job, label_of(job), parts.on_spot, offer);
  if (parts.fallback != nullptr && parts.on_fallback.base() > 0)
    add_hours(cost, job,
              std::string(offer.accelerator) + ", on-demand at " + std::string(job.offer.provider->name) +
                  " while spot is away",
              parts.on_fallback, *parts.fallback);
}

void add_terms(Cost& cost, const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const Factor price = hourly_price(offer);
  const Terms terms = terms_of(job);
  if (terms.blocks > 1 && !job.one_job)
    add_assumption(cost.assumptions, {"commitment.renewal", "at the same price",
                                      "default: the term is shorter than the horizon"});
  const Duration whole = terms.held ? terms.blocks * terms.each : std::max(job.span, terms.each);
  const auto add = [&](double part, const std::string& what, const Schedule& paid) {
    std::vector<Factor> factors{rule_factor("terms", terms.blocks),
                                rule_factor("hours of a term", terms.each.in(kHour), "h"), accelerators(job)};
    if (part < 1)
      factors.push_back({"share paid so", part, "", Origin::kPrice, offer.provider, price.provenance});
    cost.add(cost_line(Category::kCompute, label_of(job) + ", whole term" + what, std::move(factors),
                       "accelerator-hour", price, paid));
  };
  const double upfront = offer.upfront.value_or(0);
  const Schedule evenly{Duration{}, whole};
  // Each renewal is paid for as it begins. When the runs begin that blocks are bought for is not known.
  const Schedule at_starts{Duration{}, whole, static_cast<int>(terms.blocks)};
  if (upfront > 0)
    add(upfront, ", upfront", terms.blocks <= 1 ? Schedule{} : terms.held ? at_starts : evenly);
  if (upfront < 1) add(1 - upfront, "", evenly);
  const double paid = terms.blocks * terms.each.in(kHour)*job.count;
  const double used = job.runs * job.run_time.in(kHour)*job.count;
  if (paid > used) cost.idle += Money::of(Usd::of((paid - used) * price.value));
}

// Licences that an adjustment adds, for as long as the accelerators are paid for.
void add_licences(Cost& cost, const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  double device_hours = 0;
  for (const CostLine& line : cost.lines) device_hours += line.quantity();
  const Factor hours = result_factor("accelerator-hours paid", device_hours, "h", "paid_hours");
  const Provenance source{offer.licence_source, offer.as_of, false};
  if (offer.accelerator_licence.base() > 0)
    cost.add(cost_line(Category::kSoftware, "licence of an accelerator", {hours}, "accelerator-hour",
                       {"licence", offer.accelerator_licence.in(kUsd / kHour / kDevice), "USD/accelerator/h",
                        Origin::kPrice, offer.provider, source},
                       as_used(job)));
  if (offer.host_licence.base() > 0)
    cost.add(cost_line(Category::kSoftware, "licence of a host",
                       {hours, rule_factor("hosts an accelerator", 1.0 / std::max(1, per_host(job)))},
                       "host-hour",
                       {"licence", offer.host_licence.in(kUsd / kHour), "USD/host/h", Origin::kPrice,
                        offer.provider, source},
                       as_used(job)));
}

void note_billing(Cost& cost, const RentedJob& job) {
  const Provider& provider = *job.offer.provider;
  if (has_term(job.offer.offer->purchase)) return;
  if (!provider.billing) {
    add_assumption(cost.assumptions,
                   {"billing.granularity", "1 h", "default: every started hour of a run is paid"});
  } else if (provider.billed_as.unverified) {
    add_assumption(cost.assumptions, {"billing." + std::string(provider.id),
                                      plain_number(provider.billing->base()) + " s", "unverified"});
  }
}

void note_assumptions(Cost& cost, const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const std::string row = "price." + std::string(offer.provider) + "." + std::string(offer.accelerator);
  if (!offer.stated_as.empty())
    add_assumption(cost.assumptions,
                   {row, std::string(offer.accelerator),
                    "the price list says " + std::string(offer.stated_as) + ": taken as the slower card"});
  note_billing(cost, job);
  if (job.offer.cluster != nullptr && !job.offer.cluster->unverified.empty() &&
      job.count > job.offer.cluster->per_node) {
    add_assumption(cost.assumptions,
                   {"fabric." + std::string(offer.provider) + "." + std::string(job.offer.cluster->id),
                    std::string(job.offer.cluster->fabric),
                    "unverified: " + std::string(job.offer.cluster->unverified)});
  }
}

}  // namespace

Factor hourly_price(const Offer& offer) {
  return {"price",
          device_price(offer).in(kUsd / kHour / kDevice),
          "USD/accelerator/h",
          Origin::kPrice,
          offer.provider,
          {offer.source, offer.as_of, false}};
}

Duration billed_time(Duration time, Duration granularity, Duration least) {
  if (time.base() <= 0) return {};
  return std::max(least, std::ceil(time / granularity - 1e-9) * granularity);
}

std::string term_conflict(const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const auto& max_run = job.offer.provider->max_run;
  if (max_run && job.one_job && job.run_time > *max_run)
    return std::string(job.offer.provider->name) + " ends a job after " + hours(*max_run) +
           ", the run takes " + hours(job.run_time);
  if (offer.term_max && job.one_job && job.run_time > *offer.term_max)
    return "the term is " + hours(*offer.term_max) + " at most, the run takes " + hours(job.run_time);
  return {};
}

Cost price_rented(const RentedJob& job, const Catalog& catalog) {
  Cost cost;
  if (has_term(job.offer.offer->purchase)) {
    add_terms(cost, job);
  } else {
    add_all_hours(cost, job);
  }
  add_licences(cost, job);
  add_data_costs(cost, *job.offer.provider, job.offer.offer->region, job.data, catalog);
  note_assumptions(cost, job);
  return cost;
}

}  // namespace capplan

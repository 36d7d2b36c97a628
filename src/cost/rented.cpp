#include <algorithm>
#include <cmath>

#include "capplan/cost/cost.h"
#include "core/number_text.h"
#include "cost/data.h"

namespace capplan {
namespace {

std::string hours(Duration time) { return plain_number(std::round(time.in(kHour)*10) / 10) + " h"; }

// A commitment is held over the whole span, renewed as often as its longest term asks, or bought once a run.
struct Terms {
  double blocks = 1;
  Duration each;
};

Terms terms_of(const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const Duration least = offer.term_min.value_or(Duration{});
  const double renewals = std::max(1.0, std::ceil(job.span / *offer.term_max - 1e-9));
  const Terms held{renewals, std::max(least, billed_time(job.span / renewals))};
  const Terms by_run{job.runs, std::max(least, billed_time(job.run_time))};
  return by_run.blocks * by_run.each.base() < held.blocks * held.each.base() ? by_run : held;
}

void add_compute(Cost& cost, const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const double price = device_price(offer).in(kUsd / kHour / kDevice);
  const Provenance provenance{offer.source, offer.as_of, false};
  const std::string label = std::string(offer.accelerator) + ", " +
                            std::string(purchase_name(offer.purchase)) + " at " +
                            std::string(job.offer.provider->name);
  if (!has_term(offer.purchase)) {
    const double billed = job.runs * billed_time(job.run_time).in(kHour)*job.count;
    cost.add(cost_line(Category::kCompute, label, billed, "accelerator-hour", price, provenance));
    return;
  }
  const Terms terms = terms_of(job);
  const double paid = terms.blocks * terms.each.in(kHour)*job.count;
  const double used = job.runs * job.run_time.in(kHour)*job.count;
  if (terms.blocks > 1 && !job.one_job)
    add_assumption(cost.assumptions, {"commitment.renewal", "at the same price",
                                      "default: the term is shorter than the horizon"});
  cost.add(
      cost_line(Category::kCompute, label + ", whole term", paid, "accelerator-hour", price, provenance));
  if (paid > used) cost.idle = Money::of(Usd::of((paid - used) * price));
}

void note_assumptions(Cost& cost, const RentedJob& job) {
  const Offer& offer = *job.offer.offer;
  const std::string row = "price." + std::string(offer.provider) + "." + std::string(offer.accelerator);
  if (!offer.stated_as.empty())
    add_assumption(cost.assumptions,
                   {row, std::string(offer.accelerator),
                    "the price list says " + std::string(offer.stated_as) + ": taken as the slower card"});
  add_assumption(cost.assumptions,
                 {"billing.granularity", "1 h", "default: every started hour of a run is paid"});
  if (job.offer.cluster != nullptr && !job.offer.cluster->unverified.empty() &&
      job.count > job.offer.cluster->per_node) {
    add_assumption(cost.assumptions,
                   {"fabric." + std::string(offer.provider) + "." + std::string(job.offer.cluster->id),
                    std::string(job.offer.cluster->fabric),
                    "unverified: " + std::string(job.offer.cluster->unverified)});
  }
}

}  // namespace

Duration billed_time(Duration time) { return std::ceil(time.in(kHour)-1e-9) * kHour; }

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
  add_compute(cost, job);
  add_data_costs(cost, *job.offer.provider, job.offer.offer->region, job.data, catalog);
  note_assumptions(cost, job);
  return cost;
}

}  // namespace capplan

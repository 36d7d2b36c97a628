#include "plan/fleet_pricer.h"

#include "capplan/cost/energy.h"
#include "capplan/cost/operations.h"
#include "cost/data.h"
#include "plan/data_place.h"
#include "plan/own_pricer.h"

namespace capplan {
namespace {

OwnedJob fleet_job(const SupplyContext& c, const Accelerator& accelerator, int count, const FleetUse& use) {
  OwnedJob job = owned_job(c.spec, accelerator, count, use.accelerator_hours / count * kHour, use.prices);
  job.power_share = use.power_share;
  job.use = use.by_month;
  return job;
}

}  // namespace

Cost bought_cost(const SupplyContext& c, const Accelerator& accelerator, int count, const FleetUse& use) {
  return operated_cost(c, fleet_job(c, accelerator, count, use));
}

Cost existing_cost(const SupplyContext& c, const Accelerator& accelerator, int count, const FleetUse& use) {
  OwnedJob job = fleet_job(c, accelerator, count, use);
  job.existing = true;
  Cost cost = price_owned(job, c.catalog);
  if (const auto price = c.spec.spec->carbon_price)
    add_carbon_price(cost,
                     owned_energy(accelerator, job.site->pue, job.site->country, count,
                                  {job.used, job.power_share}, c.catalog),
                     *price, {Duration{}, job.horizon, 0, job.use});
  return cost;
}

Cost committed_cost(const SupplyContext& c, const MarketOffer& contract, int count, Duration from,
                    Duration term) {
  RentedJob job;
  job.offer = contract;
  job.count = count;
  job.run_time = term;
  job.one_job = false;
  job.span = term;
  Cost cost = price_rented(job, c.catalog);
  add_operations(cost, without_fixed(c.spec.spec->operations),
                 {count, term, hourly_price(*contract.offer), 1});
  for (CostLine& line : cost.lines) {
    line.paid.from += from;
    line.paid.to += from;
  }
  cost.idle = Money{};  // who holds the fleet knows how much of it is used
  return cost;
}

Cost data_cost(const SupplyContext& c, const BoundWorkload& w, const MarketOffer* at, Duration stored_for,
               double share) {
  DataNeed need = data_need(c.spec, w, stored_for);
  need.sent_out = need.sent_out * share;
  Cost cost;
  if (at == nullptr) {
    if (const auto move = cheapest_move(w, nullptr, {}, c.catalog)) add_move(cost, *move, c.catalog);
    if (need.stored.base() > 0)
      add_owned_storage(cost, need, c.spec.spec->site.shared.value_or(1), c.catalog);
    return cost;
  }
  need.moved = cheapest_move(w, at->provider, at->offer->region, c.catalog);
  add_data_costs(cost, *at->provider, at->offer->region, need, c.catalog);
  return cost;
}

Cost without_data(Cost rented) {
  std::erase_if(rented.lines, [](const CostLine& line) {
    return line.category == Category::kStorage || line.category == Category::kNetwork;
  });
  return rented;
}

}  // namespace capplan

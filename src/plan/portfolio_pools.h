// Machines that work can share: bought, there already, or rented for a month and longer.
#pragma once

#include <functional>

#include "capplan/optimum/portfolio.h"
#include "plan/supply.h"

namespace capplan {

struct PortfolioInput {
  const SupplyContext& context;  // of a spec without what is paid once for a whole plan
  const std::vector<std::vector<Candidate>>& candidates;  // of each workload, each the best of its supply
  // Whether a candidate keeps to every constraint but those on time and money.
  std::function<bool(const Candidate&)> allowed;
  // What rentals are chosen by. Amounts are dollars: by cost_p90 those at the P90 of time and price, all
  // together.
  Objective objective = Objective::kCost;
  double usd_a_kg = 0;  // what a kilogram of CO2e counts for besides
};

// What a pool of the portfolio is.
struct PoolSource {
  const Accelerator* accelerator = nullptr;
  int unit = 1;                        // accelerators of a machine
  std::vector<MarketOffer> contracts;  // of its commitments, in their order; empty: owned

  bool owned() const { return contracts.empty(); }
  const MarketOffer* contract() const { return owned() ? nullptr : &contracts.front(); }
  SupplyOption option() const { return owned() ? SupplyOption::kOnPrem : contracts.front().provider->option; }
};

// What can be owned and fits some workload, and contracts of a month or more: those of one machine in one
// place share a pool, whatever their terms.
std::vector<PoolSource> find_pools(const PortfolioInput& input);

// A contract that capacity is held by; a shorter one is bought for its run.
bool is_held(const Offer& offer);
// Accelerators of a kind that stand on the site already.
int existing_of(const SupplyContext& context, const Accelerator& accelerator);
// "rental/runpod/h100-sxm-80gb"
std::string pool_id(const BoundSpec& spec, const PoolSource& pool);
// An accelerator-hour in use, besides what the pool costs unused.
double used_usd(const SupplyContext& context, const PoolSource& pool, double power_share);
double used_kg(const SupplyContext& context, const PoolSource& pool, double power_share);
// The pool with what up to `most` machines of it cost.
Pool price_pool(const SupplyContext& context, const PoolSource& source, int most, PriceCase prices);

}  // namespace capplan

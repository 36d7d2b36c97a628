#include "plan/portfolio_pools.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "plan/counts.h"
#include "plan/fleet_pricer.h"

namespace capplan {
namespace {

int term_months(const Offer& offer) {
  return std::max(1, static_cast<int>(std::ceil(offer.term_min.value_or(Duration{}) / kMonth - 1e-9)));
}

int whole_months(Duration time) { return static_cast<int>(std::ceil(time / kMonth - 1e-9)); }

bool is_wanted(const PortfolioInput& in, const Accelerator& a) {
  return std::ranges::any_of(in.candidates, [&](const auto& candidates) {
    return std::ranges::any_of(candidates, [&](const Candidate& c) {
      return c.offer.offer == nullptr && c.allocation.accelerator == a.id && in.allowed(c);
    });
  });
}

void add_owned(const PortfolioInput& in, const Accelerator& a, std::vector<PoolSource>& pools) {
  const int existing = existing_of(in.context, a);
  if (existing == 0 && !is_wanted(in, a)) return;
  // What stands there may be part of a node.
  const int sold = unit_of(lots_of_owned(a));
  pools.push_back({&a, existing % sold == 0 ? sold : 1, {}});
}

// A part of a node that stands there cannot be bought again.
bool buys_whole(const PoolSource& source) {
  return source.unit % source.accelerator->purchase->accelerators == 0;
}

void price_purchase(const SupplyContext& c, const PoolSource& source, int most, PriceCase prices,
                    Pool& pool) {
  const bool by_month = c.spec.spec->constraints.budget_per_month.has_value();
  pool.bought_usd = {0};
  if (by_month) pool.bought_usd_at_start = {0};
  for (int n = 1; n <= most; ++n) {
    const Cost cost = bought_cost(c, *source.accelerator, n * source.unit, {.prices = prices});
    pool.bought_usd.push_back(cost.total().usd());
    if (!by_month) continue;
    Money at_start;
    for (const CostLine& line : cost.lines) {
      if (line.paid.from.base() <= 0 && line.paid.share_at_start() >= 1) at_start += line.amount;
    }
    pool.bought_usd_at_start.push_back(at_start.usd());
  }
}

}  // namespace

bool is_held(const Offer& offer) {
  return has_term(offer.purchase) && offer.term_max && *offer.term_max >= kMonth;
}

std::vector<PoolSource> find_pools(const PortfolioInput& in) {
  std::vector<PoolSource> pools;
  for (const Accelerator& a : in.context.catalog.tables().accelerators) add_owned(in, a, pools);
  std::map<std::tuple<Text, Text, Text, Text, int>, std::size_t> known;
  std::set<const Offer*> seen;
  for (const auto& candidates : in.candidates) {
    for (const Candidate& candidate : candidates) {
      const Offer* offer = candidate.offer.offer;
      if (offer == nullptr || !is_held(*offer) || !is_usual(candidate.offer.standing) ||
          !in.allowed(candidate) || !seen.insert(offer).second)
        continue;
      const Lots lots = lots_of(candidate.offer);
      // What is sold in steps has no machine that could be added one by one.
      if (!lots.sizes.empty() || lots.step > 0) continue;
      const int unit = unit_of(lots);
      const auto [entry, fresh] = known.emplace(
          std::tuple(offer->provider, offer->accelerator, offer->region, offer->machine, unit), pools.size());
      if (fresh) pools.push_back({candidate.offer.accelerator, unit, {}});
      pools[entry->second].contracts.push_back(candidate.offer);
    }
  }
  return pools;
}

int existing_of(const SupplyContext& c, const Accelerator& a) {
  int count = 0;
  for (const ExistingAccelerators& e : c.spec.spec->site.existing) {
    const NameMatch match = c.catalog.match_accelerator(e.accelerator);
    if (match.ids.size() == 1 && match.ids.front() == a.id) count += e.count;
  }
  return count;
}

std::string pool_id(const BoundSpec& spec, const PoolSource& pool) {
  std::string id = std::string(supply_option_name(pool.option())) + "/";
  if (pool.owned()) return id + std::string(spec.site.id) + "/" + id_part(pool.accelerator->id);
  const Offer& offer = *pool.contract()->offer;
  id += std::string(offer.provider) + "/" + id_part(offer.accelerator);
  for (const Text part : {offer.region, offer.machine}) {
    if (!part.empty()) id += "/" + id_part(part);
  }
  return id;
}

double used_usd(const SupplyContext& c, const PoolSource& pool, double power_share) {
  if (!pool.owned()) return 0;
  const double hours = c.spec.horizon.in(kHour)*pool.unit;
  const Cost cost = existing_cost(c, *pool.accelerator, pool.unit, {hours, power_share, PriceCase::kCentral});
  return cost.total().usd() / hours;
}

double used_kg(const SupplyContext& c, const PoolSource& pool, double power_share) {
  const InUse hour{kHour, power_share};
  const EnergyUse use = pool.owned() ? owned_energy(*pool.accelerator, c.spec.site.pue, c.spec.site.country,
                                                    pool.unit, hour, c.catalog)
                                     : rented_energy(*pool.contract(), pool.unit, hour, c.catalog);
  return use.kg_co2e / pool.unit;
}

Pool price_pool(const SupplyContext& c, const PoolSource& source, int most, PriceCase prices) {
  Pool pool;
  pool.id = pool_id(c.spec, source);
  pool.accelerators_a_machine = source.unit;
  if (source.owned()) {
    pool.quota = c.spec.site.id;
    pool.existing = existing_of(c, *source.accelerator) / source.unit;
    pool.first_month = whole_months(c.spec.site.lead_time);
    if (source.accelerator->purchase && most > 0 && buys_whole(source))
      price_purchase(c, source, most, prices, pool);
    return pool;
  }
  pool.quota = source.contract()->offer->provider;
  for (const MarketOffer& contract : source.contracts) {
    const int months = term_months(*contract.offer);
    const Cost cost = committed_cost(c, contract, source.unit, Duration{}, months * kMonth);
    const std::string tier(contract.offer->tier);
    pool.commitments.push_back({pool.id + "/" + std::string(purchase_name(contract.offer->purchase)) +
                                    (tier.empty() ? "" : "/" + id_part(tier)) + "/" + std::to_string(months),
                                months, cost.total().usd(), contract.offer->upfront.value_or(0), 0, most});
  }
  return pool;
}

}  // namespace capplan

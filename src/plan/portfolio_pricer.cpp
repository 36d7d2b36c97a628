#include "plan/portfolio_pricer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "capplan/cost/operations.h"
#include "optimum/run_time.h"
#include "plan/fleet_pricer.h"

namespace capplan {
namespace {

// Use by month where that is not the same in all of them.
std::vector<double> unless_even(std::vector<double> by_month) {
  const auto [least, most] = std::ranges::minmax(by_month);
  if (most - least <= 1e-9 * most) by_month.clear();
  return by_month;
}

// Where it is paid evenly.
void pay_as_used(CostLine& line, const std::vector<double>& by_month) {
  if (line.paid.from < line.paid.to && line.paid.payments == 0) line.paid.use = unless_even(by_month);
}

// What is done on one kind of machine at one place for one workload.
struct Part {
  std::size_t workload = 0;
  const WaySource* way = nullptr;
  double share = 0;              // of the workload
  double accelerator_hours = 0;  // undisturbed
  std::vector<double> by_month;  // the same
  double most_machines = 0;      // at once, of served work
  double runs = 0;
  std::map<std::size_t, int> side_by_side;  // runs at a time, by work of the portfolio
};

// Machines committed to from a month on, renewed without a break.
struct Held {
  std::size_t pool, commitment;
  int month, machines, terms;
};

Money scaled(Money amount, double share) { return Money::of(Usd::of(amount.usd() * share)); }

// Setting up is paid whatever part of the work is done there.
Cost scaled(Cost cost, double share) {
  if (share == 1) return cost;
  for (CostLine& line : cost.lines) {
    if (line.category == Category::kSetup) continue;
    line.factors.push_back(rule_factor("share of the workload that is done here", share));
    line.amount = Money::of(Usd::of(line.quantity() * line.price.value));
    Spread& spread = line.spread;
    spread = {scaled(spread.fast, share), scaled(spread.slow, share), scaled(spread.cheap, share),
              scaled(spread.dear, share)};
  }
  cost.idle = scaled(cost.idle, share);
  return cost;
}

EnergyUse scaled(EnergyUse use, double share) {
  if (share == 1) return use;
  const Factor here = rule_factor("share of the workload that is done here", share);
  use.factors.push_back(here);
  use.embodied.push_back(here);
  use.kwh *= share;
  use.kg_co2e *= share;
  use.embodied_kg *= share;
  return use;
}

class PortfolioPricer {
 public:
  PortfolioPricer(const SupplyContext& whole, const SupplyContext& parts, const BuiltPortfolio& built,
                  const PortfolioPlan& plan)
      : whole_(whole), c_(parts), spec_(parts.spec), built_(built), plan_(plan) {}

  PlanOption price() {
    gather();
    o_.uses.resize(parts_.size());
    for (const Part& part : parts_) allocate(part);
    for (std::size_t p = 0; p < built_.pools.size(); ++p) price_pool(p);
    price_data();
    Cost once;
    add_operations(once, fixed_alone(whole_.spec.spec->operations), {0, spec_.horizon, std::nullopt, 1});
    add(std::move(once), 0);
    finish();
    return std::move(o_);
  }

 private:
  // --- what is done where ---

  Part& part_of(std::size_t workload, const WaySource& way) {
    for (Part& part : parts_) {
      const bool same = part.workload == workload && part.way->pool == way.pool &&
                        part.way->candidate == way.candidate && part.way->count == way.count;
      if (same) return part;
    }
    const std::vector<double> none(static_cast<std::size_t>(built_.portfolio.months), 0.0);
    parts_.push_back({.workload = workload, .way = &way, .by_month = none, .side_by_side = {}});
    return parts_.back();
  }

  void gather() {
    for (const PortfolioPlan::Placed& placed : plan_.placed) {
      const WorkSource& work = built_.runs[placed.work];
      Part& part = part_of(work.workload, work.ways[placed.option]);
      const double runs = placed.runs * work.runs;
      part.runs += runs;
      const RunWork& placed_work = built_.portfolio.runs[placed.work];
      int& at_once = part.side_by_side[placed.work];
      at_once = std::max(at_once, side_by_side(placed.runs, placed_work.options[placed.option],
                                               placed_work.periods[placed.period], built_.portfolio));
      part.share += runs / spec_.workloads[work.workload].demand.runs;
      const double hours = runs * part.way->execution.run_time.in(kHour)*part.way->count;
      part.accelerator_hours += hours;
      add_months(placed, hours, part);
    }
    for (const PortfolioPlan::Served& served : plan_.served) {
      const WorkSource& work = built_.served[served.work];
      Part& part = part_of(work.workload, work.ways[served.option]);
      const ServeOption& option = built_.portfolio.served[served.work].options[served.option];
      double hours = 0;
      double all = 0;
      for (std::size_t m = 0; m < served.share.size(); ++m) {
        const double length = month_share(m);
        const double before = hours;
        for (std::size_t b = 0; b < served.share[m].size(); ++b) {
          const double machines = option.machines[m][b] * served.share[m][b];
          part.most_machines = std::max(part.most_machines, machines);
          hours += machines * built_.portfolio.blocks[b].hours * length;
          all += option.machines[m][b] * built_.portfolio.blocks[b].hours * length;
        }
        part.by_month[m] += (hours - before) * option.accelerators_a_machine;
      }
      part.share += hours / all;
      part.accelerator_hours += hours * option.accelerators_a_machine;
    }
    std::erase_if(parts_, [](const Part& part) { return part.share <= 1e-9; });
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const Part& a, const Part& b) { return a.workload < b.workload; });
  }

  void add_months(const PortfolioPlan::Placed& placed, double hours, Part& part) const {
    const RunWork& work = built_.portfolio.runs[placed.work];
    const Period& period = work.periods[placed.period];
    const auto months = hours_without_waiting(work.options[placed.option], period, built_.portfolio);
    const double all = std::accumulate(months.begin(), months.end(), 0.0);
    for (std::size_t i = 0; i < months.size(); ++i)
      part.by_month[static_cast<std::size_t>(period.first_month) + i] += hours * months[i] / all;
  }

  // The last month may be a part of one.
  double month_share(std::size_t month) const {
    return std::min(1.0, spec_.horizon / kMonth - static_cast<double>(month));
  }

  // --- allocations ---

  void allocate(const Part& part) {
    Allocation a;
    if (part.way->candidate != nullptr) {
      a = part.way->candidate->allocation;
      if (part.most_machines > 0) {
        const Lots lots = lots_of(part.way->candidate->offer);
        a.count = static_cast<int>(std::ceil(part.most_machines - 1e-6)) * unit_of(lots);
        a.nodes = (a.count + lots.node - 1) / lots.node;
      }
      if (part.runs > 0) {
        a.side_by_side = 0;
        for (const auto& [work, runs] : part.side_by_side) a.side_by_side += runs;
      }
      a.accelerator_hours *= part.share;
      // Of runs these are hours of one, which stay; of served work, mean hours of the machines that are left.
      if (a.interrupted && part.most_machines > 0) {
        Interrupted& hours = *a.interrupted;
        const double rest = a.accelerator_hours / (a.count * (hours.on_spot + hours.on_fallback).in(kHour));
        hours.on_spot = hours.on_spot * rest;
        hours.on_fallback = hours.on_fallback * rest;
      }
    } else {
      a = on_pool(part);
    }
    if (a.execution.serving && part.share < 1)
      a.execution.serving->replicas = std::max(1, a.count / a.execution.serving->tensor_parallel);
    o_.allocations.push_back(std::move(a));
    if (part.way->candidate != nullptr) rent(part);
  }

  Allocation on_pool(const Part& part) const {
    const PoolSource& pool = built_.pools[*part.way->pool];
    Allocation a;
    a.workload = part.workload;
    a.accelerator = pool.accelerator->id;
    a.count = part.most_machines > 0 ? static_cast<int>(std::ceil(part.most_machines - 1e-6)) * pool.unit
                                     : part.way->count;
    a.nodes = (a.count + pool.accelerator->per_node - 1) / pool.accelerator->per_node;
    a.accelerator_hours = part.accelerator_hours;
    a.starts_after = part.way->starts_after;
    a.execution = part.way->execution;
    if (pool.owned()) {
      a.provider = spec_.site.id;
      a.purchase = Purchase::kOwned;
      if (pool.accelerator->purchase) a.as_of = pool.accelerator->purchase->provenance.as_of;
      return a;
    }
    const Offer& offer = *pool.contract()->offer;
    a.provider = offer.provider;
    a.region = offer.region;
    a.machine = offer.machine;
    a.as_of = offer.as_of;
    a.purchase = offer.purchase;
    a.usd_per_accelerator_hour = device_price(offer).in(kUsd / kHour / kDevice);
    return a;
  }

  // Of what is rented for one workload alone.
  void rent(const Part& part) {
    const Candidate& c = *part.way->candidate;
    const std::size_t index = o_.allocations.size() - 1;
    Cost cost = scaled(without_data(c.cost), part.share);
    if (!has_term(c.offer.offer->purchase) && follows_use(part)) {
      for (CostLine& line : cost.lines) pay_as_used(line, part.by_month);
    }
    add(std::move(cost), index);
    o_.uses[index] = scaled(c.energy, part.share);
    o_.standing = std::max(o_.standing, c.offer.standing);
    o_.firm = o_.firm && is_firm(c.offer.offer->purchase);
    options_.insert(c.option);
    ids_.push_back(c.id);
  }

  // One run has no months to choose, and machines whose number is set are held all the time.
  bool follows_use(const Part& part) const {
    const Workload& w = *spec_.workloads[part.workload].workload;
    return part.runs > 0 ? w.runs.has_value() : !w.pin.count;
  }

  // --- pools ---

  // The parts on one pool, as indices of allocations: parts and allocations have one order.
  std::vector<std::size_t> users_of(std::size_t pool) const {
    std::vector<std::size_t> users;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].way->pool == pool) users.push_back(i);
    }
    return users;
  }

  FleetUse use_of(const std::vector<std::size_t>& users, double Execution::*slower, PriceCase prices) const {
    FleetUse use;
    use.prices = prices;
    double weighted = 0;
    for (const std::size_t i : users) {
      const Execution& e = parts_[i].way->execution;
      const double factor = slower == nullptr || e.serving ? 1 : e.*slower;
      use.accelerator_hours += parts_[i].accelerator_hours * factor;
      const double drawn = e.power_share > 0 ? e.power_share : c_.catalog.figure("power.load-factor").value;
      weighted += parts_[i].accelerator_hours * drawn;
    }
    double plain = 0;
    use.by_month.assign(static_cast<std::size_t>(built_.portfolio.months), 0.0);
    for (const std::size_t i : users) {
      plain += parts_[i].accelerator_hours;
      std::ranges::transform(use.by_month, parts_[i].by_month, use.by_month.begin(), std::plus{});
    }
    use.by_month = unless_even(std::move(use.by_month));
    use.power_share = plain > 0 ? weighted / plain : 0;
    return use;
  }

  void price_pool(std::size_t p) {
    const std::vector<std::size_t> users = users_of(p);
    if (built_.pools[p].owned()) {
      price_owned_pool(p, users);
    } else {
      price_contracts(p, users);
    }
  }

  int bought(std::size_t p) const {
    int machines = 0;
    for (const PortfolioPlan::Bought& b : plan_.bought) machines += b.pool == p ? b.machines : 0;
    return machines * built_.pools[p].unit;
  }

  void price_owned_pool(std::size_t p, const std::vector<std::size_t>& users) {
    const PoolSource& pool = built_.pools[p];
    const int existing = users.empty() ? 0 : built_.portfolio.pools[p].existing * pool.unit;
    const int added = bought(p);
    if (existing + added == 0) return;
    const std::size_t index = users.empty() ? 0 : users.front();
    const auto price = [&](double Execution::*slower, PriceCase prices) {
      const FleetUse all = use_of(users, slower, prices);
      Cost cost;
      const auto part_of_use = [&](int count) {
        FleetUse use = all;
        use.accelerator_hours =
            std::min(all.accelerator_hours * count / (existing + added), count * spec_.horizon.in(kHour));
        return use;
      };
      if (existing > 0)
        cost = std::move(cost) + existing_cost(c_, *pool.accelerator, existing, part_of_use(existing));
      if (added > 0) cost = std::move(cost) + bought_cost(c_, *pool.accelerator, added, part_of_use(added));
      return cost;
    };
    Cost cost = price(nullptr, PriceCase::kCentral);
    set_time_spread(cost, price(&Execution::time_p10, PriceCase::kCentral),
                    price(&Execution::time_p90, PriceCase::kCentral));
    set_price_spread(cost, price(nullptr, PriceCase::kLow), price(nullptr, PriceCase::kHigh));
    add(std::move(cost), index);
    const int months = built_.portfolio.months;
    const int first = built_.portfolio.pools[p].first_month;
    if (existing > 0)
      o_.fleets.push_back(
          {pool.accelerator->id, spec_.site.id, {}, Purchase::kOwned, existing, 0, months, true});
    if (added > 0)
      o_.fleets.push_back(
          {pool.accelerator->id, spec_.site.id, {}, Purchase::kOwned, added, first, months - first, false});
    settle(p, users, existing + added);
    ids_.push_back(built_.portfolio.pools[p].id + "/" + std::to_string(existing + added) + "/owned");
  }

  // Energy and fleet of the allocations on a pool of `count` accelerators.
  void settle(std::size_t p, const std::vector<std::size_t>& users, int count) {
    const PoolSource& pool = built_.pools[p];
    options_.insert(pool.option());
    for (const std::size_t i : users) {
      Allocation& a = o_.allocations[i];
      a.fleet = o_.fleets.size() - 1;
      const Duration time = a.accelerator_hours / a.count * kHour;
      const InUse in_use{
          time, a.execution.power_share,
          i == users.front() ? spec_.horizon * (static_cast<double>(count) / a.count) : Duration{}};
      o_.uses[i] = pool.owned() ? owned_energy(*pool.accelerator, spec_.site.pue, spec_.site.country, a.count,
                                               in_use, c_.catalog)
                                : rented_energy(*pool.contract(), a.count, in_use, c_.catalog);
    }
  }

  // Commitments that follow each other without a break, as long chains as there are.
  std::vector<Held> chains(std::size_t p) const {
    std::map<std::size_t, std::map<int, int>> by_month;  // of a commitment
    for (const PortfolioPlan::Committed& c : plan_.committed) {
      if (c.pool == p) by_month[c.commitment][c.month] += c.machines;
    }
    std::vector<Held> held;
    for (auto& [commitment, machines] : by_month) {
      const int term = built_.portfolio.pools[p].commitments[commitment].term_months;
      for (auto& [month, left] : machines) {
        while (left > 0) {
          Held chain{p, commitment, month, left, 0};
          for (auto next = machines.find(month); next != machines.end() && next->second > 0;
               next = machines.find(month + chain.terms * term)) {
            chain.machines = std::min(chain.machines, next->second);
            ++chain.terms;
          }
          for (int t = 0; t < chain.terms; ++t) machines[month + t * term] -= chain.machines;
          held.push_back(chain);
        }
      }
    }
    return held;
  }

  void price_contracts(std::size_t p, const std::vector<std::size_t>& users) {
    const PoolSource& pool = built_.pools[p];
    const std::size_t index = users.empty() ? 0 : users.front();
    Cost cost;
    double paid_hours = 0;
    int most = 0;
    const std::size_t first_fleet = o_.fleets.size();
    for (const Held& held : chains(p)) {
      const MarketOffer& contract = pool.contracts[held.commitment];
      const TermOffer& terms = built_.portfolio.pools[p].commitments[held.commitment];
      const int count = held.machines * pool.unit;
      const int months = held.terms * terms.term_months;
      cost = std::move(cost) + committed_cost(c_, contract, count, held.month * kMonth, months * kMonth);
      paid_hours += count * (months * kMonth).in(kHour);
      most += count;
      o_.fleets.push_back({pool.accelerator->id, contract.offer->provider, contract.offer->region,
                           contract.offer->purchase, count, held.month, months, false});
      o_.standing = std::max(o_.standing, contract.standing);
    }
    if (o_.fleets.size() == first_fleet) return;
    const double used = use_of(users, nullptr, PriceCase::kCentral).accelerator_hours;
    cost.idle = Money::of(Usd::of(cost.total().usd() * std::max(0.0, 1 - used / paid_hours)));
    add(std::move(cost), index);
    settle(p, users, most);
    ids_.push_back(built_.portfolio.pools[p].id + "/" + std::to_string(most) + "/" +
                   std::string(purchase_name(pool.contract()->offer->purchase)));
  }

  // --- data, and what holds for the whole ---

  void add(Cost cost, std::size_t index) {
    o_.cost = std::move(o_.cost) + of_allocation(std::move(cost), index);
  }

  // A workload's data is kept once at each place that it is worked on.
  void price_data() {
    struct Kept {
      std::size_t part;
      const MarketOffer* at;
      double share;
      Duration stored_for;
      std::vector<double> by_month;
    };
    std::map<std::tuple<std::size_t, Text, Text>, Kept> places;
    const std::vector<double> none(static_cast<std::size_t>(built_.portfolio.months), 0.0);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const Part& part = parts_[i];
      const MarketOffer* at =
          part.way->pool ? built_.pools[*part.way->pool].contract() : &part.way->candidate->offer;
      const BoundWorkload& w = spec_.workloads[part.workload];
      const Duration stored_for = std::min(spec_.horizon, span_of(spec_, w, part.way->execution.run_time));
      const auto key = at == nullptr ? std::tuple(part.workload, Text{}, Text{})
                                     : std::tuple(part.workload, at->offer->provider, at->offer->region);
      const auto [entry, fresh] = places.emplace(key, Kept{i, at, 0, stored_for, none});
      entry->second.share += part.share;
      entry->second.stored_for = std::max(entry->second.stored_for, stored_for);
      std::ranges::transform(entry->second.by_month, part.by_month, entry->second.by_month.begin(),
                             std::plus{});
    }
    for (const auto& [key, kept] : places) {
      Cost cost = data_cost(c_, spec_.workloads[std::get<0>(key)], kept.at, kept.stored_for, kept.share);
      // What is stored is there all the time, what is sent goes with the work.
      if (follows_use(parts_[kept.part])) {
        for (CostLine& line : cost.lines) {
          if (line.category == Category::kNetwork) pay_as_used(line, kept.by_month);
        }
      }
      add(std::move(cost), kept.part);
    }
  }

  void finish() {
    o_.energy = energy_together(o_.uses);
    for (const Part& part : parts_) {
      const Execution& e = part.way->execution;
      const Duration time =
          e.serving && part.runs == 0 ? e.run_time : e.run_time * part.runs + part.way->starts_after;
      o_.wall_clock = std::max(o_.wall_clock, std::min(time, spec_.horizon));
    }
    o_.option = options_.size() == 1 ? *options_.begin() : SupplyOption::kHybrid;
    std::set<std::string> named;
    for (const std::string& id : ids_) {
      if (!named.insert(id).second) continue;
      o_.id += (o_.id.empty() ? "" : "+") + id;
    }
    if (o_.option == SupplyOption::kHybrid) o_.id = "hybrid/" + o_.id;
  }

  const SupplyContext& whole_;
  const SupplyContext& c_;
  const BoundSpec& spec_;
  const BuiltPortfolio& built_;
  const PortfolioPlan& plan_;
  std::vector<Part> parts_;
  std::set<SupplyOption> options_;
  std::vector<std::string> ids_;
  PlanOption o_;
};

}  // namespace

PlanOption price_portfolio(const SupplyContext& context, const SupplyContext& parts,
                           const BuiltPortfolio& built, const PortfolioPlan& plan) {
  return PortfolioPricer(context, parts, built, plan).price();
}

}  // namespace capplan

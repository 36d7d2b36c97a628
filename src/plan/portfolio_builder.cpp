#include "plan/portfolio_builder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "capplan/demand/load.h"
#include "core/number_text.h"
#include "plan/fleet_pricer.h"
#include "plan/own_pricer.h"
#include "plan/portfolio_pools.h"

namespace capplan {
namespace {

constexpr std::size_t kRentals = 6;       // of a workload that are offered to the program, cheapest first
constexpr int kMostMachinesBought = 512;  // of one kind
// Of a budget: what the solver's tolerances and the rounding of lines may add.
constexpr double kRounding = 1e-6;

// Hours of the day in which every served workload asks for the same, together.
std::vector<std::vector<int>> hours_of_equal_demand(const BoundSpec& spec) {
  std::map<std::vector<double>, std::vector<int>> blocks;
  for (int hour = 0; hour < 24; ++hour) {
    std::vector<double> asked;
    for (const BoundWorkload& w : spec.workloads) {
      if (!w.demand.day.empty()) asked.push_back(w.demand.day[static_cast<std::size_t>(hour)]);
    }
    blocks[asked].push_back(hour);
  }
  std::vector<std::vector<int>> hours;
  hours.reserve(blocks.size());
  for (auto& [asked, block] : blocks) hours.push_back(std::move(block));
  return hours;
}

// Demand of a month's block over the highest of the horizon, by month and block.
std::vector<std::vector<double>> load_shares(const BoundSpec& spec, std::size_t workload,
                                             const std::vector<std::vector<int>>& hours_of_blocks) {
  const Demand& d = spec.workloads[workload].demand;
  std::vector<std::vector<double>> shares;
  for (const double growth : share_by_month(d, spec.horizon)) {
    std::vector<double> month;
    month.reserve(hours_of_blocks.size());
    for (const std::vector<int>& hours : hours_of_blocks)
      month.push_back(growth * (d.day.empty() ? 1 : d.day[static_cast<std::size_t>(hours.front())]));
    shares.push_back(std::move(month));
  }
  return shares;
}

class Builder {
 public:
  explicit Builder(const PortfolioInput& in) : in_(in), c_(in.context), spec_(c_.spec) {}

  BuiltPortfolio build() {
    Portfolio& p = out_.portfolio;
    p.months = months_of(spec_.horizon);
    p.hours_a_month = kMonth.in(kHour);
    blocks_ = hours_of_equal_demand(spec_);
    for (const std::vector<int>& hours : blocks_)
      p.blocks.push_back({p.hours_a_month * static_cast<double>(hours.size()) / 24});
    out_.pools = find_pools(in_);
    for (std::size_t w = 0; w < spec_.workloads.size(); ++w) {
      if (is_served(spec_.workloads[w])) {
        serve(w);
      } else {
        run(w);
      }
    }
    for (std::size_t i = 0; i < out_.pools.size(); ++i)
      p.pools.push_back(
          price_pool(c_, out_.pools[i], most_machines(i), is_p90() ? PriceCase::kHigh : PriceCase::kCentral));
    set_limits();
    return std::move(out_);
  }

 private:
  // --- runs ---

  // Work that is done once and due before the horizon ends: its time begins with the plan.
  static bool is_due_once(const BoundSpec& spec, const BoundWorkload& w) {
    return !is_served(w) && !w.workload->runs && w.deadline < spec.horizon;
  }

  // The part of its time that a run may take on machines that others share: what is due at the same time
  // takes turns there.
  double share_of_time(const BoundWorkload& work) const {
    if (!is_due_once(spec_, work)) return 1;
    const auto due =
        std::ranges::count_if(spec_.workloads, [&](const BoundWorkload& w) { return is_due_once(spec_, w); });
    return 1.0 / static_cast<double>(due);
  }

  void run(std::size_t w) {
    const BoundWorkload& work = spec_.workloads[w];
    const double recurring = work.demand.runs - work.demand.experiments;
    if (recurring > 0) add_runs(w, {work.workload->name, 1, false}, periods_of(work));
    if (work.demand.experiments > 0)
      add_runs(w, {work.workload->name + " (trials)", work.demand.experiments, true},
               {{0, 1, window(spec_.horizon, 0, out_.portfolio.months), 1}});
  }

  // Share of each month, from a first one on, that a run with this much time may use.
  static std::vector<double> window(Duration time, int first, int months) {
    std::vector<double> shares;
    for (int m = first; m < months; ++m) {
      const double left = (time - (m - first) * kMonth) / kMonth;
      if (left <= 1e-9) break;
      shares.push_back(std::min(1.0, left));
    }
    return shares;
  }

  std::vector<Period> periods_of(const BoundWorkload& work) const {
    const int months = out_.portfolio.months;
    if (!work.workload->runs) return {{0, 1, window(work.deadline, 0, months), 1}};
    const Recurrence& runs = *work.workload->runs;
    std::vector<Period> periods;
    if (runs.every > kMonth * (1 + 1e-9)) {
      for (Duration from; from + runs.every <= spec_.horizon * (1 + 1e-9); from += runs.every) {
        const int first = static_cast<int>(std::floor(from / kMonth + 1e-9));
        periods.push_back({first, static_cast<int>(runs.each),
                           window(std::min(work.deadline, runs.every), first, months), 1});
      }
      if (periods.empty())
        periods.push_back({0, static_cast<int>(runs.each), window(work.deadline, 0, months), 1});
      return periods;
    }
    const double whole = std::max(1.0, std::floor(spec_.horizon / runs.every + 1e-9));
    double before = 0;
    for (int m = 0; m < months; ++m) {
      const double until = m + 1 == months ? whole : std::floor((m + 1) * kMonth / runs.every + 1e-9);
      const int due = static_cast<int>((until - before) * runs.each);
      before = until;
      if (due > 0) periods.push_back({m, due, window(std::min(work.deadline, kMonth), m, m + 1), 1});
    }
    return periods;
  }

  // Runs of a workload, or its trials as one long run that has the whole horizon.
  struct RunKind {
    std::string id;
    double runs = 1;  // of the workload that one stands for
    bool trials = false;
  };

  void add_runs(std::size_t w, const RunKind& kind, std::vector<Period> periods) {
    const BoundWorkload& work = spec_.workloads[w];
    RunWork runs;
    WorkSource source{w, kind.runs, {}};
    runs.id = kind.id;
    runs.periods = std::move(periods);
    const double share = kind.runs / work.demand.runs;
    for (const Candidate* c : rentals(w)) {
      const Money once = c->cost.total(Category::kSetup);
      RunOption option;
      option.id = c->id;
      option.accelerators_a_machine = unit_of_rental(*c);
      option.machines = c->allocation.count / unit_of_rental(*c);
      option.hours = c->allocation.execution.run_time.in(kHour)*kind.runs;
      option.usd = rented(*c) * share;
      option.quota = c->allocation.provider;
      WaySource way{std::nullopt, c, c->allocation.execution, c->allocation.count,
                    c->allocation.starts_after};
      add_data(work, runs.places, option, &c->offer, c->span, share, once.usd());
      runs.options.push_back(std::move(option));
      source.ways.push_back(std::move(way));
    }
    for (std::size_t p = 0; p < out_.pools.size(); ++p) add_layouts(w, p, kind, runs, source);
    if (runs.options.empty()) return;
    // The data of trials is that of the runs around them.
    if (kind.trials) {
      for (DataPlaceCost& place : runs.places) place.usd = place.usd_later = 0;
    }
    out_.portfolio.runs.push_back(std::move(runs));
    out_.runs.push_back(std::move(source));
  }

  double wanted(const Candidate& c) const {
    return score(in_.objective, c.cost.total(), c.p90, c.allocation.execution.run_time, c.energy.kg_co2e);
  }

  // --- amounts ---

  bool is_p90() const { return in_.objective == Objective::kCostP90; }

  // All that a candidate costs besides its data and setting up.
  double rented(const Candidate& c) const {
    const Cost cost = without_data(c.cost);
    double usd = (cost.total() - cost.total(Category::kSetup)).usd();
    if (is_p90()) usd += (c.p90 - c.cost.total()).usd();
    return usd + in_.usd_a_kg * c.energy.kg_co2e;
  }

  // An accelerator-hour of a pool by its central time.
  double used(const PoolSource& pool, const Execution& e) const {
    const double usd = used_usd(c_, pool, e.power_share);
    const double kg = in_.usd_a_kg > 0 ? used_kg(c_, pool, e.power_share) : 0;
    const double slower = is_p90() && !e.serving ? std::max(e.time_p90, 1.0) : 1;
    return usd * slower + in_.usd_a_kg * kg;
  }

  static int unit_of_rental(const Candidate& c) { return unit_of(lots_of(c.offer)); }

  std::vector<const Candidate*> rentals(std::size_t w) const {
    std::vector<const Candidate*> found;
    for (const Candidate& c : in_.candidates[w]) {
      if (c.offer.offer != nullptr && !is_held(*c.offer.offer) && c.meets_deadline &&
          is_usual(c.offer.standing) && in_.allowed(c))
        found.push_back(&c);
    }
    std::sort(found.begin(), found.end(), [&](const Candidate* a, const Candidate* b) {
      return std::tuple(wanted(*a), a->cost.total(), std::string_view(a->id)) <
             std::tuple(wanted(*b), b->cost.total(), std::string_view(b->id));
    });
    // The best of each option stays, so that one can be planned for without the others; of a provider with a
    // quota besides, which may leave no room there; and those on fewer accelerators than all that are better.
    const Constraints& k = spec_.spec->constraints;
    const auto has_quota = [&](Text provider) {
      return std::ranges::any_of(k.quotas, [&](const Quota& quota) { return quota.provider == provider; });
    };
    std::map<std::pair<SupplyOption, Text>, std::size_t> kept;
    std::map<SupplyOption, int> fewest;
    std::erase_if(found, [&](const Candidate* c) {
      const Text provider = has_quota(c->allocation.provider) ? Text(c->allocation.provider) : Text{};
      const bool fewer =
          k.max_accelerators && (!fewest.contains(c->option) || c->allocation.count < fewest.at(c->option));
      if (fewer) fewest[c->option] = c->allocation.count;
      return ++kept[{c->option, provider}] > kRentals && !fewer;
    });
    return found;
  }

  // Month by month, not as its time begins.
  static double paid_later(const Cost& cost) {
    Money later;
    for (const CostLine& line : cost.lines) {
      if (line.paid.share_at_start() < 1) later += line.amount;
    }
    return later.usd();
  }

  // Storage is paid once where work is done, egress by the run. Work that is set up pays that once, too.
  template <class Option>
  void add_data(const BoundWorkload& work, std::vector<DataPlaceCost>& places, Option& option,
                const MarketOffer* at, Duration stored_for, double share, double once) const {
    const Cost stored = data_cost(c_, work, at, stored_for, 0);
    const double sent = data_cost(c_, work, at, stored_for, share).total().usd() - stored.total().usd();
    if constexpr (std::is_same_v<Option, RunOption>) {
      option.usd += sent;
    } else {
      option.usd_a_machine_hour += sent / used_hours(option.machines);
    }
    std::string id = at == nullptr ? std::string("site")
                                   : std::string(at->offer->provider) + "/" + std::string(at->offer->region);
    if (once > 0 || stored_for != spec_.horizon) id += " for " + option.id;
    const auto known = std::ranges::find(places, id, &DataPlaceCost::id);
    option.place = static_cast<std::size_t>(known - places.begin());
    if (known == places.end()) {
      places.push_back({id, stored.total().usd() + once, paid_later(stored), stored_for.in(kMonth)});
    }
  }

  Supply supply_of(const PoolSource& pool) const { return {pool.contract(), pool.accelerator}; }

  // The counts of a pool that a run may take: what suits it alone, and more, for when there is little time
  // left beside other work.
  std::vector<int> counts_in(std::size_t w, const PoolSource& pool) const {
    const BoundWorkload& work = spec_.workloads[w];
    std::set<int> counts;
    for (const Candidate& c : in_.candidates[w]) {
      const bool same = pool.owned()
                            ? c.offer.offer == nullptr && c.allocation.accelerator == pool.accelerator->id
                            : c.offer.offer == pool.contract()->offer;
      if (!same || !in_.allowed(c)) continue;
      for (const double times : {0.5, 1.0, 2.0, 4.0})
        counts.insert(static_cast<int>(c.allocation.count * times));
    }
    const int existing = pool.owned() ? existing_of(c_, *pool.accelerator) : 0;
    for (int n = existing; n >= 1; n /= 2) counts.insert(n);
    if (work.workload->pin.count) counts = {*work.workload->pin.count};
    const Lots lots = SupplyPricer(c_, w, supply_of(pool)).lots();
    std::vector<int> open;
    for (const int n : counts) {
      if (n >= 1 && n % pool.unit == 0 && can_have(lots, n)) open.push_back(n);
    }
    return open;
  }

  const ExecutionResult& execution(std::size_t w, const PoolSource& pool, int count) const {
    const Lots lots = SupplyPricer(c_, w, supply_of(pool)).lots();
    const bool trained = is_trained(spec_.workloads[w].workload->kind);
    const int per_node = trained ? lots.node : std::min(lots.node, count);
    return c_.executions.get(w, {pool.accelerator, count, per_node, lots.node_bandwidth, lots.vcpus});
  }

  bool concerns(std::size_t w, const PoolSource& pool) const {
    const Accelerator* pinned = spec_.workloads[w].pinned;
    return pinned == nullptr || pinned == pool.accelerator;
  }

  void add_layouts(std::size_t w, std::size_t p, const RunKind& kind, RunWork& runs, WorkSource& source) {
    const PoolSource& pool = out_.pools[p];
    const BoundWorkload& work = spec_.workloads[w];
    if (!concerns(w, pool)) return;
    for (const int count : counts_in(w, pool)) {
      const ExecutionResult& found = execution(w, pool, count);
      if (!found) continue;
      Execution e = pool.owned() ? with_repairs(spec_, work, *found) : *found;
      const bool waits = pool.owned() && work.workload->runs;
      const Duration starts_after =
          pool.owned() ? owned_starts_after(c_, work) : RentPricer(c_, w, *pool.contract()).starts_after();
      const Duration needed = e.run_time + (waits ? Duration{} : starts_after);
      if (!kind.trials && needed > work.deadline) continue;
      RunOption option;
      option.id = pool_id(spec_, pool) + "/" + std::to_string(count);
      option.pool = p;
      option.machines = count / pool.unit;
      option.hours = e.run_time.in(kHour)*kind.runs;
      option.usd = used(pool, e) * option.hours * count;
      option.accelerators_a_machine = pool.unit;
      option.window_share = kind.trials ? 1 : share_of_time(work);
      const bool lasts = work.workload->runs.has_value();
      add_data(work, runs.places, option, pool.contract(),
               lasts ? spec_.horizon : span_of(spec_, work, e.run_time), kind.runs / work.demand.runs, 0);
      runs.options.push_back(std::move(option));
      source.ways.push_back({p, nullptr, std::move(e), count, starts_after});
    }
  }

  // --- served work ---

  void serve(std::size_t w) {
    const BoundWorkload& work = spec_.workloads[w];
    const auto shares = load_shares(spec_, w, blocks_);
    ServedWork served;
    served.id = work.workload->name;
    WorkSource source{w, 1, {}};
    const auto machines_by = [&](const Execution& e, int unit) {
      std::vector<std::vector<double>> machines;
      for (const auto& month : shares) {
        machines.emplace_back();
        for (const double share : month) machines.back().push_back(machines_for(*e.serving, unit, share));
      }
      return machines;
    };
    for (const Candidate* c : rentals(w)) {
      ServeOption option;
      option.id = c->id;
      option.machines = machines_by(c->allocation.execution, unit_of_rental(*c));
      const Money once = c->cost.total(Category::kSetup);
      option.usd_a_machine_hour = rented(*c) / used_hours(option.machines);
      option.accelerators_a_machine = unit_of_rental(*c);
      option.quota = c->allocation.provider;
      add_data(work, served.places, option, &c->offer, spec_.horizon, 1, once.usd());
      served.options.push_back(std::move(option));
      source.ways.push_back(
          {std::nullopt, c, c->allocation.execution, c->allocation.count, c->allocation.starts_after});
    }
    for (std::size_t p = 0; p < out_.pools.size(); ++p) {
      const PoolSource& pool = out_.pools[p];
      if (!concerns(w, pool)) continue;
      const Lots lots = SupplyPricer(c_, w, supply_of(pool)).lots();
      const ExecutionResult& e = c_.executions.get(w, {pool.accelerator, lots.node, lots.node, {}});
      if (!e) continue;
      ServeOption option;
      option.id = pool_id(spec_, pool);
      option.pool = p;
      option.machines = machines_by(*e, pool.unit);
      option.usd_a_machine_hour = used(pool, *e) * pool.unit;
      option.accelerators_a_machine = pool.unit;
      add_data(work, served.places, option, pool.contract(), spec_.horizon, 1, 0);
      served.options.push_back(std::move(option));
      source.ways.push_back({p, nullptr, *e, machines_for(*e->serving, pool.unit, 1) * pool.unit,
                             pool.owned() ? owned_starts_after(c_, work) : Duration{}});
    }
    if (served.options.empty()) return;
    out_.portfolio.served.push_back(std::move(served));
    out_.served.push_back(std::move(source));
  }

  double used_hours(const std::vector<std::vector<double>>& machines) const {
    double hours = 0;
    for (const auto& month : machines) {
      for (std::size_t b = 0; b < month.size(); ++b) hours += month[b] * out_.portfolio.blocks[b].hours;
    }
    return hours;
  }

  // --- what pools cost, limits ---

  // As many machines as all work could use at once.
  int most_machines(std::size_t p) const {
    double most = 0;
    double largest = 0;
    for (const RunWork& work : out_.portfolio.runs) {
      for (const RunOption& o : work.options) {
        if (o.pool == p) largest = std::max<double>(largest, o.machines);
      }
      most += largest;
    }
    for (const ServedWork& work : out_.portfolio.served) {
      for (const ServeOption& o : work.options) {
        if (o.pool != p) continue;
        double peak = 0;
        for (const auto& month : o.machines) peak = std::max(peak, *std::ranges::max_element(month));
        most += peak;
      }
    }
    const auto& limit = spec_.spec->constraints.max_accelerators;
    if (limit) most = std::min(most, std::floor(*limit / out_.pools[p].unit));
    return static_cast<int>(std::min<double>(most, kMostMachinesBought));
  }

  void set_limits() {
    const Constraints& k = spec_.spec->constraints;
    PortfolioLimits& limits = out_.portfolio.limits;
    limits.accelerators = k.max_accelerators;
    for (const Quota& q : k.quotas) limits.quotas.push_back({q.provider, q.accelerators});
    if (k.budget) limits.budget = k.budget->in(kUsd) * (1 - kRounding);
    if (k.budget_per_month) limits.budget_a_month = k.budget_per_month->in(kUsd) * (1 - kRounding);
  }

  const PortfolioInput& in_;
  const SupplyContext& c_;
  const BoundSpec& spec_;
  std::vector<std::vector<int>> blocks_;
  BuiltPortfolio out_;
};

}  // namespace

BuiltPortfolio build_portfolio(const PortfolioInput& input) { return Builder(input).build(); }

}  // namespace capplan

#include "capplan/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "capplan/catalog/market.h"
#include "capplan/cost/credits.h"
#include "core/number_text.h"
#include "plan/best_count.h"
#include "plan/break_even.h"
#include "plan/feasibility.h"
#include "plan/hybrid.h"
#include "plan/levers.h"
#include "plan/notes.h"
#include "plan/plans_by_count.h"
#include "plan/portfolio_plans.h"
#include "plan/rank_and_sample.h"
#include "plan/relaxations.h"
#include "plan/resolve.h"
#include "plan/sanity.h"
#include "plan/scaling.h"
#include "plan/supply.h"

namespace capplan {
namespace {

constexpr std::size_t kHybridEnds = 4;  // owned and rented candidates that splits are made of

// Plans differ per option; this gathers the parts of one.
PlanOption option_of(const std::vector<const Candidate*>& parts, SupplyOption option) {
  PlanOption o;
  o.option = option;
  for (const Candidate* part : parts) {
    if (!o.id.empty()) o.id += "+";
    o.id += part->id;
    o.cost = std::move(o.cost) + of_allocation(part->cost, o.allocations.size());
    o.uses.push_back(part->energy);
    o.meets_deadline = o.meets_deadline && part->meets_deadline;
    o.allocations.push_back(part->allocation);
    if (part->offer.offer != nullptr) {
      o.standing = std::max(o.standing, part->offer.standing);
      o.firm = o.firm && is_firm(part->offer.offer->purchase);
    }
  }
  o.energy = energy_together(o.uses);
  return o;
}

bool owns_and_rents(const PlanOption& option) {
  const auto owned = std::ranges::count(option.allocations, Purchase::kOwned, &Allocation::purchase);
  return owned > 0 && owned < std::ssize(option.allocations);
}

class Planner {
 public:
  Planner(const BoundSpec& spec, const Catalog& catalog, const PlanSettings& settings)
      : spec_(spec),
        catalog_(catalog),
        settings_(settings),
        executions_(spec, catalog),
        market_(current_market(catalog)),
        context_{spec, catalog, executions_, settings.threads, settings.monitor, &market_, &spot_} {}

  void plan(Plan& out) {
    for (std::size_t w = 0; w < spec_.workloads.size(); ++w) find_supplies(w, out);
    if (spec_.workloads.size() == 1) {
      for (const Candidate& candidate : supplies_[0]) add(out, option_of({&candidate}, candidate.option));
    } else {
      add_portfolios(out);
    }
    if (settings_.mixes && has_portfolio(spec_)) add_optima(out);
    if (std::ranges::none_of(out.options, owns_and_rents)) add_mix(out);
    rank_and_sample(out, {spec_, catalog_, settings_, market_,
                          [this](const PlanOption& option) { return supplies_of(option); }});
    if (const auto found = find_break_even(out)) out.break_even = {*found};
    if (settings_.comparisons) find_levers(out);
    if (settings_.scaling) find_scaling(out);
    add_notes(out);
  }

 private:
  std::vector<Supply> supplies_of(const PlanOption& option) const {
    std::vector<Supply> supplies;
    for (const Allocation& a : option.allocations) {
      const Candidate* candidate = candidate_of(a);
      supplies.push_back(candidate == nullptr ? Supply{} : supply_of(*candidate));
    }
    return supplies;
  }

  // An offer for a pinned accelerator, or all of them.
  bool concerns(std::size_t w, Text accelerator) const {
    return spec_.workloads[w].pinned == nullptr || spec_.workloads[w].pinned->id == accelerator;
  }

  void keep(std::size_t w, Supplied candidate, Plan& out) {
    if (candidate) {
      supplies_[w].push_back(std::move(*candidate));
    } else {
      out.rejected.push_back(std::move(candidate.error()));
    }
  }

  void find_supplies(std::size_t w, Plan& out) {
    supplies_.resize(spec_.workloads.size());
    std::vector<Supply> supplies;
    for (const MarketOffer& offer : market_.offers) {
      if (concerns(w, offer.offer->accelerator)) supplies.push_back({&offer, offer.accelerator});
    }
    for (const Accelerator& accelerator : catalog_.tables().accelerators) {
      if (concerns(w, accelerator.id)) supplies.push_back({nullptr, &accelerator});
    }
    for (Supplied& supplied : find_best_counts(context_, w, supplies)) keep(w, std::move(supplied), out);
    for (const Offer* spot : market_.pointless_spot) {
      if (w == 0 && concerns(w, spot->accelerator))
        out.rejected.push_back({std::string(supply_option_name(catalog_.provider(spot->provider)->option)) +
                                    "/" + std::string(spot->provider) + "/" + id_part(spot->accelerator) +
                                    "/spot" + (spot->region.empty() ? "" : "/" + id_part(spot->region)),
                                "spot at 95% of the on-demand price or more is no offer", "on-demand"});
    }
  }

  void add(Plan& out, PlanOption option) {
    if (option.wall_clock.base() == 0) {
      for (const Allocation& a : option.allocations) {
        const BoundWorkload& w = spec_.workloads[a.workload];
        const bool served = w.workload->kind == WorkloadKind::kServing;
        const Duration needed = served
                                    ? a.execution.run_time
                                    : a.execution.run_time * (w.demand.runs - a.runs_missed) + a.starts_after;
        option.wall_clock = std::max(option.wall_clock, needed);
      }
    }
    spend(option);
    discount(option);
    check_constraints(option, spec_, catalog_);
    note_option(option, spec_, catalog_);
    out.options.push_back(std::move(option));
  }

  void spend(PlanOption& o) const {
    if (catalog_.tables().credits.empty()) return;
    std::vector<Buyer> buyers;
    for (const Allocation& a : o.allocations) buyers.push_back({a.provider, a.purchase});
    spend_credits(o.cost, buyers, catalog_);
  }

  void discount(PlanOption& o) const {
    o.cash = cash_flow(o.cost, spec_.horizon);
    if (!spec_.discounting) return;
    const Discounting& d = *spec_.discounting;
    o.npv = -net_present_value(o.cash, d.rate, d.timing);
    if (d.tax)
      o.npv_after_tax = -net_present_value(after_tax(o.cost, spec_.horizon, *d.tax), d.rate, d.timing);
  }

  // The cheapest candidates of a workload that keep to every constraint, owned or rented.
  std::vector<const Candidate*> cheapest(std::size_t w, bool owned) const {
    std::vector<const Candidate*> found;
    for (const Candidate& candidate : supplies_[w]) {
      const bool is_owned = candidate.offer.offer == nullptr;
      const bool usual =
          is_usual(candidate.offer.standing) && (is_owned || is_firm(candidate.offer.offer->purchase));
      if (is_owned == owned && usual && allowed(candidate)) found.push_back(&candidate);
    }
    std::sort(found.begin(), found.end(), [](const Candidate* a, const Candidate* b) {
      if (a->meets_deadline != b->meets_deadline) return a->meets_deadline;
      if (a->cost.total() != b->cost.total()) return a->cost.total() < b->cost.total();
      return a->id < b->id;
    });
    if (found.size() > kHybridEnds) found.resize(kHybridEnds);
    return found;
  }

  // Whether the candidate breaks nothing but, perhaps, the deadline, the lead time and the budget.
  bool allowed(const Candidate& candidate) const {
    PlanOption probe = option_of({&candidate}, candidate.option);
    probe.wall_clock = candidate.allocation.execution.run_time;
    check_constraints(probe, spec_, catalog_);
    return std::all_of(probe.violations.begin(), probe.violations.end(), [](const std::string& v) {
      return v.starts_with("deadline") || v.starts_with("lead time") || v.starts_with("budget") ||
             v.starts_with("options");
    });
  }

  void add_split(Plan& out) {
    std::optional<HybridSplit> best;
    for (const Candidate* owned : cheapest(0, true)) {
      for (const Candidate* rented : cheapest(0, false)) {
        std::optional<HybridSplit> split = best_split(context_, 0, *owned, *rented);
        if (!split) continue;
        const bool better =
            !best || (split->meets_deadline && !best->meets_deadline) ||
            (split->meets_deadline == best->meets_deadline && split->cost.total() < best->cost.total());
        if (better) best = std::move(split);
      }
    }
    if (!best) return;
    PlanOption o = option_of({&best->owned, &best->rented}, SupplyOption::kHybrid);
    o.id = "hybrid/" + std::string(best->owned.allocation.provider) + "/" +
           id_part(best->owned.allocation.accelerator) + "/" + std::to_string(best->owned.allocation.count) +
           "+" + best->rented.id;
    o.cost = best->cost;
    o.wall_clock = best->wall_clock;
    o.meets_deadline = best->meets_deadline;
    const bool served = spec_.workloads[0].workload->kind == WorkloadKind::kServing;
    o.notes.push_back(plain_number(best->owned_share * 100) + "% of the " + (served ? "traffic" : "work") +
                      " on owned accelerators, the rest rented");
    mark_dominated(o, *best, out);
    add(out, std::move(o));
  }

  // For one run the cost is linear in the split, so one of its ends costs no more.
  void mark_dominated(PlanOption& o, const HybridSplit& split, const Plan& out) const {
    for (const PlanOption& end : out.options) {
      const bool is_end = end.id == split.owned.id || end.id == split.rented.id;
      if (is_end && end.meets_deadline && end.cost.total() <= o.cost.total() && !o.dominated) {
        o.dominated = true;
        o.notes.push_back("dominated: " + end.id + " alone costs less");
      }
    }
  }

  // A mix is listed even where nothing is gained by it, and says so.
  void add_mix(Plan& out) {
    if (spec_.workloads.size() == 1) {
      add_split(out);
    } else {
      add_mixed_portfolio(out);
    }
  }

  void add_optima(Plan& out) {
    const auto is_allowed = [this](const Candidate& c) { return allowed(c); };
    for (PlanOption& option : best_portfolios({context_, supplies_, is_allowed})) {
      const bool known =
          std::ranges::any_of(out.options, [&](const PlanOption& other) { return other.id == option.id; });
      if (!known) add(out, std::move(option));
    }
  }

  // Several workloads: each on its best supply, within one provider, within one option, and over all.
  void add_portfolios(Plan& out) {
    std::map<std::pair<SupplyOption, Text>, bool> providers;
    for (const auto& supplies : supplies_) {
      for (const Candidate& candidate : supplies)
        providers[{candidate.option, candidate.allocation.provider}] = true;
    }
    for (const auto& [key, unused] : providers) add_portfolio(out, key.first, key.second);
    for (const SupplyOption option : {SupplyOption::kCloud, SupplyOption::kRental})
      add_portfolio(out, option, {});
  }

  // The best candidate of a workload for an option and, unless empty, a provider; nullptr where there is
  // none.
  const Candidate* best_of(std::size_t w, SupplyOption option, Text provider) const {
    const Candidate* best = nullptr;
    bool best_allowed = false;
    for (const Candidate& c : supplies_[w]) {
      if (c.option != option || (!provider.empty() && c.allocation.provider != provider)) continue;
      const bool good = allowed(c) && c.meets_deadline && is_usual(c.offer.standing);
      const auto of = [&](const Candidate& x) {
        return std::tuple(
            score(spec_.objective, x.cost.total(), x.p90, x.allocation.execution.run_time, x.energy.kg_co2e),
            x.cost.total(), std::string_view(x.id));
      };
      if (best == nullptr || (good && !best_allowed) || (good == best_allowed && of(c) < of(*best))) {
        best = &c;
        best_allowed = good;
      }
    }
    return best;
  }

  void add_portfolio(Plan& out, SupplyOption option, Text provider) {
    std::vector<const Candidate*> parts;
    for (std::size_t w = 0; w < supplies_.size(); ++w) {
      const Candidate* best = best_of(w, option, provider);
      if (best == nullptr) return;
      parts.push_back(best);
    }
    PlanOption o = option_of(parts, option);
    const bool known = std::any_of(out.options.begin(), out.options.end(),
                                   [&](const PlanOption& other) { return other.id == o.id; });
    if (!known) add(out, std::move(o));
  }

  // Each workload owned or rented, at least one of each: the cheapest such placing.
  void add_mixed_portfolio(Plan& out) {
    std::vector<const Candidate*> parts;
    std::vector<const Candidate*> owned;
    std::vector<const Candidate*> rented;
    for (std::size_t w = 0; w < supplies_.size(); ++w) {
      const auto own_best = cheapest(w, true);
      const auto rent_best = cheapest(w, false);
      if (own_best.empty() || rent_best.empty()) return;
      owned.push_back(own_best.front());
      rented.push_back(rent_best.front());
      parts.push_back(owned[w]->cost.total() < rented[w]->cost.total() ? owned[w] : rented[w]);
    }
    const auto is_owned = [](const Candidate* c) { return c->offer.offer == nullptr; };
    const bool all_owned = std::all_of(parts.begin(), parts.end(), is_owned);
    const bool all_rented = std::none_of(parts.begin(), parts.end(), is_owned);
    if (all_owned || all_rented) {
      // Turn the workload over that loses least by it.
      std::size_t least = 0;
      const auto loss = [&](std::size_t w) {
        return (all_rented ? owned[w] : rented[w])->cost.total() - parts[w]->cost.total();
      };
      for (std::size_t w = 1; w < parts.size(); ++w) {
        if (loss(w) < loss(least)) least = w;
      }
      parts[least] = all_rented ? owned[least] : rented[least];
    }
    PlanOption o = option_of(parts, SupplyOption::kHybrid);
    o.id = "hybrid/" + o.id;
    o.dominated = all_owned || all_rented;
    if (o.dominated)
      o.notes.push_back(std::string("dominated: ") + (all_owned ? "owning" : "renting") +
                        " for every workload costs less");
    add(out, std::move(o));
  }

  static const PlanOption* first_of(const Plan& plan, SupplyOption option) {
    for (const PlanOption& o : plan.options) {
      if (o.option == option && o.firm) return &o;
    }
    return nullptr;
  }

  const Candidate* candidate_of(const Allocation& a) const {
    for (const Candidate& c : supplies_[a.workload]) {
      const Allocation& b = c.allocation;
      // Terms of one, two and three years differ in nothing but their price.
      if (std::tie(a.provider, a.accelerator, a.purchase, a.region, a.machine, a.usd_per_accelerator_hour) ==
          std::tie(b.provider, b.accelerator, b.purchase, b.region, b.machine, b.usd_per_accelerator_hour))
        return &c;
    }
    return nullptr;
  }

  // Where a candidate is from: an offer, or a purchase.
  Supply supply_of(const Candidate& candidate) const {
    const bool owned = candidate.offer.offer == nullptr;
    return {owned ? nullptr : &candidate.offer, catalog_.accelerator(candidate.allocation.accelerator)};
  }

  void find_levers(Plan& out) const {
    if (out.options.empty()) return;
    for (const Allocation& a : out.options.front().allocations) {
      const Candidate* candidate = candidate_of(a);
      if (candidate != nullptr)
        out.levers.push_back(lever_table(context_, *candidate, supply_of(*candidate)));
    }
  }

  void find_scaling(Plan& out) const {
    if (out.options.empty()) return;
    for (const Allocation& a : out.options.front().allocations) {
      const Candidate* candidate = candidate_of(a);
      if (candidate == nullptr || !a.execution.training) continue;
      ScalingCurve curve{a.workload, candidate->id, a.accelerator, a.provider, a.purchase, {}, 0};
      curve.rows = scaling_rows(context_, a.workload, supply_of(*candidate));
      curve.cheapest = cheapest_row(curve.rows);
      if (!curve.rows.empty()) out.scaling.push_back(std::move(curve));
    }
  }

  void add_notes(Plan& out) const {
    if (spec_.objective == Objective::kCost) note_ties(out);
    note_mix(out);
    if (!out.feasible()) out.notes.emplace_back("nothing in the catalogue keeps to every constraint");
    const PlanOption* owned = first_of(out, SupplyOption::kOnPrem);
    if (owned != nullptr && owned->feasible && out.feasible() &&
        out.options.front().option != SupplyOption::kOnPrem)
      note_deadline_loss(out, *owned);
  }

  // Where a looser deadline would let fewer owned accelerators win, say so.
  void note_deadline_loss(Plan& out, const PlanOption& owned) const {
    if (spec_.workloads.size() != 1 || !spec_.workloads[0].workload->deadline) return;
    const Allocation& a = owned.allocations.front();
    const Accelerator& accelerator = *catalog_.accelerator(a.accelerator);
    for (const int count : {accelerator.per_node, 1}) {
      if (count >= a.count) continue;
      SupplyContext context = context_;
      const auto smaller = own_count(context, 0, accelerator, count);
      if (!smaller || smaller->allocation.execution.run_time > spec_.horizon ||
          smaller->cost.total() >= out.options.front().cost.total())
        continue;
      out.notes.push_back("without the deadline, " + smaller->id + " would cost " +
                          plain_number(std::round(smaller->cost.total().usd())) + " USD over " +
                          plain_number(std::round(smaller->allocation.execution.run_time.in(kDay))) +
                          " days");
      return;
    }
  }

  const BoundSpec& spec_;
  const Catalog& catalog_;
  const PlanSettings& settings_;
  mutable ExecutionCache executions_;
  Market market_;
  SpotOutcomes spot_;
  SupplyContext context_;
  std::vector<std::vector<Candidate>> supplies_;
};

}  // namespace

Result<Plan> make_plan(const PlanSpec& spec, const Catalog& catalog, const PlanSettings& settings) {
  Diagnostics problems;
  const BoundSpec bound = bind_spec(spec, catalog, settings, problems);
  sort_by_location(problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  Plan plan;
  plan.name = spec.name.empty() ? spec.workloads.front().name : spec.name;
  plan.currency = spec.currency;
  plan.horizon = bound.horizon;
  plan.objective = bound.objective;
  plan.site = std::string(bound.site.id);
  plan.discounting = bound.discounting;
  plan.catalog_as_of = std::string(catalog.as_of());
  plan.catalog_sha256 = catalog.sha256();
  plan.assumptions = bound.assumptions;
  for (const BoundWorkload& w : bound.workloads) plan.workloads.push_back({w.workload->name, w.demand});
  Planner(bound, catalog, settings).plan(plan);
  if (settings.comparisons) plan.by_count = plans_by_count(spec, catalog, settings, plan);
  if (settings.comparisons && !plan.feasible()) plan.relaxations = find_relaxations(bound, catalog, settings);
  plan.proven = settings.monitor == nullptr || !settings.monitor->stopped();
  const Diagnostics doubts = check_sanity(bound, plan, catalog);
  problems.insert(problems.end(), doubts.begin(), doubts.end());
  sort_by_location(problems);
  plan.diagnostics = std::move(problems);
  return plan;
}

}  // namespace capplan

#include "capplan/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "capplan/catalog/market.h"
#include "core/number_text.h"
#include "plan/best_count.h"
#include "plan/break_even.h"
#include "plan/levers.h"
#include "plan/notes.h"
#include "plan/plan_option.h"
#include "plan/plans_by_count.h"
#include "plan/portfolio_plans.h"
#include "plan/rank_and_sample.h"
#include "plan/relaxations.h"
#include "plan/resolve.h"
#include "plan/sanity.h"
#include "plan/scaling.h"
#include "plan/split_plan.h"
#include "plan/supply.h"
#include "plan/winner.h"

namespace capplan {
namespace {

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
    if (!settings_.winner_alone || !take_winner(out)) find_all(out);
    rank_and_sample(out, {spec_, catalog_, settings_, market_,
                          [this](const PlanOption& option) { return supplies_of(option); }});
    if (settings_.winner_alone) return;
    if (const auto found = find_break_even(out)) out.break_even = {*found};
    if (settings_.comparisons) find_levers(out);
    if (settings_.scaling) find_scaling(out);
    add_notes(out);
  }

 private:
  bool take_winner(Plan& out) {
    std::optional<Winner> winner = find_winner(context_, supplies_for(0), settings_.include_outliers);
    if (!winner) return false;
    supplies_ = {std::move(winner->candidates)};
    out.options = std::move(winner->options);
    return true;
  }

  void find_all(Plan& out) {
    for (std::size_t w = 0; w < spec_.workloads.size(); ++w) find_supplies(w, out);
    if (spec_.workloads.size() == 1) {
      for (const Candidate& candidate : supplies_[0]) add(out, option_of({&candidate}, candidate.option));
    } else {
      add_portfolios(out);
    }
    if (settings_.mixes && has_portfolio(spec_)) add_optima(out);
    if (std::ranges::none_of(out.options, owns_and_rents)) add_mix(out);
  }

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

  std::vector<Supply> supplies_for(std::size_t w) const {
    std::vector<Supply> supplies;
    for (const MarketOffer& offer : market_.offers) {
      if (concerns(w, offer.offer->accelerator)) supplies.push_back({&offer, offer.accelerator});
    }
    for (const Accelerator& accelerator : catalog_.tables().accelerators) {
      if (concerns(w, accelerator.id)) supplies.push_back({nullptr, &accelerator});
    }
    return supplies;
  }

  void find_supplies(std::size_t w, Plan& out) {
    supplies_.resize(spec_.workloads.size());
    for (Supplied& supplied : find_best_counts(context_, w, supplies_for(w)))
      keep(w, std::move(supplied), out);
    for (const Offer* spot : market_.pointless_spot) {
      if (w == 0 && concerns(w, spot->accelerator))
        out.rejected.push_back({std::string(supply_option_name(catalog_.provider(spot->provider)->option)) +
                                    "/" + std::string(spot->provider) + "/" + id_part(spot->accelerator) +
                                    "/spot" + (spot->region.empty() ? "" : "/" + id_part(spot->region)),
                                "spot at 95% of the on-demand price or more is no offer", "on-demand"});
    }
  }

  void add(Plan& out, PlanOption option) const {
    complete_option(option, spec_, catalog_);
    out.options.push_back(std::move(option));
  }

  bool allowed(const Candidate& candidate) const { return can_be_part(candidate, spec_, catalog_); }

  // A mix is listed even where nothing is gained by it, and says so.
  void add_mix(Plan& out) {
    if (spec_.workloads.size() == 1) {
      const auto any = [](const Candidate&) { return true; };
      if (auto split = best_split_plan(context_, supplies_[0], out.options, any))
        out.options.push_back(std::move(*split));
    } else {
      add_mixed_portfolio(out);
    }
  }

  void add_optima(Plan& out) {
    const auto is_allowed = [this](const Candidate& c) { return allowed(c); };
    for (PlanOption& option : best_portfolios({context_, supplies_, is_allowed}, settings_.pure)) {
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
      const auto own_best = cheapest_parts(supplies_[w], true, spec_, catalog_);
      const auto rent_best = cheapest_parts(supplies_[w], false, spec_, catalog_);
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
  if (settings.winner_alone) return plan;
  const Diagnostics doubts = check_sanity(bound, plan, catalog);
  problems.insert(problems.end(), doubts.begin(), doubts.end());
  sort_by_location(problems);
  plan.diagnostics = std::move(problems);
  return plan;
}

}  // namespace capplan

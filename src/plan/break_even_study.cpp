#include "plan/break_even_study.h"

#include <algorithm>

#include "core/number_text.h"

namespace capplan {
namespace {

Discounting discounting_of(const PlanSpec& spec, const Catalog& catalog, Assumptions& assumptions) {
  if (const auto stated = discounting(spec.finance, spec.site.depreciation)) return *stated;
  const Figure& usual = catalog.figure("finance.cost-of-capital");
  add_assumption(assumptions, {"finance.rate", plain_number(usual.value * 100) + "% a year",
                               std::string("default: ") + std::string(usual.name) +
                                   (usual.provenance.unverified ? ", unverified" : "")});
  Discounting found;
  found.rate = InterestRate::effective(usual.value);
  found.timing = spec.finance.timing;
  return found;
}

// What the spec's `constraints.options` leave out is no choice.
bool is_admitted(const PlanOption& o) {
  return std::none_of(o.violations.begin(), o.violations.end(),
                      [](const std::string& v) { return v.starts_with("options:"); });
}

std::string reason_for_none(const Plan& plan) {
  const bool owned = std::any_of(plan.options.begin(), plan.options.end(),
                                 [](const PlanOption& o) { return o.option == SupplyOption::kOnPrem; });
  if (!owned) return "nothing that can be owned fits this workload";
  const bool admitted = std::any_of(plan.options.begin(), plan.options.end(), [](const PlanOption& o) {
    return o.option == SupplyOption::kOnPrem && is_admitted(o);
  });
  if (!admitted) return "`constraints.options` leaves owning out";
  return "no accelerator that can be owned is rented by the hour in a feasible plan";
}

WorkloadBreakEven study_of(const Plan& plan, const Discounting& d) {
  WorkloadBreakEven w;
  w.name = plan.workloads.front().name;
  w.demand = plan.workloads.front().demand;
  w.feasible = plan.feasible();
  w.proven = plan.proven;
  if (!plan.options.empty()) {
    w.cheapest = plan.options.front().id;
    w.cheapest_cost = Usd::of(plan.options.front().cost.total().usd());
  }
  for (const PlanOption& buy : plan.options) {
    if (buy.option != SupplyOption::kOnPrem || !is_admitted(buy)) continue;
    const PlanOption* rent = rented_alike(plan, buy);
    if (rent != nullptr && (only_too_dear(buy) || w.purchases.empty()))
      w.purchases.push_back(buy_or_rent(buy, *rent, plan.horizon, d));
  }
  if (w.purchases.empty()) w.why_not = reason_for_none(plan);
  w.commitments = find_commitments(plan, d);
  return w;
}

// What is wrong with the whole spec is wrong with each of its workloads: said once.
void add_new(Diagnostics& all, const Diagnostics& more) {
  for (const Diagnostic& d : more) {
    const bool known = std::any_of(all.begin(), all.end(), [&](const Diagnostic& k) {
      return k.message == d.message && k.location.line == d.location.line &&
             k.location.column == d.location.column;
    });
    if (!known) all.push_back(d);
  }
}

}  // namespace

bool BreakEvenStudy::feasible() const {
  return std::all_of(workloads.begin(), workloads.end(), [](const auto& w) { return w.feasible; });
}
bool BreakEvenStudy::proven() const {
  return std::all_of(workloads.begin(), workloads.end(), [](const auto& w) { return w.proven; });
}

Result<BreakEvenStudy> study_break_even(const PlanSpec& spec, const Catalog& catalog,
                                        const PlanSettings& settings) {
  BreakEvenStudy study;
  study.discounting = discounting_of(spec, catalog, study.assumptions);
  study.real = spec.finance.real;
  PlanSettings plain = settings;
  plain.comparisons = false;
  for (const Workload& workload : spec.workloads) {
    PlanSpec alone = spec;
    alone.workloads = {workload};
    const Result<Plan> plan = make_plan(alone, catalog, plain);
    if (!plan) {
      add_new(study.diagnostics, plan.error());
      continue;
    }
    add_new(study.diagnostics, plan->diagnostics);
    study.name = spec.name.empty() ? spec.workloads.front().name : spec.name;
    study.currency = plan->currency;
    study.horizon = plan->horizon;
    study.catalog_as_of = plan->catalog_as_of;
    study.catalog_sha256 = plan->catalog_sha256;
    study.workloads.push_back(study_of(*plan, study.discounting));
  }
  sort_by_location(study.diagnostics);
  if (has_errors(study.diagnostics)) return tl::unexpected(std::move(study.diagnostics));
  if (spec.workloads.size() > 1)
    add_assumption(study.assumptions,
                   {"workloads", "each alone", "default: no workload uses the accelerators of another"});
  return study;
}

}  // namespace capplan

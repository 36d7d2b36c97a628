#include "plan/feasibility.h"

#include <algorithm>
#include <cmath>

#include "capplan/demand/load.h"
#include "core/number_text.h"

namespace capplan {
namespace {

std::string days(Duration time) {
  const bool short_time = time < 2.0 * kDay;
  return plain_number(std::round(time.in(short_time ? kHour : kDay) * 10) / 10) +
         (short_time ? " hours" : " days");
}

bool admits(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Checker {
 public:
  Checker(PlanOption& option, const BoundSpec& spec, const Catalog& catalog)
      : o_(option), spec_(spec), c_(spec.spec->constraints), catalog_(catalog) {}

  void check() {
    if (!c_.options.empty() && !admits(c_.options, supply_option_name(o_.option)))
      add("options: " + std::string(supply_option_name(o_.option)) + " is not admitted",
          "`constraints.options` with it");
    for (const Allocation& a : o_.allocations) check_allocation(a);
    check_totals();
    o_.feasible = o_.violations.empty();
  }

 private:
  void add(std::string violation, const std::string& relaxation) {
    if (std::find(o_.violations.begin(), o_.violations.end(), violation) != o_.violations.end()) return;
    o_.violations.push_back(std::move(violation));
    if (!o_.relaxation.empty()) o_.relaxation += " and ";
    o_.relaxation += relaxation;
  }

  void check_allocation(const Allocation& a) {
    const BoundWorkload& w = spec_.workloads[a.workload];
    const bool owned = a.purchase == Purchase::kOwned;
    if (w.workload->kind == WorkloadKind::kServing) {
      check_service(a);
    } else {
      check_time(a, w);
    }
    if (w.pinned != nullptr && w.pinned->id != a.accelerator)
      add("pin: " + std::string(w.pinned->id) + " is asked for", "another pin");
    check_accelerator(a, w.pinned != nullptr);
    if (!owned) check_offer(a);
    // A site that the spec does not choose may stand anywhere.
    const bool own_site = spec_.spec->site.profile.has_value();
    if (owned && !c_.regions.empty() && !own_site)
      add("regions: the default site names no region", "`site: {profile: …}` for a site that is admitted");
  }

  void check_service(const Allocation& a) {
    if (a.purchase == Purchase::kOwned && a.starts_after.base() > 0) {
      o_.meets_deadline = false;
      add("lead time: nothing serves the first " + days(a.starts_after), "rented capacity until then");
    }
    if (a.interrupted && a.interrupted->fallback == nullptr) {
      const double away = 1 - a.interrupted->on_spot / a.execution.run_time;
      add("spot: nothing serves " + plain_number(std::round(away * 100)) +
              "% of the time, the provider sells no firm hours of this accelerator",
          "firm capacity");
    }
  }

  // Whether each run keeps its deadline, and all of them, one after another, the horizon.
  void check_time(const Allocation& a, const BoundWorkload& w) {
    const Duration run = time_of_run(o_, a, spec_);
    const bool late = run > w.deadline * (1 + 1e-12);
    if (late) {
      o_.meets_deadline = false;
      add("deadline: " + days(run) + ", " + days(w.deadline) + " allowed", "a deadline of " + days(run));
    }
    if (a.runs_missed > 0 && !late) {
      o_.meets_deadline = false;
      add("lead time: the first " + plain_number(a.runs_missed) + " of " +
              plain_number(w.demand.runs - w.demand.experiments) +
              " runs are due before owned accelerators can have done them",
          "rented capacity until then");
    }
    if (w.demand.runs <= 1) {
      if (!late && run > spec_.horizon * (1 + 1e-9))
        add("horizon: the run takes " + days(run) + ", the horizon is " + days(spec_.horizon),
            "a horizon of " + days(run));
      return;
    }
    // On spot capacity accelerator-hours leave out the time that a run waits. Of a split run they are a part.
    const Duration work =
        a.interrupted ? a.execution.run_time * w.demand.runs : a.accelerator_hours / a.count * kHour;
    const double busy = (work + a.starts_after) / spec_.horizon;
    // A program has laid its runs out, side by side where there is room.
    if (o_.optimality || busy <= 1 + 1e-9) return;
    o_.meets_deadline = false;
    add("horizon: the runs take " + days(work + a.starts_after) + " one after another, " +
            plain_number(std::round(busy * 1000) / 10) + "% of it",
        "more accelerators");
  }

  void check_accelerator(const Allocation& a, bool pinned) {
    const Accelerator& accelerator = *catalog_.accelerator(a.accelerator);
    if (!c_.accelerators.admits(a.accelerator))
      add("accelerators: " + std::string(a.accelerator) + " is not admitted",
          "`constraints.accelerators` with it");
    const bool usual = c_.platforms.empty() &&
                       (accelerator.platform == Platform::kCuda || accelerator.platform == Platform::kRocm);
    if (usual || pinned || admits(c_.platforms, platform_name(accelerator.platform))) return;
    add("platforms: needs code for " + std::string(platform_name(accelerator.platform)),
        "`constraints: {platforms: [" + std::string(platform_name(accelerator.platform)) +
            "]}`, once the code runs there");
  }

  void check_offer(const Allocation& a) {
    if (!is_firm(a.purchase) && !admits(c_.purchases, purchase_name(a.purchase)))
      add("purchases: " + std::string(purchase_name(a.purchase)) +
              (a.purchase == Purchase::kQueued ? " capacity begins when the provider has it"
                                               : " capacity can be taken away"),
          "`constraints: {purchases: [" + std::string(purchase_name(a.purchase)) + "]}`");
    if (!c_.providers.admits(a.provider))
      add("providers: " + std::string(a.provider) + " is not admitted", "`constraints.providers` with it");
    if (!c_.regions.empty() && a.region.empty()) {
      add("regions: the price names no region", "a region from the provider");
    } else if (!c_.regions.admits(a.region)) {
      add("regions: " + std::string(a.region) + " is not admitted", "`constraints.regions` with it");
    }
    if (!c_.data_may_leave_site)
      add("data: it may not leave the site", "`constraints: {data: {may_leave_site: true}}`");
  }

  void check_totals() {
    const double budget = c_.budget ? c_.budget->in(kUsd) : 0;
    if (c_.budget && o_.cost.total() > Money::of(*c_.budget))
      add("budget: " + plain_number(std::ceil(o_.cost.total().usd())) + " USD, " + plain_number(budget) +
              " allowed",
          "a budget of " + plain_number(std::ceil(o_.cost.total().usd())) + " USD");
    check_months();
    const double accelerators = accelerators_at_once(o_, spec_, {});
    if (c_.max_accelerators && accelerators > *c_.max_accelerators)
      add("max_accelerators: " + plain_number(accelerators) + ", " + plain_number(*c_.max_accelerators) +
              " allowed",
          "max_accelerators of " + plain_number(accelerators));
    for (const Quota& quota : c_.quotas) {
      const double held = accelerators_at_once(o_, spec_, quota.provider);
      if (held > quota.accelerators)
        add("quotas: " + plain_number(held) + " at " + quota.provider + ", " +
                plain_number(quota.accelerators) + " allowed",
            "a quota of " + plain_number(held) + " at " + quota.provider);
    }
  }

  void check_months() {
    if (!c_.budget_per_month) return;
    const Usd allowed = *c_.budget_per_month;
    const Usd most = most_in_a_month(o_);
    if (most > allowed * (1 + 1e-12))
      add("budget_per_month: " + plain_number(std::ceil(most.in(kUsd))) + " USD in one month, " +
              plain_number(allowed.in(kUsd)) + " allowed",
          "a budget of " + plain_number(std::ceil(most.in(kUsd))) + " USD a month");
  }

  PlanOption& o_;
  const BoundSpec& spec_;
  const Constraints& c_;
  const Catalog& catalog_;
};

}  // namespace

Duration time_of_run(const PlanOption& o, const Allocation& a, const BoundSpec& spec) {
  const BoundWorkload& w = spec.workloads[a.workload];
  // The phases of one split run follow each other.
  const bool phases = o.option == SupplyOption::kHybrid && spec.workloads.size() == 1 && w.demand.runs <= 1;
  // Work that recurs waits for owned accelerators once, not each time.
  const bool waits = a.purchase != Purchase::kOwned || !w.workload->runs;
  return phases ? o.wall_clock : a.execution.run_time + (waits ? a.starts_after : Duration{});
}

// Work that shares a fleet holds it once.
double accelerators_at_once(const PlanOption& o, const BoundSpec& spec, std::string_view provider) {
  const auto counts = [&](Text place) { return provider.empty() || place == provider; };
  double sum = 0;
  double most = 0;
  for (const Allocation& a : o.allocations) {
    if (a.fleet || !counts(a.provider)) continue;
    sum += a.count * a.side_by_side;
    most = std::max<double>(most, a.count);
  }
  // The phases of one split run follow each other; all else works side by side.
  const BoundWorkload& first = spec.workloads.front();
  const bool one_run = first.workload->kind != WorkloadKind::kServing && first.demand.runs <= 1;
  if (o.option == SupplyOption::kHybrid && spec.workloads.size() == 1 && one_run && !o.optimality) sum = most;
  double fleets = 0;
  for (int month = 0; month < months_of(spec.horizon); ++month) {
    double held = 0;
    for (const Fleet& f : o.fleets) {
      const bool there = f.first_month <= month && month < f.first_month + f.months;
      if (there && counts(f.provider)) held += f.count;
    }
    fleets = std::max(fleets, held);
  }
  return sum + fleets;
}

Usd most_in_a_month(const PlanOption& o) {
  Usd most;
  for (std::size_t m = 0; m < o.cash.months.size(); ++m)
    most = std::max(most, -(o.cash.months[m] + (m == 0 ? o.cash.at_start : Usd{})));
  return most;
}

void check_constraints(PlanOption& option, const BoundSpec& spec, const Catalog& catalog) {
  Checker(option, spec, catalog).check();
}

}  // namespace capplan

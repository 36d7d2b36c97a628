#include "plan/limits.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/number_text.h"
#include "core/text.h"
#include "plan/feasibility.h"

namespace capplan {
namespace {

using Names = std::vector<std::string>;

Notation of_time(double seconds) {
  if (seconds < 10) return {1e-3, 1, "ms"};
  if (seconds < 600) return {1, 1, "s"};
  if (seconds < 2 * 3600.0) return {60, 0.1, "min"};
  if (seconds < 2 * 86400.0) return {3600, 0.1, "h"};
  return {86400, 0.1, "days"};
}
Notation of_money(double /*usd*/) { return {1, 1, "USD"}; }
Notation of_count(double /*count*/) { return {1, 1, ""}; }

// Of a limit that is a member of something of the spec.
template <class Quantity, class Find>
auto setter(Find find) {
  return [find](PlanSpec& spec, std::optional<double> value) {
    find(spec) = value ? std::optional(Quantity::of(*value)) : std::nullopt;
  };
}

template <class Of>
double most_of(const PlanOption& o, std::size_t workload, Of of) {
  double most = 0;
  for (const Allocation& a : o.allocations) {
    if (a.workload == workload) most = std::max<double>(most, of(a));
  }
  return most;
}

NumberLimit deadline_limit(std::size_t w, Duration now) {
  return {"workloads[" + std::to_string(w) + "].deadline",
          now.base(),
          Objective::kTime,
          of_time,
          setter<Duration>([w](PlanSpec & s) -> auto& { return s.workloads[w].deadline; }),
          [w](const BoundSpec& spec, const PlanOption& o) {
            return most_of(o, w, [&](const Allocation& a) { return time_of_run(o, a, spec).base(); });
          },
          false};
}

NumberLimit slo_limit(std::size_t w, const char* key, Duration now, std::optional<Duration> Slo::*slo,
                      Duration ServingExecution::*reached) {
  return {"workloads[" + std::to_string(w) + "].slo." + key,
          now.base(),
          Objective::kCost,
          of_time,
          setter<Duration>([ w, slo ](PlanSpec & s) -> auto& { return s.workloads[w].slo.*slo; }),
          [w, reached](const BoundSpec& /*spec*/, const PlanOption& o) {
            return most_of(o, w, [&](const Allocation& a) {
              return a.execution.serving ? ((*a.execution.serving).*reached).base() : 0;
            });
          },
          false};
}

NumberLimit quota_limit(std::size_t i, const Quota& quota) {
  return {"constraints.quotas[" + std::to_string(i) + "].accelerators",
          quota.accelerators,
          Objective::kCost,
          of_count,
          [i](PlanSpec& s, std::optional<double> value) {
            s.constraints.quotas[i].accelerators = value.value_or(std::numeric_limits<double>::max());
          },
          [provider = quota.provider](const BoundSpec& spec, const PlanOption& o) {
            return accelerators_at_once(o, spec, provider);
          },
          false};
}

void add_limits(const Constraints& c, std::vector<NumberLimit>& limits) {
  if (c.budget)
    limits.push_back({"constraints.budget", c.budget->base(), Objective::kCost, of_money,
                      setter<Usd>([](PlanSpec & s) -> auto& { return s.constraints.budget; }),
                      [](const BoundSpec& /*spec*/, const PlanOption& o) { return o.cost.total().usd(); },
                      true});
  if (c.budget_per_month)
    limits.push_back(
        {"constraints.budget_per_month", c.budget_per_month->base(), Objective::kCost, of_money,
         setter<Usd>([](PlanSpec & s) -> auto& { return s.constraints.budget_per_month; }),
         [](const BoundSpec& /*spec*/, const PlanOption& o) { return most_in_a_month(o).base(); }, false});
  if (c.max_accelerators)
    limits.push_back(
        {"constraints.max_accelerators", *c.max_accelerators, Objective::kCost, of_count,
         [](PlanSpec& s, std::optional<double> value) { s.constraints.max_accelerators = value; },
         [](const BoundSpec& spec, const PlanOption& o) { return accelerators_at_once(o, spec, {}); },
         false});
  for (std::size_t i = 0; i < c.quotas.size(); ++i) limits.push_back(quota_limit(i, c.quotas[i]));
}

std::string list_text(const Names& names) { return "[" + join({names.begin(), names.end()}, ", ") + "]"; }

std::string filter_text(const NameFilter& filter) {
  std::string text;
  if (!filter.allow.empty()) text = "allow: " + list_text(filter.allow);
  if (!filter.deny.empty()) text += (text.empty() ? "deny: " : ", deny: ") + list_text(filter.deny);
  return "{" + text + "}";
}

// What is denied by a pattern is admitted without the pattern.
void admit_to(NameFilter& filter, const Names& names) {
  for (const std::string& name : names) {
    std::erase_if(filter.deny, [&](const std::string& pattern) {
      return !NameFilter{{}, {pattern}}.admits(name);
    });
    if (!filter.admits(name)) filter.allow.push_back(name);
  }
}

template <class Of>
Names names_in(const PlanOption& o, Of of) {
  Names names;
  for (const Allocation& a : o.allocations) {
    if (const std::optional<std::string> name = of(a)) names.push_back(*name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<std::string> unless_admitted(const NameFilter& filter, Text name) {
  if (!name.empty() && filter.admits(name)) return std::nullopt;
  return std::string(name);
}

template <NameFilter Constraints::*member>
NameLimit filter_limit(std::string path, std::function<Names(const PlanOption&)> lacking) {
  return {std::move(path), [](PlanSpec& s) { s.constraints.*member = {}; }, std::move(lacking),
          [](PlanSpec& s, const Names& names) { admit_to(s.constraints.*member, names); },
          [](const PlanSpec& s) { return filter_text(s.constraints.*member); }};
}

NameLimit purchases_limit(const Names& admitted) {
  return {"constraints.purchases",
          [](PlanSpec& s) {
            s.constraints.purchases = {"spot", "marketplace", "queued"};
          },
          [admitted](const PlanOption& o) {
            return names_in(o, [&](const Allocation& a) -> std::optional<std::string> {
              const std::string name(purchase_name(a.purchase));
              const bool in = is_firm(a.purchase) || std::ranges::find(admitted, name) != admitted.end();
              return in ? std::nullopt : std::optional(name);
            });
          },
          [](PlanSpec& s, const Names& names) {
            s.constraints.purchases.insert(s.constraints.purchases.end(), names.begin(), names.end());
          },
          [](const PlanSpec& s) { return list_text(s.constraints.purchases); }};
}

NameLimit options_limit(const Names& admitted) {
  return {"constraints.options", [](PlanSpec& s) { s.constraints.options.clear(); },
          [admitted](const PlanOption& o) {
            const std::string name(supply_option_name(o.option));
            return std::ranges::find(admitted, name) != admitted.end() ? Names{} : Names{name};
          },
          [](PlanSpec& s, const Names& names) {
            s.constraints.options.insert(s.constraints.options.end(), names.begin(), names.end());
          },
          [](const PlanSpec& s) { return list_text(s.constraints.options); }};
}

NameLimit data_limit() {
  return {
      "constraints.data.may_leave_site", [](PlanSpec& s) { s.constraints.data_may_leave_site = true; },
      [](const PlanOption& o) {
        const bool leaves = std::ranges::any_of(
            o.allocations, [](const Allocation& a) { return a.purchase != Purchase::kOwned; });
        return leaves ? Names{"what is rented"} : Names{};
      },
      [](PlanSpec& s, const Names& /*names*/) { s.constraints.data_may_leave_site = true; },
      [](const PlanSpec& s) { return std::string(s.constraints.data_may_leave_site ? "true" : "false"); }};
}

}  // namespace

double Notation::up(double value) const {
  // What is on a step but for rounding stays on it.
  const double steps = std::ceil(value / (unit * step) - 1e-9 * std::max(1.0, value / (unit * step)));
  return steps * step * unit;
}

std::string Notation::text(double value) const {
  const double in_units = std::round(value / unit * 1e6) / 1e6;
  return plain_number(in_units) + (name.empty() ? "" : " ") + std::string(name);
}

std::vector<NumberLimit> number_limits(const PlanSpec& spec) {
  std::vector<NumberLimit> limits;
  for (std::size_t w = 0; w < spec.workloads.size(); ++w) {
    const Workload& workload = spec.workloads[w];
    if (workload.kind != WorkloadKind::kServing) {
      if (workload.deadline) limits.push_back(deadline_limit(w, *workload.deadline));
      continue;
    }
    const Slo& slo = workload.slo;
    if (slo.ttft) limits.push_back(slo_limit(w, "ttft", *slo.ttft, &Slo::ttft, &ServingExecution::ttft));
    if (slo.tpot) limits.push_back(slo_limit(w, "tpot", *slo.tpot, &Slo::tpot, &ServingExecution::tpot));
  }
  add_limits(spec.constraints, limits);
  return limits;
}

std::vector<NameLimit> name_limits(const PlanSpec& spec) {
  const Constraints& c = spec.constraints;
  std::vector<NameLimit> limits{purchases_limit(c.purchases)};
  if (!c.options.empty()) limits.push_back(options_limit(c.options));
  if (!c.data_may_leave_site) limits.push_back(data_limit());
  const auto rented = [](const Allocation& a) { return a.purchase != Purchase::kOwned; };
  if (!c.providers.empty())
    limits.push_back(filter_limit<&Constraints::providers>(
        "constraints.providers", [rented, filter = c.providers](const PlanOption& o) {
          return names_in(o, [&](const Allocation& a) {
            return rented(a) ? unless_admitted(filter, a.provider) : std::nullopt;
          });
        }));
  // A site that the spec names may stand anywhere; the default one is nowhere.
  const bool own_site = spec.site.profile.has_value();
  if (!c.regions.empty())
    limits.push_back(filter_limit<&Constraints::regions>(
        "constraints.regions", [rented, own_site, filter = c.regions](const PlanOption& o) {
          return names_in(o, [&](const Allocation& a) {
            return rented(a) || !own_site ? unless_admitted(filter, a.region) : std::nullopt;
          });
        }));
  if (!c.accelerators.empty())
    limits.push_back(filter_limit<&Constraints::accelerators>(
        "constraints.accelerators", [filter = c.accelerators](const PlanOption& o) {
          return names_in(o, [&](const Allocation& a) { return unless_admitted(filter, a.accelerator); });
        }));
  return limits;
}

}  // namespace capplan

#include <charconv>

#include "explain/break_even_figures.h"
#include "explain/cost_figures.h"
#include "explain/line_figures.h"
#include "explain/nodes.h"
#include "explain/work_figures.h"

namespace capplan {
namespace {

// "plans[3].cost.total_usd" read from the left.
class PathReader {
 public:
  explicit PathReader(std::string_view path) : rest_(path) {}

  // Takes `name[index]` with the dot behind it.
  std::optional<std::size_t> take_index(std::string_view name) {
    if (!rest_.starts_with(name) || rest_.substr(name.size(), 1) != "[") return std::nullopt;
    const std::string_view digits = rest_.substr(name.size() + 1);
    std::size_t index = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (end.ec != std::errc() || end.ptr == digits.data() + digits.size() || *end.ptr != ']')
      return std::nullopt;
    rest_ = digits.substr(static_cast<std::size_t>(end.ptr - digits.data()) + 1);
    if (rest_.starts_with(".")) rest_.remove_prefix(1);
    return index;
  }
  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<Derivation> explain_allocation(const Explained& x, const PlanOption& o, std::size_t index,
                                             PathReader path) {
  const Allocation& a = o.allocations[index];
  if (path.rest() == "cost_usd")
    return LineFigures(x, o).sum_of("lines of this part",
                                    [&](const CostLine& line) { return line.allocation == index; });
  if (path.rest() == "fleet" && a.fleet)
    return by_rule("place in the list of fleets", static_cast<double>(*a.fleet), "", kOptimumMethod);
  if (path.take("execution.")) return explain_execution(x, a, path.rest());
  if (path.rest() == "count") return explain_count(x, a);
  if (path.rest() == "usd_per_accelerator_hour" && a.usd_per_accelerator_hour)
    return leaf("price of an accelerator-hour at " + std::string(a.provider), *a.usd_per_accelerator_hour,
                "USD/h", Evidence::kListPrice, "the price row of " + std::string(a.provider),
                std::string(a.as_of));
  if (path.rest() == "accelerator_hours") return explain_accelerator_hours(x, a);
  if (path.take("spot.") && a.interrupted) {
    const Interrupted& run = *a.interrupted;
    if (path.rest() == "spot_hours")
      return simulated_on_spot("hours of a run on spot", run.on_spot.in(kHour), "h");
    if (path.rest() == "on_demand_hours")
      return simulated_on_spot("hours of a run on its fallback", run.on_fallback.in(kHour), "h");
  }
  return std::nullopt;
}

// The longest of the workloads: what it waits for, then all its runs.
Derivation explain_wall_clock(const Explained& x, const PlanOption& o) {
  const char* name = "time from start to end";
  std::vector<Derivation> parts;
  for (const Allocation& a : o.allocations) {
    const WorkloadDemand& w = x.plan.workloads[a.workload];
    Derivation hours = *explain_execution(x, a, "run_hours");
    if (w.demand.kind != WorkloadKind::kServing) {
      hours = node("all runs of " + w.name, "h", Operation::kProduct,
                   {std::move(hours), *explain_demand(x, a.workload, "runs")});
      if (a.starts_after.base() > 0)
        hours = node("until " + w.name + " is done", "h", Operation::kSum,
                     {by_rule("delivery, data on its way and setting up", a.starts_after.in(kHour), "h",
                              std::string(a.purchase == Purchase::kOwned ? kOwningMethod : kRentingMethod)),
                      std::move(hours)});
    }
    parts.push_back(std::move(hours));
  }
  Derivation otherwise =
      by_rule(name, o.wall_clock.in(kHour), "h",
              std::string("the phases of a split run, one after the other, ") + kHybridMethod);
  Derivation made =
      parts.size() == 1 ? std::move(parts.front()) : node(name, "h", Operation::kMaximum, std::move(parts));
  return made_or(std::move(made), o.wall_clock.in(kHour), otherwise);
}

std::optional<Derivation> explain_odds(const Explained& x, const PlanOption& o, std::string_view key) {
  const auto share = [&](const char* name, double value) {
    return leaf(name, value, "", Evidence::kMeasured,
                "share of " + std::to_string(x.plan.sampling.samples) + " samples, " + kRangeMethod);
  };
  if (key == "p_over_budget" && o.p_over_budget)
    return share("probability of a cost over the budget", *o.p_over_budget);
  if (key == "p_late" && o.p_late) return share("probability of a run that misses its deadline", *o.p_late);
  if (key == "p_cheapest" && o.p_cheapest) return share("probability that no plan costs less", *o.p_cheapest);
  return std::nullopt;
}

std::optional<Derivation> explain_fleet(const Explained& x, const Fleet& f, std::string_view key) {
  const auto chosen = [&](const char* name, double value, const char* unit) {
    Derivation d = by_rule(name, value, unit, f.existing ? std::string("the spec") : kOptimumMethod);
    if (f.existing) d.place = x.spec.places.nearest("site.existing");
    return d;
  };
  if (key == "count") return chosen("accelerators that work shares", f.count, "");
  if (key == "first_month") return chosen("first month that they are there", f.first_month + 1, "");
  if (key == "months") return chosen("months that they are there", f.months, "month");
  return std::nullopt;
}

std::optional<Derivation> explain_optimum(const PlanOption& o, std::string_view key) {
  if (!o.optimality || !o.optimality->bound_usd) return std::nullopt;
  if (key == "bound_usd")
    return by_rule("cost that no plan of the program goes below", *o.optimality->bound_usd, "USD",
                   kOptimumMethod);
  if (key == "gap") return by_rule("cost above the bound", o.optimality->gap, "", kOptimumMethod);
  return std::nullopt;
}

std::optional<Derivation> explain_plan(const Explained& x, const PlanOption& o, PathReader path) {
  if (path.take("cost.")) return explain_cost(x, o, path.rest());
  if (const auto index = path.take_index("allocations"))
    return *index < o.allocations.size() ? explain_allocation(x, o, *index, path) : std::nullopt;
  if (const auto index = path.take_index("fleets"))
    return *index < o.fleets.size() ? explain_fleet(x, o.fleets[*index], path.rest()) : std::nullopt;
  if (path.take("optimum.")) return explain_optimum(o, path.rest());
  const std::string_view key = path.rest();
  if (key == "rank") return by_rule("rank", o.rank, "", std::string("order of the plans, ") + kRankingMethod);
  if (key == "wall_clock_hours") return explain_wall_clock(x, o);
  if (key.starts_with("assumptions[") || key.starts_with("spec_assumptions["))
    return explain_assumption(x, o, key);
  if (key == "energy_kwh") return explain_energy(x, o);
  if (key == "carbon_kg_co2e") return explain_carbon(x, o);
  if (key == "embodied_kg_co2e") return explain_embodied(x, o);
  return explain_odds(x, o, key);
}

// Numbers of comparisons with the plan: each is a plan of its own, made the same way.
Derivation compared(std::string name, double value, std::string unit) {
  return leaf(std::move(name), value, std::move(unit), Evidence::kMeasured,
              "the plan made again with that change alone: explain a spec that states it");
}

std::optional<Derivation> explain_effect(const LeverEffect& e, std::string_view key) {
  const std::string name(e.name);
  if (key == "flops_ratio") return compared(name + ": arithmetic over the plan's", e.flops, "");
  if (key == "memory_gib") return compared(name + ": memory", e.memory.in(kGiB), "GiB");
  if (key == "wall_clock_hours") return compared(name + ": time", e.time.in(kHour), "h");
  if (key == "total_usd") return compared(name + ": total", e.cost.usd(), "USD");
  return std::nullopt;
}

std::optional<Derivation> explain_levers(const LeverTable& table, PathReader path) {
  if (const auto index = path.take_index("effects"))
    return *index < table.effects.size() ? explain_effect(table.effects[*index], path.rest()) : std::nullopt;
  const std::string_view key = path.rest();
  if (key == "memory_gib") return compared("memory as planned", table.memory.in(kGiB), "GiB");
  if (key == "wall_clock_hours") return compared("time as planned", table.time.in(kHour), "h");
  if (key == "total_usd") return compared("total as planned", table.cost.usd(), "USD");
  if (key == "best_total_usd") return compared("total with the best levers", table.best_cost.usd(), "USD");
  if (key == "best_wall_clock_hours")
    return compared("time with the best levers", table.best_time.in(kHour), "h");
  return std::nullopt;
}

std::optional<Derivation> explain_relaxation(const Relaxation& r, std::string_view key) {
  if (key == "total_usd") return compared("total with " + r.path + ": " + r.to, r.cost.usd(), "USD");
  if (key == "wall_clock_hours")
    return compared("time with " + r.path + ": " + r.to, r.wall_clock.in(kHour), "h");
  return std::nullopt;
}

std::optional<Derivation> explain_plan_of_count(const Explained& x, const PlanOfCount& row,
                                                std::string_view key) {
  const PlanOption& o = row.option;
  if (key == "count") return by_rule("accelerators", row.count, "", "asked for");
  if (key == "wall_clock_hours") return explain_plan(x, o, PathReader("wall_clock_hours"));
  return explain_cost(x, o, key);
}

std::optional<Derivation> explain_summary(const Explained& x, std::string_view key) {
  double feasible = 0;
  for (const PlanOption& o : x.plan.options) feasible += o.feasible ? 1 : 0;
  const auto counted = [&](double value) { return by_rule(std::string(key), value, "", "counted"); };
  if (key == "plans") return counted(static_cast<double>(x.plan.options.size()));
  if (key == "feasible") return counted(feasible);
  if (key == "rejected") return counted(static_cast<double>(x.plan.rejected.size()));
  if (key == "shown") return counted(static_cast<double>(x.shown.size()));
  return std::nullopt;
}

std::optional<Derivation> explain_sampling(const Sampling& sampling, std::string_view key) {
  if (key == "samples") return by_rule("samples", sampling.samples, "", "asked for, in whole batches");
  if (key == "seed") return by_rule("seed", sampling.seed, "", "a digest of the plan's name");
  if (key == "error")
    return by_rule("error of sampling over P50", sampling.error, "",
                   std::string("standard error over independent batches, ") + kRangeMethod);
  return std::nullopt;
}

std::optional<Derivation> explain_diagnostic(const Diagnostic& d, std::string_view key) {
  if (key == "line") return by_rule("line", d.location.line, "", "where the spec says it");
  if (key == "column") return by_rule("column", d.location.column, "", "where the spec says it");
  return std::nullopt;
}

}  // namespace

const std::vector<ShortName>& short_names() {
  static const std::vector<ShortName> names{{"total", "plans[0].cost.total_usd"},
                                            {"p10", "plans[0].cost.p10_usd"},
                                            {"p90", "plans[0].cost.p90_usd"},
                                            {"capex", "plans[0].cost.capex_usd"},
                                            {"opex", "plans[0].cost.opex_usd"},
                                            {"idle", "plans[0].cost.idle_usd"},
                                            {"npv", "plans[0].cost.npv_usd"},
                                            {"compute", "plans[0].cost.breakdown_usd.compute"},
                                            {"storage", "plans[0].cost.breakdown_usd.storage"},
                                            {"network", "plans[0].cost.breakdown_usd.network"},
                                            {"software", "plans[0].cost.breakdown_usd.software"},
                                            {"power", "plans[0].cost.breakdown_usd.power"},
                                            {"facility", "plans[0].cost.breakdown_usd.facility"},
                                            {"staff", "plans[0].cost.breakdown_usd.staff"},
                                            {"maintenance", "plans[0].cost.breakdown_usd.maintenance"},
                                            {"financing", "plans[0].cost.breakdown_usd.financing"},
                                            {"setup", "plans[0].cost.breakdown_usd.setup"},
                                            {"time", "plans[0].wall_clock_hours"},
                                            {"energy", "plans[0].energy_kwh"},
                                            {"carbon", "plans[0].carbon_kg_co2e"},
                                            {"embodied", "plans[0].embodied_kg_co2e"},
                                            {"price", "plans[0].allocations[0].usd_per_accelerator_hour"},
                                            {"count", "plans[0].allocations[0].count"},
                                            {"hours", "plans[0].allocations[0].accelerator_hours"},
                                            {"mfu", "plans[0].allocations[0].execution.mfu"},
                                            {"goodput", "plans[0].allocations[0].execution.goodput"},
                                            {"step_time", "plans[0].allocations[0].execution.step_time_s"},
                                            {"run_hours", "plans[0].allocations[0].execution.run_hours"},
                                            {"ttft", "plans[0].allocations[0].execution.ttft_ms"},
                                            {"tpot", "plans[0].allocations[0].execution.tpot_ms"},
                                            {"replicas", "plans[0].allocations[0].execution.replicas"},
                                            {"utilization", "plans[0].allocations[0].execution.utilization"},
                                            {"memory", "plans[0].allocations[0].execution.memory_gib.total"},
                                            {"break_even", "break_even[0].utilization"},
                                            {"flops", "workloads[0].demand.total_flops"},
                                            {"params", "workloads[0].demand.params"}};
  return names;
}

std::optional<Derivation> explain(const Explained& x, std::string_view figure) {
  for (const ShortName& known : short_names()) {
    if (known.name == figure) return explain(x, known.path);
  }
  PathReader path(figure);
  if (figure == "horizon_months") {
    Derivation d = by_rule("horizon", x.plan.horizon.in(kMonth), "month", "the spec, or 12 months");
    d.place = x.spec.places.nearest("horizon");
    return d;
  }
  if (figure == "discount_rate" && x.plan.discounting) {
    Derivation d = by_rule("discount rate, nominal and effective", x.plan.discounting->rate.yearly(),
                           "a year", std::string("`finance` of the spec, ") + kMoneyMethod);
    d.place = x.spec.places.nearest("finance");
    return d;
  }
  if (const auto index = path.take_index("workloads"))
    return path.take("demand.") ? explain_demand(x, *index, path.rest()) : std::nullopt;
  if (const auto index = path.take_index("plans"))
    return *index < x.shown.size() ? explain_plan(x, *x.shown[*index], path) : std::nullopt;
  if (const auto index = path.take_index("levers"))
    return *index < x.plan.levers.size() ? explain_levers(x.plan.levers[*index], path) : std::nullopt;
  if (const auto index = path.take_index("relaxations"))
    return *index < x.plan.relaxations.size() ? explain_relaxation(x.plan.relaxations[*index], path.rest())
                                              : std::nullopt;
  if (const auto index = path.take_index("by_count"))
    return *index < x.plan.by_count.size() ? explain_plan_of_count(x, x.plan.by_count[*index], path.rest())
                                           : std::nullopt;
  if (const auto index = path.take_index("diagnostics"))
    return *index < x.plan.diagnostics.size() ? explain_diagnostic(x.plan.diagnostics[*index], path.rest())
                                              : std::nullopt;
  if (path.take("sampling.")) return explain_sampling(x.plan.sampling, path.rest());
  if (path.take("summary.")) return explain_summary(x, path.rest());
  if (const auto index = path.take_index("break_even"))
    return *index < x.plan.break_even.size() ? explain_break_even(x, x.plan.break_even[*index], path.rest())
                                             : std::nullopt;
  return std::nullopt;
}

}  // namespace capplan

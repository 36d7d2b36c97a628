#include "plan/assumption_shares.h"
#include "report/formats.h"
#include "report/json_text.h"

namespace capplan {
namespace {

Json workload_json(const WorkloadDemand& w) {
  const Demand& d = w.demand;
  Json demand{{"params", count(d.params)},
              {"active_params", count(d.active_params)},
              {"total_flops", num(d.total_flops.base())}};
  if (d.steps > 0) {
    demand["flops_per_step"] = num(d.flops_per_step.base());
    demand["steps"] = count(d.steps);
    demand["global_batch"] = count(d.global_batch);
  }
  demand["samples"] = count(d.samples);
  if (d.tokens > 0) demand["tokens"] = count(d.tokens);
  if (d.sequence_length > 0) demand["sequence_length"] = count(d.sequence_length);
  demand["dataset_bytes"] = num(d.dataset.base());
  demand["checkpoint_bytes"] = num(d.checkpoint.base());
  demand["egress_bytes"] = num(d.result.base());
  demand["runs"] = count(d.runs);
  return {{"name", w.name},
          {"kind", workload_kind_name(d.kind)},
          {"family", family_name(d.family)},
          {"demand", std::move(demand)}};
}

Json factor_json(const Factor& f) {
  return {{"name", f.name},
          {"value", num(f.value)},
          {"unit", f.unit},
          {"source", f.provenance.source},
          {"as_of", f.provenance.as_of},
          {"unverified", f.provenance.unverified}};
}

Json line_json(const CostLine& line) {
  Json factors = Json::array();
  for (const Factor& f : line.factors) factors.push_back(factor_json(f));
  return {{"category", category_name(line.category)}, {"label", line.label},
          {"quantity", num(line.quantity())},         {"unit", line.unit},
          {"unit_price_usd", num(line.price.value)},  {"amount_usd", num(line.amount.usd())},
          {"source", line.price.provenance.source},   {"as_of", line.price.provenance.as_of},
          {"unverified", line.unverified()},          {"factors", std::move(factors)}};
}

void add_unit_costs(Json& cost, const PlanOption& o, const Plan& plan) {
  if (plan.workloads.size() != 1) return;
  const Demand& d = plan.workloads.front().demand;
  const double usd = o.cost.total().usd();
  if (d.kind == WorkloadKind::kServing) {
    if (d.samples * d.output_tokens > 0)
      cost["usd_per_million_output_tokens"] = num(usd / (d.samples * d.output_tokens) * 1e6);
  } else if (d.tokens > 0) {
    cost["usd_per_million_tokens"] = num(usd / (d.tokens * d.runs) * 1e6);
  } else if (d.samples > 0) {
    cost["usd_per_million_samples"] = num(usd / (d.samples * d.runs) * 1e6);
  }
}

// What is paid is negative.
Json cash_json(const CashFlow& cash) {
  Json months = Json::array();
  for (const Usd month : cash.months) months.push_back(num(month.in(kUsd)));
  return {{"at_start", num(cash.at_start.in(kUsd))},
          {"months", std::move(months)},
          {"at_horizon", num(cash.at_horizon.in(kUsd))}};
}

Json cost_json(const PlanOption& o, const Plan& plan, const AssumptionShares& shares) {
  Json cost = totals_json(o);
  add_unit_costs(cost, o, plan);
  if (o.npv) cost["npv_usd"] = num(o.npv->in(kUsd));
  if (o.npv_after_tax) cost["npv_after_tax_usd"] = num(o.npv_after_tax->in(kUsd));
  cost["assumed_usd"] = num(shares.assumed.usd());
  cost["assumed_share"] = num(shares.share);
  cost["cash_flow_usd"] = cash_json(o.cash);
  Json lines = Json::array();
  for (const CostLine& line : o.cost.lines) lines.push_back(line_json(line));
  cost["line_items"] = std::move(lines);
  return cost;
}

Json parallelism_json(const Parallelism& p) {
  return {{"tensor_parallel", p.tensor_parallel},
          {"pipeline_parallel", p.pipeline_parallel},
          {"virtual_pipeline", p.virtual_pipeline},
          {"context_parallel", p.context_parallel},
          {"expert_parallel", p.expert_parallel},
          {"data_parallel", p.data_parallel},
          {"zero_stage", p.zero_stage},
          {"micro_batch", count(p.micro_batch)},
          {"recompute", recompute_name(p.recompute)},
          {"recompute_share", num(p.recompute == Recompute::kNone ? 0 : p.recompute_share)},
          {"sequence_parallel", p.sequence_parallel}};
}

Json runners_up_json(const TrainingExecution& t) {
  Json list = Json::array();
  for (const RunnerUp& r : t.runners_up)
    list.push_back({{"step_time_s", num(r.step_time.base())},
                    {"slower_percent", num(100 * (r.step_time / t.step_time - 1))},
                    {"parallelism", parallelism_json(r.parallelism)}});
  return list;
}

Json training_json(const TrainingExecution& t, const Execution& e) {
  const StepTime& s = t.breakdown;
  return {{"step_time_s", num(t.step_time.base())},
          {"samples_per_s", num(t.samples_per_s)},
          {"tokens_per_s_per_accelerator", num(t.tokens_per_s_per_accelerator)},
          {"mfu", num(e.mfu)},
          {"hfu", num(t.hfu)},
          {"goodput", num(e.goodput)},
          {"precision", precision_name(e.precision)},
          {"parallelism", parallelism_json(t.parallelism)},
          {"runners_up", runners_up_json(t)},
          {"time_breakdown_s",
           {{"compute", num(s.compute.base())},
            {"memory_bound", num(s.memory_bound.base())},
            {"recompute", num(s.recompute.base())},
            {"tensor_comm", num(s.tensor_comm.base())},
            {"context_comm", num(s.context_comm.base())},
            {"expert_comm", num(s.expert_comm.base())},
            {"pipeline_comm", num(s.pipeline_comm.base())},
            {"pipeline_bubble", num(s.pipeline_bubble.base())},
            {"data_comm_exposed", num(s.data_comm_exposed.base())},
            {"data_loading", num(s.data_loading.base())},
            {"optimizer", num(s.optimizer.base())},
            {"other", num(s.other.base())}}},
          {"data_loading",
           {{"samples_per_s", t.loading_samples_per_s > 0 ? num(t.loading_samples_per_s) : Json(nullptr)},
            {"limit", t.loading_limit}}},
          {"limited_by", t.limited_by},
          {"stack", t.stack},
          {"power_share", num(e.power_share)}};
}

Json serving_json(const ServingExecution& s, const Execution& e) {
  return {{"replicas", s.replicas},
          {"tensor_parallel", s.tensor_parallel},
          {"max_batch", s.max_batch},
          {"output_tokens_per_s_per_accelerator", num(s.output_tokens_per_s_per_accelerator)},
          {"ttft_ms", num(s.ttft.base() * 1e3)},
          {"tpot_ms", num(s.tpot.base() * 1e3)},
          {"utilization", num(s.utilization)},
          {"mfu", num(e.mfu)},
          {"goodput", num(e.goodput)},
          {"precision", precision_name(e.precision)}};
}

Json execution_json(const Execution& e) {
  Json out = e.training  ? training_json(*e.training, e)
             : e.serving ? serving_json(*e.serving, e)
                         : Json{{"mfu", num(e.mfu)},
                                {"goodput", num(e.goodput)},
                                {"precision", precision_name(e.precision)}};
  out["run_hours"] = num(e.run_time.in(kHour));
  out["run_hours_p10"] = num(e.run_time.in(kHour)*e.time_p10);
  out["run_hours_p90"] = num(e.run_time.in(kHour)*e.time_p90);
  const MemoryUse& m = e.memory;
  out["memory_gib"] = {{"weights", num(m.weights.in(kGiB))},     {"gradients", num(m.gradients.in(kGiB))},
                       {"optimizer", num(m.optimizer.in(kGiB))}, {"activations", num(m.activations.in(kGiB))},
                       {"overhead", num(m.overhead.in(kGiB))},   {"total", num(m.total().in(kGiB))}};
  out["evidence"] = e.evidence;
  return out;
}

Json allocation_json(const Allocation& a, const Plan& plan) {
  Json out{{"workload", plan.workloads[a.workload].name},
           {"accelerator", a.accelerator},
           {"count", a.count},
           {"provider", a.provider},
           {"region", a.region.empty() ? Json(nullptr) : Json(a.region)},
           {"machine", a.machine.empty() ? Json(nullptr) : Json(a.machine)},
           {"purchase", purchase_name(a.purchase)},
           {"usd_per_accelerator_hour",
            a.usd_per_accelerator_hour ? num(*a.usd_per_accelerator_hour) : Json(nullptr)},
           {"price_as_of", a.as_of},
           {"accelerator_hours", num(a.accelerator_hours)}};
  if (a.interrupted)
    out["spot"] = {{"spot_hours", num(a.interrupted->on_spot.in(kHour))},
                   {"on_demand_hours", num(a.interrupted->on_fallback.in(kHour))}};
  if (a.fleet) out["fleet"] = *a.fleet;
  out["execution"] = execution_json(a.execution);
  return out;
}

// What several workloads share: `fleet` of an allocation is an index into it.
Json fleets_json(const PlanOption& o) {
  Json fleets = Json::array();
  for (const Fleet& f : o.fleets)
    fleets.push_back({{"accelerator", f.accelerator},
                      {"count", f.count},
                      {"provider", f.provider},
                      {"region", f.region.empty() ? Json(nullptr) : Json(f.region)},
                      {"purchase", purchase_name(f.purchase)},
                      {"existing", f.existing},
                      {"first_month", f.first_month + 1},
                      {"months", f.months}});
  return fleets;
}

Json optimum_json(const Optimality& o) {
  return {{"bound_usd", o.bound_usd ? num(*o.bound_usd) : Json(nullptr)},
          {"gap", o.bound_usd ? num(o.gap) : Json(nullptr)},
          {"proven", o.proven}};
}

Json shares_json(const std::vector<AssumptionShare>& shares) {
  Json list = Json::array();
  for (const AssumptionShare& s : shares)
    list.push_back({{"path", s.assumption.path},
                    {"value", s.assumption.value},
                    {"source", s.assumption.source},
                    {"share", num(s.share)}});
  return list;
}

Json plan_json(const PlanOption& o, const Plan& plan) {
  Json out{{"rank", o.rank},
           {"id", o.id},
           {"option", supply_option_name(o.option)},
           {"feasible", o.feasible},
           {"violations", o.violations},
           {"meets_deadline", o.meets_deadline},
           {"on_pareto_front", o.on_pareto_front},
           {"wall_clock_hours", num(o.wall_clock.in(kHour))}};
  out["firm"] = o.firm;
  if (o.dominated) out["dominated"] = true;
  if (!o.relaxation.empty()) out["cheapest_relaxation"] = o.relaxation;
  const AssumptionShares shares = assumption_shares(plan, o);
  out["cost"] = cost_json(o, plan, shares);
  if (o.p_over_budget) out["p_over_budget"] = num(*o.p_over_budget);
  if (o.p_late) out["p_late"] = num(*o.p_late);
  if (o.p_cheapest) out["p_cheapest"] = num(*o.p_cheapest);
  out["energy_kwh"] = num(o.energy.kwh);
  out["carbon_kg_co2e"] = num(o.energy.kg_co2e);
  out["embodied_kg_co2e"] = num(o.energy.embodied_kg);
  Json allocations = Json::array();
  for (std::size_t i = 0; i < o.allocations.size(); ++i) {
    allocations.push_back(allocation_json(o.allocations[i], plan));
    allocations.back()["cost_usd"] = num(o.cost.total_of_allocation(i).usd());
  }
  out["allocations"] = std::move(allocations);
  if (!o.fleets.empty()) out["fleets"] = fleets_json(o);
  if (o.optimality) out["optimum"] = optimum_json(*o.optimality);
  out["assumptions"] = shares_json(shares.of_plan);
  out["spec_assumptions"] = shares_json(shares.of_spec);
  out["notes"] = o.notes;
  return out;
}

Json scaling_json(const Plan& plan) {
  Json curves = Json::array();
  for (const ScalingCurve& curve : plan.scaling) {
    Json rows = Json::array();
    for (const ScalingRow& r : curve.rows) {
      rows.push_back({{"count", r.count},
                      {"wall_clock_hours", num(r.wall_clock.in(kHour))},
                      {"accelerator_hours", num(r.accelerator_hours)},
                      {"total_usd", num(r.cost.usd())},
                      {"p10_usd", num(r.p10.usd())},
                      {"p90_usd", num(r.p90.usd())},
                      {"meets_deadline", r.meets_deadline},
                      {"mfu", num(r.execution.mfu)},
                      {"goodput", num(r.execution.goodput)},
                      {"step_time_s", num(r.execution.training->step_time.base())},
                      {"parallelism", parallelism_json(r.execution.training->parallelism)}});
    }
    curves.push_back({{"workload", plan.workloads[curve.workload].name},
                      {"id", curve.id},
                      {"accelerator", curve.accelerator},
                      {"provider", curve.provider},
                      {"purchase", purchase_name(curve.purchase)},
                      {"cheapest_count", curve.rows[curve.cheapest].count},
                      {"fastest_count", curve.rows.back().count},
                      {"rows", std::move(rows)}});
  }
  return curves;
}

Json levers_json(const Plan& plan) {
  Json tables = Json::array();
  for (const LeverTable& table : plan.levers) {
    Json rows = Json::array();
    for (const LeverEffect& e : table.effects) {
      rows.push_back({{"id", e.id},
                      {"name", e.name},
                      {"in_use", e.in_use},
                      {"impossible", e.impossible},
                      {"flops_ratio", num(e.flops)},
                      {"memory_gib", num(e.memory.in(kGiB))},
                      {"wall_clock_hours", num(e.time.in(kHour))},
                      {"total_usd", num(e.cost.usd())},
                      {"loss", quality_loss_name(e.loss)},
                      {"quality", e.quality},
                      {"source", e.source},
                      {"as_of", e.as_of},
                      {"conflicts", e.conflicts}});
    }
    tables.push_back({{"workload", plan.workloads[table.workload].name},
                      {"memory_gib", num(table.memory.in(kGiB))},
                      {"wall_clock_hours", num(table.time.in(kHour))},
                      {"total_usd", num(table.cost.usd())},
                      {"best", table.best},
                      {"best_total_usd", num(table.best_cost.usd())},
                      {"best_wall_clock_hours", num(table.best_time.in(kHour))},
                      {"effects", std::move(rows)}});
  }
  return tables;
}

Json by_count_json(const Plan& plan) {
  Json rows = Json::array();
  for (const PlanOfCount& row : plan.by_count) {
    const PlanOption& o = row.option;
    rows.push_back({{"count", row.count},
                    {"id", o.id},
                    {"feasible", o.feasible},
                    {"violations", o.violations},
                    {"wall_clock_hours", num(o.wall_clock.in(kHour))},
                    {"total_usd", num(o.cost.total().usd())},
                    {"p10_usd", o.sampled ? num(o.sampled->p10.usd()) : Json(nullptr)},
                    {"p90_usd", o.sampled ? num(o.sampled->p90.usd()) : Json(nullptr)}});
  }
  return rows;
}

Json relaxations_json(const Plan& plan) {
  Json list = Json::array();
  for (const Relaxation& r : plan.relaxations)
    list.push_back({{"path", r.path},
                    {"from", r.from},
                    {"to", r.to},
                    {"change", r.change},
                    {"id", r.id},
                    {"total_usd", num(r.cost.usd())},
                    {"wall_clock_hours", num(r.wall_clock.in(kHour))}});
  return list;
}

Json summary_json(const Plan& plan, std::size_t shown) {
  std::size_t feasible = 0;
  for (const PlanOption& o : plan.options) feasible += o.feasible ? 1U : 0U;
  return {{"plans", plan.options.size()},
          {"feasible", feasible},
          {"rejected", plan.rejected.size()},
          {"shown", shown}};
}

}  // namespace

std::string render_plan_json(const Plan& plan, const RenderOptions& options) {
  Json out{{"schema", "capplan.estimate/1"},
           {"capplan_version", options.version},
           {"name", plan.name},
           {"currency", plan.currency},
           {"horizon_months", count(plan.horizon.in(kMonth))},
           {"objective", objective_name(plan.objective)},
           {"site", plan.site}};
  if (plan.discounting) out["discount_rate"] = num(plan.discounting->rate.yearly());
  if (!options.spec_sha256.empty()) out["spec_sha256"] = options.spec_sha256;
  out["catalog"] = {{"as_of", plan.catalog_as_of}, {"sha256", plan.catalog_sha256}};
  out["assumptions"] = assumptions_json(plan.assumptions);
  out["workloads"] = Json::array();
  for (const WorkloadDemand& w : plan.workloads) out["workloads"].push_back(workload_json(w));
  const auto shown = shown_options(plan, options);
  out["plans"] = Json::array();
  for (const PlanOption* option : shown) out["plans"].push_back(plan_json(*option, plan));
  out["rejected"] = Json::array();
  for (const Rejection& r : plan.rejected)
    out["rejected"].push_back({{"id", r.id}, {"reason", r.reason}, {"cheapest_relaxation", r.relaxation}});
  if (!plan.relaxations.empty()) out["relaxations"] = relaxations_json(plan);
  out["summary"] = summary_json(plan, shown.size());
  out["sampling"] = {
      {"samples", plan.sampling.samples}, {"seed", plan.sampling.seed}, {"error", num(plan.sampling.error)}};
  out["proven"] = plan.proven;
  if (!plan.scaling.empty()) out["scaling"] = scaling_json(plan);
  if (!plan.by_count.empty()) out["by_count"] = by_count_json(plan);
  out["levers"] = levers_json(plan);
  out["break_even"] = Json::array();
  for (const BreakEven& b : plan.break_even)
    out["break_even"].push_back(
        {{"buy", b.buy}, {"rent", b.rent}, {"utilization", num(b.utilization)}, {"months", num(b.months)}});
  out["notes"] = plan.notes;
  out["diagnostics"] = diagnostics_json(plan.diagnostics);
  return text_of(out);
}

std::string render_listing_json(const Listing& listing) {
  Json rows = Json::array();
  for (const auto& row : listing.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Cell& cell = row[i];
      object[listing.columns[i].key] = cell.number         ? count(*cell.number)
                                       : cell.text.empty() ? Json(nullptr)
                                                           : Json(cell.text);
    }
    rows.push_back(std::move(object));
  }
  return text_of(Json{{"schema", "capplan." + listing.name + "/1"}, {listing.name, std::move(rows)}});
}

}  // namespace capplan

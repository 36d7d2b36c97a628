#include "report/layout_report.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/number_text.h"
#include "report/change_figures.h"
#include "report/figures.h"

namespace capplan {
namespace {

constexpr double kWindow = 1.5;
constexpr double kBarWidth = 20;

std::string recompute_text(const Parallelism& p) {
  switch (p.recompute) {
    case Recompute::kNone:
      return {};
    case Recompute::kSelective:
      return " · selective recompute";
    case Recompute::kFull:
      break;
  }
  return p.recompute_share < 1 ? " · " + percent_text(p.recompute_share) + " of the layers recomputed"
                               : " · full recompute";
}

std::string scaling_title(const ScalingCurve& curve) {
  return std::string(curve.accelerator) + " from " + std::string(curve.provider) + ", " +
         std::string(purchase_name(curve.purchase));
}

std::string mark_of(const ScalingCurve& curve, std::size_t row) {
  std::string mark;
  if (!curve.rows[row].meets_deadline) mark = "late";
  const bool any_late = std::any_of(curve.rows.begin(), curve.rows.end(),
                                    [](const ScalingRow& r) { return !r.meets_deadline; });
  if (row == curve.cheapest) mark = any_late && mark.empty() ? "✔ cheapest in time" : "✔ cheapest";
  if (row + 1 == curve.rows.size()) mark += mark.empty() ? "▲ fastest" : ", fastest";
  return mark;
}

// Of the counts up to half as many again the one that costs least; the cheapest and the fastest of all.
std::vector<std::size_t> shown_rows(const ScalingCurve& curve) {
  std::set<std::size_t> shown{curve.cheapest, curve.rows.size() - 1};
  for (std::size_t i = 0; i < curve.rows.size();) {
    const double end = kWindow * curve.rows[i].count;
    std::size_t best = i;
    for (; i < curve.rows.size() && curve.rows[i].count < end; ++i) {
      if (curve.rows[i].cost < curve.rows[best].cost) best = i;
    }
    shown.insert(best);
  }
  return {shown.begin(), shown.end()};
}

Grid grid_of(const ScalingCurve& curve, const ShownCurrency& shown) {
  Grid grid;
  grid.columns = {{"count", "COUNT", true, 1},         {"time", "TIME", true, 1},
                  {"cost", "COST", true, 1},           {"curve", "", false, 3},
                  {"hours", "ACCELERATOR-H", true, 2}, {"mfu", "MFU", true, 2},
                  {"layout", "LAYOUT", false, 4},      {"mark", "", false, 1}};
  Money most;
  for (const ScalingRow& row : curve.rows) most = std::max(most, row.cost);
  for (const std::size_t i : shown_rows(curve)) {
    const ScalingRow& r = curve.rows[i];
    std::string bar;
    const double width = most.usd() > 0 ? kBarWidth * r.cost.usd() / most.usd() : 0;
    for (int k = 0; k < std::max(1L, std::lround(width)); ++k) bar += "█";
    const double hours = r.accelerator_hours;
    grid.rows.push_back(
        {{std::to_string(r.count), time_text(r.wall_clock), money_text(r.cost.usd(), shown), bar,
          hours < 100 ? plain_number(std::round(hours * 10) / 10) : count_text(std::round(hours)),
          percent_text(r.execution.mfu), layout_text(r.execution.training->parallelism), mark_of(curve, i)},
         {},
         i == curve.cheapest});
  }
  return grid;
}

constexpr const char* kScalingKeys[] = {"workload",
                                        "accelerator",
                                        "provider",
                                        "purchase",
                                        "count",
                                        "wall_clock_hours",
                                        "accelerator_hours",
                                        "total_usd",
                                        "p10_usd",
                                        "p90_usd",
                                        "meets_deadline",
                                        "step_time_s",
                                        "mfu",
                                        "goodput",
                                        "tensor_parallel",
                                        "pipeline_parallel",
                                        "virtual_pipeline",
                                        "context_parallel",
                                        "expert_parallel",
                                        "data_parallel",
                                        "zero_stage",
                                        "micro_batch",
                                        "recompute",
                                        "recompute_share",
                                        "sequence_parallel"};

// In the order of the keys.
std::vector<Cell> scaling_cells(const Plan& plan, const ScalingCurve& curve, const ScalingRow& r) {
  const Execution& e = r.execution;
  const Parallelism& p = e.training->parallelism;
  return {text_cell(plan.workloads[curve.workload].name),
          text_cell(curve.accelerator),
          text_cell(curve.provider),
          text_cell(purchase_name(curve.purchase)),
          number_cell(r.count),
          number_cell(r.wall_clock.in(kHour)),
          number_cell(r.accelerator_hours),
          number_cell(r.cost.usd()),
          number_cell(r.p10.usd()),
          number_cell(r.p90.usd()),
          text_cell(r.meets_deadline ? "true" : "false"),
          number_cell(e.training->step_time.base()),
          number_cell(e.mfu),
          number_cell(e.goodput),
          number_cell(p.tensor_parallel),
          number_cell(p.pipeline_parallel),
          number_cell(p.virtual_pipeline),
          number_cell(p.context_parallel),
          number_cell(p.expert_parallel),
          number_cell(p.data_parallel),
          number_cell(p.zero_stage),
          number_cell(p.micro_batch),
          text_cell(recompute_name(p.recompute)),
          number_cell(p.recompute == Recompute::kNone ? 0 : p.recompute_share),
          text_cell(p.sequence_parallel ? "true" : "false")};
}

}  // namespace

std::string layout_text(const Parallelism& p) {
  std::string text;
  const auto add = [&](std::string_view name, int degree) {
    if (degree > 1) text += (text.empty() ? "" : " · ") + std::string(name) + " " + std::to_string(degree);
  };
  add("tensor", p.tensor_parallel);
  add("context", p.context_parallel);
  add("expert", p.expert_parallel);
  add("pipeline", p.pipeline_parallel);
  if (p.virtual_pipeline > 1) text += " × " + std::to_string(p.virtual_pipeline);
  add("data", p.data_parallel);
  if (p.zero_stage > 0) text += " · ZeRO " + std::to_string(p.zero_stage);
  text += (text.empty() ? "" : " · ") + ("micro-batch " + plain_number(p.micro_batch));
  return text + recompute_text(p);
}

std::string layout_lines(const PlanOption& plan, const RenderOptions& options, const std::string& bullet) {
  std::string out;
  for (const Allocation& a : plan.allocations) {
    if (!a.execution.training || a.execution.training->limited_by.empty()) continue;
    const TrainingExecution& t = *a.execution.training;
    out += wrap("plan " + std::to_string(plan.rank) + " is laid out as " + layout_text(t.parallelism) + ": " +
                    gib_text(a.execution.memory.total()) + " an accelerator; " + t.limited_by,
                options.width, "", 2) +
           "\n";
    if (!t.loading_limit.empty())
      out += wrap("it waits for data " + percent_text(t.breakdown.data_loading / t.step_time) +
                      " of the step: " + t.loading_limit,
                  options.width, bullet, 4) +
             "\n";
    for (const RunnerUp& next : t.runners_up) {
      const double slower = std::round(1000 * (next.step_time / t.step_time - 1)) / 10;
      out += wrap("next: " + layout_text(next.parallelism) + ", " + plain_number(slower) + "% slower",
                  options.width, bullet, 4) +
             "\n";
    }
  }
  return out;
}

std::string scaling_table(const Plan& plan, const RenderOptions& options) {
  std::string out;
  for (const ScalingCurve& curve : plan.scaling)
    out += "\n" +
           wrap("scaling of " + plan.workloads[curve.workload].name + " on " + scaling_title(curve),
                options.width, "", 2) +
           "\n\n" + render_grid(grid_of(curve, options.currency), options);
  return out;
}

std::string scaling_markdown(const Plan& plan, const ShownCurrency& shown) {
  std::string out;
  for (const ScalingCurve& curve : plan.scaling) {
    Grid grid = grid_of(curve, shown);
    std::erase_if(grid.columns, [](const Column& c) { return c.key == "curve"; });
    for (GridRow& row : grid.rows) row.cells.erase(row.cells.begin() + 3);
    out += "\n### Scaling of " + code_span(plan.workloads[curve.workload].name) + " on " +
           scaling_title(curve) + "\n\n" + render_markdown(grid);
  }
  return out;
}

Listing scaling_listing(const Plan& plan) {
  Listing listing{"scaling", {}, {}};
  for (const char* key : kScalingKeys) listing.columns.push_back({key, key, false, 1});
  for (const ScalingCurve& curve : plan.scaling) {
    for (const ScalingRow& row : curve.rows) listing.rows.push_back(scaling_cells(plan, curve, row));
  }
  return listing;
}

}  // namespace capplan

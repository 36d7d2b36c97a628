#include "report/compare_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/figures.h"
#include "report/formats.h"
#include "report/grid.h"
#include "report/json_text.h"

namespace capplan {
namespace {

const PlanOption* best_of(const ScenarioOutcome& o) {
  return o.plan && !o.plan->options.empty() ? &o.plan->options.front() : nullptr;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

// One text where all allocations agree.
template <class Part>
std::string of_allocations(const PlanOption& option, const Part& part) {
  std::vector<std::string> parts;
  for (const Allocation& a : option.allocations) parts.push_back(part(a));
  if (std::all_of(parts.begin(), parts.end(), [&](const std::string& p) { return p == parts.front(); }))
    return parts.front();
  return joined(parts, " + ");
}

std::string accelerators_of(const PlanOption& option) {
  std::vector<std::string> parts;
  for (const Allocation& a : option.allocations)
    parts.push_back(fmt::format("{} × {}", a.count, a.accelerator));
  return joined(parts, " + ");
}

// "+12%" over the first scenario; empty for itself and where either has no price.
std::string against_first(const PlanOption& option, const PlanOption* first) {
  if (first == nullptr || &option == first || first->cost.total().usd() <= 0) return "";
  const double ratio = option.cost.total().usd() / first->cost.total().usd();
  return ratio >= 2 ? "× " + fmt::format("{:.3g}", ratio)
                    : fmt::format("{}{}", ratio < 1 ? "−" : "+", percent_text(std::abs(ratio - 1)));
}

std::vector<std::string> best_cells(const PlanOption& o, const PlanOption* first,
                                    const ShownCurrency& shown) {
  return {std::string(supply_option_name(o.option)),
          of_allocations(o, [](const Allocation& a) { return std::string(a.provider); }),
          accelerators_of(o),
          of_allocations(o, [](const Allocation& a) { return std::string(purchase_name(a.purchase)); }),
          time_text(o.wall_clock),
          money_text(o.cost.total().usd(), shown),
          range_text(o, shown),
          against_first(o, first),
          ""};
}

GridRow row_of(const ScenarioOutcome& outcome, const PlanOption* first, bool several,
               const ShownCurrency& shown) {
  GridRow row;
  row.cells.push_back(std::to_string(outcome.scenario.number));
  if (several) row.cells.push_back(outcome.file);
  for (const SpecChange& change : outcome.scenario.changes) row.cells.push_back(change.value);
  if (const PlanOption* best = best_of(outcome)) {
    for (std::string& cell : best_cells(*best, first, shown)) row.cells.push_back(std::move(cell));
    for (const std::string& violation : best->violations) row.below.push_back("✘ out: " + violation);
  } else {
    row.cells.resize(row.cells.size() + 9);
    row.below.push_back("✘ " + outcome.problem);
  }
  return row;
}

bool of_several_specs(const Comparison& comparison) {
  return std::any_of(comparison.outcomes.begin(), comparison.outcomes.end(),
                     [](const ScenarioOutcome& o) { return o.scenario.spec > 0; });
}

// The cheapest that keeps to every constraint.
void mark_cheapest(const Comparison& comparison, Grid& grid) {
  std::optional<std::size_t> cheapest;
  for (std::size_t i = 0; i < comparison.outcomes.size(); ++i) {
    const PlanOption* best = best_of(comparison.outcomes[i]);
    if (best == nullptr || !best->feasible) continue;
    if (!cheapest || best->cost.total() < best_of(comparison.outcomes[*cheapest])->cost.total()) cheapest = i;
  }
  if (!cheapest) return;
  grid.rows[*cheapest].strong = true;
  grid.rows[*cheapest].cells.back() = "✔ cheapest";
}

Grid grid_of(const Comparison& comparison, const ShownCurrency& shown) {
  Grid grid;
  const bool several = of_several_specs(comparison);
  grid.columns.push_back({"scenario", "#", true, 0});
  if (several) grid.columns.push_back({"spec", "SPEC", false, 0});
  for (const ScenarioAxis& axis : comparison.axes) grid.columns.push_back({axis.key, axis.key, false, 0});
  for (const Column& column : {Column{"option", "OPTION", false, 3}, Column{"provider", "FROM", false, 1},
                               Column{"accelerators", "ACCELERATORS", false, 0},
                               Column{"purchase", "PURCHASE", false, 2}, Column{"time", "TIME", true, 0},
                               Column{"cost", "COST", true, 0}, Column{"range", "P10 – P90", true, 1},
                               Column{"first", "OVER #1", true, 0}, Column{"standing", "", false, 3}})
    grid.columns.push_back(column);
  const PlanOption* first = comparison.outcomes.empty() ? nullptr : best_of(comparison.outcomes.front());
  for (const ScenarioOutcome& outcome : comparison.outcomes)
    grid.rows.push_back(row_of(outcome, first, several, shown));
  mark_cheapest(comparison, grid);
  return grid;
}

std::string table_of(const Comparison& comparison, const RenderOptions& options) {
  std::string text = fmt::format("{} of {} scenarios · the best plan of each · prices as of {} · {}\n\n",
                                 comparison.outcomes.size(), comparison.scenarios, comparison.catalog_as_of,
                                 currency_text(options.currency));
  text += render_grid(grid_of(comparison, options.currency), options);
  for (const Assumption& a : comparison.assumptions)
    text += wrap(a.path + " = " + a.value + " — " + a.source, options.width, "", 2) + "\n";
  return options.ascii ? to_ascii(std::move(text)) : text;
}

std::string markdown_of(const Comparison& comparison, const RenderOptions& options) {
  std::string text = render_markdown(grid_of(comparison, options.currency));
  if (comparison.assumptions.empty()) return text;
  Grid assumed{{{"path", "ASSUMED", false, 0}, {"value", "VALUE", false, 0}, {"source", "FROM", false, 0}},
               {}};
  for (const Assumption& a : comparison.assumptions)
    assumed.rows.push_back({.cells = {a.path, a.value, a.source}, .below = {}});
  return text + "\n" + render_markdown(assumed);
}

Json cost_json(const PlanOption& o) {
  Json cost = totals_json(o);
  if (o.npv) cost["npv_usd"] = num(o.npv->in(kUsd));
  return cost;
}

Json option_json(const PlanOption& o, const Plan& plan) {
  Json allocations = Json::array();
  for (const Allocation& a : o.allocations)
    allocations.push_back({{"workload", plan.workloads[a.workload].name},
                           {"accelerator", a.accelerator},
                           {"count", a.count},
                           {"provider", a.provider},
                           {"region", a.region.empty() ? Json(nullptr) : Json(a.region)},
                           {"purchase", purchase_name(a.purchase)},
                           {"usd_per_accelerator_hour",
                            a.usd_per_accelerator_hour ? num(*a.usd_per_accelerator_hour) : Json(nullptr)},
                           {"accelerator_hours", num(a.accelerator_hours)},
                           {"mfu", num(a.execution.mfu)}});
  return {{"id", o.id},
          {"option", supply_option_name(o.option)},
          {"feasible", o.feasible},
          {"violations", o.violations},
          {"meets_deadline", o.meets_deadline},
          {"wall_clock_hours", num(o.wall_clock.in(kHour))},
          {"cost", cost_json(o)},
          {"energy_kwh", num(o.energy.kwh)},
          {"carbon_kg_co2e", num(o.energy.kg_co2e)},
          {"allocations", std::move(allocations)}};
}

Json outcome_json(const ScenarioOutcome& outcome) {
  Json set = Json::object();
  for (const SpecChange& change : outcome.scenario.changes) set[change.key] = change.value;
  const PlanOption* best = best_of(outcome);
  return {{"scenario", outcome.scenario.number},
          {"spec", outcome.file},
          {"set", std::move(set)},
          {"plan", best == nullptr ? Json(nullptr) : option_json(*best, *outcome.plan)},
          {"plans", outcome.plans},
          {"feasible_plans", outcome.feasible},
          {"problem", outcome.problem}};
}

std::string json_of(const Comparison& comparison, const RenderOptions& options) {
  Json rows = Json::array();
  for (const ScenarioOutcome& outcome : comparison.outcomes) rows.push_back(outcome_json(outcome));
  return text_of(
      Json{{"schema", "capplan.compare/1"},
           {"capplan_version", options.version},
           {"catalog", {{"as_of", comparison.catalog_as_of}, {"sha256", comparison.catalog_sha256}}},
           {"assumptions", assumptions_json(comparison.assumptions)},
           {"scenarios_in_all", comparison.scenarios},
           {"scenarios", std::move(rows)}});
}

std::string csv_row(const ScenarioOutcome& outcome) {
  std::string line = std::to_string(outcome.scenario.number) + "," + csv_cell(outcome.file);
  for (const SpecChange& change : outcome.scenario.changes) line += "," + csv_cell(change.value);
  const PlanOption* best = best_of(outcome);
  line += "," + (best == nullptr ? empty_plan_csv_cells() : plan_csv_cells(*best, *outcome.plan));
  return line + "," + csv_cell(outcome.problem) + "\n";
}

}  // namespace

std::optional<ComparisonFormat> find_comparison_format(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, ComparisonFormat>, 5> kFormats{
      {{"table", ComparisonFormat::kTable},
       {"json", ComparisonFormat::kJson},
       {"jsonl", ComparisonFormat::kJsonLines},
       {"csv", ComparisonFormat::kCsv},
       {"markdown", ComparisonFormat::kMarkdown}}};
  const auto* found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& f) { return f.first == name; });
  return found == kFormats.end() ? std::nullopt : std::optional(found->second);
}

bool is_row_by_row(ComparisonFormat format) {
  return format == ComparisonFormat::kCsv || format == ComparisonFormat::kJsonLines;
}

std::string comparison_header(const std::vector<ScenarioAxis>& axes, ComparisonFormat format) {
  if (format != ComparisonFormat::kCsv) return {};
  std::string line = "scenario,spec";
  for (const ScenarioAxis& axis : axes) line += "," + csv_cell(axis.key);
  return line + "," + plan_csv_columns() + ",problem\n";
}

std::string comparison_row(const ScenarioOutcome& outcome, ComparisonFormat format) {
  return format == ComparisonFormat::kCsv ? csv_row(outcome) : line_of(outcome_json(outcome));
}

std::string render(const Comparison& comparison, ComparisonFormat format, const RenderOptions& options) {
  switch (format) {
    case ComparisonFormat::kTable:
      return table_of(comparison, options);
    case ComparisonFormat::kMarkdown:
      return markdown_of(comparison, options);
    case ComparisonFormat::kJson:
      return json_of(comparison, options);
    case ComparisonFormat::kCsv:
    case ComparisonFormat::kJsonLines:
      break;
  }
  std::string text = comparison_header(comparison.axes, format);
  for (const ScenarioOutcome& outcome : comparison.outcomes) text += comparison_row(outcome, format);
  return text;
}

}  // namespace capplan

#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "report/assumption_report.h"
#include "report/change_figures.h"
#include "report/figures.h"
#include "report/front_report.h"
#include "report/layout_report.h"
#include "report/lever_report.h"
#include "report/relaxation_report.h"

namespace capplan {
namespace {

const std::vector<Column>& columns() {
  static const std::vector<Column> list{{"rank", "#", true, 0},
                                        {"option", "OPTION", false, 0},
                                        {"workload", "WORKLOAD", false, 1},
                                        {"provider", "FROM", false, 0},
                                        {"accelerators", "ACCELERATORS", false, 0},
                                        {"purchase", "PURCHASE", false, 2},
                                        {"region", "REGION", false, 4},
                                        {"time", "TIME", true, 0},
                                        {"cost", "COST", true, 0},
                                        {"range", "P10 – P90", true, 1},
                                        {"unit_cost", "A UNIT", true, 5},
                                        {"mfu", "MFU", true, 6},
                                        {"carbon", "CO2E", true, 7},
                                        {"standing", "", false, 3}};
  return list;
}

// What one allocation adds to its plan's row; a plan of several goes on in lines of its own.
struct AllocationCells {
  std::string workload, provider, accelerators, purchase, region, mfu;
};

AllocationCells cells_of(const Allocation& a, const Plan& plan) {
  return {plan.workloads[a.workload].name,
          std::string(a.provider),
          std::to_string(a.count) + " × " + std::string(a.accelerator),
          std::string(purchase_name(a.purchase)),
          std::string(a.region),
          percent_text(a.execution.mfu)};
}

// A million, or a billion where that would read as nothing.
std::string per_unit(double usd, const std::string& unit, const ShownCurrency& shown) {
  constexpr double kReadable = 0.01;
  return usd * 1e6 >= kReadable ? money_text(usd * 1e6, shown) + "/M " + unit
                                : money_text(usd * 1e9, shown) + "/B " + unit;
}

std::string unit_cost(const PlanOption& option, const Plan& plan, const ShownCurrency& shown) {
  if (plan.workloads.size() != 1) return "";
  const Demand& d = plan.workloads.front().demand;
  const double usd = option.cost.total().usd();
  if (d.kind == WorkloadKind::kServing && d.output_tokens > 0 && d.samples > 0)
    return money_text(usd / (d.samples * d.output_tokens) * 1e6, shown) + "/M out";
  if (d.tokens > 0) return per_unit(usd / (d.tokens * d.runs), "tok", shown);
  if (d.samples > 0) return per_unit(usd / (d.samples * d.runs), "smp", shown);
  return "";
}

std::string mark(const PlanOption& option, const Plan& plan) {
  if (!option.feasible) return "✘";
  if (&option == &plan.options.front()) return "✔ cheapest";
  return option.on_pareto_front ? "◆ Pareto" : "";
}

std::string best_word(Objective objective) {
  switch (objective) {
    case Objective::kCost:
      return "✔ cheapest";
    case Objective::kTime:
      return "✔ fastest";
    case Objective::kCarbon:
      return "✔ least carbon";
    case Objective::kCostP90:
      return "✔ lowest P90";
  }
  return "✔";
}

// Hours of a run on spot, and on what stands in for it.
std::string spot_text(const Allocation& a) {
  const Interrupted& parts = *a.interrupted;
  const std::string spot = "expected of a run: " + time_text(parts.on_spot) + " on spot";
  if (parts.fallback == nullptr) return spot + ", waiting while there is none";
  return spot + ", " + time_text(parts.on_fallback) + " on-demand in its place to keep the deadline";
}

std::string present_value_text(const PlanOption& o, const Plan& plan, const ShownCurrency& shown) {
  std::string text = "present value " + money_text(o.npv->in(kUsd), shown) + " at " +
                     percent_text(plan.discounting->rate.yearly()) + " a year";
  if (o.npv_after_tax) text += ", " + money_text(o.npv_after_tax->in(kUsd), shown) + " after tax";
  return text;
}

// "cheapest in 61%, late in 4% of 1,024 samples": of what can be said at all; empty where nothing can.
std::string odds_text(const PlanOption& o, const Plan& plan) {
  constexpr double kWorthSaying = 0.005;
  const auto says_something = [](double p) { return p >= kWorthSaying && p <= 1 - kWorthSaying; };
  if (!o.feasible) return {};
  std::vector<std::string> parts;
  const auto say = [&](const char* what, const std::optional<double>& p) {
    if (p && says_something(*p)) parts.push_back(std::string(what) + " in " + percent_text(*p));
  };
  say("cheapest", o.p_cheapest);
  say("over budget", o.p_over_budget);
  say("late", o.p_late);
  if (parts.empty()) return {};
  return fmt::format("{} of {} samples", fmt::join(parts, ", "), number_text(plan.sampling.samples));
}

// What the columns leave out.
std::vector<std::string> notes_of(const PlanOption& o, const Plan& plan, const ShownCurrency& shown) {
  std::vector<std::string> notes = o.notes;
  for (const Allocation& a : o.allocations) {
    if (a.interrupted) notes.push_back(spot_text(a));
  }
  if (std::string odds = odds_text(o, plan); !odds.empty()) notes.push_back(std::move(odds));
  if (o.npv && plan.discounting) notes.push_back(present_value_text(o, plan, shown));
  if (std::string assumed = assumption_note(plan, o); !assumed.empty()) notes.push_back(std::move(assumed));
  return notes;
}

void add_rows(Grid& grid, const PlanOption& o, const Plan& plan, const ShownCurrency& shown) {
  std::string standing = mark(o, plan);
  if (standing == "✔ cheapest") standing = best_word(plan.objective);
  const AllocationCells first = cells_of(o.allocations.front(), plan);
  GridRow row;
  row.cells = {std::to_string(o.rank),
               std::string(supply_option_name(o.option)),
               first.workload,
               first.provider,
               first.accelerators,
               first.purchase,
               first.region,
               time_text(o.wall_clock),
               money_text(o.cost.total().usd(), shown),
               range_text(o, shown),
               unit_cost(o, plan, shown),
               first.mfu,
               o.energy.kwh > 0 ? mass_text(o.energy.kg_co2e) : "",
               standing};
  row.strong = o.feasible && o.rank == 1;
  grid.rows.push_back(std::move(row));
  for (std::size_t i = 1; i < o.allocations.size(); ++i) {
    const AllocationCells more = cells_of(o.allocations[i], plan);
    GridRow next;
    next.cells = {"",
                  "",
                  more.workload,
                  more.provider,
                  more.accelerators,
                  more.purchase,
                  more.region,
                  "",
                  "",
                  "",
                  "",
                  more.mfu,
                  "",
                  ""};
    grid.rows.push_back(std::move(next));
  }
  GridRow& last = grid.rows.back();
  for (const std::string& violation : o.violations) last.below.push_back("✘ out: " + violation);
  if (!o.relaxation.empty()) last.below.push_back("would be in with " + o.relaxation);
  for (const std::string& note : notes_of(o, plan, shown)) last.below.push_back("· " + note);
}

void drop_column(Grid& grid, std::string_view key) {
  const auto found =
      std::find_if(grid.columns.begin(), grid.columns.end(), [&](const Column& c) { return c.key == key; });
  const auto index = found - grid.columns.begin();
  grid.columns.erase(found);
  for (GridRow& row : grid.rows) row.cells.erase(row.cells.begin() + index);
}

std::size_t column_of(const Grid& grid, std::string_view key) {
  const auto found =
      std::find_if(grid.columns.begin(), grid.columns.end(), [&](const Column& c) { return c.key == key; });
  return static_cast<std::size_t>(found - grid.columns.begin());
}

// Where there is no room for the column, the option says how it is bought, unless that is by the hour or
// owned: whether a plan can be taken away or binds for years must never go unsaid.
void fold_purchase(Grid& grid) {
  const std::size_t option = column_of(grid, "option");
  const std::size_t purchase = column_of(grid, "purchase");
  for (GridRow& row : grid.rows) {
    const std::string& how = row.cells[purchase];
    if (how == purchase_name(Purchase::kOnDemand) || how == purchase_name(Purchase::kOwned)) continue;
    row.cells[option] += (row.cells[option].empty() ? "" : " ") + how;
  }
  drop_column(grid, "purchase");
}

// Nor how far off the cost may be.
void fold_range(Grid& grid) {
  const std::size_t range = column_of(grid, "range");
  for (std::size_t first = 0; first < grid.rows.size();) {
    std::size_t next = first + 1;
    while (next < grid.rows.size() && grid.rows[next].cells.front().empty()) ++next;
    std::vector<std::string>& below = grid.rows[next - 1].below;
    below.insert(below.begin(), "· P10 – P90: " + grid.rows[first].cells[range]);
    first = next;
  }
  drop_column(grid, "range");
}

Grid grid_of(const std::vector<const PlanOption*>& options, const Plan& plan, const RenderOptions& render) {
  Grid grid;
  grid.columns = columns();
  for (const PlanOption* option : options) add_rows(grid, *option, plan, render.currency);
  if (plan.workloads.size() == 1) drop_column(grid, "workload");
  if (!shows_column(grid, "purchase", render.width)) fold_purchase(grid);
  if (!shows_column(grid, "range", render.width)) fold_range(grid);
  return grid;
}

// The best firm plan of each of the four options, in rank order.
std::vector<const PlanOption*> four_options(const Plan& plan) {
  std::vector<const PlanOption*> best;
  for (const SupplyOption option :
       {SupplyOption::kCloud, SupplyOption::kRental, SupplyOption::kOnPrem, SupplyOption::kHybrid}) {
    const auto found = std::find_if(plan.options.begin(), plan.options.end(), [&](const PlanOption& o) {
      // An admitted spot plan competes like any other.
      const bool admitted =
          o.firm || std::none_of(o.violations.begin(), o.violations.end(),
                                 [](const std::string& v) { return v.starts_with("purchases"); });
      return o.option == option && admitted && is_usual(o.standing);
    });
    if (found != plan.options.end()) best.push_back(&*found);
  }
  // Nothing but what may be taken away, or is priced oddly: better shown, with what is wrong with it.
  if (best.empty() && !plan.options.empty()) best.push_back(&plan.options.front());
  std::sort(best.begin(), best.end(),
            [](const PlanOption* a, const PlanOption* b) { return a->rank < b->rank; });
  return best;
}

// Among plans whose only fault is that they can be interrupted.
const PlanOption* best_interruptible(const Plan& plan) {
  for (const PlanOption& o : plan.options) {
    const bool only = std::all_of(o.violations.begin(), o.violations.end(),
                                  [](const std::string& v) { return v.starts_with("purchases"); });
    if (!o.firm && only && is_usual(o.standing)) return &o;
  }
  return nullptr;
}

std::string workload_lines(const WorkloadDemand& w, const RenderOptions& options) {
  const Demand& d = w.demand;
  std::string what = std::string(workload_kind_name(d.kind)) + " · " + std::string(family_name(d.family)) +
                     " · " + count_text(d.params) + " parameters";
  std::string demand = flops_text(d.total_flops);
  if (d.kind == WorkloadKind::kServing) {
    what += " · " + number_text(d.mean_requests_per_second) + " requests/s, peak " +
            number_text(d.peak_requests_per_second);
    demand += " over the horizon · " + plain_number(d.prompt_tokens) + " tokens in, " +
              plain_number(d.output_tokens) + " out";
  } else {
    if (d.tokens > 0) what += " · " + count_text(d.tokens) + " tokens";
    if (d.tokens == 0 && d.samples > 0) what += " · " + count_text(d.samples) + " samples";
    if (d.steps > 0) demand += " in " + count_text(d.steps) + " steps of " + count_text(d.global_batch);
    const double final_runs = std::round((d.runs - d.experiments) * 100) / 100;
    demand += final_runs == 1 ? " · 1 run" : " · " + plain_number(final_runs) + " runs";
    if (d.experiments > 0)
      demand += " and trials worth " + plain_number(std::round(d.experiments * 100) / 100) + " more";
  }
  return wrap(what, options.width, w.name + "  ", 10) + "\n" + wrap(demand, options.width, "  demand  ", 10) +
         "\n";
}

std::string heading(const Plan& plan, const RenderOptions& options) {
  std::string out;
  for (const WorkloadDemand& w : plan.workloads) out += workload_lines(w, options);
  const std::string prices = "as of " + plan.catalog_as_of + " · " + currency_text(options.currency) +
                             " · horizon " + span_text(plan.horizon) + " · ranked by " +
                             std::string(objective_name(plan.objective));
  return out + wrap(prices, options.width, "  prices  ", 10) + "\n\n";
}

std::string served_text(const ServingExecution& s) {
  return std::to_string(s.replicas) + (s.replicas == 1 ? " replica of " : " replicas of ") +
         std::to_string(s.tensor_parallel) + ", batches up to " + std::to_string(s.max_batch) + ", TTFT " +
         time_text(s.ttft) + ", TPOT " + time_text(s.tpot) + ", " + percent_text(s.utilization) +
         " busy at the peak";
}

std::string evidence_line(const PlanOption& first, const RenderOptions& options) {
  std::string out = "\n";
  const std::string plan_name = "plan " + std::to_string(first.rank);
  for (const Allocation& a : first.allocations) {
    const Execution& e = a.execution;
    if (e.serving && e.serving->ttft.base() > 0)
      out += wrap(plan_name + " serves with " + served_text(*e.serving), options.width, "", 2) + "\n";
    if (e.evidence.empty()) continue;
    const std::string mfu = e.serving ? "" : "MFU " + percent_text(e.mfu) + ", ";
    out += wrap(fmt::format("{} rests on {}{}", plan_name, mfu, e.evidence), options.width, "", 2) + "\n";
  }
  return out;
}

std::string break_even_text(const BreakEven& b) {
  const std::string pair = " (" + b.buy + " against " + b.rent + ")";
  if (b.utilization > 1) return "owning does not pay within the horizon, however much it is used" + pair;
  if (!b.bought)
    return "leasing pays from " + percent_text(b.utilization) +
           " use of the horizon; there is no capital to be paid back" + pair;
  return "owning pays from " + percent_text(b.utilization) + " use of the horizon, or after " +
         span_text(b.months * kMonth) + " at full use" + pair;
}

// "on eight accelerators: …"
std::string by_count_lines(const Plan& plan, const RenderOptions& options, const std::string& bullet) {
  std::string out;
  for (const PlanOfCount& row : plan.by_count) {
    const PlanOption& o = row.option;
    if (!plan.options.empty() && o.id == plan.options.front().id) continue;  // said above
    const std::string range = range_text(o, options.currency);
    std::string text = bullet +
                       (row.count == 1 ? "on one accelerator: " : "on " + std::to_string(row.count) + ": ") +
                       o.id + ", " + money_text(o.cost.total().usd(), options.currency) +
                       (range.find("–") == std::string::npos ? "" : " (P10 – P90 " + range + ")") + ", " +
                       time_text(o.wall_clock);
    if (!o.violations.empty()) text += "; " + o.violations.front();
    out += wrap(text, options.width, "", 2) + "\n";
  }
  return out;
}

std::string footer(const Plan& plan, const RenderOptions& options, bool is_document = false) {
  std::size_t feasible = 0;
  for (const PlanOption& o : plan.options) feasible += o.feasible ? 1U : 0U;
  std::string out;
  for (const BreakEven& b : plan.break_even) out += wrap(break_even_text(b), options.width, "", 2) + "\n";
  for (const std::string& note : plan.notes) out += wrap(note, options.width, "", 2) + "\n";
  if (!plan.proven)
    out +=
        wrap("interrupted: the best that was found so far, not proven to be the best", options.width, "", 2) +
        "\n";
  constexpr double kShows = 0.01;
  if (plan.sampling.error > kShows)
    out +=
        wrap(fmt::format("P10 – P90 of plan 1 are known to ±{} of its P50 only, with {} samples (--samples)",
                         percent_text(plan.sampling.error), number_text(plan.sampling.samples)),
             options.width, "", 2) +
        "\n";
  std::string counts = std::to_string(plan.options.size()) +
                       (plan.options.size() == 1 ? " plan, " : " plans, ") + std::to_string(feasible) +
                       " feasible, " + std::to_string(plan.rejected.size()) + " rejected";
  if (!options.all && !options.top && !is_document) counts += " · more with --top 20, --all or --format json";
  return out + wrap(counts, options.width, "", 2) + "\n";
}

struct RejectedAlike {
  const Rejection* first;
  std::size_t count;
};

// Those with one reason together, the most common first; with --all each alone.
std::vector<RejectedAlike> rejected_alike(const Plan& plan, bool all) {
  std::vector<RejectedAlike> groups;
  for (const Rejection& r : plan.rejected) {
    const auto alike = std::ranges::find_if(groups, [&](const RejectedAlike& g) {
      return !all && g.first->reason == r.reason && g.first->relaxation == r.relaxation;
    });
    if (alike != groups.end()) {
      ++alike->count;
    } else {
      groups.push_back({&r, 1});
    }
  }
  std::ranges::stable_sort(groups, std::ranges::greater{}, &RejectedAlike::count);
  return groups;
}

std::string rejected_lines(const Plan& plan, const RenderOptions& options) {
  if (plan.rejected.empty() || (!options.all && plan.feasible())) return {};
  std::string out = "\nrejected\n";
  constexpr std::size_t kMostGroups = 10;
  std::size_t shown = 0;
  const std::vector<RejectedAlike> groups = rejected_alike(plan, options.all);
  for (std::size_t i = 0; i < groups.size() && (options.all || i < kMostGroups); ++i) {
    const auto& [first, count] = groups[i];
    const std::string change = first->relaxation.empty() ? "" : " (" + first->relaxation + ")";
    const std::string line =
        count == 1 ? fmt::format("✘ {}: {}{}", first->id, first->reason, change)
                   : fmt::format("✘ {} plans, {} and others: {}{}", count, first->id, first->reason, change);
    out += wrap(line, options.width, "  ", 4) + "\n";
    shown += count;
  }
  if (shown < plan.rejected.size())
    out += "  … and " + std::to_string(plan.rejected.size() - shown) + " more (--all)\n";
  return out;
}

std::vector<const PlanOption*> table_options(const Plan& plan, const RenderOptions& options) {
  return options.all || options.top ? shown_options(plan, options) : four_options(plan);
}

}  // namespace

std::string render_plan_table(const Plan& plan, const RenderOptions& options) {
  const std::vector<const PlanOption*> shown = table_options(plan, options);
  const PlanOption* first = shown.empty() ? nullptr : shown.front();
  std::string out = heading(plan, options);
  if (!shown.empty()) out += render_grid(grid_of(shown, plan, options), options);
  const PlanOption* spot = best_interruptible(plan);
  if (spot != nullptr && !options.all && !options.top && !spot->feasible) {
    RenderOptions plain = options;
    plain.width = 0;
    const std::string range =
        money_text(spot->cost.total().usd(), options.currency) + " expected, " +
        (spot->sampled ? money_text(spot->sampled->p90.usd(), options.currency) + " P90, " : "") +
        time_text(spot->wall_clock);
    out += wrap("best interruptible: " + spot->id + ", " + range +
                    "; not firm, so not ranked (constraints.purchases admits it)",
                options.width, " ", 3) +
           "\n";
    for (const std::string& note : notes_of(*spot, plan, options.currency))
      out += wrap(note, options.width, "   · ", 5) + "\n";
  }
  if (first != nullptr) out += evidence_line(*first, options) + layout_lines(*first, options, "  ");
  out += by_count_lines(plan, options, "") + front_table(plan, options);
  out += footer(plan, options) + relaxation_lines(plan, options, "  · ") + rejected_lines(plan, options) +
         assumption_lines(plan, first, options, "  · ");
  out += lever_table_text(plan, options) + scaling_table(plan, options);
  return options.ascii ? to_ascii(std::move(out)) : out;
}

std::string render_plan_markdown(const Plan& plan, const RenderOptions& options) {
  RenderOptions plain = options;
  plain.width = 0;
  plain.colour = false;
  std::string out = "## " + code_span(plan.name) + "\n\n";
  for (const WorkloadDemand& w : plan.workloads)
    out += "- " + code_span(w.name) + ": " + std::string(workload_kind_name(w.demand.kind)) + ", " +
           count_text(w.demand.params) + " parameters, " + flops_text(w.demand.total_flops) + "\n";
  out += "- prices as of " + plan.catalog_as_of + ", " + currency_text(options.currency) + ", horizon " +
         span_text(plan.horizon) + ", ranked by " + std::string(objective_name(plan.objective)) + "\n\n";
  const std::vector<const PlanOption*> shown = table_options(plan, options);
  const PlanOption* first = shown.empty() ? nullptr : shown.front();
  const Grid grid = grid_of(shown, plan, plain);
  out += render_markdown(grid) + "\n";
  std::string rank;
  for (const GridRow& row : grid.rows) {
    if (!row.cells[0].empty()) rank = row.cells[0];
    for (const std::string& below : row.below)
      out += "- plan " + rank + ": " +
             inert_markdown(below.starts_with("· ") ? below.substr(std::string_view("· ").size()) : below) +
             "\n";
  }
  if (first != nullptr) out += evidence_line(*first, plain) + layout_lines(*first, plain, "- ");
  out += by_count_lines(plan, plain, "- ") + front_markdown(plan, plain);
  return out + lever_markdown(plan, plain.currency) + scaling_markdown(plan, plain.currency) + "\n" +
         inert_markdown(footer(plan, plain, true) + relaxation_lines(plan, plain, "- ") +
                        assumption_lines(plan, first, plain, "- "));
}

}  // namespace capplan

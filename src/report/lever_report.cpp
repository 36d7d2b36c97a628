#include "report/lever_report.h"

#include <cmath>

#include "core/number_text.h"
#include "report/change_figures.h"
#include "report/figures.h"

namespace capplan {
namespace {

// "-12%"
std::string change_text(double ratio) {
  const double percent = std::round((ratio - 1) * 1000) / 10;
  if (percent == 0) return "0%";
  return (percent > 0 ? "+" : "") + plain_number(std::abs(percent) >= 10 ? std::round(percent) : percent) +
         "%";
}

double cost_ratio(const LeverEffect& e, const LeverTable& table) {
  return table.cost.usd() > 0 ? e.cost.usd() / table.cost.usd() : 1;
}

bool saves(const LeverEffect& e, const LeverTable& table) {
  return e.works() && cost_ratio(e, table) < 1 - kWorthwhileSaving;
}

std::string loss_text(QualityLoss loss) {
  switch (loss) {
    case QualityLoss::kExact:
      return "same";
    case QualityLoss::kNoise:
      return "in the noise";
    case QualityLoss::kSome:
      return "some loss";
    case QualityLoss::kTask:
      return "try it";
  }
  return {};
}

std::string memory_change(const LeverEffect& e, const LeverTable& table) {
  return table.memory.base() > 0 ? change_text(e.memory / table.memory) : "";
}

Grid grid_of(const LeverTable& table, const ShownCurrency& shown) {
  Grid grid;
  grid.columns = {{"lever", "WOULD HELP", false, 0}, {"flops", "FLOP", true, 3},
                  {"memory", "MEMORY", true, 2},     {"time", "TIME", true, 1},
                  {"cost", "COST", true, 0},         {"saves", "SAVES", true, 0},
                  {"quality", "QUALITY", false, 1}};
  for (const LeverEffect& e : table.effects) {
    if (!saves(e, table)) continue;
    GridRow row;
    row.cells = {std::string(e.id),
                 change_text(e.flops),
                 memory_change(e, table),
                 time_text(e.time),
                 money_text(e.cost.usd(), shown),
                 money_text(table.cost.usd() - e.cost.usd(), shown),
                 loss_text(e.loss)};
    row.below.push_back(std::string(e.name) + ". Quality: " + std::string(e.quality) + " (" +
                        std::string(e.source) + ")" +
                        (e.conflicts.empty() ? "" : "; not with " + e.conflicts));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string rest_text(const LeverTable& table) {
  std::string dearer;
  std::string idle;
  std::string used;
  const auto add = [](std::string& list, const std::string& item) {
    list += (list.empty() ? "" : ", ") + item;
  };
  for (const LeverEffect& e : table.effects) {
    if (e.in_use) {
      add(used, std::string(e.id));
    } else if (!e.impossible.empty()) {
      add(idle, std::string(e.id) + " (" + e.impossible + ")");
    } else if (!saves(e, table)) {
      add(dearer, std::string(e.id) + " " + change_text(cost_ratio(e, table)));
    }
  }
  std::string out;
  if (!dearer.empty()) out += "saves nothing here: " + dearer;
  if (!used.empty()) out += (out.empty() ? "" : "; ") + ("in use: " + used);
  if (!idle.empty()) out += (out.empty() ? "" : "; ") + ("no effect: " + idle);
  return out;
}

std::string best_text(const LeverTable& table, const ShownCurrency& shown) {
  if (table.best.empty()) return {};
  std::string ids;
  for (const Text id : table.best) ids += (ids.empty() ? "" : " + ") + std::string(id);
  return "most saved without a loss in the evidence: " + ids + ", " +
         money_text(table.best_cost.usd(), shown) + " in " + time_text(table.best_time);
}

std::string title_of(const LeverTable& table, const std::string& workload, const ShownCurrency& shown) {
  return "what would help " + workload + ", on the accelerators of plan 1 (" +
         money_text(table.cost.usd(), shown) + ", " + time_text(table.time) +
         "); each alone, they do not add up";
}

}  // namespace

std::string lever_table_text(const Plan& plan, const RenderOptions& options) {
  std::string out;
  for (const LeverTable& table : plan.levers) {
    out +=
        "\n" +
        wrap(title_of(table, plan.workloads[table.workload].name, options.currency), options.width, "", 2) +
        "\n";
    const Grid grid = grid_of(table, options.currency);
    if (!grid.rows.empty()) out += "\n" + render_grid(grid, options);
    if (const std::string best = best_text(table, options.currency); !best.empty())
      out += wrap("◆ " + best, options.width, "  ", 4) + "\n";
    if (const std::string rest = rest_text(table); !rest.empty())
      out += wrap(rest, options.width, "  ", 4) + "\n";
  }
  return out;
}

std::string lever_markdown(const Plan& plan, const ShownCurrency& shown) {
  std::string out;
  for (const LeverTable& table : plan.levers) {
    out += "\n### " + title_of(table, code_span(plan.workloads[table.workload].name), shown) + "\n\n";
    const Grid grid = grid_of(table, shown);
    if (!grid.rows.empty()) out += render_markdown(grid) + "\n";
    for (const GridRow& row : grid.rows) out += "- " + row.cells.front() + ": " + row.below.front() + "\n";
    if (const std::string best = best_text(table, shown); !best.empty()) out += "- " + best + "\n";
    if (const std::string rest = rest_text(table); !rest.empty()) out += "- " + rest + "\n";
  }
  return out;
}

}  // namespace capplan

#include "report/sensitivity_report.h"

#include <fmt/format.h>

#include "report/change_figures.h"
#include "report/figures.h"
#include "report/formats.h"
#include "report/grid.h"
#include "report/json_text.h"

namespace capplan {
namespace {

constexpr double kManyOf = 1e6;  // counts beyond are told in millions, billions, …

// A value of an input for people.
std::string value_text(double value, const SensitivityInput& input, const ShownCurrency& shown) {
  switch (input.unit) {
    case SensitivityUnit::kMfu:
      return percent_text(value);
    case SensitivityUnit::kTimeRatio:
    case SensitivityUnit::kPriceRatio:
    case SensitivityUnit::kWorkRatio:
      return "× " + fmt::format("{:.3g}", value);
    case SensitivityUnit::kHourly:
      return money_text(value, shown) + "/h";
    case SensitivityUnit::kPerKwh:
      return money_text(value, shown) + "/kWh";
    case SensitivityUnit::kFigure:
      return (value >= kManyOf ? count_text(value) : number_text(value)) +
             (input.figure_unit.empty() ? "" : " " + input.figure_unit);
  }
  return {};
}

GridRow row_of(const SensitivityInput& input, const ShownCurrency& shown) {
  const auto value = [&](double v) { return value_text(v, input, shown); };
  GridRow row;
  row.cells = {input.name, value(input.central), "", "", "", "", ""};
  if (!input.bar) return row;
  row.cells[2] = value(input.bar->p10);
  row.cells[3] = value(input.bar->p90);
  row.cells[4] = short_money_text(input.bar->at_p10.usd(), shown);
  row.cells[5] = short_money_text(input.bar->at_p90.usd(), shown);
  row.cells[6] = short_money_text(input.bar->swing().usd(), shown);
  return row;
}

Grid grid_of(const Sensitivity& found, const ShownCurrency& shown) {
  Grid grid;
  grid.columns = {
      {"input", "INPUT", false, 0}, {"central", "NOW", true, 1},        {"p10", "P10", true, 2},
      {"p90", "P90", true, 2},      {"at_p10", "COST AT P10", true, 0}, {"at_p90", "COST AT P90", true, 0},
      {"swing", "SWING", true, 0}};
  for (const SensitivityInput& input : found.inputs) {
    if (input.bar) grid.rows.push_back(row_of(input, shown));
  }
  return grid;
}

std::string switch_text(const SensitivityInput& input, const SwitchPoint& at, const char* side,
                        const ShownCurrency& shown) {
  std::string text =
      fmt::format("{} {} {}, plan {} becomes the cheapest: {}, {}", input.name, side,
                  value_text(at.value, input, shown), at.rank, at.id, money_text(at.cost.usd(), shown));
  constexpr double kShows = 0.005;
  if (at.apart && *at.apart > kShows)
    text += fmt::format(" (priced anew there, the two are {} apart)", percent_text(*at.apart));
  return text;
}

std::vector<std::string> switches_of(const Sensitivity& found, const ShownCurrency& shown) {
  std::vector<std::string> lines;
  for (const SensitivityInput& input : found.inputs) {
    if (input.below) lines.push_back(switch_text(input, *input.below, "below", shown));
    if (input.above) lines.push_back(switch_text(input, *input.above, "above", shown));
  }
  if (lines.empty()) lines.emplace_back("no other plan becomes the cheapest by one input alone");
  return lines;
}

std::string heading(const Sensitivity& found, const std::string& name, const Plan& plan,
                    const ShownCurrency& shown) {
  return fmt::format("{} · the cheapest is plan {}, {}, {} · prices as of {} · {}", name, found.rank,
                     found.id, money_text(found.cost.usd(), shown), plan.catalog_as_of, currency_text(shown));
}

std::string table_of(const Sensitivity& found, const Plan& plan, const RenderOptions& options) {
  std::string out = wrap(heading(found, plan.name, plan, options.currency), options.width, "", 2) + "\n\n";
  const Grid grid = grid_of(found, options.currency);
  if (!grid.rows.empty()) out += render_grid(grid, options) + "\n";
  for (const std::string& line : switches_of(found, options.currency))
    out += wrap(line, options.width, "", 2) + "\n";
  return options.ascii ? to_ascii(std::move(out)) : out;
}

std::string markdown_of(const Sensitivity& found, const Plan& plan, const RenderOptions& options) {
  std::string out = "## " + heading(found, code_span(plan.name), plan, options.currency) + "\n\n";
  const Grid grid = grid_of(found, options.currency);
  if (!grid.rows.empty()) out += render_markdown(grid) + "\n";
  for (const std::string& line : switches_of(found, options.currency)) out += "- " + line + "\n";
  return out;
}

std::string unit_name(const SensitivityInput& input) {
  return input.figure_unit.empty() ? std::string(sensitivity_unit_name(input.unit)) : input.figure_unit;
}

Json switch_json(const std::optional<SwitchPoint>& at) {
  if (!at) return nullptr;
  return {{"value", num(at->value)},
          {"id", at->id},
          {"rank", at->rank},
          {"total_usd", num(at->cost.usd())},
          {"apart", at->apart ? num(*at->apart) : Json(nullptr)}};
}

std::string json_of(const Plan& plan, const RenderOptions& options) {
  Json out{{"schema", "capplan.sensitivity/1"},
           {"capplan_version", options.version},
           {"name", plan.name},
           {"catalog", {{"as_of", plan.catalog_as_of}, {"sha256", plan.catalog_sha256}}}};
  out["plan"] = nullptr;
  out["inputs"] = Json::array();
  if (plan.sensitivity) {
    const Sensitivity& found = *plan.sensitivity;
    out["plan"] = {{"id", found.id}, {"rank", found.rank}, {"total_usd", num(found.cost.usd())}};
    for (const SensitivityInput& input : found.inputs) {
      Json row{{"input", input.name},
               {"source", input.source.empty() ? Json(nullptr) : Json(input.source)},
               {"unit", unit_name(input)},
               {"central", num(input.central)}};
      const auto& bar = input.bar;
      row["p10"] = bar ? num(bar->p10) : Json(nullptr);
      row["p90"] = bar ? num(bar->p90) : Json(nullptr);
      row["usd_at_p10"] = bar ? num(bar->at_p10.usd()) : Json(nullptr);
      row["usd_at_p90"] = bar ? num(bar->at_p90.usd()) : Json(nullptr);
      row["swing_usd"] = bar ? num(bar->swing().usd()) : Json(nullptr);
      row["switch_below"] = switch_json(input.below);
      row["switch_above"] = switch_json(input.above);
      out["inputs"].push_back(std::move(row));
    }
  }
  out["diagnostics"] = diagnostics_json(plan.diagnostics);
  return text_of(out);
}

std::string csv_of(const Plan& plan, const RenderOptions& options) {
  Listing listing{"sensitivity",
                  {{"input", "", false, 0},
                   {"unit", "", false, 0},
                   {"central", "", true, 0},
                   {"p10", "", true, 0},
                   {"p90", "", true, 0},
                   {"usd_at_p10", "", true, 0},
                   {"usd_at_p90", "", true, 0},
                   {"swing_usd", "", true, 0},
                   {"switch_below", "", true, 0},
                   {"switch_below_id", "", false, 0},
                   {"switch_above", "", true, 0},
                   {"switch_above_id", "", false, 0},
                   {"source", "", false, 0}},
                  {}};
  if (plan.sensitivity) {
    for (const SensitivityInput& input : plan.sensitivity->inputs) {
      const auto of_bar = [&](double value) { return input.bar ? number_cell(value) : empty_cell(); };
      const TornadoBar bar = input.bar.value_or(TornadoBar{});
      std::vector<Cell> row{text_cell(input.name),
                            text_cell(unit_name(input)),
                            number_cell(input.central),
                            of_bar(bar.p10),
                            of_bar(bar.p90),
                            of_bar(bar.at_p10.usd()),
                            of_bar(bar.at_p90.usd()),
                            of_bar(bar.swing().usd())};
      for (const auto& at : {input.below, input.above}) {
        row.push_back(at ? number_cell(at->value) : empty_cell());
        row.push_back(at ? text_cell(at->id) : empty_cell());
      }
      row.push_back(text_cell(input.source));
      listing.rows.push_back(std::move(row));
    }
  }
  return render(listing, Format::kCsv, options);
}

}  // namespace

std::string render_sensitivity(const Plan& plan, Format format, const RenderOptions& options) {
  if (format == Format::kJson) return json_of(plan, options);
  if (format == Format::kCsv) return csv_of(plan, options);
  if (!plan.sensitivity)
    return (format == Format::kMarkdown ? code_span(plan.name) : plan.name) +
           ": no plan is feasible at a usual price\n";
  return format == Format::kMarkdown ? markdown_of(*plan.sensitivity, plan, options)
                                     : table_of(*plan.sensitivity, plan, options);
}

}  // namespace capplan

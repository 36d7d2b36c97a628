#include "report/diff_report.h"

#include <algorithm>

#include "report/change_figures.h"
#include "report/figures.h"
#include "report/grid.h"
#include "report/json_text.h"

namespace capplan {
namespace {

std::vector<std::string> effect_cells(const Effects& effects, bool unsplit) {
  std::vector<std::string> cells{change_text(effects.spec), change_text(effects.price),
                                 change_text(effects.engine)};
  if (unsplit) cells.push_back(change_text(effects.unsplit));
  return cells;
}

bool has_unsplit(const Diff& diff) {
  return std::any_of(diff.specs.begin(), diff.specs.end(),
                     [](const SpecDiff& s) { return s.effects.unsplit != Money(); });
}

GridRow cost_row(std::string name, const std::optional<Money>& before, const std::optional<Money>& after,
                 const Effects& effects, bool unsplit, std::string time) {
  GridRow row;
  row.cells = {std::move(name), cost_text(before), cost_text(after),
               change_text(after.value_or(Money()) - before.value_or(Money())),
               percent_change(before.value_or(Money()), after.value_or(Money()))};
  for (std::string& cell : effect_cells(effects, unsplit)) row.cells.push_back(std::move(cell));
  row.cells.push_back(std::move(time));
  return row;
}

Grid cost_grid(const Diff& diff) {
  const bool unsplit = has_unsplit(diff);
  Grid grid;
  grid.columns = {{"workload", "WORKLOAD", false, 0}, {"before", "BEFORE", true, 0},
                  {"after", "AFTER", true, 0},        {"change", "CHANGE", true, 0},
                  {"percent", "", true, 2},           {"spec", "SPEC", true, 0},
                  {"price", "PRICE", true, 0},        {"engine", "ENGINE", true, 0}};
  if (unsplit) grid.columns.push_back({"unsplit", "UNSPLIT", true, 0});
  grid.columns.push_back({"time", "TIME", true, 1});
  for (const SpecDiff& spec : diff.specs) {
    GridRow whole =
        cost_row(spec.name, cost_of(spec.base), cost_of(spec.head), spec.effects, unsplit, time_change(spec));
    whole.strong = true;
    grid.rows.push_back(std::move(whole));
    for (const WorkloadChange& w : spec.workloads) {
      if (spec.workloads.size() > 1)
        grid.rows.push_back(cost_row("· " + w.name, w.before, w.after, w.effects, unsplit, ""));
    }
  }
  if (diff.specs.size() > 1) {
    GridRow sum = cost_row("in all", diff.before(), diff.after(), diff.effects(), unsplit, "");
    sum.strong = true;
    grid.rows.push_back(std::move(sum));
  }
  return grid;
}

Grid key_grid(const SpecDiff& spec) {
  Grid grid;
  grid.columns = {{"key", "KEY", false, 0},
                  {"before", "BEFORE", false, 0},
                  {"after", "AFTER", false, 0},
                  {"effect", "COSTS", true, 0},
                  {"place", "LINE", false, 1}};
  constexpr std::size_t kLongest = 48;
  const auto value = [](const std::string& text) {
    if (text.empty()) return std::string("none");
    return text.size() > kLongest ? "…" : text;
  };
  for (const KeyChange& key : spec.keys) {
    grid.rows.push_back({{key.key, value(key.before), value(key.after),
                          key.effect ? change_text(*key.effect) : "not alone", place_text(key.place)},
                         {},
                         false});
  }
  return grid;
}

// What the keys change together only.
std::string interaction_text(const SpecDiff& spec) {
  Money rest = spec.effects.spec;
  for (const KeyChange& key : spec.keys) rest = rest - key.effect.value_or(Money());
  if (spec.keys.size() < 2 || rest == Money()) return {};
  return "each key is set back alone; together they cost " + change_text(rest) + " besides";
}

std::string_view reason_text(Cause cause) {
  switch (cause) {
    case Cause::kSpec:
      return "the spec";
    case Cause::kPrice:
      return "the prices";
    case Cause::kEngine:
      return "the program";
    case Cause::kSpecAndPrice:
      return "the spec and the prices";
    case Cause::kNone:
    case Cause::kUnsplit:
      break;
  }
  return {};
}

std::string winner_text(const SpecDiff& spec) {
  if (spec.winner_changed == Cause::kNone) return {};
  const std::string before = spec.base->winner.empty() ? "none" : spec.base->winner;
  const std::string after = spec.head->winner.empty() ? "none" : spec.head->winner;
  std::string text = "winner " + before + " → " + after;
  if (spec.winner_changed == Cause::kUnsplit) return text;
  text += ", because of " + std::string(reason_text(spec.winner_changed));
  std::string keys;
  for (const KeyChange& key : spec.keys) {
    if (key.decides) keys += (keys.empty() ? "" : ", ") + key.key;
  }
  if (!keys.empty()) text += " (" + keys + ")";
  const auto still = spec.head->by_plan.find(spec.base->winner);
  if (still != spec.head->by_plan.end())
    text += "; " + before + " would now cost " + money_text(still->second.usd()) + ", and did " +
            money_text(spec.base->total.usd());
  return text;
}

std::vector<std::string> notes_of(const SpecDiff& spec) {
  std::vector<std::string> notes;
  if (!spec.base) notes.emplace_back("added");
  if (!spec.head) notes.emplace_back("removed");
  for (const std::string& text : {winner_text(spec), interaction_text(spec)}) {
    if (!text.empty()) notes.push_back(text);
  }
  if (spec.base && !spec.base->feasible) notes.push_back("base: " + spec.base->problem);
  if (spec.head && !spec.head->feasible) notes.push_back("head: " + spec.head->problem);
  notes.insert(notes.end(), spec.notes.begin(), spec.notes.end());
  return notes;
}

std::string render_diff_table(const Diff& diff, std::string_view what, const RenderOptions& options) {
  std::string out = styled(change_headline(diff), Style::kStrong, options) + "  " + printable(what) + "\n";
  if (const std::string identity = identity_text(diff); !identity.empty())
    out += "  " + printable(identity) + "\n";
  out += "\n" + render_grid(cost_grid(diff), options);
  for (const SpecDiff& spec : diff.specs) {
    if (!is_changed(spec)) continue;
    const std::vector<std::string> notes = notes_of(spec);
    if (notes.empty() && spec.keys.empty()) continue;
    out += "\n" + styled(printable(spec.file), Style::kStrong, options) + "\n";
    if (!spec.keys.empty()) out += render_grid(key_grid(spec), options);
    for (const std::string& note : notes) out += wrap(printable(note), options.width, " · ", 3) + "\n";
  }
  return options.ascii ? to_ascii(std::move(out)) : out;
}

std::string render_diff_markdown(const Diff& diff, std::string_view what) {
  std::string out = "### capplan: " + change_headline(diff) + "\n\n" + code_span(what) + "\n\n";
  Grid costs = cost_grid(diff);
  for (GridRow& row : costs.rows) row.cells.front() = code_span(row.cells.front());
  out += render_markdown(costs);
  for (const SpecDiff& spec : diff.specs) {
    if (!is_changed(spec)) continue;
    const std::vector<std::string> notes = notes_of(spec);
    if (notes.empty() && spec.keys.empty()) continue;
    out += "\n" + code_span(spec.file) + "\n\n";
    if (!spec.keys.empty()) {
      Grid keys = key_grid(spec);
      for (GridRow& row : keys.rows) {
        for (const std::size_t i : {0U, 1U, 2U, 4U}) row.cells[i] = code_span(row.cells[i]);
      }
      out += render_markdown(keys) + "\n";
    }
    for (const std::string& note : notes) out += "- " + code_span(note) + "\n";
  }
  if (const std::string identity = identity_text(diff); !identity.empty())
    out += "\n" + code_span(identity) + "\n";
  return out;
}

Json money_json(const std::optional<Money>& money) { return money ? num(money->usd()) : Json(nullptr); }

Json side_json(const std::optional<Outcome>& side) {
  if (!side) return nullptr;
  return {{"plan", side->winner.empty() ? Json(nullptr) : Json(side->winner)},
          {"feasible", side->feasible},
          {"total_usd", money_json(cost_of(side))},
          {"wall_clock_hours", side->winner.empty() ? Json(nullptr) : num(side->wall_clock.in(kHour))},
          {"capplan_version", side->identity.version},
          {"catalog", {{"as_of", side->identity.catalog_as_of}, {"sha256", side->identity.catalog_sha256}}},
          {"spec_sha256", side->identity.spec_sha256}};
}

Json spec_json(const SpecDiff& spec) {
  Json workloads = Json::array();
  for (const WorkloadChange& w : spec.workloads)
    workloads.push_back({{"name", w.name},
                         {"before_usd", money_json(w.before)},
                         {"after_usd", money_json(w.after)},
                         {"effects", effects_json(w.effects)}});
  Json keys = Json::array();
  for (const KeyChange& k : spec.keys)
    keys.push_back({{"key", k.key},
                    {"before", k.before},
                    {"after", k.after},
                    {"file", k.place.file},
                    {"line", k.place.line},
                    {"column", k.place.column},
                    {"effect_usd", money_json(k.effect)},
                    {"decides_winner", k.decides}});
  return {{"file", spec.file},
          {"name", spec.name},
          {"base", side_json(spec.base)},
          {"head", side_json(spec.head)},
          {"effects", effects_json(spec.effects)},
          {"winner_changed_by", cause_name(spec.winner_changed)},
          {"workloads", std::move(workloads)},
          {"changed_keys", std::move(keys)},
          {"notes", spec.notes}};
}

std::string render_diff_json(const Diff& diff, const RenderOptions& options) {
  Json specs = Json::array();
  for (const SpecDiff& spec : diff.specs) specs.push_back(spec_json(spec));
  return text_of({{"schema", "capplan.diff/1"},
                  {"capplan_version", options.version},
                  {"before_usd", num(diff.before().usd())},
                  {"after_usd", num(diff.after().usd())},
                  {"effects", effects_json(diff.effects())},
                  {"specs", std::move(specs)}});
}

}  // namespace

std::optional<DiffFormat> find_diff_format(std::string_view name) {
  if (name == "table") return DiffFormat::kTable;
  if (name == "json") return DiffFormat::kJson;
  if (name == "markdown") return DiffFormat::kMarkdown;
  return std::nullopt;
}

std::string render(const Diff& diff, std::string_view what, DiffFormat format, const RenderOptions& options) {
  switch (format) {
    case DiffFormat::kTable:
      return render_diff_table(diff, what, options);
    case DiffFormat::kJson:
      return render_diff_json(diff, options);
    case DiffFormat::kMarkdown:
      return render_diff_markdown(diff, what);
  }
  return {};
}

}  // namespace capplan

#include "report/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "report/change_figures.h"
#include "report/check_formats.h"
#include "report/figures.h"
#include "report/finding_text.h"
#include "report/formats.h"
#include "report/json_text.h"

namespace capplan {
namespace {

std::string plan_change(const SpecDiff& spec, bool has_base) {
  const auto name = [](const std::optional<Outcome>& o) {
    return o && !o->winner.empty() ? o->winner : std::string("none");
  };
  const std::string after = name(spec.head);
  return !has_base || name(spec.base) == after ? after : name(spec.base) + " → " + after;
}

std::string cost_change(const SpecDiff& spec, bool has_base) {
  const std::string before = cost_text(cost_of(spec.base)), after = cost_text(cost_of(spec.head));
  return !has_base || before == after ? after : before + " → " + after;
}

Style style_of(const Finding& finding) {
  if (finding.waiver || finding.level == Level::kInfo) return Style::kQuiet;
  return finding.level == Level::kDeny ? Style::kBad : Style::kStrong;
}

std::string finding_lines(const Finding& finding, const Check& check, const RenderOptions& options) {
  std::string out = styled(fmt::format("{:<7}", standing_name(finding)), style_of(finding), options) +
                    styled(printable(finding.rule), Style::kStrong, options) + "  " +
                    printable(place_text(finding.place)) + "\n";
  for (const std::string& text : {finding_text(finding), cause_text(finding),
                                  waiver_text(finding, check.input.waivers), finding.message}) {
    if (!text.empty()) out += wrap(printable(text), options.width, "       ", 7) + "\n";
  }
  return out;
}

std::string render_table(const Check& check, std::string_view what, const RenderOptions& options) {
  const Ruling ruling = check.ruling();
  const Style style = ruling == Ruling::kDeny || ruling == Ruling::kError ? Style::kBad : Style::kGood;
  std::string out = styled(check_headline(check), Style::kStrong, options) + "  " +
                    styled(ruling_text(check), style, options) +
                    (what.empty() ? "" : "  " + printable(what)) + "\n";
  if (const std::string identity = identity_text(check.input.diff); !identity.empty())
    out += "  " + printable(identity) + "\n";
  const Grid grid = check_grid(check);
  if (!grid.rows.empty()) out += "\n" + render_grid(grid, options);
  if (const std::size_t more = unchanged_specs(check); more > 0)
    out += fmt::format("{}{} {} without a change or a finding\n", grid.rows.empty() ? "\n" : "", more,
                       more == 1 ? "spec" : "specs");
  if (const std::string text = untouched_text(check); !text.empty()) out += text + "\n";
  if (!check.findings.empty()) out += "\n";
  for (const Finding* finding : by_level(check.findings)) out += finding_lines(*finding, check, options);
  for (const std::string& file : check.unjudged)
    out += styled("error  ", Style::kBad, options) + printable(file) + " could not be judged\n";
  return options.ascii ? to_ascii(std::move(out)) : out;
}

}  // namespace

Grid check_grid(const Check& check) {
  const bool has_base = check.input.has_base;
  Grid grid;
  grid.columns = {{"workload", "WORKLOAD", false, 0}, {"cost", "COST", true, 0}};
  if (has_base) {
    grid.columns.push_back({"spec", "FROM SPEC", true, 0});
    grid.columns.push_back({"price", "FROM PRICES", true, 0});
    grid.columns.push_back({"engine", "FROM ENGINE", true, 3});
  }
  grid.columns.push_back({"time", "TIME", true, 1});
  grid.columns.push_back({"plan", "BEST PLAN", false, 2});
  for (const SpecDiff& spec : check.input.diff.specs) {
    if (has_base && !is_notable(check, spec)) continue;
    GridRow row;
    row.cells = {spec.name, cost_change(spec, has_base)};
    if (has_base) {
      for (const Money effect : {spec.effects.spec, spec.effects.price, spec.effects.engine})
        row.cells.push_back(change_text(effect));
    }
    row.cells.push_back(has_base ? time_change(spec) : time_of(spec.head));
    row.cells.push_back(plan_change(spec, has_base));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::size_t unchanged_specs(const Check& check) {
  if (!check.input.has_base) return 0;
  const auto& specs = check.input.diff.specs;
  return static_cast<std::size_t>(std::count_if(
      specs.begin(), specs.end(), [&](const SpecDiff& spec) { return !is_notable(check, spec); }));
}

std::string untouched_text(const Check& check) {
  const std::size_t n = check.input.untouched.size();
  if (n == 0) return {};
  return fmt::format("{} {} did not change and {} not priced: every rule is about a change", n,
                     n == 1 ? "spec" : "specs", n == 1 ? "was" : "were");
}

std::string check_headline(const Check& check) {
  return check.input.has_base ? change_headline(check.input.diff) : money_text(total_after(check).usd());
}

std::optional<CheckFormat> find_check_format(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, CheckFormat>, 7> kNames{
      {{"table", CheckFormat::kTable},
       {"json", CheckFormat::kJson},
       {"csv", CheckFormat::kCsv},
       {"markdown", CheckFormat::kMarkdown},
       {"github", CheckFormat::kGithub},
       {"junit", CheckFormat::kJunit},
       {"sarif", CheckFormat::kSarif}}};
  for (const auto& [known, format] : kNames) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string render(const Check& check, std::string_view what, CheckFormat format,
                   const RenderOptions& options) {
  switch (format) {
    case CheckFormat::kTable:
      return render_table(check, what, options);
    case CheckFormat::kJson:
      return render_check_json(check, options);
    case CheckFormat::kCsv:
      return render_check_csv(check);
    case CheckFormat::kMarkdown:
      return render_check_markdown(check, what);
    case CheckFormat::kGithub:
      return render_check_github(check);
    case CheckFormat::kJunit:
      return render_check_junit(check);
    case CheckFormat::kSarif:
      return render_check_sarif(check, options);
  }
  return {};
}

std::string machine_line(const Check& check) {
  const Ruling ruling = check.ruling();
  std::vector<std::string> rules;
  for (const Finding& finding : check.findings) {
    const bool counts =
        ruling == Ruling::kWarn ? finding.counts_as(Level::kWarn) : finding.counts_as(Level::kDeny);
    if (counts && std::find(rules.begin(), rules.end(), finding.rule) == rules.end())
      rules.push_back(finding.rule);
  }
  return fmt::format("capplan: verdict={} rules={} delta={}", ruling_name(ruling),
                     rules.empty() ? "-" : fmt::format("{}", fmt::join(rules, ",")),
                     check.input.has_base ? fmt::format("{:+.2f}USD", total_change(check).usd()) : "-");
}

std::string github_outputs(const Check& check) {
  const auto& specs = check.input.diff.specs;
  const Money before = check.input.diff.before();
  const std::string percent = check.input.has_base && before > Money()
                                  ? fmt::format("{:+.2f}", 100 * total_change(check).usd() / before.usd())
                                  : "";
  const std::string winner = specs.size() == 1 && specs[0].head ? printable(specs[0].head->winner) : "";
  return fmt::format("verdict={}\ntotal={:.2f}\ndelta={}\ndelta_pct={}\nwinner={}\n",
                     ruling_name(check.ruling()), total_after(check).usd(),
                     check.input.has_base ? fmt::format("{:+.2f}", total_change(check).usd()) : "", percent,
                     winner);
}

}  // namespace capplan

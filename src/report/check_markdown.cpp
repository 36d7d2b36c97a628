// `capplan check` for people who review: a comment on a pull request, and annotations in it.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/change_figures.h"
#include "report/check_formats.h"
#include "report/figures.h"
#include "report/finding_text.h"

namespace capplan {
namespace {

constexpr std::size_t kLongestSpan = 400;  // bytes of one name or text of a stranger

// Cut between characters of UTF-8.
std::string shortened(std::string text) {
  if (text.size() <= kLongestSpan) return text;
  std::size_t end = kLongestSpan;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "…";
}

std::string span(std::string_view text) { return code_span(shortened(std::string(text))); }

// Lines up to a limit; what found no room is counted, and said.
class Section {
 public:
  Section(std::string& out, std::size_t most, std::string_view things)
      : out_(out), end_(std::min(out.size() + most, kCommentLimit - kReserve)), things_(things) {}

  void add(const std::string& line) {
    if (left_out_ == 0 && out_.size() + line.size() <= end_) {
      out_ += line;
    } else {
      ++left_out_;
    }
  }
  void finish() {
    if (left_out_ > 0)
      out_ += fmt::format("\n{} more {} are left out here: `--format json` has all\n", left_out_, things_);
  }

 private:
  static constexpr std::size_t kReserve = 2'000;  // what sections end with, and the foot

  std::string& out_;
  std::size_t end_;
  std::string_view things_;
  std::size_t left_out_ = 0;
};

std::string_view sign_of(const Finding& finding) {
  if (finding.waiver) return "➖";
  return finding.level == Level::kDeny ? "❌" : finding.level == Level::kWarn ? "⚠️" : "ℹ️";
}

std::string finding_line(const Finding& finding, const Check& check) {
  std::string line = fmt::format("- {} {} {} {}", sign_of(finding), span(finding.rule),
                                 span(place_text(finding.place)), span(finding_text(finding)));
  for (const std::string& text :
       {cause_text(finding), waiver_text(finding, check.input.waivers), finding.message}) {
    if (!text.empty()) line += " · " + span(text);
  }
  return line + "\n";
}

void add_costs(const Check& check, std::string& out) {
  Grid grid = check_grid(check);
  if (grid.rows.empty()) return;
  for (GridRow& row : grid.rows) {
    row.cells.front() = span(row.cells.front());
    row.cells.back() = span(row.cells.back());
  }
  const std::string table = render_markdown(grid);
  Section section(out, 20'000, "rows");
  std::size_t begin = 0;
  for (std::size_t line = 0; begin < table.size(); ++line) {
    const std::size_t end = table.find('\n', begin) + 1;
    section.add(table.substr(begin, end - begin));
    begin = end;
  }
  section.finish();
  if (const std::size_t more = unchanged_specs(check); more > 0)
    out += fmt::format("\n{} {} without a change or a finding\n", more, more == 1 ? "spec" : "specs");
  out += "\n";
}

void add_keys(const Check& check, std::string& out) {
  const auto& specs = check.input.diff.specs;
  if (std::all_of(specs.begin(), specs.end(), [](const SpecDiff& s) { return s.keys.empty(); })) return;
  out += "\n<details><summary>What each changed key costs alone</summary>\n\n";
  Section section(out, kCommentLimit, "keys");
  for (const SpecDiff& spec : specs) {
    for (const KeyChange& key : spec.keys) {
      const std::string change = key.key + ": " + (key.before.empty() ? "none" : shortened(key.before)) +
                                 " → " + (key.after.empty() ? "none" : shortened(key.after));
      section.add(fmt::format("- {} {}: {}\n", span(place_text(key.place)), span(change),
                              key.effect ? change_text(*key.effect) : "not alone"));
    }
  }
  section.finish();
  out += "\n</details>\n";
}

// Data of a workflow command, and a property of one.
std::string escape_data(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else
      out += c;
  }
  return out;
}

std::string escape_property(std::string_view text) {
  std::string out;
  for (const char c : escape_data(text)) {
    if (c == ':')
      out += "%3A";
    else if (c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string render_check_markdown(const Check& check, std::string_view what) {
  std::string out = "<!-- capplan:tag=default -->\n### capplan: " + check_headline(check) + " · " +
                    ruling_text(check) + "\n\n";
  if (!what.empty()) out += span(what) + "\n\n";
  add_costs(check, out);
  if (const std::string text = untouched_text(check); !text.empty()) out += text + "\n\n";
  Section findings(out, 25'000, "findings");
  for (const Finding* finding : by_level(check.findings)) findings.add(finding_line(*finding, check));
  for (const std::string& file : check.unjudged) findings.add("- ❌ " + span(file) + " could not be judged\n");
  findings.finish();
  add_keys(check, out);
  if (const std::string identity = identity_text(check.input.diff); !identity.empty())
    out += "\n" + span(identity) + "\n";
  return out;
}

// docs.github.com, "Workflow commands for GitHub Actions": setting a notice, warning or error message.
std::string render_check_github(const Check& check) {
  std::string out;
  for (const Finding* f : by_level(check.findings)) {
    if (f->waiver) continue;
    const std::string_view command = f->level == Level::kDeny   ? "error"
                                     : f->level == Level::kWarn ? "warning"
                                                                : "notice";
    std::string text = printable(finding_text(*f));
    for (const std::string& more : {cause_text(*f), waiver_text(*f, check.input.waivers), f->message}) {
      if (!more.empty()) text += "\n" + printable(more);
    }
    out += fmt::format("::{} file={},line={},col={},title={}::{}\n", command, escape_property(f->place.file),
                       f->place.line, f->place.column, escape_property("capplan: " + f->rule),
                       escape_data(text));
  }
  for (const std::string& file : check.unjudged)
    out += fmt::format("::error file={},title=capplan::{}\n", escape_property(file), "could not be judged");
  return out;
}

}  // namespace capplan

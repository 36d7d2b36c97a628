// `capplan check` as JUnit XML: a suite with a case for each rule on each spec, as Jenkins and GitLab read
// it.
#include <fmt/format.h>

#include <algorithm>

#include "core/number_text.h"
#include "report/change_figures.h"
#include "report/check_formats.h"
#include "report/finding_text.h"

namespace capplan {
namespace {

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// The figures in full, a line each.
std::string figures(const Finding& finding) {
  std::string text;
  if (finding.amount)
    text += fmt::format("{}: {} limit: {}\n", unit_name(finding.amount->unit),
                        plain_number(finding.amount->value.value()),
                        plain_number(finding.amount->limit.at.value()));
  if (finding.share)
    text +=
        fmt::format("share: {} limit: {}\n", finding.share->value ? plain_number(*finding.share->value) : "-",
                    plain_number(finding.share->limit.at));
  return text;
}

std::string body(const Finding& finding, const Check& check) {
  std::string text = xml(place_text(finding.place) + ": " + finding_text(finding)) + "\n";
  for (const std::string& more :
       {cause_text(finding), waiver_text(finding, check.input.waivers), finding.message}) {
    if (!more.empty()) text += xml(more) + "\n";
  }
  return text + figures(finding);
}

struct Suite {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  std::string cases;

  // One rule on one spec, which may have found several workloads.
  void add(const std::string& file, const std::string& rule, const std::vector<const Finding*>& found,
           const Check& check) {
    ++tests;
    std::string denied, waived, said;
    for (const Finding* f : found) {
      std::string& text = f->counts_as(Level::kDeny) ? denied : f->waiver ? waived : said;
      text += body(*f, check);
    }
    std::string inside;
    if (!denied.empty()) {
      ++failures;
      inside += fmt::format("      <failure message=\"{}\" type=\"deny\">{}</failure>\n", first_line(denied),
                            denied);
    } else if (!waived.empty()) {
      ++skipped;
      inside += fmt::format("      <skipped message=\"{}\"/>\n", first_line(waived));
    }
    if (!said.empty()) inside += "      <system-out>" + said + "</system-out>\n";
    const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(file), xml(rule));
    cases += inside.empty() ? head + "/>\n" : head + ">\n" + inside + "    </testcase>\n";
  }

  static std::string first_line(const std::string& escaped) { return escaped.substr(0, escaped.find('\n')); }
};

std::string property(std::string_view name, const std::string& value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml(value));
}

}  // namespace

std::string render_check_junit(const Check& check) {
  Suite suite;
  const auto found = [&](const std::string& file, const std::string& rule) {
    std::vector<const Finding*> matching;
    for (const Finding& f : check.findings) {
      if (f.file == file && f.rule == rule) matching.push_back(&f);
    }
    return matching;
  };
  for (const SpecDiff& spec : check.input.diff.specs) {
    if (!spec.head) continue;
    for (const Rule& rule : check.input.policy.rules)
      suite.add(spec.file, rule.id, found(spec.file, rule.id), check);
  }
  for (const Finding& finding : check.findings) {
    if (!finding.when) suite.add(finding.file, finding.rule, {&finding}, check);
  }
  for (const std::string& file : check.unjudged) {
    ++suite.tests;
    ++suite.errors;
    suite.cases += fmt::format(
        "    <testcase classname=\"{}\" name=\"read\">\n      <error message=\"could not be judged\"/>\n    "
        "</testcase>\n",
        xml(file));
  }
  const bool has_base = check.input.has_base;
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"capplan\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n    <properties>\n{}{}{}{}    </properties>\n{}  "
      "</testsuite>\n</testsuites>\n",
      suite.tests, suite.failures, suite.errors, suite.skipped,
      property("verdict", std::string(ruling_name(check.ruling()))),
      property("before_usd", has_base ? plain_number(check.input.diff.before().usd()) : ""),
      property("after_usd", plain_number(total_after(check).usd())),
      property("delta_usd", has_base ? plain_number(total_change(check).usd()) : ""), suite.cases);
}

}  // namespace capplan

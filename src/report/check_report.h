// What `capplan check` found, in every form that a pipeline reads. All are made from one result, so they
// never disagree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capplan/gate/check.h"
#include "capplan/report/report.h"

namespace capplan {

enum class CheckFormat {
  kTable,
  kJson,      // capplan.check/1
  kCsv,       // a finding a row
  kMarkdown,  // a comment on a pull request
  kGithub,    // workflow commands: annotations at the lines that cause findings
  kJunit,     // JUnit XML: a case for each rule on each spec
  kSarif      // SARIF 2.1.0
};
std::optional<CheckFormat> find_check_format(std::string_view name);

// `what` is compared, for people: "origin/main → working tree"; empty without a base.
std::string render(const Check& check, std::string_view what, CheckFormat format,
                   const RenderOptions& options);

// "capplan: verdict=deny rules=big-increase delta=+12345.67USD": the rules whose findings make the verdict,
// and the whole change; "-" where there is none.
std::string machine_line(const Check& check);

// Lines of $GITHUB_OUTPUT: verdict, total, delta, delta_pct, winner. The winner is that of a single spec.
std::string github_outputs(const Check& check);

inline constexpr std::size_t kCommentLimit = 60'000;  // bytes of Markdown: GitHub takes 65,536 characters

}  // namespace capplan

// Tests of a policy, and the schemas of all that is written by hand.
#include <filesystem>
#include <ostream>

#include "capplan/gate/policy.h"
#include "capplan/spec/load.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "core/text.h"
#include "gate/policy_cases.h"
#include "input/source_text.h"
#include "report/finding_text.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

std::string case_text(const PolicyCase& one, const CaseResult& result) {
  if (result.passed()) return "ok    " + printable(one.name) + "\n";
  std::string text = "FAIL  " + printable(one.name) + "  " + printable(one.place.file) + ":" +
                     std::to_string(one.place.line) + "\n";
  for (const auto& [level, id] : result.missing)
    text += "      expected " + std::string(level_name(level)) + " of " + printable(id) +
            ", which does not come\n";
  for (const Finding& f : result.unexpected)
    text += "      unexpected " + std::string(level_name(f.level)) + " of " + printable(f.rule) + ": " +
            printable(finding_text(f)) + "\n";
  return text;
}

}  // namespace

ExitCode run_policy_test(const Session& session, const PolicyTestOptions& options) {
  const std::string path = options.cases.empty() ? policy_path("-", "policy-test.yaml") : options.cases;
  const auto source = read_source(path, kYamlLimit);
  if (!source) {
    session.report_file(source.error().path, source.error().reason);
    return ExitCode::kFile;
  }
  const auto cases = read_policy_cases(source->name, source->text);
  if (!cases) {
    session.report(cases.error(), source->text);
    return ExitCode::kInvalidContent;
  }
  ExitCode failure = ExitCode::kFine;
  const auto files =
      load_policy(session, (fs::path(path).parent_path() / cases->policy).string(), path, failure);
  if (!files) return failure;
  if (const Diagnostics problems = check_cases(*cases, files->policy); !problems.empty()) {
    session.report(problems, source->text);
    return ExitCode::kInvalidContent;
  }
  std::string text;
  std::size_t failed = 0;
  for (const PolicyCase& one : cases->cases) {
    const CaseResult result = run_case(one, files->policy, cases->as_of);
    if (!result.passed()) ++failed;
    text += case_text(one, result);
  }
  text += std::to_string(cases->cases.size()) + (cases->cases.size() == 1 ? " case, " : " cases, ") +
          std::to_string(failed) + " failed\n";
  const ExitCode written = session.write(text);
  return worse_of(written, failed > 0 ? ExitCode::kPolicyViolated : ExitCode::kFine);
}

ExitCode run_schema(const Session& session, const std::string& of) {
  if (of == "policy") return session.write(policy_json_schema());
  if (of == "waivers") return session.write(waivers_json_schema());
  if (of == "policy-test") return session.write(policy_cases_json_schema());
  return session.write(spec_json_schema());
}

}  // namespace capplan

#include "cli/policy_files.h"

#include <filesystem>

#include "cli/repository.h"
#include "input/source_text.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

// Nothing where the file does not read; `failure` then says why.
template <class Read>
auto load(const Session& session, const std::string& path, const Read& read, ExitCode& failure)
    -> std::optional<typename decltype(read(path, path))::value_type> {
  const auto source = read_source(path, kYamlLimit);
  if (!source) {
    session.report_file(source.error().path, source.error().reason);
    failure = worse_of(failure, ExitCode::kFile);
    return std::nullopt;
  }
  auto content = read(source->name, source->text);
  if (content) return std::move(*content);
  session.report(content.error(), source->text);
  failure = worse_of(failure, ExitCode::kInvalidContent);
  return std::nullopt;
}

// A link in a repository may lead anywhere: what a commit brings in is read from the repository alone.
// Without confines any file is.
bool leads_outside(const Session& session, const std::string& path, const std::optional<fs::path>& confines,
                   ExitCode& failure) {
  if (!confines || stands_below(path, *confines)) return false;
  session.report_file(path, "leads outside the repository");
  failure = worse_of(failure, ExitCode::kInvalidContent);
  return true;
}

}  // namespace

std::string policy_path(const std::string& spec, const std::string& name) {
  return shown_path(confines_of_spec(spec) / ".capplan" / name);
}

std::optional<PolicyFiles> load_policy(const Session& session, const std::string& file,
                                       const std::string& spec, ExitCode& failure) {
  std::error_code error;
  const std::string path = file.empty() ? policy_path(spec, "policy.yaml") : file;
  const auto confines = file.empty() ? std::optional(confines_of_spec(spec)) : std::nullopt;
  const std::string beside = (fs::path(path).parent_path() / "waivers.yaml").string();
  PolicyFiles files{default_policy(), {}};
  bool wrong = false;
  if (!file.empty() || fs::exists(path, error)) {
    auto policy = leads_outside(session, path, confines, failure) ? std::nullopt
                                                                  : load(session, path, read_policy, failure);
    wrong = !policy;
    if (policy) files.policy = std::move(*policy);
  }
  if (fs::exists(beside, error)) {
    auto waivers = leads_outside(session, beside, confines, failure)
                       ? std::nullopt
                       : load(session, beside, read_waivers, failure);
    wrong = wrong || !waivers;
    if (waivers) files.waivers = std::move(*waivers);
  }
  return wrong ? std::nullopt : std::optional(std::move(files));
}

}  // namespace capplan

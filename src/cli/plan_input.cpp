#include "cli/plan_input.h"

#include <filesystem>
#include <ostream>

#include "capplan/gate/diff.h"
#include "cli/lock_file.h"
#include "cli/repository.h"
#include "core/parallel.h"
#include "input/source_text.h"

namespace capplan {
namespace {

// A result that could not have been written comes before content that is wrong (contract, section 1).
ExitCode invalid_content(const Session& session) {
  return session.can_write() ? ExitCode::kInvalidContent : ExitCode::kFile;
}

// Names are checked too where the catalogue is there: all problems of a file at once.
ExitCode refuse_spec(const Session& session, ReadSpec read, const Catalog* catalog, const std::string& text) {
  if (catalog != nullptr) {
    const Diagnostics names = check_catalog_names(read.spec, *catalog);
    read.problems.insert(read.problems.end(), names.begin(), names.end());
    sort_by_location(read.problems);
  }
  session.report(read.problems, text);
  return invalid_content(session);
}

}  // namespace

ReadFile reader_beside(const std::string& spec) {
  const std::filesystem::path folder =
      spec == "-" ? std::filesystem::path() : std::filesystem::path(spec).parent_path();
  const std::filesystem::path confines = confines_of_spec(spec);
  return [folder, confines](const std::string& path) -> tl::expected<std::string, std::string> {
    if (!stands_below(folder / path, confines))
      return tl::unexpected("is outside " + (confines == repository_of(confines)
                                                 ? std::string("the repository")
                                                 : "the folder of the spec"));
    const auto source = read_source((folder / path).string(), kYamlLimit);
    if (!source) return tl::unexpected(source.error().reason);
    return source->text;
  };
}

ExitCode PlanInput::refuse(const Session& session, const Diagnostics& problems) const {
  Diagnostics all = warnings;
  all.insert(all.end(), problems.begin(), problems.end());
  session.report(all, text);
  return invalid_content(session);
}

void PlanInput::report_warnings(const Session& session, Diagnostics& of_plan) const {
  of_plan.insert(of_plan.begin(), warnings.begin(), warnings.end());
  sort_by_location(of_plan);
  session.report(of_plan, text);
  const Diagnostics& of_profiles = catalog.warnings();
  of_plan.insert(of_plan.end(), of_profiles.begin(), of_profiles.end());
}

PlanSettings plan_settings(const std::optional<int>& threads, LongWork& work) {
  PlanSettings settings;
  settings.threads = threads.value_or(usual_threads());
  settings.monitor = &work.monitor();
  return settings;
}

std::optional<PlanInput> read_plan_input(const Session& session, const std::string& path, ExitCode& failure) {
  const auto source = read_source(path, kYamlLimit);
  if (!source) {
    session.report_file(source.error().path, source.error().reason);
    failure = ExitCode::kFile;
    return std::nullopt;
  }
  auto given = load_catalog_of(session, {path}, failure);
  // Where the profiles do not load, the spec's problems are still reported: the built-in rates read its
  // amounts.
  const std::optional<Catalog> stand_in = given ? std::nullopt : std::optional(builtin_catalog());
  const ExchangeRates rates = (given ? given->catalog : *stand_in).exchange_rates();
  ReadSpec read = read_spec(source->name, source->text, reader_beside(path), rates);
  if (has_errors(read.problems)) {
    failure = refuse_spec(session, std::move(read), given ? &given->catalog : nullptr, source->text);
    return std::nullopt;
  }
  if (!given) return std::nullopt;
  if (const std::string lacking = given->lacks(read.spec); !lacking.empty()) {
    session.err() << "capplan: " << lacking << "\n";
    failure = ExitCode::kPriceMissing;
    return std::nullopt;
  }
  for (const Assumption& a : given->assumptions) add_assumption(read.spec.assumptions, a);
  return PlanInput{std::move(read.spec), std::move(given->catalog), source->text, std::move(read.problems),
                   spec_digest({source->name, source->text, reader_beside(path)})};
}

}  // namespace capplan

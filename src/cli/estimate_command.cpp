#include <filesystem>
#include <ostream>

#include "capplan/plan/plan.h"
#include "capplan/spec/load.h"
#include "cli/commands.h"
#include "input/source_text.h"

namespace capplan {
namespace {

// Files that a spec names are found from the spec's own folder.
ReadFile reader_beside(const std::string& spec) {
  const std::filesystem::path folder =
      spec == "-" ? std::filesystem::path() : std::filesystem::path(spec).parent_path();
  return [folder](const std::string& path) -> tl::expected<std::string, std::string> {
    const auto source = read_source((folder / path).string(), kYamlLimit);
    if (!source) return tl::unexpected(source.error().reason);
    return source->text;
  };
}

}  // namespace

ExitCode run_estimate(const Session& session, const EstimateOptions& options) {
  const auto source = read_source(options.spec, kYamlLimit);
  if (!source) {
    session.report_file(source.error().path, source.error().reason);
    return ExitCode::kFile;
  }
  const Result<LoadedSpec> loaded = load_spec(source->name, source->text, reader_beside(options.spec));
  if (!loaded) {
    session.report(loaded.error(), source->text);
    return ExitCode::kInvalidContent;
  }
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  PlanSettings settings{options.include_outliers, find_objective(options.objective)};
  Result<Plan> plan = make_plan(loaded->spec, *catalog, settings);
  if (!plan) {
    session.report(loaded->warnings, source->text);
    session.report(plan.error(), source->text);
    return ExitCode::kInvalidContent;
  }
  plan->diagnostics.insert(plan->diagnostics.begin(), loaded->warnings.begin(), loaded->warnings.end());
  session.report(plan->diagnostics, source->text);
  RenderOptions render_options = session.render_options();
  render_options.all = options.all;
  if (options.top) render_options.top = static_cast<std::size_t>(*options.top);
  const ExitCode written = session.write(render(*plan, session.format(), render_options));
  if (written != ExitCode::kFine) return written;
  return plan->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

ExitCode run_schema(const Session& session) { return session.write(spec_json_schema()); }

}  // namespace capplan

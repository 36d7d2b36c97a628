#include <filesystem>
#include <ostream>

#include "capplan/plan/plan.h"
#include "capplan/spec/load.h"
#include "cli/commands.h"
#include "cli/long_work.h"
#include "core/parallel.h"
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

// A result that could not have been written comes before content that is wrong (contract, section 1).
ExitCode invalid_content(const Session& session) {
  return session.can_write() ? ExitCode::kInvalidContent : ExitCode::kFile;
}

// Names are checked too where the catalogue is there: all problems of a file at once.
ExitCode refuse(const Session& session, ReadSpec read, const std::optional<Catalog>& catalog,
                const std::string& text) {
  if (catalog) {
    const Diagnostics names = check_catalog_names(read.spec, *catalog);
    read.problems.insert(read.problems.end(), names.begin(), names.end());
    sort_by_location(read.problems);
  }
  session.report(read.problems, text);
  return invalid_content(session);
}

Result<Plan> plan_spec(const Session& session, const EstimateOptions& options, const PlanSpec& spec,
                       const Catalog& catalog) {
  LongWork work(session.err(), session.options().quiet);
  PlanSettings settings;
  settings.threads = options.threads.value_or(usual_threads());
  settings.monitor = &work.monitor();
  settings.scaling = options.scaling;
  settings.include_outliers = options.include_outliers;
  settings.objective = find_objective(options.objective);
  return make_plan(spec, catalog, settings);
}

}  // namespace

ExitCode run_estimate(const Session& session, const EstimateOptions& options) {
  const auto source = read_source(options.spec, kYamlLimit);
  if (!source) {
    session.report_file(source.error().path, source.error().reason);
    return ExitCode::kFile;
  }
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  // Where the profiles do not load, the spec's problems are still reported: the built-in rates read its
  // amounts.
  const std::optional<Catalog> stand_in = catalog ? std::nullopt : std::optional(builtin_catalog());
  const ExchangeRates rates = (catalog ? *catalog : *stand_in).exchange_rates();
  ReadSpec read = read_spec(source->name, source->text, reader_beside(options.spec), rates);
  if (has_errors(read.problems)) return refuse(session, std::move(read), catalog, source->text);
  if (!catalog) return failure;
  Result<Plan> plan = plan_spec(session, options, read.spec, *catalog);
  if (!plan) {
    read.problems.insert(read.problems.end(), plan.error().begin(), plan.error().end());
    session.report(read.problems, source->text);
    return invalid_content(session);
  }
  plan->diagnostics.insert(plan->diagnostics.begin(), read.problems.begin(), read.problems.end());
  plan->assumptions.insert(plan->assumptions.begin(), read.spec.assumptions.begin(),
                           read.spec.assumptions.end());
  session.report(plan->diagnostics, source->text);
  // Reported when they were loaded.
  plan->diagnostics.insert(plan->diagnostics.end(), catalog->warnings().begin(), catalog->warnings().end());
  RenderOptions render_options = session.render_options();
  render_options.currency = shown_currency(*plan, rates);
  render_options.all = options.all;
  if (options.top) render_options.top = static_cast<std::size_t>(*options.top);
  const ExitCode written = session.write(render(*plan, session.format(), render_options));
  if (written != ExitCode::kFine) return written;
  if (!plan->proven) return ExitCode::kInterrupted;
  return plan->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

ExitCode run_schema(const Session& session) { return session.write(spec_json_schema()); }

}  // namespace capplan

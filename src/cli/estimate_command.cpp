#include "capplan/plan/plan.h"
#include "cli/commands.h"
#include "cli/long_work.h"
#include "cli/plan_input.h"
#include "core/parallel.h"

namespace capplan {
namespace {

Result<Plan> plan_spec(const Session& session, const EstimateOptions& options, const PlanInput& input) {
  LongWork work(session.err(), session.options().quiet);
  PlanSettings settings;
  settings.threads = options.threads.value_or(usual_threads());
  settings.monitor = &work.monitor();
  settings.scaling = options.scaling;
  settings.include_outliers = options.include_outliers;
  settings.objective = find_objective(options.objective);
  return make_plan(input.spec, input.catalog, settings);
}

}  // namespace

ExitCode run_estimate(const Session& session, const EstimateOptions& options) {
  ExitCode failure = ExitCode::kFine;
<<<<<<< HEAD
  const auto input = read_plan_input(session, options.spec, failure);
  if (!input) return failure;
  Result<Plan> plan = plan_spec(session, options, *input);
  if (!plan) return input->refuse(session, plan.error());
  plan->diagnostics.insert(plan->diagnostics.begin(), input->warnings.begin(), input->warnings.end());
  session.report(plan->diagnostics, input->text);
=======
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
>>>>>>> ce6abdd48a7c08d280cad2ec050f3f15b716221e
  RenderOptions render_options = session.render_options();
  render_options.currency = shown_currency(*plan, input->catalog.exchange_rates());
  render_options.all = options.all;
  if (options.top) render_options.top = static_cast<std::size_t>(*options.top);
  const ExitCode written = session.write(render(*plan, session.format(), render_options));
  if (written != ExitCode::kFine) return written;
  if (!plan->proven) return ExitCode::kInterrupted;
  return plan->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

ExitCode run_schema(const Session& session) { return session.write(spec_json_schema()); }

}  // namespace capplan

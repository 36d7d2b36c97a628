#include "capplan/plan/plan.h"
#include "cli/commands.h"
#include "cli/plan_input.h"

namespace capplan {
namespace {

Result<Plan> plan_spec(const Session& session, const EstimateOptions& options, const PlanInput& input) {
  LongWork work(session.err(), session.options().quiet);
  PlanSettings settings = plan_settings(options.threads, work);
  settings.scaling = options.scaling;
  settings.include_outliers = options.include_outliers;
  settings.samples = options.samples.value_or(settings.samples);
  settings.objective = find_objective(options.objective);
  return make_plan(input.spec, input.catalog, settings);
}

}  // namespace

ExitCode run_estimate(const Session& session, const EstimateOptions& options) {
  ExitCode failure = ExitCode::kFine;
  const auto input = read_plan_input(session, options.spec, failure);
  if (!input) return failure;
  Result<Plan> plan = plan_spec(session, options, *input);
  if (!plan) return input->refuse(session, plan.error());
  input->report_warnings(session, plan->diagnostics);
  RenderOptions render_options = session.render_options();
  render_options.currency = shown_currency(*plan, input->catalog.exchange_rates());
  render_options.all = options.all;
  render_options.spec_sha256 = input->sha256;
  if (options.top) render_options.top = static_cast<std::size_t>(*options.top);
  const ExitCode written = session.write(render(*plan, session.format(), render_options));
  if (written != ExitCode::kFine) return written;
  if (!plan->proven) return ExitCode::kInterrupted;
  return plan->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

}  // namespace capplan

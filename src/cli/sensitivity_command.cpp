#include "cli/commands.h"
#include "cli/plan_input.h"
#include "report/sensitivity_report.h"

namespace capplan {
namespace {

Result<Plan> plan_of(const Session& session, const SensitivityOptions& options, const PlanInput& input) {
  LongWork work(session.err(), session.options().quiet);
  PlanSettings settings = plan_settings(options.threads, work);
  settings.sensitivity = true;
  settings.comparisons = false;
  settings.include_outliers = options.include_outliers;
  return make_plan(input.spec, input.catalog, settings);
}

}  // namespace

ExitCode run_sensitivity(const Session& session, const SensitivityOptions& options) {
  ExitCode failure = ExitCode::kFine;
  const auto input = read_plan_input(session, options.spec, failure);
  if (!input) return failure;
  Result<Plan> plan = plan_of(session, options, *input);
  if (!plan) return input->refuse(session, plan.error());
  input->report_warnings(session, plan->diagnostics);
  RenderOptions render_options = session.render_options();
  render_options.currency = shown_currency(*plan, input->catalog.exchange_rates());
  const ExitCode written = session.write(render_sensitivity(*plan, session.format(), render_options));
  if (written != ExitCode::kFine) return written;
  if (!plan->proven) return ExitCode::kInterrupted;
  return plan->sensitivity ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

}  // namespace capplan

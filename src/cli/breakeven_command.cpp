#include "cli/commands.h"
#include "cli/plan_input.h"
#include "report/break_even_report.h"

namespace capplan {
namespace {

Result<BreakEvenStudy> study(const Session& session, const BreakEvenOptions& options,
                             const PlanInput& input) {
  LongWork work(session.err(), session.options().quiet);
  return study_break_even(input.spec, input.catalog, plan_settings(options.threads, work));
}

}  // namespace

ExitCode run_breakeven(const Session& session, const BreakEvenOptions& options) {
  ExitCode failure = ExitCode::kFine;
  const auto input = read_plan_input(session, options.spec, failure);
  if (!input) return failure;
  Result<BreakEvenStudy> found = study(session, options, *input);
  if (!found) return input->refuse(session, found.error());
  for (const Assumption& a : input->spec.assumptions) add_assumption(found->assumptions, a);
  input->report_warnings(session, found->diagnostics);
  RenderOptions render_options = session.render_options();
  render_options.all = options.all;
  const ExitCode written = session.write(render(*found, session.format(), render_options));
  if (written != ExitCode::kFine) return written;
  if (!found->proven()) return ExitCode::kInterrupted;
  return found->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

}  // namespace capplan

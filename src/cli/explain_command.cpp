#include <ostream>

#include "capplan/explain/derivation.h"
#include "cli/commands.h"
#include "cli/long_work.h"
#include "cli/plan_input.h"
#include "core/parallel.h"
#include "core/text.h"
#include "report/explain_report.h"

namespace capplan {
namespace {

void report_unknown(const Session& session, const std::string& figure) {
  std::vector<std::string_view> names;
  for (const ShortName& known : short_names()) names.push_back(known.name);
  const std::string_view near = nearest_name(figure, names);
  session.err() << "capplan: the result has no figure `" << figure << "`"
                << (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") << "\n"
                << "a path of the JSON result, such as plans[0].cost.total_usd, or one of: " << join(names)
                << "\n";
}

}  // namespace

ExitCode run_explain(const Session& session, const ExplainOptions& options) {
  ExitCode failure = ExitCode::kFine;
  const auto input = read_plan_input(session, options.spec, failure);
  if (!input) return failure;
  LongWork work(session.err(), session.options().quiet);
  PlanSettings settings;
  settings.threads = options.threads.value_or(usual_threads());
  settings.monitor = &work.monitor();
  const Result<Plan> plan = make_plan(input->spec, input->catalog, settings);
  if (!plan) return input->refuse(session, plan.error());
  const Explained result{*plan, best_of_each(*plan), input->spec, input->catalog};
  const std::optional<Derivation> found = explain(result, options.figure);
  if (!found) {
    report_unknown(session, options.figure);
    return ExitCode::kUsage;
  }
  const ExitCode written =
      session.write(render_derivation(*found, session.format(), session.render_options()));
  if (written != ExitCode::kFine) return written;
  return plan->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

}  // namespace capplan

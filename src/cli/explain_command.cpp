#include <ostream>

#include "capplan/explain/derivation.h"
#include "cli/commands.h"
#include "cli/plan_input.h"
#include "core/text.h"
#include "report/explain_report.h"

namespace capplan {
namespace {

ExitCode refuse_figure(const Session& session, const Explained& result, const std::string& figure) {
  std::vector<std::string_view> names;
  std::string_view path;
  for (const ShortName& known : short_names()) {
    if (known.name == figure) path = known.path;
    if (explain(result, known.path)) names.push_back(known.name);
  }
  const std::string_view near = nearest_name(figure, names);
  session.err() << "capplan: the result has no figure `" << figure << "`";
  if (!path.empty()) session.err() << ", short for `" << path << "`";
  if (!near.empty()) session.err() << "; did you mean `" << near << "`?";
  session.err() << "\na path of the JSON result, such as plans[0].cost.total_usd, or one of: " << join(names)
                << "\n";
  return ExitCode::kUsage;
}

Result<Plan> plan_spec(const Session& session, const ExplainOptions& options, const PlanInput& input) {
  LongWork work(session.err(), session.options().quiet);
  return make_plan(input.spec, input.catalog, plan_settings(options.threads, work));
}

}  // namespace

ExitCode run_explain(const Session& session, const ExplainOptions& options) {
  ExitCode failure = ExitCode::kFine;
  const auto input = read_plan_input(session, options.spec, failure);
  if (!input) return failure;
  Result<Plan> plan = plan_spec(session, options, *input);
  if (!plan) return input->refuse(session, plan.error());
  input->report_warnings(session, plan->diagnostics);
  const Explained result{*plan, best_of_each(*plan), input->spec, input->catalog};
  std::string text;
  if (options.figure.empty()) {
    text = render(figure_listing(result), session.format(), session.render_options());
  } else {
    const std::optional<Derivation> found = explain(result, options.figure);
    if (!found) return refuse_figure(session, result, options.figure);
    text = render_derivation(*found, session.format(), session.render_options());
  }
  const ExitCode written = session.write(text);
  if (written != ExitCode::kFine) return written;
  if (!plan->proven) return ExitCode::kInterrupted;
  return plan->feasible() ? ExitCode::kFine : ExitCode::kNothingFeasible;
}

}  // namespace capplan

// backtest and calibrate: runs that were measured, against what the step model says.
#include <algorithm>
#include <ostream>

#include "backtest/calibration_profile.h"
#include "backtest/kernel_profile.h"
#include "cli/commands.h"
#include "core/number_text.h"
#include "core/parallel.h"
#include "input/source_text.h"
#include "report/backtest_report.h"

namespace capplan {
namespace {

// Reads all files; problems are reported, and what could be read is kept.
struct ReadRuns {
  std::vector<RunRecord> records;
  ExitCode exit = ExitCode::kFine;
};

ReadRuns read_runs(const Session& session, const std::vector<std::string>& paths) {
  ReadRuns all;
  for (const std::string& path : paths) {
    const auto source = read_source(path, kCsvLimit);
    if (!source) {
      session.report_file(source.error().path, source.error().reason);
      all.exit = ExitCode::kFile;
      continue;
    }
    RunRecords read = read_run_records(*source);
    session.report(read.problems, source->text);
    if (!read.problems.empty() && all.exit == ExitCode::kFine) all.exit = ExitCode::kInvalidContent;
    all.records.insert(all.records.end(), std::make_move_iterator(read.runs.begin()),
                       std::make_move_iterator(read.runs.end()));
  }
  return all;
}

// One observation a configuration, of step-level tiers.
std::vector<const Observation*> votes(const Backtest& backtest) {
  std::vector<const Observation*> kept;
  for (const ScoredRun& r : voting_runs(backtest)) kept.push_back(r.observation);
  return kept;
}

}  // namespace

ExitCode run_backtest(const Session& session, const BacktestOptions& options) {
  ReadRuns read = read_runs(session, {options.runs});
  if (read.exit == ExitCode::kFile) return read.exit;
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const Backtest backtest =
      make_backtest(std::move(read.records), *catalog,
                    options.search_layouts ? LayoutSource::kSearched : LayoutSource::kRecorded);
  const ExitCode written = session.write(render(backtest, session.format(), session.render_options()));
  return written != ExitCode::kFine ? written : read.exit;
}

namespace {

bool is_constant(std::string_view name) {
  const auto fields = constant_fields();
  return std::any_of(fields.begin(), fields.end(), [&](const ConstantField& f) { return f.name == name; });
}

ExitCode fit_kernel_laws(const Session& session, const CalibrateOptions& options, const Catalog& catalog) {
  KernelTables tables;
  for (const auto& [name, table] :
       {std::pair{"gemm.csv", &tables.gemm}, std::pair{"attention_context.csv", &tables.attention},
        std::pair{"collectives.csv", &tables.collectives}, std::pair{"systems.csv", &tables.systems}}) {
    const auto source = read_source(options.kernels + "/" + name, kCsvLimit);
    if (!source) {
      session.report_file(source.error().path, source.error().reason);
      return ExitCode::kFile;
    }
    *table = *source;
  }
  const std::string source =
      options.source.empty() ? "capplan calibrate on " + options.kernels : options.source;
  const std::string as_of = options.as_of.empty() ? std::string(catalog.as_of()) : options.as_of;
  const Result<std::string> profile = kernel_profile(tables, catalog, source, as_of);
  if (profile) return session.write(*profile);
  session.report(profile.error(), "");
  return ExitCode::kInvalidContent;
}

}  // namespace

ExitCode run_calibrate(const Session& session, const CalibrateOptions& options) {
  for (const std::string& name : options.hold) {
    if (is_constant(name)) continue;
    session.err() << "capplan: --hold: no constant `" << name << "`\n";
    return ExitCode::kUsage;
  }
  if (options.files.empty() && options.kernels.empty()) {
    session.err() << "capplan: calibrate needs RUNS, or --kernels DIR\n";
    return ExitCode::kUsage;
  }
  ReadRuns read = read_runs(session, options.files);
  if (read.exit != ExitCode::kFine) return read.exit;
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  if (!options.kernels.empty()) return fit_kernel_laws(session, options, *catalog);
  Backtest backtest = make_backtest(std::move(read.records), *catalog);
  const std::vector<const Observation*> fitted = votes(backtest);
  if (fitted_observations(fitted).empty()) {
    session.err() << "capplan: none of " << backtest.records.size() << " runs can be fitted";
    if (!backtest.unpredicted.empty())
      session.err() << "; the first: " << backtest.unpredicted.front().id << ": "
                    << backtest.unpredicted.front().reason;
    session.err() << "\n";
    return ExitCode::kInvalidContent;
  }
  const Catalog* calibrated = options.from_priors ? nullptr : &*catalog;
  const FitOptions fit_options{priors_of(calibrated), options.hold, calibrated, usual_threads()};
  if (const auto by = find_leave_out(options.leave_out)) {
    backtest.runs = cross_validate(fitted, *by, fit_options);
    if (backtest.runs.empty()) {
      session.err() << "capplan: all runs are of one " << options.leave_out << ": nothing is left to fit\n";
      return ExitCode::kInvalidContent;
    }
    return session.write(render(backtest, session.format(), session.render_options()));
  }
  const std::string source =
      options.source.empty() ? "capplan calibrate on " + options.files.front() : options.source;
  const std::string as_of = options.as_of.empty() ? std::string(catalog->as_of()) : options.as_of;
  return session.write(calibration_profile(fitted, *catalog, fit_options, {options.id, source, as_of}));
}

}  // namespace capplan

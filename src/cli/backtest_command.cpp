// backtest and calibrate: runs that were measured, against what the step model says.
#include <ostream>

#include "backtest/calibration_profile.h"
#include "cli/commands.h"
#include "core/number_text.h"
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
    all.records.insert(all.records.end(), std::make_move_iterator(read.runs.begin()), std::make_move_iterator(read.runs.end()));
  }
  return all;
}

// One observation a configuration, of step-level tiers; adapters train otherwise than what constants are fitted
// to.
std::vector<const Observation*> votes(const std::vector<Observation>& observations, const std::vector<RunRecord>& records) {
  const std::vector<const RunRecord*> newest = newest_of_groups(records);
  std::vector<const Observation*> kept;
  for (const Observation& o : observations) {
    if (o.run->demand.family == Family::kLora || o.record->tier == "C") continue;
    if (std::find(newest.begin(), newest.end(), o.record) != newest.end()) kept.push_back(&o);
  }
  return kept;
}

}  // namespace

ExitCode run_backtest(const Session& session, const std::string& file) {
  ReadRuns read = read_runs(session, {file});
  if (read.exit == ExitCode::kFile) return read.exit;
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const Backtest backtest = make_backtest(std::move(read.records), *catalog);
  const ExitCode written = session.write(render(backtest, session.format(), session.render_options()));
  return written != ExitCode::kFine ? written : read.exit;
}

ExitCode run_calibrate(const Session& session, const CalibrateOptions& options) {
  const ReadRuns read = read_runs(session, options.files);
  if (read.exit != ExitCode::kFine) return read.exit;
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  std::vector<Unpredicted> unpredicted;
  const std::vector<Observation> observations = observe(read.records, *catalog, unpredicted);
  const std::vector<const Observation*> fitted = votes(observations, read.records);
  if (fitted.empty()) {
    session.err() << "capplan: none of " << read.records.size() << " runs can be predicted";
    if (!unpredicted.empty()) session.err() << "; the first: " << unpredicted.front().id << ": " << unpredicted.front().reason;
    session.err() << "\n";
    return ExitCode::kInvalidContent;
  }
  if (!options.leave_out.empty()) {
    const LeaveOut by = options.leave_out == "accelerator" ? LeaveOut::kAccelerator
                        : options.leave_out == "source"    ? LeaveOut::kPublisher
                                                           : LeaveOut::kModel;
    Backtest left_out;
    left_out.records = read.records;
    left_out.runs = cross_validate(fitted, by, priors_of(options.from_priors ? nullptr : &*catalog));
    return session.write(render(left_out, session.format(), session.render_options()));
  }
  const std::string names = options.source.empty() ? "capplan calibrate on " + options.files.front() : options.source;
  return session.write(calibration_profile(fitted, *catalog, options.from_priors, {options.id, names, options.as_of.empty() ? std::string(catalog->as_of()) : options.as_of}));
}

}  // namespace capplan

#include "backtest/backtest.h"

#include <set>

namespace capplan {

Backtest make_backtest(std::vector<RunRecord> records, const Catalog& catalog, LayoutSource layouts) {
  Backtest b;
  b.layouts = layouts;
  b.records = std::move(records);
  b.observations = observe(b.records, catalog, layouts, b.unpredicted);
  for (const Observation& o : b.observations) {
    const TrainingConstants constants = training_constants(catalog, o.run->accelerator);
    b.runs.push_back({&o, predict(o, constants, o.run->band), speedup_over_recorded(*o.run, constants)});
  }
  return b;
}

std::vector<ScoredRun> voting_runs(const Backtest& backtest) {
  std::set<const RunRecord*> newest;
  for (const RunRecord* r : newest_of_groups(backtest.records)) newest.insert(r);
  std::vector<ScoredRun> voting;
  for (const ScoredRun& r : backtest.runs) {
    if (r.observation->record->tier != "C" && newest.contains(r.observation->record)) voting.push_back(r);
  }
  return voting;
}

std::vector<ScoredRun> whole_runs(const Backtest& backtest) {
  std::vector<ScoredRun> whole;
  for (const ScoredRun& r : backtest.runs) {
    if (r.observation->record->tier == "C") whole.push_back(r);
  }
  return whole;
}

}  // namespace capplan

// Predicted against measured, for a file of runs.
#pragma once

#include "backtest/score.h"

namespace capplan {

struct Backtest {
  LayoutSource layouts = LayoutSource::kRecorded;
  std::vector<RunRecord> records;
  std::vector<Observation> observations;
  std::vector<ScoredRun> runs;
  std::vector<Unpredicted> unpredicted;
};

Backtest make_backtest(std::vector<RunRecord> records, const Catalog& catalog,
                       LayoutSource layouts = LayoutSource::kRecorded);

// Of the runs of step-level tiers, the newest of each group of reruns: the ones that count in accuracy
// figures.
std::vector<ScoredRun> voting_runs(const Backtest& backtest);
// Tier C: totals of whole runs.
std::vector<ScoredRun> whole_runs(const Backtest& backtest);

}  // namespace capplan

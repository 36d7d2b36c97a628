// A run record made into what the execution model takes. Only inputs are read.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "backtest/run_record.h"
#include "capplan/core/assumption.h"
#include "performance/interval.h"
#include "performance/step_model.h"

namespace capplan {

// A record's layout as it is stated, or the fastest that its software can run.
enum class LayoutSource { kRecorded, kSearched };

// Owns the demand and workload that the setup points into.
struct TrainingCase {
  std::string accelerator;
  Demand demand;
  Workload workload;
  Machine machine;
  StepSetup setup;
  Parallelism layout;  // as recorded; what that leaves open was searched
  // Where the layout was searched all the same: the recorded one, and whether it fits by the memory model.
  std::optional<Parallelism> recorded_layout;
  bool recorded_fits = true;
  double productive_share = 1;  // of a whole run's accelerator-hours
  double tokens_total = 0;      // of a whole run; 0: not stated
  bool shape_known = true;
  bool kernels_measured = true;  // of this accelerator or another board of its chip
  // Degrees, sequence length and batch are the record's own: a run that constants may be fitted to.
  bool layout_stated = false;
  TimeBand band;
  double longest_over_mean = 1;  // of the sequences
  Assumptions assumptions;
};

using TrainingCaseResult = tl::expected<std::unique_ptr<TrainingCase>, std::string>;

// Reads nothing of what was measured.
TrainingCaseResult make_training_case(const RunRecord& record, const Catalog& catalog,
                                      LayoutSource layouts = LayoutSource::kRecorded);

StepTime predict_step(const TrainingCase& run, const TrainingConstants& constants);

// Recorded over found step time; 1 where nothing was searched.
double speedup_over_recorded(const TrainingCase& run, const TrainingConstants& constants);

// A step's time as the metric a record asks for; nullopt where the metric is none that training has.
std::optional<double> metric_of(const TrainingCase& run, const std::string& metric, Duration step);

}  // namespace capplan

// Fits the step model's constants to measured runs. Every constant is held towards its prior with a stated
// width, so that one without evidence keeps a meaning, and an accelerator without runs its generation's.
#pragma once

#include <map>
#include <span>
#include <string>

#include "backtest/score.h"

namespace capplan {

struct FittedConstants {
  TrainingConstants shared;
  std::map<std::string, TrainingConstants> accelerators;  // shared ones with the accelerator's own

  const TrainingConstants& of(const std::string& accelerator) const;
};

// What each constant is held towards: its prior, or the values of a catalogue that was calibrated before.
TrainingConstants priors_of(const Catalog* calibrated);

// Minimises the sum of soft-L1 losses of ln(predicted / measured time) / 0.06 and the squares of
// ln(value / prior) / sigma (Levenberg-Marquardt). A cell of one accelerator and source weighs as twelve runs
// at most.
struct FitOptions {
  TrainingConstants priors;
  std::vector<std::string> held;        // constants that keep their priors
  const Catalog* calibrated = nullptr;  // its accelerators' own constants are priors too
  int threads = 1;                      // that fits without one group run on; they do not change a figure
};
bool is_free(const ConstantField& field, const FitOptions& options);
FittedConstants fit_constants(std::span<const Observation* const> observations, const FitOptions& options);
// The observations that a fit rests on: those with a layout of their own, where there are any. Adapters train
// otherwise than what the constants describe and are never fitted to.
std::vector<const Observation*> fitted_observations(std::span<const Observation* const> observations);

// Of each accelerator, the runs that a constant of accelerators is learned from; none for a shared one.
std::map<std::string, int> runs_by_accelerator(std::span<const Observation* const> observations,
                                               const ConstantField& constant);

// One weight a run: a cell of one accelerator and publisher, and of one model of operators, counts as twelve
// runs at most.
std::vector<double> cell_weights(std::span<const Observation* const> observations);

// The part of the runs that a prediction is made without.
enum class LeaveOut { kAccelerator, kPublisher, kModel };
// "accelerator", "source" or "model".
std::optional<LeaveOut> find_leave_out(std::string_view name);
std::string group_of(const Observation& o, LeaveOut by);

// Every observation under constants that were fitted without its group.
std::vector<ScoredRun> cross_validate(std::span<const Observation* const> all, LeaveOut by,
                                      const FitOptions& options);

}  // namespace capplan

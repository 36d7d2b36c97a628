#include "backtest/calibrate.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "backtest/least_squares.h"
#include "core/parallel.h"

namespace capplan {
namespace {

constexpr double kResidualScale = 0.06;
constexpr double kMostPerCell = 12;
// Of a part whose kernels nobody measured: those of its generation reach other shares of their peaks, from
// power limits and clocks.
constexpr double kUnmeasuredSigma = 0.25;

bool acts_on(const ConstantField& f, const StepSetup& setup) {
  return f.acts_on == ActsOn::kBoth || (f.acts_on == ActsOn::kOperators) == !setup.operators.empty();
}

// One free constant, shared or of one accelerator.
struct Free {
  const ConstantField* field;
  std::string accelerator;  // empty: shared
  double sigma;
};

class Fit {
 public:
  Fit(std::span<const Observation* const> observations, const FitOptions& options)
      : observations_(observations), priors_(options.priors), calibrated_(options.calibrated) {
    for (const double weight : cell_weights(observations_)) weights_.push_back(std::sqrt(weight));
    std::map<std::string, bool> measured;
    for (const Observation* o : observations_) measured[o->run->accelerator] = o->run->kernels_measured;
    for (const ConstantField& f : constant_fields()) {
      if (!is_free(f, options)) continue;
      if (!f.per_accelerator) free_.push_back({&f, "", f.sigma});
      for (const auto& [id, runs] : runs_by_accelerator(observations_, f))
        free_.push_back({&f, id, measured[id] ? f.sigma : kUnmeasuredSigma});
    }
    for (std::size_t i = 0; i < free_.size(); ++i) moved_.push_back(find_moved(i));
  }

  // From the priors.
  FittedConstants solve() const {
    return constants(least_squares(
        std::vector<double>(free_.size(), 0.0), observations_.size() + free_.size(),
        [&](std::span<const double> x, std::span<const std::size_t> which, std::span<double> r) {
          evaluate(x, which, r);
        },
        moved_));
  }

 private:
  FittedConstants constants(std::span<const double> x) const {
    FittedConstants fitted;
    fitted.shared = priors_;
    for (std::size_t i = 0; i < free_.size(); ++i) {
      if (free_[i].accelerator.empty())
        fitted.shared.*free_[i].field->member = priors_.*free_[i].field->member * std::exp(x[i]);
    }
    for (std::size_t i = 0; i < free_.size(); ++i) {
      if (free_[i].accelerator.empty()) continue;
      TrainingConstants& own =
          fitted.accelerators.try_emplace(free_[i].accelerator, fitted.shared).first->second;
      own.*free_[i].field->member = prior_of(free_[i]) * std::exp(x[i]);
    }
    return fitted;
  }

  void evaluate(std::span<const double> x, std::span<const std::size_t> which, std::span<double> r) const {
    const FittedConstants fitted = constants(x);
    for (const std::size_t i : which) {
      if (i >= observations_.size()) {
        const std::size_t unknown = i - observations_.size();
        r[i] = x[unknown] / free_[unknown].sigma;
        continue;
      }
      const Observation& o = *observations_[i];
      r[i] = weights_[i] * soft_residual(log_time_ratio(o, fitted.of(o.run->accelerator)) / kResidualScale);
    }
  }

  std::vector<std::size_t> find_moved(std::size_t unknown) const {
    const Free& f = free_[unknown];
    std::vector<std::size_t> moved;
    for (std::size_t i = 0; i < observations_.size(); ++i) {
      const TrainingCase& run = *observations_[i]->run;
      if (!acts_on(*f.field, run.setup)) continue;
      if (f.accelerator.empty() || f.accelerator == run.accelerator) moved.push_back(i);
    }
    moved.push_back(observations_.size() + unknown);
    return moved;
  }

  double prior_of(const Free& f) const {
    if (calibrated_ == nullptr) return priors_.*f.field->member;
    return training_constants(*calibrated_, f.accelerator).*f.field->member;
  }

  std::span<const Observation* const> observations_;
  TrainingConstants priors_;
  const Catalog* calibrated_ = nullptr;
  std::vector<double> weights_;
  std::vector<Free> free_;
  std::vector<std::vector<std::size_t>> moved_;
};

}  // namespace

bool is_free(const ConstantField& f, const FitOptions& options) {
  return f.sigma > 0 && std::find(options.held.begin(), options.held.end(), f.name) == options.held.end();
}

std::map<std::string, int> runs_by_accelerator(std::span<const Observation* const> observations,
                                               const ConstantField& f) {
  std::map<std::string, int> runs;
  for (const Observation* o : observations) {
    if (f.per_accelerator && acts_on(f, o->run->setup)) ++runs[o->run->accelerator];
  }
  return runs;
}

std::vector<double> cell_weights(std::span<const Observation* const> observations) {
  // Transformers are all alike; each other model is a case of its own.
  const auto cell = [](const Observation& o) {
    const bool alike = o.run->setup.operators.empty();
    return o.run->accelerator + "|" + publisher_of(*o.record) +
           (alike ? "" : "|" + o.record->inputs.model_name);
  };
  std::map<std::string, int> cells;
  for (const Observation* o : observations) ++cells[cell(*o)];
  std::vector<double> weights;
  weights.reserve(observations.size());
  for (const Observation* o : observations) weights.push_back(std::min(1.0, kMostPerCell / cells[cell(*o)]));
  return weights;
}

const TrainingConstants& FittedConstants::of(const std::string& accelerator) const {
  const auto found = accelerators.find(accelerator);
  return found == accelerators.end() ? shared : found->second;
}

TrainingConstants priors_of(const Catalog* calibrated) {
  return calibrated == nullptr ? TrainingConstants{} : training_constants(*calibrated, "");
}

std::vector<const Observation*> fitted_observations(std::span<const Observation* const> observations) {
  std::vector<const Observation*> whole;
  std::vector<const Observation*> open;
  for (const Observation* o : observations) {
    if (o->run->demand.family == Family::kLora) continue;
    (o->run->layout_stated ? whole : open).push_back(o);
  }
  return whole.empty() ? open : whole;
}

FittedConstants fit_constants(std::span<const Observation* const> observations, const FitOptions& options) {
  const std::vector<const Observation*> whole = fitted_observations(observations);
  return Fit(whole, options).solve();
}

std::optional<LeaveOut> find_leave_out(std::string_view name) {
  if (name == "accelerator") return LeaveOut::kAccelerator;
  if (name == "source") return LeaveOut::kPublisher;
  if (name == "model") return LeaveOut::kModel;
  return std::nullopt;
}

std::string group_of(const Observation& o, LeaveOut by) {
  switch (by) {
    case LeaveOut::kAccelerator:
      return o.run->accelerator;
    case LeaveOut::kPublisher:
      return publisher_of(*o.record);
    case LeaveOut::kModel:
      return o.record->inputs.model_name;
  }
  return "";
}

std::vector<ScoredRun> cross_validate(std::span<const Observation* const> all, LeaveOut by,
                                      const FitOptions& options) {
  std::map<std::string, std::vector<const Observation*>> by_name;
  for (const Observation* o : all) by_name[group_of(*o, by)].push_back(o);
  const std::vector<std::pair<std::string, std::vector<const Observation*>>> groups(by_name.begin(),
                                                                                    by_name.end());
  std::vector<std::vector<ScoredRun>> scored(groups.size());
  parallel_for(groups.size(), options.threads, [&](std::size_t i) {
    const std::string& group = groups[i].first;
    std::vector<const Observation*> others;
    std::ranges::copy_if(all, std::back_inserter(others),
                         [&](const Observation* o) { return group_of(*o, by) != group; });
    if (fitted_observations(others).empty()) return;
    const FittedConstants fitted = fit_constants(others, options);
    for (const Observation* o : groups[i].second)
      scored[i].push_back({o, predict(*o, fitted.of(o->run->accelerator), o->run->band)});
  });
  std::vector<ScoredRun> joined;
  for (const std::vector<ScoredRun>& group : scored) joined.insert(joined.end(), group.begin(), group.end());
  return joined;
}

}  // namespace capplan

#include "backtest/calibrate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backtest/least_squares.h"

namespace capplan {
namespace {

constexpr double kResidualScale = 0.06;
constexpr double kMostPerCell = 12;

// One free constant, shared or of one accelerator.
struct Free {
  const ConstantField* field;
  std::string accelerator;  // empty: shared
};

class Fit {
 public:
  Fit(std::span<const Observation* const> observations, const FitOptions& options)
      : observations_(observations), priors_(options.priors), calibrated_(options.calibrated) {
    for (const double weight : cell_weights(observations_)) weights_.push_back(std::sqrt(weight));
    std::map<std::string, int> accelerators;
    for (const Observation* o : observations_) ++accelerators[o->run->accelerator];
    for (const ConstantField& f : constant_fields()) {
      if (!is_free(f, options)) continue;
      if (!f.per_accelerator) free_.push_back({&f, ""});
      for (const auto& [id, runs] : accelerators) {
        if (f.per_accelerator) free_.push_back({&f, id});
      }
    }
  }

  std::size_t unknowns() const { return free_.size(); }
  std::size_t residuals() const { return observations_.size() + free_.size(); }

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

  void evaluate(std::span<const double> x, std::span<double> r) const {
    const FittedConstants fitted = constants(x);
    for (std::size_t i = 0; i < observations_.size(); ++i) {
      const double z =
          log_time_ratio(*observations_[i], fitted.of(observations_[i]->run->accelerator)) / kResidualScale;
      r[i] = weights_[i] * soft_residual(z);
    }
    for (std::size_t i = 0; i < free_.size(); ++i) r[observations_.size() + i] = x[i] / free_[i].field->sigma;
  }

 private:
  double prior_of(const Free& f) const {
    if (calibrated_ == nullptr) return priors_.*f.field->member;
    return training_constants(*calibrated_, f.accelerator).*f.field->member;
  }

  std::span<const Observation* const> observations_;
  TrainingConstants priors_;
  const Catalog* calibrated_ = nullptr;
  std::vector<double> weights_;
  std::vector<Free> free_;
};

}  // namespace

bool is_free(const ConstantField& f, const FitOptions& options) {
  return f.sigma > 0 && std::find(options.held.begin(), options.held.end(), f.name) == options.held.end();
}

std::vector<double> cell_weights(std::span<const Observation* const> observations) {
  const auto cell = [](const Observation& o) { return o.run->accelerator + "|" + publisher_of(*o.record); };
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
  const Fit fit(whole, options);
  const std::vector<double> x = least_squares(
      std::vector<double>(fit.unknowns(), 0.0), fit.residuals(),
      [&](std::span<const double> at, std::span<double> residuals) { fit.evaluate(at, residuals); });
  return fit.constants(x);
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
  std::map<std::string, std::vector<const Observation*>> groups;
  for (const Observation* o : all) groups[group_of(*o, by)].push_back(o);
  std::vector<ScoredRun> scored;
  for (const auto& [group, members] : groups) {
    std::vector<const Observation*> others;
    for (const Observation* o : all) {
      if (group_of(*o, by) != group) others.push_back(o);
    }
    if (fitted_observations(others).empty()) continue;
    const FittedConstants fitted = fit_constants(others, options);
    for (const Observation* o : members)
      scored.push_back({o, predict(*o, fitted.of(o->run->accelerator), o->run->band)});
  }
  return scored;
}

}  // namespace capplan

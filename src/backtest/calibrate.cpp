#include "backtest/calibrate.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/LevenbergMarquardt>
#include <unsupported/Eigen/NumericalDiff>
#include <vector>

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
  Fit(std::span<const Observation* const> observations, const TrainingConstants& priors)
      : observations_(observations), priors_(priors) {
    std::map<std::string, int> cells;
    for (const Observation* o : observations_) ++cells[cell(*o)];
    for (const Observation* o : observations_)
      weights_.push_back(std::sqrt(std::min(1.0, kMostPerCell / cells[cell(*o)])));
    std::map<std::string, int> accelerators;
    for (const Observation* o : observations_) ++accelerators[o->run->accelerator];
    for (const ConstantField& f : constant_fields()) {
      if (f.sigma <= 0) continue;
      if (!f.per_accelerator) free_.push_back({&f, ""});
      for (const auto& [id, runs] : accelerators) {
        if (f.per_accelerator) free_.push_back({&f, id});
      }
    }
  }

  std::size_t unknowns() const { return free_.size(); }
  std::size_t residuals() const { return observations_.size() + free_.size(); }

  FittedConstants constants(const Eigen::VectorXd& x) const {
    FittedConstants fitted;
    fitted.shared = priors_;
    for (std::size_t i = 0; i < free_.size(); ++i) {
      if (free_[i].accelerator.empty())
        fitted.shared.*free_[i].field->member = priors_.*free_[i].field->member * std::exp(x[static_cast<long>(i)]);
    }
    for (std::size_t i = 0; i < free_.size(); ++i) {
      if (free_[i].accelerator.empty()) continue;
      TrainingConstants& own = fitted.accelerators.try_emplace(free_[i].accelerator, fitted.shared).first->second;
      own.*free_[i].field->member = priors_.*free_[i].field->member * std::exp(x[static_cast<long>(i)]);
    }
    return fitted;
  }

  void evaluate(const Eigen::VectorXd& x, Eigen::VectorXd& r) const {
    const FittedConstants fitted = constants(x);
    for (std::size_t i = 0; i < observations_.size(); ++i) {
      const double z = log_time_ratio(*observations_[i], fitted.of(observations_[i]->run->accelerator)) / kResidualScale;
      const double soft = std::sqrt(2 * (std::sqrt(1 + z * z) - 1));
      r[static_cast<long>(i)] = weights_[i] * std::copysign(soft, z);
    }
    for (std::size_t i = 0; i < free_.size(); ++i)
      r[static_cast<long>(observations_.size() + i)] = x[static_cast<long>(i)] / free_[i].field->sigma;
  }

 private:
  static std::string cell(const Observation& o) { return o.run->accelerator + "|" + publisher_of(*o.record); }

  std::span<const Observation* const> observations_;
  TrainingConstants priors_;
  std::vector<double> weights_;
  std::vector<Free> free_;
};

// What Eigen's solver calls.
class Residuals : public Eigen::DenseFunctor<double> {
 public:
  explicit Residuals(const Fit& fit)
      : DenseFunctor(static_cast<int>(fit.unknowns()), static_cast<int>(fit.residuals())), fit_(fit) {}
  int operator()(const Eigen::VectorXd& x, Eigen::VectorXd& r) const {
    fit_.evaluate(x, r);
    return 0;
  }
  int df(const Eigen::VectorXd& x, Eigen::MatrixXd& jacobian) const {
    constexpr double kStep = 1e-4;
    Eigen::VectorXd low(values()), high(values());
    for (long i = 0; i < x.size(); ++i) {
      Eigen::VectorXd moved = x;
      moved[i] = x[i] - kStep;
      fit_.evaluate(moved, low);
      moved[i] = x[i] + kStep;
      fit_.evaluate(moved, high);
      jacobian.col(i) = (high - low) / (2 * kStep);
    }
    return 0;
  }

 private:
  const Fit& fit_;
};

}  // namespace

const TrainingConstants& FittedConstants::of(const std::string& accelerator) const {
  const auto found = accelerators.find(accelerator);
  return found == accelerators.end() ? shared : found->second;
}

TrainingConstants priors_of(const Catalog* calibrated) {
  return calibrated == nullptr ? TrainingConstants{} : training_constants(*calibrated, "");
}

FittedConstants fit_constants(std::span<const Observation* const> observations, const TrainingConstants& priors) {
  // Runs that leave their layout open say little about constants; where there is nothing else they must do.
  std::vector<const Observation*> whole;
  std::copy_if(observations.begin(), observations.end(), std::back_inserter(whole),
               [](const Observation* o) { return o->run->layout_stated; });
  if (whole.empty()) whole.assign(observations.begin(), observations.end());
  const Fit fit(whole, priors);
  Residuals residuals(fit);
  Eigen::LevenbergMarquardt<Residuals> solver(residuals);
  constexpr int kMostSteps = 60;
  constexpr double kTolerance = 1e-6;
  solver.setMaxfev(kMostSteps);
  solver.setFtol(kTolerance);
  solver.setXtol(kTolerance);
  Eigen::VectorXd x = Eigen::VectorXd::Zero(static_cast<long>(fit.unknowns()));
  solver.minimize(x);
  return fit.constants(x);
}

std::string_view leave_out_name(LeaveOut by) {
  switch (by) {
    case LeaveOut::kAccelerator:
      return "accelerator";
    case LeaveOut::kPublisher:
      return "source";
    case LeaveOut::kModel:
      return "model";
  }
  return "";
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
                                      const TrainingConstants& priors) {
  std::map<std::string, std::vector<const Observation*>> groups;
  for (const Observation* o : all) groups[group_of(*o, by)].push_back(o);
  std::vector<ScoredRun> scored;
  for (const auto& [group, members] : groups) {
    std::vector<const Observation*> others;
    for (const Observation* o : all) {
      if (group_of(*o, by) != group) others.push_back(o);
    }
    if (others.empty()) continue;
    const FittedConstants fitted = fit_constants(others, priors);
    for (const Observation* o : members)
      scored.push_back({o, predict(*o, fitted.of(o->run->accelerator), o->run->band)});
  }
  return scored;
}

}  // namespace capplan

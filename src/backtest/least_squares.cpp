#include "backtest/least_squares.h"

#include <Eigen/Core>
#include <cmath>
#include <unsupported/Eigen/LevenbergMarquardt>

namespace capplan {
namespace {

class Problem : public Eigen::DenseFunctor<double> {
 public:
  Problem(std::size_t unknowns, std::size_t residuals, const ResidualFunction& function)
      : DenseFunctor(static_cast<int>(unknowns), static_cast<int>(residuals)), function_(function) {}

  int operator()(const Eigen::VectorXd& x, Eigen::VectorXd& r) const {
    function_({x.data(), static_cast<std::size_t>(x.size())}, {r.data(), static_cast<std::size_t>(r.size())});
    return 0;
  }

  int df(const Eigen::VectorXd& x, Eigen::MatrixXd& jacobian) const {
    constexpr double kStep = 1e-4;
    Eigen::VectorXd low(values());
    Eigen::VectorXd high(values());
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      Eigen::VectorXd moved = x;
      moved[i] = x[i] - kStep;
      (*this)(moved, low);
      moved[i] = x[i] + kStep;
      (*this)(moved, high);
      jacobian.col(i) = (high - low) / (2 * kStep);
    }
    return 0;
  }

 private:
  const ResidualFunction& function_;
};

}  // namespace

std::vector<double> least_squares(std::vector<double> start, std::size_t residuals,
                                  const ResidualFunction& function) {
  Problem problem(start.size(), residuals, function);
  Eigen::LevenbergMarquardt<Problem> solver(problem);
  constexpr int kMostSteps = 60;
  constexpr double kTolerance = 1e-6;
  solver.setMaxfev(kMostSteps);
  solver.setFtol(kTolerance);
  solver.setXtol(kTolerance);
  Eigen::VectorXd x = Eigen::Map<Eigen::VectorXd>(start.data(), static_cast<Eigen::Index>(start.size()));
  solver.minimize(x);
  return {x.data(), x.data() + x.size()};
}

double soft_residual(double z) { return std::copysign(std::sqrt(2 * (std::sqrt(1 + z * z) - 1)), z); }

}  // namespace capplan

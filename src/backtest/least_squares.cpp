#include "backtest/least_squares.h"

#include <Eigen/Core>
#include <cmath>
#include <numeric>
#include <unsupported/Eigen/LevenbergMarquardt>

namespace capplan {
namespace {

std::span<const double> view(const Eigen::VectorXd& x) {
  return {x.data(), static_cast<std::size_t>(x.size())};
}
std::span<double> view(Eigen::VectorXd& x) { return {x.data(), static_cast<std::size_t>(x.size())}; }

class Problem : public Eigen::DenseFunctor<double> {
 public:
  Problem(std::size_t unknowns, std::size_t residuals, const ResidualFunction& function,
          std::span<const std::vector<std::size_t>> moved)
      : DenseFunctor(static_cast<int>(unknowns), static_cast<int>(residuals)),
        function_(function),
        moved_(moved),
        all_(residuals) {
    std::iota(all_.begin(), all_.end(), std::size_t{0});
  }

  int operator()(const Eigen::VectorXd& x, Eigen::VectorXd& r) const {
    function_(view(x), all_, view(r));
    return 0;
  }

  int df(const Eigen::VectorXd& x, Eigen::MatrixXd& jacobian) const {
    constexpr double kStep = 1e-4;
    Eigen::VectorXd low(values());
    Eigen::VectorXd high(values());
    jacobian.setZero();
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const std::vector<std::size_t>& moved = moved_.empty() ? all_ : moved_[static_cast<std::size_t>(i)];
      Eigen::VectorXd at = x;
      at[i] = x[i] - kStep;
      function_(view(at), moved, view(low));
      at[i] = x[i] + kStep;
      function_(view(at), moved, view(high));
      for (const std::size_t k : moved) {
        const auto row = static_cast<Eigen::Index>(k);
        jacobian(row, i) = (high[row] - low[row]) / (2 * kStep);
      }
    }
    return 0;
  }

 private:
  const ResidualFunction& function_;
  std::span<const std::vector<std::size_t>> moved_;
  std::vector<std::size_t> all_;
};

}  // namespace

std::vector<double> least_squares(std::vector<double> start, std::size_t residuals,
                                  const ResidualFunction& function,
                                  std::span<const std::vector<std::size_t>> moved) {
  Problem problem(start.size(), residuals, function, moved);
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

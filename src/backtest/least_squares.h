// Nonlinear least squares: the one place that knows the solver.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace capplan {

// Fills `residuals` from `unknowns`.
using ResidualFunction = std::function<void(std::span<const double> unknowns, std::span<double> residuals)>;

// Levenberg-Marquardt from `start`, with central differences. The same start gives the same answer.
std::vector<double> least_squares(std::vector<double> start, std::size_t residuals,
                                  const ResidualFunction& function);

// Square root of the soft-L1 loss 2 (sqrt(1 + z^2) - 1), with z's sign: far-off rows pull linearly.
double soft_residual(double z);

}  // namespace capplan

// Nonlinear least squares: the one place that knows the solver.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace capplan {

// Fills the residuals that `which` lists, and no others.
using ResidualFunction = std::function<void(std::span<const double> unknowns,
                                            std::span<const std::size_t> which, std::span<double> residuals)>;

// Levenberg-Marquardt from `start`, with central differences. The same start gives the same answer.
// `moved` lists for each unknown the residuals that it can move; empty: it can move them all.
std::vector<double> least_squares(std::vector<double> start, std::size_t residuals,
                                  const ResidualFunction& function,
                                  std::span<const std::vector<std::size_t>> moved = {});

// Square root of the soft-L1 loss 2 (sqrt(1 + z^2) - 1), with z's sign: far-off rows pull linearly.
double soft_residual(double z);

}  // namespace capplan

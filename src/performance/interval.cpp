#include "performance/interval.h"

#include <algorithm>
#include <cmath>

#include "performance/kernel_laws.h"

namespace capplan {
namespace {

// Judgement, not fitted: in log time, beside residuals of parts that have measurements. A vendor's figure is
// that of the best matrix rates published for AMD against NVIDIA parts (0.51 and 0.80 of their peaks).
constexpr double kNoKernels = 0.12;
constexpr double kNoKernelsOfVendor = 0.35;
constexpr double kShapeGuessed = 0.10;
// Without any calibration: first guesses of training studies are off by about this.
constexpr double kUncalibrated = 0.35;

const ResidualBand* find_band(const Catalog& catalog, Text evidence) {
  for (const ResidualBand& band : catalog.tables().residuals) {
    if (band.evidence == evidence) return &band;
  }
  return nullptr;
}

double judged_width(const Catalog& catalog, const Accelerator& a, bool shape_known) {
  double width = shape_known ? 0 : kShapeGuessed;
  switch (kernel_evidence(catalog, a)) {
    case KernelEvidence::kOwn:
      break;
    case KernelEvidence::kGeneration:
      width = std::hypot(width, kNoKernels);
      break;
    case KernelEvidence::kNone:
      width = std::hypot(width, kNoKernelsOfVendor);
      break;
  }
  return width;
}

std::string words(const Catalog& catalog, const Accelerator& a, int own, Family family) {
  if (catalog.tables().calibrations.empty()) return "step model with its priors, fitted to no run";
  const Calibration& c = catalog.tables().calibrations.front();
  std::string text = "step model fitted to " + std::to_string(c.runs) + " runs (" + std::string(c.id) + "), ";
  text += own > 0 ? std::to_string(own) + " of them on " + std::string(a.id)
                  : "none of them on " + std::string(a.id);
  if (family == Family::kMoe) text += "; mixtures of experts are of one publisher";
  if (kernel_evidence(catalog, a) == KernelEvidence::kGeneration)
    text += "; kernels of its generation or vendor stand in";
  if (kernel_evidence(catalog, a) == KernelEvidence::kNone) text += "; no kernel of its vendor is measured";
  return text;
}

Text evidence_of(Family family, bool own_runs) {
  switch (family) {
    case Family::kMoe:
      return "mixture";
    case Family::kLora:
      return "adapters";
    case Family::kDense:
      return own_runs ? "runs" : "no-runs";
    case Family::kDlrm:
      return "recommendation";
    case Family::kGeneric:
      return "other";
    default:
      return own_runs ? "networks" : "networks-no-runs";
  }
}

}  // namespace

int calibration_runs(const Catalog& catalog, Text accelerator, bool by_operators) {
  const Text wanted = by_operators ? "accelerator_operators" : "accelerator_gemm";
  int runs = 0;
  for (const FittedConstant& c : catalog.tables().constants) {
    if (c.scope == accelerator && c.name == wanted) runs = std::max(runs, c.runs);
  }
  return runs;
}

TimeBand time_band(const Catalog& catalog, Family family, const Accelerator& a, bool shape_known) {
  const bool by_operators = family != Family::kDense && family != Family::kMoe && family != Family::kLora;
  const int own = calibration_runs(catalog, a.id, by_operators);
  const Text evidence = evidence_of(family, own > 0);
  const ResidualBand* band = find_band(catalog, evidence);
  const double low = band != nullptr ? band->p10 : -kUncalibrated;
  const double high = band != nullptr ? band->p90 : kUncalibrated;
  const double width = judged_width(catalog, a, shape_known);
  const auto widened = [&](double bound) { return std::exp(std::copysign(std::hypot(bound, width), bound)); };
  // A time's interval holds the time itself.
  return {std::min(1.0, widened(std::min(low, -1e-9))), std::max(1.0, widened(std::max(high, 1e-9))),
          words(catalog, a, own, family)};
}

}  // namespace capplan

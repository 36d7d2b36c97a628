#include "capplan/core/distribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace capplan {
namespace {

// c[0] + c[1] r + c[2] r^2 + …
double polynomial(const std::array<double, 8>& c, double r) {
  double sum = 0;
  for (std::size_t i = c.size(); i-- > 0;) sum = sum * r + c[i];
  return sum;
}

// PPND16 of AS 241: numerators and denominators in the middle, towards the tails, and far out.
constexpr std::array<double, 8> kMiddleAbove{
    3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
constexpr std::array<double, 8> kMiddleBelow{1.0,
                                             4.2313330701600911252e1,
                                             6.8718700749205790830e2,
                                             5.3941960214247511077e3,
                                             2.1213794301586595867e4,
                                             3.9307895800092710610e4,
                                             2.8729085735721942674e4,
                                             5.2264952788528545610e3};
constexpr std::array<double, 8> kTailAbove{1.42343711074968357734e0,  4.63033784615654529590e0,
                                           5.76949722146069140550e0,  3.64784832476320460504e0,
                                           1.27045825245236838258e0,  2.41780725177450611770e-1,
                                           2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr std::array<double, 8> kTailBelow{1.0,
                                           2.05319162663775882187e0,
                                           1.67638483018380384940e0,
                                           6.89767334985100004550e-1,
                                           1.48103976427480074590e-1,
                                           1.51986665636164571966e-2,
                                           5.47593808499534494600e-4,
                                           1.05075007164441684324e-9};
constexpr std::array<double, 8> kFarAbove{6.65790464350110377720e0,  5.46378491116411436990e0,
                                          1.78482653991729133580e0,  2.96560571828504891230e-1,
                                          2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                          2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr std::array<double, 8> kFarBelow{1.0,
                                          5.99832206555887937690e-1,
                                          1.36929880922735805310e-1,
                                          1.48753612908506148525e-2,
                                          7.86869131145613259100e-4,
                                          1.84631831751005468180e-5,
                                          1.42151175831644588870e-7,
                                          2.04426310338993978564e-15};

double value_at(const ThroughPoints& d, double u) {
  const double along = normal_quantile(u) / kScoreP90;  // -1 at P10, 1 at P90
  const double end = along < 0 ? d.p10 : d.p90;
  if (d.p10 > 0) return d.p50 * std::pow(end / d.p50, std::abs(along));
  return d.p50 + (end - d.p50) * std::abs(along);
}
double value_at(const Uniform& d, double u) { return d.min + u * (d.max - d.min); }
double value_at(const Triangular& d, double u) {
  const double width = d.max - d.min;
  if (width <= 0) return d.mode;
  const double below = (d.mode - d.min) / width;  // probability
  return u < below ? d.min + std::sqrt(u * width * (d.mode - d.min))
                   : d.max - std::sqrt((1 - u) * width * (d.max - d.mode));
}
double value_at(const Normal& d, double u) { return d.mean + d.sd * normal_quantile(u); }
double value_at(const Lognormal& d, double u) { return d.median * std::exp(d.sigma * normal_quantile(u)); }

}  // namespace

double normal_quantile(double u) {
  constexpr double kMiddle = 0.425;
  constexpr double kMiddleSquared = 0.180625;
  constexpr double kFar = 5;
  const double from_median = u - 0.5;
  if (std::abs(from_median) <= kMiddle) {
    const double r = kMiddleSquared - from_median * from_median;
    return from_median * polynomial(kMiddleAbove, r) / polynomial(kMiddleBelow, r);
  }
  const double r = std::sqrt(-std::log(from_median < 0 ? u : 1 - u));
  constexpr double kTailFrom = 1.6;
  const double z = r <= kFar ? polynomial(kTailAbove, r - kTailFrom) / polynomial(kTailBelow, r - kTailFrom)
                             : polynomial(kFarAbove, r - kFar) / polynomial(kFarBelow, r - kFar);
  return from_median < 0 ? -z : z;
}

double normal_probability(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double Distribution::quantile(double u) const {
  const double value = std::visit([u](const auto& shape) { return value_at(shape, u); }, shape_);
  return std::clamp(value, low_, high_);
}

}  // namespace capplan

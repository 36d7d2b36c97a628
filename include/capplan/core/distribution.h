// Distributions of one number by their quantile functions: a draw is the quantile of a uniform number.
#pragma once

#include <limits>
#include <variant>

namespace capplan {

// The z below which a standard normal number lies with probability u, 0 < u < 1: algorithm AS 241 (Wichura,
// Applied Statistics 37, 1988), to about 1 part in 10^16.
double normal_quantile(double u);
// The probability of a standard normal number below z.
double normal_probability(double z);

// The standard normal score of P90; that of P10 is its negative.
inline constexpr double kScoreP90 = 1.2815515655446004;

// Through three points: normal scores are stretched on each side of the median, in the logarithm where all
// three are above zero (two-piece lognormal), else as they are (two-piece normal).
struct ThroughPoints {
  double p10 = 0, p50 = 0, p90 = 0;
};
struct Uniform {
  double min = 0, max = 0;
};
struct Triangular {
  double min = 0, mode = 0, max = 0;
};
struct Normal {
  double mean = 0, sd = 0;
};
struct Lognormal {
  double median = 1;
  double sigma = 0;  // standard deviation of the natural logarithm
};

class Distribution {
 public:
  using Shape = std::variant<ThroughPoints, Uniform, Triangular, Normal, Lognormal>;

  Distribution() : shape_(Uniform{}) {}
  // Draws outside [low, high], which the quantity cannot take, are moved to the nearer end.
  explicit Distribution(Shape shape, double low = -std::numeric_limits<double>::infinity(),
                        double high = std::numeric_limits<double>::infinity())
      : shape_(shape), low_(low), high_(high) {}

  const Shape& shape() const { return shape_; }
  // For 0 < u < 1.
  double quantile(double u) const;
  double median() const { return quantile(0.5); }

 private:
  Shape shape_;
  double low_ = -std::numeric_limits<double>::infinity();
  double high_ = std::numeric_limits<double>::infinity();
};

}  // namespace capplan

#include "plan/net_present_value.h"

#include <algorithm>
#include <cmath>

namespace capplan {

Usd net_present_value(const Cost& cost, Duration wall_clock, Duration horizon, double yearly_rate) {
  const auto discount = [&](double months) { return std::pow(1 + yearly_rate, -months / 12); };
  double purchases = 0;
  double residual = 0;
  double running = 0;
  for (const CostLine& line : cost.lines) {
    const double amount = line.amount.usd();
    if (!line.capital) {
      running += amount;
    } else if (amount >= 0) {
      purchases += amount;
    } else {
      residual += amount;
    }
  }
  const bool owns = purchases > 0;
  const double months = std::max(1.0, std::ceil((owns ? horizon : wall_clock).in(kMonth)-1e-9));
  double present = purchases + residual * discount(horizon.in(kMonth));
  for (int month = 1; month <= static_cast<int>(months); ++month)
    present += running / months * discount(month);
  return Usd::of(present);
}

}  // namespace capplan

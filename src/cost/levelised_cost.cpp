#include "capplan/cost/levelised_cost.h"

#include <cmath>
#include <limits>

namespace capplan {

InterestRate nominal_cost_of_capital(const Financing& f) {
  const double equity = nominal_rate(f.return_on_equity, f.inflation).yearly();
  const double debt = nominal_rate(f.interest, f.inflation).yearly();
  return InterestRate::effective((1 - f.debt_share) * equity + f.debt_share * debt * (1 - f.tax_rate));
}

InterestRate real_cost_of_capital(const Financing& financing) {
  return real_rate(nominal_cost_of_capital(financing), financing.inflation);
}

double present_value_of_depreciation(const std::vector<double>& shares, InterestRate nominal) {
  double value = 0;
  double months = 0;
  for (const double share : shares) value += share * nominal.discount_factor(months += 12);
  return value;
}

double project_finance_factor(double tax_rate, double depreciation_value) {
  return (1 - tax_rate * depreciation_value) / (1 - tax_rate);
}

double construction_finance_factor(const std::vector<double>& shares, InterestRate interest,
                                   double tax_rate) {
  double factor = 0;
  double years = 0.5;
  for (const double share : shares) {
    const double growth = std::pow(1 + interest.yearly(), years);
    factor += share * (1 + (1 - tax_rate) * (growth - 1));
    years += 1;
  }
  return factor;
}

double fixed_charge_rate(const Financing& financing, double years, const std::vector<double>& depreciation,
                         double construction_factor) {
  const double recovery = capital_recovery_factor(real_cost_of_capital(financing).yearly(), years);
  const double value = present_value_of_depreciation(depreciation, nominal_cost_of_capital(financing));
  return recovery * project_finance_factor(financing.tax_rate, value) * construction_factor;
}

EnergyPrice levelised_cost_of_energy(const FixedCost& fixed, Power mean_output, EnergyPrice variable) {
  return fixed.rate() / mean_output + variable;
}

DevicePrice levelised_cost_of_compute(const FixedCost& fixed, const Delivery& delivery,
                                      DevicePrice variable) {
  const Devices delivered = delivery.installed * (delivery.availability * delivery.utilisation);
  if (delivered <= Devices{}) return DevicePrice::of(std::numeric_limits<double>::infinity());
  return fixed.rate() / delivered + variable;
}

}  // namespace capplan

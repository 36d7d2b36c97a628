// Levelised costs by the fixed charge rate: capital turned into a yearly charge that covers interest, return
// on equity and income tax. Formulas and symbols are those of NREL's Annual Technology Baseline (2024,
// "Equations and Variables in the ATB"), after Short, Packey and Holt, NREL/TP-462-5173 (1995). Tax credits
// are left out. Rates are effective a year.
#pragma once

#include <vector>

#include "capplan/core/units.h"
#include "capplan/cost/finance.h"

namespace capplan {

// How capital is raised. The returns are real: what is left after inflation.
struct Financing {
  double debt_share = 0;          // DF: 0 to 1, the rest is equity
  InterestRate return_on_equity;  // RROE
  InterestRate interest;          // IR, on the debt; deductible from tax
  InterestRate inflation;         // i
  double tax_rate = 0;            // TR: 0 to less than 1
};

// Weighted average cost of capital after tax, with inflation and without.
InterestRate nominal_cost_of_capital(const Financing& financing);
InterestRate real_cost_of_capital(const Financing& financing);

// PVD: worth of depreciation at the start, as a share of the price. shares[t] is deducted at the end of year
// t + 1, in money of that year; hence the nominal rate.
double present_value_of_depreciation(const std::vector<double>& shares, InterestRate nominal);

// ProFin: (1 - TR PVD) / (1 - TR), what income tax adds to the charge.
double project_finance_factor(double tax_rate, double depreciation_value);

// ConFin: sum of shares[y] (1 + (1 - TR) ((1 + interest)^(y + 0.5) - 1)). shares[y] of the price are spent in
// the middle of the year that begins y + 1 years before operation does.
double construction_finance_factor(const std::vector<double>& shares, InterestRate interest, double tax_rate);

// FCR = CRF x ProFin x ConFin, a year: the CRF at the real cost of capital over `years`, so that the charge
// rises with inflation.
double fixed_charge_rate(const Financing& financing, double years, const std::vector<double>& depreciation,
                         double construction_factor = 1);

// What must be paid whether or not anything is delivered.
struct FixedCost {
  Usd capital;
  double charge_rate = 0;  // FCR, a year
  UsdRate operation;       // rent, staff, maintenance

  UsdRate rate() const { return capital * charge_rate / kYear + operation; }
};

// LCOE = (FCR CAPEX + FOM) / output + VOM and fuel. The mean output is capacity x capacity factor; years have
// 8,760 h.
EnergyPrice levelised_cost_of_energy(const FixedCost& fixed, Power mean_output, EnergyPrice variable = {});

// Accelerators and how much of their time reaches a user.
struct Delivery {
  Devices installed;
  double availability = 1;  // share of the year in working order
  double utilisation = 1;   // share of that in which work is done
};

// LCOC, the levelised cost of compute: of an accelerator-hour delivered, (FCR CAPEX + fixed operation) /
// (N x availability x utilisation) + what a delivered hour costs besides, power above all. Infinite where
// nothing is delivered.
DevicePrice levelised_cost_of_compute(const FixedCost& fixed, const Delivery& delivery,
                                      DevicePrice variable = {});

}  // namespace capplan

// What is left of capital, and what borrowing it costs.
#pragma once

#include "capplan/cost/owned.h"

namespace capplan {

// Of the price of hardware, after the horizon, as a factor with its source.
struct ResidualValue {
  Factor share;
  Assumptions assumptions;
};
ResidualValue residual_value(const SiteTerms& site, Duration horizon, const Catalog& catalog,
                             PriceCase prices);

// Of one dollar borrowed. What is still owed at the horizon is repaid then.
struct LoanInterest {
  double of_a_dollar = 0;  // paid within the horizon
  double owed = 0;         // at the horizon
  Duration paid_until;
};
LoanInterest loan_interest(const LoanChoice& loan, Duration horizon);

}  // namespace capplan

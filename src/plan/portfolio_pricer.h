// The answer of the program, priced by the cost engine: whose figures alone are shown.
#pragma once

#include "plan/portfolio_builder.h"

namespace capplan {

// `context` is of the spec as it is; the portfolio was built from the same spec without what is paid once.
PlanOption price_portfolio(const SupplyContext& context, const SupplyContext& parts,
                           const BuiltPortfolio& built, const PortfolioPlan& plan);

}  // namespace capplan

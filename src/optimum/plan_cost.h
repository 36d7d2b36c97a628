// What a plan has and costs, by the portfolio's amounts.
#pragma once

#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

// By pool and month.
std::vector<std::vector<int>> machines_there(const Portfolio& portfolio, const PortfolioPlan& plan);
// By pool, month and block.
std::vector<std::vector<std::vector<double>>> machines_serving(const Portfolio& portfolio,
                                                               const PortfolioPlan& plan);
double usd_of_plan(const Portfolio& portfolio, const PortfolioPlan& plan);

}  // namespace capplan

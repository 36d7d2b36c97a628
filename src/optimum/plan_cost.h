// What a plan has and costs, by the portfolio's amounts.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

// By pool and month.
std::vector<std::vector<int>> machines_there(const Portfolio& portfolio, const PortfolioPlan& plan);
// By pool, month and block.
std::vector<std::vector<std::vector<double>>> machines_serving(const Portfolio& portfolio,
                                                               const PortfolioPlan& plan);
// What a way of renting by the hour takes at once, by work and option.
struct RentedAtOnce {
  using Way = std::pair<std::size_t, std::size_t>;
  std::map<Way, int> runs, served;  // groups of machines; machines
};
RentedAtOnce rented_at_once(const Portfolio& portfolio, const PortfolioPlan& plan);

bool has_limits(const PortfolioLimits& limits);
bool has_quota(const PortfolioLimits& limits, const std::string& quota);
// Whether a limit counts what is rented from such a provider.
bool is_counted(const PortfolioLimits& limits, const std::string& quota);
// check_plan.cpp.
bool keeps_limits(const Portfolio& portfolio, const PortfolioPlan& plan);

double usd_of_plan(const Portfolio& portfolio, const PortfolioPlan& plan);

}  // namespace capplan

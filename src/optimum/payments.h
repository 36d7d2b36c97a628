// When the amounts of a portfolio are paid, for limits on what is paid in a month.
#pragma once

#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

// What n bought machines cost as they are bought, and in every month after that, at index n. What is left of
// the whole after the start is paid in equal parts; where the value left exceeds it, nothing is.
std::vector<double> usd_at_start(const Pool& pool);
std::vector<double> usd_a_month(const Pool& pool, int months);

// Of one committed machine, `month` months after its term began.
double usd_in_month(const TermOffer& commitment, int month);

// Of a place.
double usd_in_month(const DataPlaceCost& place, int month);

std::vector<double> usd_by_month(const Portfolio& portfolio, const PortfolioPlan& plan);

}  // namespace capplan

// The months that decide how many machines are needed where what is bought is there in every month.
#pragma once

#include "capplan/optimum/portfolio.h"

namespace capplan {

// The portfolio of the busiest months alone, at most a few: those that no other month outweighs in each piece
// of work. Dollars stand for all months; a run that has several months to be done in has its part of these.
// Months are those that are left, numbered anew; pools, works and options keep their indices.
Portfolio of_busiest_months(const Portfolio& portfolio);

}  // namespace capplan

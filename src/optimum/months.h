// A portfolio month by month. What is bought, or committed to for longer than a month, ties months together,
// and nothing else where every run is due within one: on given machines each month is a small portfolio of
// its own.
#pragma once

#include <optional>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"

namespace capplan {

// Of a part of a portfolio: the machines that a plan has for longer than a month, and the best
// of each month on them. No bound comes of it. nullopt: months are not apart, one of them has no plan, or it
// was stopped.
std::optional<Optimum> laid_out_by_month(const Portfolio& portfolio, const Kept& part,
                                         const PortfolioPlan& plan, bool limits,
                                         const OptimumSettings& settings);

}  // namespace capplan

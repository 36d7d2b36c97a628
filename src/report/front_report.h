// The Pareto front of cost, P90 and time: what a faster or surer plan costs more.
#pragma once

#include <string>

#include "capplan/report/report.h"

namespace capplan {

// With `all` the whole front, else the steps along it that are worth talking about. Empty where one plan is
// best in everything.
std::string front_table(const Plan& plan, const RenderOptions& options);
std::string front_markdown(const Plan& plan, const RenderOptions& options);

}  // namespace capplan

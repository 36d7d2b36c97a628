#include "report/relaxation_report.h"

#include <fmt/format.h>

#include "report/figures.h"
#include "report/grid.h"

namespace capplan {

std::string relaxation_lines(const Plan& plan, const RenderOptions& options, const std::string& bullet) {
  if (plan.feasible()) return {};
  if (plan.relaxations.empty() && plan.proven)
    return wrap("no change of one constraint alone lets a plan in", options.width, "", 2) + "\n";
  if (plan.relaxations.empty()) return {};
  std::string out = "each of these alone lets a plan in:\n";
  for (const Relaxation& r : plan.relaxations)
    out += wrap(fmt::format("{}: {} ({}): {}, {}, {}", r.path, r.to, r.change, r.id,
                            money_text(r.cost.usd(), options.currency), time_text(r.wall_clock)),
                options.width, bullet, 4) +
           "\n";
  return out;
}

}  // namespace capplan

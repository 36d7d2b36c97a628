#include "explain/break_even_figures.h"

#include <algorithm>

#include "explain/line_figures.h"
#include "explain/work_figures.h"
#include "plan/break_even.h"

namespace capplan {
namespace {

constexpr const char* kFormula =
    "u* = (F_own - F_rent) / (N H (r - c)), docs/methodology.md, section 6 (Cost of owning)";

// Both are ratios of amounts that are rounded a line at a time.
constexpr double kRounded = 1e-6;

bool is_fixed(const CostLine& line) { return line.capital || !grows_with_use(line); }
bool is_by_use(const CostLine& line) { return !is_fixed(line); }

// The terms of docs/methodology.md, section 6, from the lines of the two plans.
class BreakEvenFigures {
 public:
  BreakEvenFigures(const Explained& x, const PlanOption& buy, const PlanOption& rent)
      : x_(x), buy_(buy), rent_(rent), buy_lines_(x, buy), rent_lines_(x, rent) {}

  Derivation utilization() const {
    Derivation more = node("fixed cost of owning over that of renting", "USD", Operation::kDifference,
                           {buy_lines_.sum_of("fixed cost of owning", is_fixed), rent_fixed()});
    Derivation share = node("use from which owning costs less", "", Operation::kQuotient,
                            {std::move(more), saved_at_full_use()}, kFormula);
    if (share.value >= 0) return share;
    return node("use from which owning costs less", "", Operation::kMaximum,
                {std::move(share), definition("least use", 0, "")});
  }

  Derivation months() const {
    Derivation capital = buy_lines_.sum_of("capital less its value at the horizon",
                                           [](const CostLine& line) { return line.capital; });
    if (capital.value <= 0) return definition("months until it is paid back", 0, "month");
    Derivation operation = buy_lines_.sum_of("owning, whatever the use", [](const CostLine& line) {
      return !line.capital && !grows_with_use(line);
    });
    Derivation rest =
        node("saved over the horizon at full use", "USD", Operation::kDifference,
             {node("not paid when owning", "USD", Operation::kSum, {saved_at_full_use(), rent_fixed()}),
              std::move(operation)});
    Derivation monthly = node("saved in a month at full use", "USD", Operation::kQuotient,
                              {std::move(rest), by_rule("months of the horizon", x_.plan.horizon.in(kMonth),
                                                        "month", "the horizon of the plan")});
    return node("months at full use until it is paid back", "month", Operation::kQuotient,
                {std::move(capital), std::move(monthly)}, kOwningMethod);
  }

 private:
  Derivation rent_fixed() const { return rent_lines_.sum_of("fixed cost of renting", is_fixed); }

  Derivation capacity() const {
    return node("accelerator-hours of the horizon", "h", Operation::kProduct,
                {explain_count(x_, buy_.allocations.front()),
                 by_rule("hours of the horizon", x_.plan.horizon.in(kHour), "h", "the horizon of the plan")});
  }
  Derivation saved_at_full_use() const {
    return node("saved at full use", "USD", Operation::kProduct,
                {capacity(), node("saved in an accelerator-hour", "USD/h", Operation::kDifference,
                                  {rented_hour(), owned_hour()})});
  }
  // As billed.
  Derivation rented_hour() const {
    std::vector<Derivation> billed;
    for (const CostLine& line : rent_.cost.lines) {
      if (is_rented_time(line)) billed.push_back(rent_lines_.quantity(line));
    }
    return node("rent of an accelerator-hour", "USD/h", Operation::kQuotient,
                {rent_lines_.sum_of("what grows with use, renting", is_by_use),
                 node("accelerator-hours billed", "h", Operation::kSum, std::move(billed))});
  }
  // Electricity and the price of its carbon.
  Derivation owned_hour() const {
    std::vector<Derivation> used;
    for (const Allocation& a : buy_.allocations) used.push_back(explain_accelerator_hours(x_, a));
    return node("electricity of an accelerator-hour", "USD/h", Operation::kQuotient,
                {buy_lines_.sum_of("what grows with use, owning", is_by_use),
                 node("accelerator-hours in use", "h", Operation::kSum, std::move(used))});
  }

  const Explained& x_;
  const PlanOption& buy_;
  const PlanOption& rent_;
  LineFigures buy_lines_, rent_lines_;
};

const PlanOption* find_plan(const Plan& plan, const std::string& id) {
  const auto found =
      std::find_if(plan.options.begin(), plan.options.end(), [&](const PlanOption& o) { return o.id == id; });
  return found == plan.options.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Derivation> explain_break_even(const Explained& x, const BreakEven& b, std::string_view key) {
  const PlanOption* buy = find_plan(x.plan, b.buy);
  const PlanOption* rent = find_plan(x.plan, b.rent);
  if (buy == nullptr || rent == nullptr) return std::nullopt;
  const BreakEvenFigures figures(x, *buy, *rent);
  if (key == "utilization")
    return made_or(figures.utilization(), b.utilization,
                   by_rule("use from which owning costs less", b.utilization, "", kOwningMethod), kRounded);
  if (key == "months")
    return made_or(figures.months(), b.months,
                   by_rule("months at full use until it is paid back", b.months, "month", kOwningMethod),
                   kRounded);
  return std::nullopt;
}

}  // namespace capplan

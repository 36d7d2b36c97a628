#include "plan/commitments.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "plan/break_even.h"

namespace capplan {
namespace {

const Allocation& only(const PlanOption& o) { return o.allocations.front(); }

bool is_rented(const PlanOption& o) {
  return o.option == SupplyOption::kCloud || o.option == SupplyOption::kRental;
}

// Whether nothing but its cost speaks against it: a commitment may break the budget and still be asked about.
bool is_open(const PlanOption& o) {
  return is_rented(o) && o.firm && is_usual(o.standing) &&
         std::all_of(o.violations.begin(), o.violations.end(),
                     [](const std::string& v) { return v.starts_with("budget"); });
}

bool by_the_hour(const PlanOption& o) { return is_open(o) && !has_term(only(o).purchase); }

DevicePrice price_of(const PlanOption& o) {
  return *only(o).usd_per_accelerator_hour * (kUsd / kHour / kDevice);
}

// The price by the hour that a commitment is measured against.
const PlanOption* hourly_like(const Plan& plan, const PlanOption& committed) {
  const Allocation& wanted = only(committed);
  // Elsewhere the place is of no interest.
  const auto order = [&](const PlanOption& o) {
    const Allocation& a = only(o);
    const bool elsewhere = a.provider != wanted.provider;
    const bool far = elsewhere || a.region != wanted.region;
    return std::tuple(elsewhere, far, far || a.machine != wanted.machine, price_of(o).base(),
                      std::string_view(o.id));
  };
  const PlanOption* best = nullptr;
  for (const PlanOption& o : plan.options) {
    if (!by_the_hour(o) || only(o).accelerator != wanted.accelerator) continue;
    if (best == nullptr || order(o) < order(*best)) best = &o;
  }
  return best;
}

const PlanOption* cheapest_by_the_hour(const Plan& plan, Text accelerator) {
  const PlanOption* best = nullptr;
  for (const PlanOption& o : plan.options) {
    if (!by_the_hour(o) || only(o).accelerator != accelerator) continue;
    if (best == nullptr || price_of(o) < price_of(*best)) best = &o;
  }
  return best;
}

std::vector<CostLine> term_lines(const Cost& cost) {
  std::vector<CostLine> lines;
  for (const CostLine& line : cost.lines) {
    if (is_rented_time(line)) lines.push_back(line);
  }
  return lines;
}

Usd present(const std::vector<CostLine>& lines, Duration horizon, const Discounting& d) {
  Cost cost;
  cost.lines = lines;
  return -net_present_value(cash_flow(cost, horizon), d.rate, d.timing);
}

Commitment against(const PlanOption& committed, const PlanOption& hourly, Duration horizon,
                   const Discounting& d) {
  const Allocation& a = only(committed);
  const std::vector<CostLine> lines = term_lines(committed.cost);
  Commitment c;
  c.id = committed.id;
  c.hourly = hourly.id;
  c.accelerator = a.accelerator;
  c.provider = a.provider;
  c.hourly_provider = only(hourly).provider;
  c.purchase = a.purchase;
  c.count = a.count;
  c.price = price_of(committed);
  c.hourly_price = price_of(hourly);
  double paid_hours = 0;
  Usd paid;
  Duration end;
  for (const CostLine& line : lines) {
    paid_hours += line.quantity();
    paid += Usd::of(line.amount.usd());
    c.upfront += Usd::of(line.amount.usd() * line.paid.share_at_start());
    end = std::max(end, line.paid.to);
  }
  if (paid_hours <= 0) return c;
  c.committed = paid_hours / c.count * kHour;
  c.busy = a.accelerator_hours / paid_hours;
  c.busy_in_horizon = a.accelerator_hours * kHour / (c.count * horizon);
  // The hours that are paid for, each at the other price, spread evenly over the time they are held.
  CostLine same_hours = lines.front();
  const Usd by_hour = c.hourly_price * (paid_hours * kHour * kDevice);
  same_hours.amount = Money::of(by_hour);
  same_hours.paid = {Duration{}, end > Duration{} ? end : c.committed};
  c.break_even = paid / by_hour;
  c.saving = c.busy * by_hour - paid;
  const Usd present_by_hour = present({same_hours}, horizon, d);
  const Usd present_paid = present(lines, horizon, d);
  c.discounted_break_even = present_paid / present_by_hour;
  c.discounted_saving = c.busy * present_by_hour - present_paid;
  return c;
}

}  // namespace

Duration Commitment::pays_after() const {
  if (busy_in_horizon <= 0) return Duration::of(std::numeric_limits<double>::infinity());
  return break_even_time() / busy_in_horizon;
}

std::vector<Commitment> find_commitments(const Plan& plan, const Discounting& discounting) {
  std::vector<Commitment> found;
  for (const PlanOption& o : plan.options) {
    if (!is_open(o) || !has_term(only(o).purchase)) continue;
    const PlanOption* hourly = hourly_like(plan, o);
    if (hourly == nullptr) continue;
    Commitment c = against(o, *hourly, plan.horizon, discounting);
    const PlanOption& cheapest = *cheapest_by_the_hour(plan, c.accelerator);
    c.cheapest_provider = only(cheapest).provider;
    c.cheapest_price = price_of(cheapest);
    if (c.committed > Duration{}) found.push_back(c);
  }
  return found;
}

}  // namespace capplan

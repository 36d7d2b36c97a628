#include "plan/break_even.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"

namespace capplan {
namespace {

Usd sum_of(const CashFlow& flow, const Discounting& d) { return -net_present_value(flow, d.rate, d.timing); }

// The lines of a cost that a test picks.
template <class Test>
Cost part_of(const Cost& cost, const Test& picked) {
  Cost part;
  for (const CostLine& line : cost.lines) {
    if (picked(line)) part.lines.push_back(line);
  }
  return part;
}

// What a dollar in every month of the horizon is worth at its start.
double months_worth(Duration horizon, const Discounting& d) {
  return annuity_factor(d.rate.monthly(), horizon.in(kMonth), d.timing);
}

// A plan's present cost by what it depends on.
struct PresentCost {
  Usd capital;    // bought and sold, loans drawn and repaid
  Usd operation;  // whatever the use
  Usd by_use;     // as if spread evenly over the horizon
};

PresentCost present_cost(const Cost& cost, Duration horizon, const Discounting& d) {
  Cost capital = part_of(cost, [](const CostLine& line) { return line.capital; });
  capital.transfers = cost.transfers;
  const Cost operation =
      part_of(cost, [](const CostLine& line) { return !line.capital && !grows_with_use(line); });
  const Cost by_use =
      part_of(cost, [](const CostLine& line) { return !line.capital && grows_with_use(line); });
  return {sum_of(cash_flow(capital, horizon), d), sum_of(cash_flow(operation, horizon), d),
          Usd::of(by_use.total().usd()) * (months_worth(horizon, d) / horizon.in(kMonth))};
}

// Months until equal monthly savings are worth `owed`: the number of periods of an annuity.
std::optional<double> months_to_pay(Usd owed, Usd monthly, const Discounting& d) {
  if (owed <= Usd{}) return 0;
  if (monthly <= Usd{}) return std::nullopt;
  const double rate = d.rate.monthly();
  if (rate == 0) return owed / monthly;
  const double paid_early = annuity_factor(rate, 1, d.timing) * (1 + rate);
  const double left = 1 - owed / monthly * rate / paid_early;
  if (left <= 0) return std::nullopt;
  return -std::log(left) / std::log1p(rate);
}

CashFlow difference(const CashFlow& a, const CashFlow& b) {
  CashFlow d = a;
  d.at_start -= b.at_start;
  d.at_horizon -= b.at_horizon;
  d.months.resize(std::max(a.months.size(), b.months.size()));
  for (std::size_t i = 0; i < b.months.size(); ++i) d.months[i] -= b.months[i];
  return d;
}

// Hours of use at their present value: they pass as the rented hours are paid.
DeviceTime present_hours(const PlanOption& rent, DeviceTime hours, Duration horizon, const Discounting& d) {
  const Cost billed = part_of(rent.cost, grows_with_use);
  const Usd paid = Usd::of(billed.total().usd());
  if (paid <= Usd{}) return hours;
  return hours * (sum_of(cash_flow(billed, horizon), d) / paid);
}

std::optional<DevicePrice> levelised(Usd cost, DeviceTime hours) {
  if (hours <= DeviceTime{}) return std::nullopt;
  return cost / hours;
}

DeviceTime used_time(const PlanOption& o) {
  DeviceTime sum;
  for (const Allocation& a : o.allocations) sum += a.accelerator_hours * kHour * kDevice;
  return sum;
}

// Started hours of a run are whole ones.
DeviceTime billed_time_of(const Cost& cost) {
  DeviceTime sum;
  for (const CostLine& line : cost.lines) {
    if (is_rented_time(line)) sum += line.quantity() * kHour * kDevice;
  }
  return sum;
}

// What two plans come to under one rate.
class Judge {
 public:
  Judge(const PlanOption& buy, const PlanOption& rent, Duration horizon, const Discounting& d)
      : buy_(buy), rent_(rent), horizon_(horizon), d_(d) {}

  BuyOrRentFigures figures() const {
    BuyOrRentFigures f;
    f.buy = sum_of(buy_.cash, d_);
    f.rent = sum_of(rent_.cash, d_);
    set_use(f);
    f.payback_months = payback_months(difference(buy_.cash, rent_.cash), d_.rate, d_.timing);
    const DeviceTime used = present_hours(rent_, used_time(rent_), horizon_, d_);
    const double share = rent_.allocations.front().execution.goodput;
    const DeviceTime delivered = used * (share > 0 ? share : 1);
    f.buy_used = levelised(f.buy, used);
    f.rent_used = levelised(f.rent, used);
    f.buy_delivered = levelised(f.buy, delivered);
    f.rent_delivered = levelised(f.rent, delivered);
    return f;
  }

 private:
  void set_use(BuyOrRentFigures& f) const {
    const DeviceTime capacity = buy_.allocations.front().count * kDevice * horizon_;
    const PresentCost own = present_cost(buy_.cost, horizon_, d_);
    const PresentCost hired = present_cost(rent_.cost, horizon_, d_);
    const DeviceTime own_use = used_time(buy_);
    const DeviceTime billed = billed_time_of(rent_.cost);
    if (own_use <= DeviceTime{} || billed <= DeviceTime{}) return;
    f.buy_over_use = {own.capital + own.operation, own.by_use / own_use};
    f.rent_over_use = {hired.capital + hired.operation, hired.by_use / billed};
    const DevicePrice saved = f.rent_over_use.per_hour - f.buy_over_use.per_hour;
    if (saved <= DevicePrice{}) return;
    const Usd fixed = f.buy_over_use.fixed - f.rent_over_use.fixed;
    f.utilization = std::max(0.0, fixed / (saved * capacity));
    const Usd monthly =
        (saved * capacity + f.rent_over_use.fixed - own.operation) / months_worth(horizon_, d_);
    f.months = months_to_pay(own.capital, monthly, d_);
  }

  const PlanOption& buy_;
  const PlanOption& rent_;
  Duration horizon_;
  const Discounting& d_;
};

// Cash so far by month; nothing is sold. Past the horizon the months repeat, without what is paid at the
// start.
std::vector<CumulativeCost> cumulative(const PlanOption& buy, const PlanOption& rent, std::size_t horizons) {
  const CashFlow flow = difference(buy.cash, rent.cash);
  std::vector<CumulativeCost> points{{0, -buy.cash.at_start, -rent.cash.at_start}};
  const auto in_month = [](const CashFlow& cash, std::size_t m) {
    return m < cash.months.size() ? -cash.months[m] : Usd{};
  };
  const std::size_t months = flow.months.size();
  for (std::size_t m = 0; m < horizons * months; ++m) {
    CumulativeCost next = points.back();
    next.month = static_cast<int>(m) + 1;
    next.buy += in_month(buy.cash, m % months);
    next.rent += in_month(rent.cash, m % months);
    points.push_back(next);
  }
  return points;
}

// Where owning has cost less for good.
std::optional<double> crossing(const std::vector<CumulativeCost>& points) {
  for (std::size_t i = points.size(); i-- > 0;) {
    const Usd gap = points[i].buy - points[i].rent;
    if (gap < Usd{}) continue;
    if (i + 1 == points.size()) return std::nullopt;
    const Usd next = points[i + 1].buy - points[i + 1].rent;
    return points[i].month + gap / (gap - next);
  }
  return 0;
}

std::string why_they_differ(const BuyOrRent& b, InterestRate rate) {
  if (b.undiscounted.buying_wins() == b.discounted.buying_wins()) return {};
  const auto percent = [](InterestRate r) {
    return plain_number(std::round(r.yearly() * 1000) / 10) + "% a year";
  };
  if (b.discounted.buying_wins())
    return "dollar for dollar renting costs less; at " + percent(rate) +
           " owning does, because more of what it pays comes later";
  return "dollar for dollar owning costs less; at " + percent(rate) +
         " the money tied up at the start costs more than is saved";
}

}  // namespace

bool is_rented_time(const CostLine& line) {
  return line.category == Category::kCompute && line.price.origin == Origin::kPrice && !line.capital;
}

bool grows_with_use(const CostLine& line) {
  return is_rented_time(line) || line.category == Category::kPower || line.price.key == "operations.support";
}

bool only_too_dear(const PlanOption& o) {
  return std::all_of(o.violations.begin(), o.violations.end(),
                     [](const std::string& v) { return v.starts_with("budget"); });
}

bool buys_anything(const PlanOption& o) {
  return std::any_of(o.cost.lines.begin(), o.cost.lines.end(),
                     [](const CostLine& line) { return line.capital; });
}

BuyOrRent buy_or_rent(const PlanOption& buy, const PlanOption& rent, Duration horizon,
                      const Discounting& discounting) {
  const Allocation& own = buy.allocations.front();
  BuyOrRent b;
  b.buy = buy.id;
  b.rent = rent.id;
  b.accelerator = own.accelerator;
  b.rent_provider = rent.allocations.front().provider;
  b.count = own.count;
  b.bought = buys_anything(buy);
  b.buy_rank = buy.rank;
  b.rent_rank = rent.rank;
  b.violations = buy.violations;
  b.capacity = own.count * kDevice * horizon;
  b.use = used_time(rent);
  b.undiscounted = Judge(buy, rent, horizon, {}).figures();
  b.discounted = Judge(buy, rent, horizon, discounting).figures();
  if (buy.npv_after_tax && rent.npv_after_tax) b.saving_after_tax = *rent.npv_after_tax - *buy.npv_after_tax;
  const CashFlow gain = difference(buy.cash, rent.cash);
  b.rate_of_return = internal_rate_of_return(gain, discounting.timing);
  b.sign_changes = sign_changes(gain);
  b.months = cumulative(buy, rent, 1);
  b.crossing_month = crossing(b.months);
  if (!b.crossing_month) {
    std::vector<CumulativeCost> longer = cumulative(buy, rent, 2);
    b.crossing_month = crossing(longer);
    if (b.crossing_month) b.months = std::move(longer);
  }
  b.why_they_differ = why_they_differ(b, discounting.rate);
  return b;
}

const PlanOption* rented_alike(const Plan& plan, const PlanOption& owned) {
  for (const PlanOption& o : plan.options) {
    const bool rented = o.option == SupplyOption::kCloud || o.option == SupplyOption::kRental;
    if (rented && o.firm && o.feasible &&
        o.allocations.front().accelerator == owned.allocations.front().accelerator &&
        !has_term(o.allocations.front().purchase))
      return &o;
  }
  return nullptr;
}

std::optional<BreakEven> find_break_even(const Plan& plan) {
  if (plan.workloads.size() != 1) return std::nullopt;
  for (const PlanOption& buy : plan.options) {
    if (buy.option != SupplyOption::kOnPrem || !buy.firm || !only_too_dear(buy)) continue;
    const PlanOption* rent = rented_alike(plan, buy);
    if (rent == nullptr) return std::nullopt;
    const BuyOrRentFigures f = Judge(buy, *rent, plan.horizon, {}).figures();
    if (!f.utilization || !f.months) return std::nullopt;
    return BreakEven{buy.id, rent->id, *f.utilization, *f.months, buys_anything(buy)};
  }
  return std::nullopt;
}

}  // namespace capplan

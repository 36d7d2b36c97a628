#include "capplan/cost/finance.h"

#include <cmath>
#include <limits>

namespace capplan {
namespace {

constexpr double kMonthsOfYear = 12;

// The share of a period that has passed when its cash moves.
double moved_after(Timing timing) {
  if (timing == Timing::kStart) return 0;
  return timing == Timing::kMiddle ? 0.5 : 1;
}

// The rates that are searched for a return, as ln(1 + r), and how finely: 2% in growth.
constexpr double kReturnStep = 0.02;
constexpr double kLowestReturn = -4.605;  // -99%
constexpr double kHighestReturn = 13.82;  // a million times as much after a year

// Of the sign of the net present value at growth e^log_growth a year. Where money shrinks, all is carried to
// the horizon and not to the start: that changes neither sign nor root, and no factor exceeds one.
double balance_at(const CashFlow& flow, double log_growth, Timing timing) {
  const double reference = log_growth < 0 ? static_cast<double>(flow.months.size()) : 0;
  const auto factor = [&](double month) {
    return std::exp(-log_growth * (month - reference) / kMonthsOfYear);
  };
  double sum = flow.at_start.in(kUsd)*factor(0) +
               flow.at_horizon.in(kUsd)*factor(static_cast<double>(flow.horizon_month()));
  for (std::size_t i = 0; i < flow.months.size(); ++i)
    sum += flow.months[i].in(kUsd)*factor(static_cast<double>(i) + moved_after(timing));
  return sum;
}

bool holds_root(double at_one_end, double at_other) {
  return at_one_end == 0 || at_other == 0 || (at_one_end < 0) != (at_other < 0);
}

// By bisection, to the last bit that the interval can still be halved at.
double root_between(const CashFlow& flow, double low, double high, Timing timing) {
  const double at_low = balance_at(flow, low, timing);
  if (at_low == 0) return low;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) return middle;
    const double value = balance_at(flow, middle, timing);
    if (value == 0) return middle;
    ((value < 0) == (at_low < 0) ? low : high) = middle;
  }
}

// A payback is judged to half a millionth of a dollar, as money is rounded.
constexpr Usd kRounding = 5e-7 * kUsd;

}  // namespace

InterestRate InterestRate::effective(double yearly) { return InterestRate(std::log1p(yearly)); }

InterestRate InterestRate::compounded_monthly(double yearly) {
  return InterestRate(kMonthsOfYear * std::log1p(yearly / kMonthsOfYear));
}

double InterestRate::yearly() const { return std::expm1(log_growth_); }

double InterestRate::monthly() const { return std::expm1(log_growth_ / kMonthsOfYear); }

double InterestRate::discount_factor(double months) const {
  return std::exp(-log_growth_ * months / kMonthsOfYear);
}

InterestRate nominal_rate(InterestRate real, InterestRate inflation) {
  return InterestRate::effective((1 + real.yearly()) * (1 + inflation.yearly()) - 1);
}

InterestRate real_rate(InterestRate nominal, InterestRate inflation) {
  return InterestRate::effective((1 + nominal.yearly()) / (1 + inflation.yearly()) - 1);
}

Usd CashFlow::total() const {
  Usd sum = at_start + at_horizon;
  for (const Usd month : months) sum += month;
  return sum;
}

Usd net_present_value(const CashFlow& flow, InterestRate discount, Timing timing) {
  Usd sum =
      flow.at_start + flow.at_horizon * discount.discount_factor(static_cast<double>(flow.horizon_month()));
  for (std::size_t i = 0; i < flow.months.size(); ++i)
    sum += flow.months[i] * discount.discount_factor(static_cast<double>(i) + moved_after(timing));
  return sum;
}

int sign_changes(const CashFlow& flow) {
  int changes = 0;
  Usd last;
  const auto move = [&](Usd amount) {
    if (amount == Usd{}) return;
    if (last != Usd{} && (amount < Usd{}) != (last < Usd{})) ++changes;
    last = amount;
  };
  move(flow.at_start);
  if (flow.horizon_month() == 0) move(flow.at_horizon);
  for (std::size_t i = 0; i < flow.months.size(); ++i) {
    move(flow.months[i]);
    if (i + 1 == flow.horizon_month()) move(flow.at_horizon);
  }
  return changes;
}

std::optional<InterestRate> internal_rate_of_return(const CashFlow& flow, Timing timing) {
  if (sign_changes(flow) == 0) return std::nullopt;
  const auto found = [&](double low, double high) {
    const double root = root_between(flow, low, high, timing);
    return InterestRate::effective(std::expm1(root));
  };
  const double at_zero = balance_at(flow, 0, timing);
  double above = at_zero;
  double below = at_zero;
  // Outward from zero, so that the first one found is the nearest.
  for (int step = 1; step * kReturnStep <= kHighestReturn; ++step) {
    const double far = step * kReturnStep;
    const double near = far - kReturnStep;
    const double next_above = balance_at(flow, far, timing);
    if (holds_root(above, next_above)) return found(near, far);
    above = next_above;
    if (-far < kLowestReturn) continue;
    const double next_below = balance_at(flow, -far, timing);
    if (holds_root(below, next_below)) return found(-near, -far);
    below = next_below;
  }
  return std::nullopt;
}

std::optional<double> payback_months(const CashFlow& flow, InterestRate discount, Timing timing) {
  std::optional<double> paid;
  const Usd sold = flow.at_horizon * discount.discount_factor(static_cast<double>(flow.horizon_month()));
  Usd balance = flow.at_start;
  if (flow.horizon_month() == 0) balance += sold;
  if (balance >= -kRounding) paid = 0;
  const auto judge = [&](double month) {
    if (balance < -kRounding)
      paid.reset();
    else if (!paid)
      paid = month;
  };
  for (std::size_t i = 0; i < flow.months.size(); ++i) {
    const double before = static_cast<double>(i);
    const Usd owed = -balance;
    const Usd amount = flow.months[i] * discount.discount_factor(before + moved_after(timing));
    balance += amount;
    judge(before + (owed > Usd{} && amount > owed ? owed / amount : 1));
    if (i + 1 != flow.horizon_month()) continue;
    balance += sold;
    judge(before + 1);
  }
  return paid;
}

double annuity_factor(double rate, double periods, Timing timing) {
  const double at_end = rate == 0 ? periods : -std::expm1(-periods * std::log1p(rate)) / rate;
  return at_end * std::pow(1 + rate, 1 - moved_after(timing));
}

double capital_recovery_factor(double rate, double periods) {
  if (periods <= 0) return std::numeric_limits<double>::infinity();
  return 1 / annuity_factor(rate, periods);
}

Usd level_payment(const Loan& loan) {
  if (loan.months <= 0) return Usd::of(std::numeric_limits<double>::infinity());
  return loan.principal / annuity_factor(loan.rate.monthly(), loan.months, loan.payments);
}

std::vector<LoanPayment> loan_schedule(const Loan& loan) {
  std::vector<LoanPayment> schedule;
  const Usd payment = level_payment(loan);
  Usd balance = loan.principal;
  double waited = moved_after(loan.payments);  // months since interest was last paid
  for (int month = 0; month < loan.months; ++month) {
    const Usd interest = balance * (1 / loan.rate.discount_factor(waited) - 1);
    const Usd principal = payment - interest;
    balance -= principal;
    schedule.push_back({interest, principal, balance});
    waited = 1;
  }
  return schedule;
}

}  // namespace capplan

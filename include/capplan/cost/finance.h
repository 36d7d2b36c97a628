// Money over time: interest, present value, return, payback, loans. Pure arithmetic on stated cash.
// Time is counted in months of a twelfth of a year from the start. Formulas are the textbooks' (Brealey,
// Myers and Allen, Principles of Corporate Finance, chapters 2 and 5).
#pragma once

#include <optional>
#include <vector>

#include "capplan/core/timing.h"
#include "capplan/core/units.h"

namespace capplan {

// A rate of interest, discount or return: above -100%.
class InterestRate {
 public:
  constexpr InterestRate() = default;  // no interest
  // 0.05: a dollar has grown to 1.05 after a year.
  static InterestRate effective(double yearly);
  // 0.05: each month adds 0.05 / 12 of the balance, as loans are quoted. The effective rate is 5.12% a year.
  static InterestRate compounded_monthly(double yearly);

  double yearly() const;   // effective
  double monthly() const;  // effective: twelve of them compound to yearly()
  // What a dollar `months` from now is worth today.
  double discount_factor(double months) const;

 private:
  explicit constexpr InterestRate(double log_growth) : log_growth_(log_growth) {}
  double log_growth_ = 0;  // ln(1 + r), r effective a year
};

// Fisher (The Theory of Interest, 1930): 1 + nominal = (1 + real)(1 + inflation), effective a year.
InterestRate nominal_rate(InterestRate real, InterestRate inflation);
InterestRate real_rate(InterestRate nominal, InterestRate inflation);

// Cash by month. What comes in or is saved is positive, what is paid negative.
struct CashFlow {
  Usd at_start;             // time 0
  std::vector<Usd> months;  // months[i] moves in month i + 1
  Usd at_horizon;           // at the end of month `horizon`
  // Months until the horizon. Absent: the last month; time 0 where there is none. A term that is paid for may
  // go on beyond it.
  std::optional<std::size_t> horizon = std::nullopt;

  std::size_t horizon_month() const { return horizon.value_or(months.size()); }

  Usd total() const;  // undiscounted
};

Usd net_present_value(const CashFlow& flow, InterestRate discount, Timing timing = Timing::kEnd);

// How often cash changes its sign from one movement to the next, zeros left out. There are at most so many
// rates of return above -100% (Descartes' rule of signs).
int sign_changes(const CashFlow& flow);

// The rate at which the net present value is zero. Nothing without a change of sign, and where no rate
// between -99% and 100,000,000% a year does it. Where several do, the one nearest to zero (by ln(1 + r));
// sign_changes() warns of that. Two rates within 2% of each other may be missed. For horizons of up to 50
// years.
std::optional<InterestRate> internal_rate_of_return(const CashFlow& flow, Timing timing = Timing::kEnd);

// Months after which the cash so far, each amount discounted, never falls below zero again within the
// horizon; within a month cash is taken to run evenly. 0 where nothing has to be paid back; nothing where it
// never is. Without a discount, the undiscounted payback.
std::optional<double> payback_months(const CashFlow& flow, InterestRate discount = {},
                                     Timing timing = Timing::kEnd);

// Present value of 1 paid in each of `periods` at `rate` a period: (1 - (1 + r)^-n) / r, n where r is 0.
// Paid at the start of a period it is worth 1 + r times that, in the middle the root of it. n >= 0, r > -1.
double annuity_factor(double rate, double periods, Timing timing = Timing::kEnd);

// What must be paid at the end of each period for 1 today: r / (1 - (1 + r)^-n), 1 / n where r is 0 (Short,
// Packey and Holt, NREL/TP-462-5173, 1995). Infinite where there is no period to pay in.
double capital_recovery_factor(double rate, double periods);

// A loan repaid in equal monthly payments. The first one is due at the start, the middle or the end of the
// first month, the others a month apart. Without months it cannot be repaid: infinite payment, no schedule.
struct Loan {
  Usd principal;
  InterestRate rate;
  int months = 0;
  Timing payments = Timing::kEnd;
};

Usd level_payment(const Loan& loan);

// One payment and what is owed after it.
struct LoanPayment {
  Usd interest;
  Usd principal;
  Usd balance;
};
std::vector<LoanPayment> loan_schedule(const Loan& loan);

}  // namespace capplan

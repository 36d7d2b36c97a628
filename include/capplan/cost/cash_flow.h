// A price tag as cash by month, before and after tax.
#pragma once

#include "capplan/cost/cost.h"
#include "capplan/cost/depreciation.h"
#include "capplan/cost/finance.h"
#include "capplan/spec/plan_spec.h"

namespace capplan {

inline constexpr std::size_t kMostMonths = 2400;  // of cash; what is later counts in the last one

// What is paid is negative. Amounts at time 0 stand at the start, those at the horizon at the horizon, all
// others in their months, evenly over their time or as they are used. A term that outlasts the horizon has
// months beyond it.
CashFlow cash_flow(const Cost& cost, Duration horizon);

// Income tax lets what is spent lower the tax that is due: running cost when it is paid, hardware by its
// depreciation, and what it is sold for above its book value raises it.
struct IncomeTax {
  double rate = 0;  // 0 to less than 1
  Depreciation depreciation = MacrsClass::kFiveYears;
};
CashFlow after_tax(const Cost& cost, Duration horizon, const IncomeTax& tax);

// What a spec says of money, made ready: nominal and effective a year.
struct Discounting {
  InterestRate rate;
  Timing timing = Timing::kEnd;
  std::optional<IncomeTax> tax;
};
// Nothing where the spec states no rate. A rate from its parts is the nominal cost of capital after tax.
std::optional<Discounting> discounting(const FinanceChoice& finance,
                                       const std::optional<DepreciationChoice>& depreciation);

// The law that a spec's choice stands for.
Depreciation depreciation_of(const DepreciationChoice& choice);

}  // namespace capplan

#include "capplan/cost/cash_flow.h"

#include <algorithm>
#include <cmath>

#include "capplan/cost/levelised_cost.h"

namespace capplan {
namespace {

constexpr double kOomPerYear = 0.14;  // Epoch AI, arXiv 2405.21015, section 2.2
constexpr int kDefaultMacrsYears = 5;

std::size_t months_within(Duration time) {
  return static_cast<std::size_t>(std::max(0.0, std::ceil(time.in(kMonth)-1e-9)));
}

class CashBook {
 public:
  CashBook(const Cost& cost, Duration horizon) : horizon_(horizon) {
    Duration last = horizon;
    for (const CostLine& line : cost.lines) last = std::max(last, line.paid.to);
    flow_.months.resize(std::min(months_within(last), kMostMonths));
    flow_.horizon = months_within(horizon);
  }

  void pay(Usd amount, const Schedule& paid) {
    if (paid.from >= paid.to) {
      pay_once(amount, paid.from);
    } else if (paid.payments > 0) {
      const Duration between = (paid.to - paid.from) / paid.payments;
      for (int i = 0; i < paid.payments; ++i) pay_once(amount / paid.payments, paid.from + i * between);
    } else if (!paid.use.empty()) {
      pay_as_used(amount, paid);
    } else {
      spread(amount, paid);
    }
  }
  CashFlow take() { return std::move(flow_); }

 private:
  void pay_once(Usd amount, Duration when) {
    if (when.base() <= 0) {
      flow_.at_start -= amount;
    } else if (when >= horizon_) {
      flow_.at_horizon -= amount;
    } else {
      flow_.months[static_cast<std::size_t>(when.in(kMonth))] -= amount;
    }
  }

  void pay_as_used(Usd amount, const Schedule& paid) {
    for (std::size_t m = 0; m < paid.use.size(); ++m)
      flow_.months[std::min(m, flow_.months.size() - 1)] -= amount * paid.share_of_month(m);
  }

  void spread(Usd amount, const Schedule& paid) {
    const Duration length = paid.to - paid.from;
    for (std::size_t m = 0; m < flow_.months.size(); ++m) {
      const Duration begin = static_cast<double>(m) * kMonth;
      const Duration from = std::max(paid.from, begin);
      const bool is_last = m + 1 == flow_.months.size();
      const Duration to = is_last ? paid.to : std::min(paid.to, begin + kMonth);
      if (to > from) flow_.months[m] -= amount * ((to - from) / length);
    }
  }

  Duration horizon_;
  CashFlow flow_;
};

InterestRate yearly(double rate) { return InterestRate::effective(rate); }

}  // namespace

CashFlow cash_flow(const Cost& cost, Duration horizon) {
  CashBook book(cost, horizon);
  for (const CostLine& line : cost.lines) book.pay(Usd::of(line.amount.usd()), line.paid);
  for (const Transfer& transfer : cost.transfers) book.pay(Usd::of(transfer.amount.usd()), transfer.paid);
  return book.take();
}

CashFlow after_tax(const Cost& cost, Duration horizon, const IncomeTax& tax) {
  CashBook book(cost, horizon);
  Usd bought;
  Usd sold;
  for (const CostLine& line : cost.lines) {
    const Usd amount = Usd::of(line.amount.usd());
    if (!line.capital) {
      book.pay(amount * (1 - tax.rate), line.paid);
      continue;
    }
    book.pay(amount, line.paid);
    (line.amount > Money{} ? bought : sold) += amount;
  }
  for (const Transfer& transfer : cost.transfers) book.pay(Usd::of(transfer.amount.usd()), transfer.paid);
  const int years = static_cast<int>(std::ceil(horizon / kYear - 1e-9));
  double left = 1;
  int year = 0;
  for (const double share : yearly_depreciation(tax.depreciation, years)) {
    const Duration begin = year * kYear;
    const Duration end = std::min(horizon, begin + kYear);
    const double lost = share * ((end - begin) / kYear);
    book.pay(-tax.rate * lost * bought, {begin, end});
    left -= lost;
    ++year;
  }
  const Usd gain = -sold - left * bought;
  book.pay(tax.rate * gain, {horizon, horizon});
  return book.take();
}

Depreciation depreciation_of(const DepreciationChoice& choice) {
  switch (choice.method) {
    case DepreciationMethod::kStraightLine:
      return StraightLine{choice.life.value_or(kDefaultMacrsYears * kYear), 0};
    case DepreciationMethod::kDeclining:
      return DecliningBalance{choice.rate.value_or(0)};
    case DepreciationMethod::kPricePerformance:
      return PricePerformance{choice.rate.value_or(kOomPerYear) / kYear};
    case DepreciationMethod::kMacrs:
      break;
  }
  const double years = choice.life.value_or(kDefaultMacrsYears * kYear) / kYear;
  return years < 4 ? MacrsClass::kThreeYears : years < 6 ? MacrsClass::kFiveYears : MacrsClass::kSevenYears;
}

std::optional<Discounting> discounting(const FinanceChoice& finance,
                                       const std::optional<DepreciationChoice>& depreciation) {
  if (!finance.rate && !finance.wacc) return std::nullopt;
  const InterestRate inflation = yearly(finance.inflation.value_or(0));
  const auto real = [&](double rate) {
    return finance.real ? yearly(rate) : real_rate(yearly(rate), inflation);
  };
  Discounting found;
  if (finance.wacc) {
    const CapitalMix& mix = *finance.wacc;
    found.rate = nominal_cost_of_capital(
        {mix.debt, real(mix.equity_return), real(mix.interest), inflation, finance.tax.value_or(0)});
  } else {
    found.rate = finance.real ? nominal_rate(yearly(*finance.rate), inflation) : yearly(*finance.rate);
  }
  found.timing = finance.timing;
  if (finance.tax)
    found.tax = IncomeTax{
        *finance.tax, depreciation ? depreciation_of(*depreciation) : Depreciation(MacrsClass::kFiveYears)};
  return found;
}

}  // namespace capplan

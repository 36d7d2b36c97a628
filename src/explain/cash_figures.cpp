#include "explain/cash_figures.h"

#include <algorithm>
#include <cmath>

#include "capplan/cost/cash_flow.h"
#include "explain/line_figures.h"

namespace capplan {
namespace {

constexpr const char* kPresentValue =
    "Brealey, Myers and Allen, Principles of Corporate Finance, chapters 2 and 5";

// When cash moves: at the start, in a month (from 0), or at the horizon.
enum class When { kStart, kMonth, kHorizon };
struct Moment {
  When when = When::kStart;
  std::size_t month = 0;
};

std::string name_of(const Moment& moment) {
  if (moment.when == When::kStart) return "at the start";
  if (moment.when == When::kHorizon) return "at the horizon";
  return "in month " + std::to_string(moment.month + 1);
}

// Equal to 9 digits of the larger.
bool alike(Usd a, Usd b) {
  return std::abs((a - b).in(kUsd)) <= 1e-9 * std::max(std::abs(a.in(kUsd)), std::abs(b.in(kUsd)));
}

class CashFigures {
 public:
  CashFigures(const Explained& x, const PlanOption& plan) : x_(x), plan_(plan), lines_(x, plan) {}

  // In the result what is paid is negative.
  std::optional<Derivation> cash(std::string_view key) const {
    const CashFlow& flow = plan_.cash;
    Moment moment;
    if (key == "at_horizon") moment.when = When::kHorizon;
    if (key.starts_with("months[")) moment = {When::kMonth, index_in(key.substr(7))};
    if (moment.when == When::kMonth && moment.month >= flow.months.size()) return std::nullopt;
    if (moment.when == When::kStart && key != "at_start") return std::nullopt;
    if (at(flow, moment) == Usd{}) return definition("cash " + name_of(moment), 0, "USD");
    return node("cash " + name_of(moment), "USD", Operation::kProduct,
                {paid(moment, -at(flow, moment)), definition("sign of what is paid", -1, "")});
  }

  Derivation present_value() const {
    const Discounting d = *discounting(x_.spec.finance, x_.spec.site.depreciation);
    return made_or(sum_of_months("present value of what is paid", plan_.cash, d, false), plan_.npv->in(kUsd),
                   by_rule("present value of what is paid", plan_.npv->in(kUsd), "USD", kMoneyMethod));
  }
  Derivation present_value_after_tax() const {
    const Discounting d = *discounting(x_.spec.finance, x_.spec.site.depreciation);
    const char* name = "present value of what is paid, after tax";
    const CashFlow flow = after_tax(plan_.cost, x_.plan.horizon, *d.tax);
    return made_or(sum_of_months(name, flow, d, true), plan_.npv_after_tax->in(kUsd),
                   by_rule(name, plan_.npv_after_tax->in(kUsd), "USD", kMoneyMethod));
  }

 private:
  static Usd at(const CashFlow& flow, const Moment& moment) {
    if (moment.when == When::kStart) return flow.at_start;
    return moment.when == When::kHorizon ? flow.at_horizon : flow.months[moment.month];
  }

  // Whether what is paid at that time moves at that moment (cash_flow.h).
  bool moves_at(Duration time, const Moment& moment) const {
    if (time.base() <= 0) return moment.when == When::kStart;
    if (time >= x_.plan.horizon) return moment.when == When::kHorizon;
    return moment.when == When::kMonth && moment.month == static_cast<std::size_t>(time.in(kMonth));
  }
  // Of the payments that an amount is made in, those at that moment.
  int payments_at(const Schedule& s, const Moment& moment) const {
    int found = 0;
    for (int i = 0; i < s.payments; ++i)
      found += moves_at(s.from + i * ((s.to - s.from) / s.payments), moment) ? 1 : 0;
    return found;
  }
  // Months of the time it is spread over that lie in this one.
  static Duration spread_in(const Schedule& s, const Moment& moment) {
    if (moment.when != When::kMonth || s.from >= s.to) return {};
    const Duration begin = static_cast<double>(moment.month) * kMonth;
    return std::max(std::min(s.to, begin + kMonth) - std::max(s.from, begin), Duration{});
  }

  void add_share(std::vector<Derivation>& parts, Derivation amount, const Schedule& s,
                 const Moment& moment) const {
    if (s.from >= s.to) {
      if (moves_at(s.from, moment)) parts.push_back(std::move(amount));
      return;
    }
    if (s.payments > 0) {
      add_payments(parts, std::move(amount), s, moment);
      return;
    }
    if (!s.use.empty()) {
      add_used(parts, std::move(amount), s, moment);
      return;
    }
    const Duration within = spread_in(s, moment);
    if (within <= Duration{}) return;
    const std::string name = amount.name + ": its share " + name_of(moment);
    const Duration length = s.to - s.from;
    Derivation share =
        node("share of the time that it is paid over", "", Operation::kQuotient,
             {by_rule("months of that in this month", within.in(kMonth), "month", kMoneyMethod),
              by_rule("months that it is paid over", length.in(kMonth), "month", kMoneyMethod)});
    parts.push_back(node(name, "USD", Operation::kProduct, {std::move(amount), std::move(share)}));
  }

  void add_used(std::vector<Derivation>& parts, Derivation amount, const Schedule& s,
                const Moment& moment) const {
    const double part = moment.when == When::kMonth ? s.share_of_month(moment.month) : 0;
    if (part == 0) return;
    const std::string name = amount.name + ": its share " + name_of(moment);
    Derivation share = by_rule("share of its use that is in this month", part, "", kMoneyMethod);
    parts.push_back(node(name, "USD", Operation::kProduct, {std::move(amount), std::move(share)}));
  }

  void add_payments(std::vector<Derivation>& parts, Derivation amount, const Schedule& s,
                    const Moment& moment) const {
    const int due = payments_at(s, moment);
    if (due == 0) return;
    const std::string name = amount.name + ": its payments " + name_of(moment);
    Derivation share = node("share of its payments", "", Operation::kQuotient,
                            {by_rule("payments then", due, "", kMoneyMethod),
                             by_rule("payments in all", s.payments, "", kRentingMethod)});
    parts.push_back(node(name, "USD", Operation::kProduct, {std::move(amount), std::move(share)}));
  }

  // What is paid at a moment, positive, from the lines and the loans.
  Derivation paid(const Moment& moment, Usd value) const {
    const std::string name = "paid " + name_of(moment);
    std::vector<Derivation> parts;
    for (const CostLine& line : plan_.cost.lines) add_share(parts, lines_.amount(line), line.paid, moment);
    for (const Transfer& t : plan_.cost.transfers)
      add_share(parts, by_rule(t.label, t.amount.usd(), "USD", kOwningMethod), t.paid, moment);
    if (parts.empty()) return definition(name, 0, "USD");
    Derivation otherwise = by_rule(name, value.in(kUsd), "USD", kMoneyMethod);
    return made_or(node(name, "USD", Operation::kSum, std::move(parts)), value.in(kUsd), otherwise);
  }

  // The same less what it saves of tax.
  Derivation after(const Moment& moment, Usd value) const {
    Derivation before = paid(moment, -at(plan_.cash, moment));
    Derivation saved =
        by_rule("tax saved " + name_of(moment), before.value - value.in(kUsd), "USD",
                std::string("the rate of tax on what is spent and on depreciation, ") + kMoneyMethod);
    saved.place = x_.spec.places.nearest("finance.tax");
    return node("paid after tax " + name_of(moment), "USD", Operation::kDifference,
                {std::move(before), std::move(saved)});
  }

  Derivation sum_of_months(const char* name, const CashFlow& flow, const Discounting& d, bool taxed) const {
    const auto cash = [&](const Moment& moment) {
      return taxed ? after(moment, -at(flow, moment)) : paid(moment, -at(flow, moment));
    };
    std::vector<Derivation> parts;
    if (flow.at_start != Usd{}) parts.push_back(cash({When::kStart, 0}));
    // Neighbours that are alike are one annuity.
    for (std::size_t first = 0, end = 0; first < flow.months.size(); first = end) {
      end = first + 1;
      while (end < flow.months.size() && alike(flow.months[first], flow.months[end])) ++end;
      if (flow.months[first] == Usd{}) continue;
      const std::string months =
          end - first == 1 ? "month " + std::to_string(end)
                           : "each of months " + std::to_string(first + 1) + " to " + std::to_string(end);
      parts.push_back(node("present value of what is paid in " + months, "USD", Operation::kProduct,
                           {cash({When::kMonth, first}), annuity(first, end, d)}));
    }
    if (flow.at_horizon != Usd{})
      parts.push_back(node("present value of what is paid at the horizon", "USD", Operation::kProduct,
                           {cash({When::kHorizon, 0}), worth(static_cast<double>(flow.months.size()), d)}));
    return node(name, "USD", Operation::kSum, std::move(parts), kPresentValue);
  }

  // What a dollar that moves so many months from the start is worth there.
  Derivation worth(double months, const Discounting& d) const {
    if (months == 0) return definition("a dollar at the start", 1, "");
    Derivation years = node("years until then", "year", Operation::kQuotient,
                            {by_rule("months until then, discounting", -months, "month", kMoneyMethod),
                             definition("months of a year", 12, "month")});
    return node("discount factor of month " + std::to_string(static_cast<int>(std::ceil(months))), "",
                Operation::kPower, {growth(d), std::move(years)});
  }

  // What a dollar in each of the months first + 1 to end is worth at the start: the sum of their discount
  // factors, v^s (v^first - v^end) / (1 - v) with v = (1 + r)^(-1/12).
  Derivation annuity(std::size_t first, std::size_t end, const Discounting& d) const {
    const double shift = d.timing == Timing::kStart ? 0 : d.timing == Timing::kMiddle ? 0.5 : 1;
    if (end - first == 1) return worth(static_cast<double>(first) + shift, d);
    if (d.rate.yearly() == 0)
      return definition("months, undiscounted", static_cast<double>(end - first), "month");
    Derivation sum = node("powers of what remains of a dollar", "", Operation::kDifference,
                          {worth(static_cast<double>(first), d), worth(static_cast<double>(end), d)});
    Derivation lost =
        node("lost in a month", "", Operation::kDifference, {definition("a dollar", 1, ""), worth(1, d)});
    return node("sum of the discount factors", "", Operation::kProduct,
                {worth(shift, d), node("of payments at the start of each month", "", Operation::kQuotient,
                                       {std::move(sum), std::move(lost)})},
                kPresentValue);
  }

  // What a dollar grows to in a year, nominal.
  Derivation growth(const Discounting& d) const {
    const FinanceChoice& finance = x_.spec.finance;
    const auto one_and = [&](const char* name, double rate, const char* key) {
      Derivation stated = by_rule(name, rate, "", "the spec");
      stated.place = x_.spec.places.nearest(key);
      return node(std::string("one and the ") + name, "", Operation::kSum,
                  {definition("one", 1, ""), std::move(stated)});
    };
    const double value = 1 + d.rate.yearly();
    Derivation otherwise =
        by_rule("growth at the cost of capital in a year", value, "",
                std::string("weighted average cost of capital, NREL Annual Technology Baseline 2024, ") +
                    kMoneyMethod);
    otherwise.place = x_.spec.places.nearest("finance");
    if (!finance.rate) return otherwise;
    const bool in_short = x_.spec.places.find("discount_rate") != nullptr;
    Derivation rate = one_and("rate of a year", *finance.rate, in_short ? "discount_rate" : "finance.rate");
    if (!finance.real) return rate;
    return node("growth in a year, nominal", "", Operation::kProduct,
                {std::move(rate), one_and("inflation", finance.inflation.value_or(0), "finance.inflation")},
                "Fisher, The Theory of Interest (1930)");
  }

  const Explained& x_;
  const PlanOption& plan_;
  LineFigures lines_;
};

}  // namespace

std::optional<Derivation> explain_cash(const Explained& x, const PlanOption& plan, std::string_view key) {
  const CashFigures figures(x, plan);
  constexpr std::string_view kFlow = "cash_flow_usd.";
  if (key.starts_with(kFlow)) return figures.cash(key.substr(kFlow.size()));
  if (key == "npv_usd" && plan.npv) return figures.present_value();
  if (key == "npv_after_tax_usd" && plan.npv_after_tax) return figures.present_value_after_tax();
  return std::nullopt;
}

}  // namespace capplan

// Purchases over years without a rate, budgets and prices of another magnitude.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/number_text.h"
#include "plan/sanity_checks.h"

namespace capplan {
namespace {

// A year of interest changes no choice that a price does not change more.
constexpr Duration kYears = 18 * kMonth;

// Paid at once rather than month by month.
bool is_prepaid(const PlanOption& o) { return -o.cash.at_start.in(kUsd) > o.cost.total().usd() / 2; }

// The first by the plan's ranking.
const PlanOption* first_firm(const Plan& plan, bool prepaid) {
  const auto found = std::ranges::find_if(
      plan.options, [&](const PlanOption& o) { return o.feasible && o.firm && is_prepaid(o) == prepaid; });
  return found == plan.options.end() ? nullptr : &*found;
}

// A discount makes what is paid later cheaper, so it can only turn a choice that fell on paying at once: as
// in a published calculator that says buy by its total and rent by its own net present value.
void check_undiscounted(const Doubts& d) {
  const SiteChoice& site = d.spec.spec->site;
  const bool bears_interest = site.financing || site.loan || site.lease;
  if (d.spec.discounting || bears_interest || d.spec.horizon < kYears) return;
  const PlanOption* now = first_firm(d.plan, true);
  const PlanOption* later = first_firm(d.plan, false);
  if (now == nullptr || later == nullptr || now->cost.total() > later->cost.total()) return;
  const double yearly = d.catalog.figure("finance.cost-of-capital").value;
  const InterestRate rate = InterestRate::effective(yearly);
  const bool turns = net_present_value(now->cash, rate) < net_present_value(later->cash, rate);
  const std::string percent = plain_number(100 * yearly) + "%";
  d.warn("horizon",
         "money of " + plain_number(std::round(d.spec.horizon.in(kMonth))) +
             " months is compared without a rate: " + now->id + " is paid at once, " + later->id +
             " as time goes by" + (turns ? "; at " + percent + " a year the second would cost less" : ""),
         "add `finance: {rate: " + percent + "}`");
}

constexpr double kHopeless = 100;  // below the cheapest plan by this factor a budget is no budget
constexpr double kSlip = 1000;     // k for M, M for B

void check_budget(const Doubts& d) {
  const auto& budget = d.spec.spec->constraints.budget;
  if (!budget || d.plan.options.empty()) return;
  const auto cheapest =
      std::ranges::min_element(d.plan.options, {}, [](const PlanOption& o) { return o.cost.total(); });
  const double cost = cheapest->cost.total().usd();
  const double usd = budget->in(kUsd);
  if (usd * kHopeless > cost) return;
  d.warn("constraints.budget",
         "a budget of $" + rounded(usd) + " is 1/" + rounded(cost / usd) + " of the cheapest plan, $" +
             rounded(cost),
         kSlip * usd >= cost ? "did you mean `$" + rounded(kSlip * usd) + "`?" : "");
}

// A figure of the spec beside the catalogue's figures of its kind.
struct Magnitude {
  std::string_view path;
  std::optional<double> value;  // in base units
  std::string_view figures;     // what their ids begin with
  Dim dim;
  double unit = 1;  // that it is shown in, in base units
  std::string_view unit_name;
  double beyond = 10;  // of the lowest and the highest figure: nobody pays that
};

struct FigureRange {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
};

FigureRange range_of(const Magnitude& m, const Catalog& catalog) {
  FigureRange range;
  for (const Figure& figure : catalog.tables().figures) {
    if (!figure.id.starts_with(m.figures) || figure.dim != m.dim) continue;
    range.low = std::min(range.low, figure.low.value_or(figure.value));
    range.high = std::max(range.high, figure.high.value_or(figure.value));
  }
  return range;
}

// The slip of a thousand or a hundred (cents for dollars) that would explain it.
std::string meant(const Magnitude& m, const FigureRange& range) {
  for (const double factor : {1e-3, 1e-2, 1e2, 1e3}) {
    const double other = *m.value * factor;
    if (other >= range.low && other <= range.high)
      return "did you mean `" + plain_number(other / m.unit) + std::string(m.unit_name) + "`?";
  }
  return {};
}

void check_magnitude(const Doubts& d, const Magnitude& m) {
  if (!m.value || *m.value == 0) return;
  const FigureRange range = range_of(m, d.catalog);
  const bool above = *m.value > m.beyond * range.high;
  const bool below = *m.value * m.beyond < range.low;
  if (range.high == 0 || (!above && !below)) return;
  const std::string unit(m.unit_name);
  d.warn(m.path,
         rounded(*m.value / m.unit) + unit + " is " + (above ? "more than " : "less than 1/") +
             plain_number(m.beyond) + (above ? " times the highest" : " of the lowest") +
             " figure that the catalogue has of it, " + rounded((above ? range.high : range.low) / m.unit) +
             unit,
         meant(m, range));
}

template <Dim D>
std::optional<double> base_of(const std::optional<Quantity<D>>& value) {
  return value ? std::optional(value->base()) : std::nullopt;
}

void check_magnitudes(const Doubts& d) {
  const PlanSpec& s = *d.spec.spec;
  constexpr Dim kEnergy{.usd = 1, .joule = -1};
  constexpr Dim kRate{.usd = 1, .second = -1};
  constexpr Dim kMoney{.usd = 1};
  const double a_kwh = (kUsd / kKwh).base();
  const double a_kw_month = (kUsd / (kKilowatt * kMonth)).base();
  const double a_month = (kUsd / kMonth).base();
  const double a_year = (kUsd / kYear).base();
  const std::optional<double> a_tonne =
      s.carbon_price ? std::optional(s.carbon_price->in(kUsd / kTonne)) : std::nullopt;
  const bool short_rate = s.places.find("discount_rate") != nullptr;
  const Magnitude magnitudes[] = {
      {"site.electricity", base_of(s.site.electricity), "electricity.", kEnergy, a_kwh, " USD/kWh", 3},
      {"site.facility", base_of(s.site.facility), "colo.", kEnergy, a_kw_month, " USD/kW/month"},
      {"site.salary", base_of(s.site.salary), "staff.", kRate, a_year, " USD/year"},
      {"site.licences", base_of(s.site.licences), "software.", kRate, a_year, " USD/year"},
      {"operations.licences", base_of(s.operations.licences), "software.", kRate, a_year, " USD/year"},
      {"operations.setup", base_of(s.operations.setup), "cluster.setup-", kMoney, 1, " USD"},
      // Of clusters of any size: a thousand times too much is still seen.
      {"operations.debugging", base_of(s.operations.debugging), "cluster.debugging-", kRate, a_month,
       " USD/month", 300},
      {"operations.control_plane", base_of(s.operations.control_plane), "cluster.control-", kRate, a_month,
       " USD/month", 300},
      // Offsets sell for a few dollars.
      {"carbon_price", a_tonne, "carbon-price.", kMoney, 1, " USD/t", 100},
      {short_rate ? "discount_rate" : "finance.rate",
       s.finance.rate,
       "finance.cost-of-capital",
       {},
       0.01,
       "%",
       5},
  };
  for (const Magnitude& m : magnitudes) check_magnitude(d, m);
}

// The cost of capital holds the interest on debt: a loan whose interest is in the cash counts it again.
void check_interest_twice(const Doubts& d) {
  const PlanSpec& s = *d.spec.spec;
  const bool borrowed = s.site.loan || s.site.financing;
  if (!borrowed || !s.finance.wacc || s.finance.wacc->debt <= 0) return;
  const std::string key = s.site.loan ? "site.loan" : "site.financing";
  d.warn(
      "finance.wacc", "interest counts twice: in the cost of capital, and in the cash of `" + key + "`",
      "with `" + key + "`, `finance: {rate: …}` is the return that owners ask; or leave out `" + key + "`");
}

// Shares and ratios that no law, market or machine room has come to.
struct Extreme {
  std::string_view path;
  std::optional<double> value;
  double above;
  std::string_view unit;  // "%": shown as a percentage
  std::string_view most;  // what it is held against
};

void check_extremes(const Doubts& d) {
  const FinanceChoice& f = d.spec.spec->finance;
  const SiteChoice& site = d.spec.spec->site;
  const std::optional<double> equity = f.wacc ? std::optional(f.wacc->equity_return) : std::nullopt;
  const std::optional<double> debt = f.wacc ? std::optional(f.wacc->interest) : std::nullopt;
  const std::optional<double> loan = site.loan ? std::optional(site.loan->rate) : std::nullopt;
  const Extreme extremes[] = {
      {"finance.tax", f.tax, 0.6, "%", "the highest taxes on companies are near 50%"},
      {"finance.inflation", f.inflation, 0.3, "%", "a dollar has never lost so much in a year"},
      {"finance.wacc.equity_return", equity, 0.5, "%", "owners of risky ventures ask 20% to 50%"},
      {"finance.wacc.interest", debt, 0.5, "%", "lenders of money ask less"},
      {"site.loan.rate", loan, 0.5, "%", "lenders of money ask less"},
      {"site.financing", site.financing, 0.5, "%", "lenders of money ask less"},
      {"site.maintenance", site.maintenance, 0.5, "%", "contracts cost 3% to 20% of the price a year"},
      {"site.insurance", site.insurance, 0.1, "%", "premiums are about 1% of the price a year"},
      {"site.repairs", site.repairs, 0.5, "%", "clusters replace 2% to 10% a year"},
      {"site.pue", site.pue, 3, "", "the oldest machine rooms are near 2.5"},
  };
  for (const Extreme& e : extremes) {
    if (!e.value || *e.value <= e.above) continue;
    const double shown = *e.value * (e.unit == "%" ? 100 : 1);
    d.warn(e.path, rounded(shown) + std::string(e.unit) + " is beyond reason: " + std::string(e.most), "");
  }
}

}  // namespace

void check_money(const Doubts& doubts) {
  check_undiscounted(doubts);
  check_budget(doubts);
  check_magnitudes(doubts);
  check_extremes(doubts);
  check_interest_twice(doubts);
}

}  // namespace capplan

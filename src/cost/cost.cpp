#include "capplan/cost/cost.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/number_text.h"

namespace capplan {

std::string_view category_name(Category category) {
  static constexpr std::array<std::string_view, 10> kNames{"compute",   "storage",  "network", "software",
                                                           "power",     "facility", "staff",   "maintenance",
                                                           "financing", "setup"};
  return kNames[static_cast<std::size_t>(category)];
}

Factor figure_factor(const Figure& figure, double value, Text unit) {
  return {figure.name, value, unit, Origin::kFigure, figure.id, figure.provenance};
}
Factor spec_factor(Text name, double value, Text unit, Text key) {
  return {name, value, unit, Origin::kSpec, key, {"the spec", "", false}};
}
Factor result_factor(Text name, double value, Text unit, Text key) {
  return {name, value, unit, Origin::kResult, key, {}};
}
Factor rule_factor(Text name, double value, Text unit) { return {name, value, unit, Origin::kRule, {}, {}}; }

std::string assumed_path(const Factor& factor) {
  const char* kind = factor.origin == Origin::kPrice      ? "purchase."
                     : factor.origin == Origin::kHardware ? "rated_power."
                                                          : "figure.";
  return kind + std::string(factor.key);
}

double Schedule::share_of_month(std::size_t month) const {
  return month < use.size() ? use[month] / std::accumulate(use.begin(), use.end(), 0.0) : 0;
}

double Schedule::share_paid(Duration by) const {
  if (from >= to) return from <= by ? 1 : 0;
  const double passed = (by - from) / (to - from);
  if (payments > 0) return std::clamp(std::floor(passed * payments + 1) / payments, 0.0, 1.0);
  if (use.empty() || passed <= 0 || passed >= 1) return std::clamp(passed, 0.0, 1.0);
  double paid = 0;
  for (std::size_t m = 0; m < use.size(); ++m) {
    const Duration begin = static_cast<double>(m) * kMonth;
    const Duration end = m + 1 == use.size() ? to : begin + kMonth;
    if (by <= begin) break;
    paid += share_of_month(m) * std::min(1.0, (by - begin) / (end - begin));
  }
  return std::min(1.0, paid);
}

double CostLine::quantity() const {
  return std::accumulate(factors.begin(), factors.end(), 1.0,
                         [](double product, const Factor& f) { return product * f.value; });
}

bool CostLine::unverified() const {
  return price.provenance.unverified ||
         std::any_of(factors.begin(), factors.end(), [](const Factor& f) { return f.provenance.unverified; });
}

CostLine cost_line(Category category, std::string label, std::vector<Factor> factors, std::string unit,
                   const Factor& price, const Schedule& paid) {
  CostLine line;
  line.category = category;
  line.label = std::move(label);
  line.factors = std::move(factors);
  line.unit = std::move(unit);
  line.price = price;
  line.amount = Money::of(Usd::of(line.quantity() * price.value));
  line.paid = paid;
  return line;
}

Money Cost::total() const {
  Money sum;
  for (const CostLine& line : lines) sum += line.amount;
  return sum;
}

Money Cost::total(Category category) const {
  Money sum;
  for (const CostLine& line : lines) {
    if (line.category == category) sum += line.amount;
  }
  return sum;
}

Money Cost::total_of_allocation(std::size_t allocation) const {
  Money sum;
  for (const CostLine& line : lines) {
    if (line.allocation == allocation) sum += line.amount;
  }
  return sum;
}

Money Cost::capex() const {
  Money sum;
  for (const CostLine& line : lines) {
    if (line.capital) sum += line.amount;
  }
  return sum;
}

void Cost::add(CostLine line) {
  if (line.amount != Money{}) lines.push_back(std::move(line));
}

void Cost::assume_unverified(const CostLine& line) {
  const auto assume = [&](const Factor& f) {
    if (!f.provenance.unverified) return;
    const bool share = &f == &line.price && line.unit.starts_with("dollar");  // of what was bought
    const std::string value = share ? plain_number(100 * f.value) + "%" : plain_number(f.value);
    const std::string unit = f.unit.empty() ? "" : " " + std::string(f.unit);
    add_assumption(assumptions, {assumed_path(f), value + unit, "unverified"});
  };
  for (const Factor& f : line.factors) assume(f);
  assume(line.price);
}

Cost operator+(Cost a, const Cost& b) {
  a.lines.insert(a.lines.end(), b.lines.begin(), b.lines.end());
  a.transfers.insert(a.transfers.end(), b.transfers.begin(), b.transfers.end());
  a.idle += b.idle;
  for (const Assumption& assumption : b.assumptions) add_assumption(a.assumptions, assumption);
  return a;
}

Cost of_allocation(Cost cost, std::size_t allocation) {
  for (CostLine& line : cost.lines) line.allocation = allocation;
  return cost;
}

Money amount_like(const Cost& cost, const CostLine& line) {
  Money sum;
  for (const CostLine& other : cost.lines) {
    if (other.category == line.category && other.label == line.label) sum += other.amount;
  }
  return sum;
}

namespace {

// What the line of `end` that is like the `index`th of `central` costs beyond it. Lines mostly keep their
// order.
Money beyond(const Cost& central, std::size_t index, const Cost& end) {
  const CostLine& line = central.lines[index];
  const bool in_order = index < end.lines.size() && end.lines[index].category == line.category &&
                        end.lines[index].label == line.label;
  return (in_order ? end.lines[index].amount : amount_like(end, line)) - line.amount;
}

// An end that lies on the other side of the centre, as started units of billing make it, is none.
void keep_ends_apart(Cost& cost, Money Spread::*low, Money Spread::*high) {
  Money below;
  Money above;
  for (const CostLine& line : cost.lines) {
    below += line.spread.*low;
    above += line.spread.*high;
  }
  for (CostLine& line : cost.lines) {
    if (below > Money{}) line.spread.*low = Money{};
    if (above < Money{}) line.spread.*high = Money{};
  }
}

}  // namespace

void set_time_spread(Cost& central, const Cost& fast, const Cost& slow) {
  for (std::size_t i = 0; i < central.lines.size(); ++i) {
    central.lines[i].spread.fast = beyond(central, i, fast);
    central.lines[i].spread.slow = beyond(central, i, slow);
  }
  keep_ends_apart(central, &Spread::fast, &Spread::slow);
}

void set_price_spread(Cost& central, const Cost& cheap, const Cost& dear) {
  for (std::size_t i = 0; i < central.lines.size(); ++i) {
    central.lines[i].spread.cheap = beyond(central, i, cheap);
    central.lines[i].spread.dear = beyond(central, i, dear);
  }
  keep_ends_apart(central, &Spread::cheap, &Spread::dear);
}

}  // namespace capplan

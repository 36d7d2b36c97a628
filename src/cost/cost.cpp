#include "capplan/cost/cost.h"

#include <array>

namespace capplan {

std::string_view category_name(Category category) {
  static constexpr std::array<std::string_view, 10> kNames{"compute",   "storage",  "network", "software",
                                                           "power",     "facility", "staff",   "maintenance",
                                                           "financing", "setup"};
  return kNames[static_cast<std::size_t>(category)];
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

Cost operator+(Cost a, const Cost& b) {
  a.lines.insert(a.lines.end(), b.lines.begin(), b.lines.end());
  a.idle += b.idle;
  for (const Assumption& assumption : b.assumptions) add_assumption(a.assumptions, assumption);
  return a;
}

CostLine cost_line(Category category, std::string label, double quantity, std::string unit, double unit_price,
                   const Provenance& provenance) {
  CostLine line;
  line.category = category;
  line.label = std::move(label);
  line.quantity = quantity;
  line.unit = std::move(unit);
  line.unit_price = unit_price;
  line.amount = Money::of(Usd::of(quantity * unit_price));
  line.source = std::string(provenance.source);
  line.as_of = std::string(provenance.as_of);
  line.unverified = provenance.unverified;
  return line;
}

}  // namespace capplan

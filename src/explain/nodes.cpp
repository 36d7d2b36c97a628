#include "explain/nodes.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace capplan {

double recomputed(const Derivation& d) {
  if (d.operation == Operation::kGiven) return d.value;
  if (d.parts.empty()) return 0;
  double result = d.parts.front().value;
  for (std::size_t i = 1; i < d.parts.size(); ++i) {
    const double next = d.parts[i].value;
    switch (d.operation) {
      case Operation::kSum:
        result += next;
        break;
      case Operation::kDifference:
        result -= next;
        break;
      case Operation::kProduct:
        result *= next;
        break;
      case Operation::kQuotient:
        result /= next;
        break;
      case Operation::kMaximum:
        result = std::max(result, next);
        break;
      case Operation::kMinimum:
        result = std::min(result, next);
        break;
      case Operation::kPower:
        result = std::pow(result, next);
        break;
      case Operation::kGiven:
      case Operation::kCeiling:
      case Operation::kSquareRoot:
      case Operation::kLogarithm:
        break;
    }
  }
  if (d.operation == Operation::kCeiling) return std::ceil(result - 1e-9);
  if (d.operation == Operation::kSquareRoot) return std::sqrt(result);
  if (d.operation == Operation::kLogarithm) return std::log(result);
  return result;
}

Derivation node(std::string name, std::string unit, Operation operation, std::vector<Derivation> parts,
                std::string citation) {
  Derivation d;
  d.name = std::move(name);
  d.unit = std::move(unit);
  d.operation = operation;
  d.parts = std::move(parts);
  d.citation = std::move(citation);
  d.value = recomputed(d);
  return d;
}

Derivation leaf(std::string name, double value, std::string unit, Evidence evidence, std::string source,
                std::string as_of) {
  Derivation d;
  d.name = std::move(name);
  d.value = value;
  d.unit = std::move(unit);
  d.evidence = evidence;
  d.source = std::move(source);
  d.as_of = std::move(as_of);
  return d;
}

Derivation by_rule(std::string name, double value, std::string unit, std::string rule) {
  return leaf(std::move(name), value, std::move(unit), Evidence::kAssumption, std::move(rule));
}

Derivation definition(std::string name, double value, std::string unit) {
  return leaf(std::move(name), value, std::move(unit), Evidence::kPublished, "by definition");
}

Derivation simulated_on_spot(std::string name, double value, std::string unit) {
  return leaf(std::move(name), value, std::move(unit), Evidence::kMeasured,
              "simulated on measured zones, docs/spot.md", "2024-04-16");
}

std::size_t index_in(std::string_view digits) {
  std::size_t index = std::string_view::npos;
  std::from_chars(digits.data(), digits.data() + digits.size(), index);
  return index;
}

Derivation made_or(Derivation made, double value, const Derivation& otherwise, double relative) {
  constexpr double kRounding = 1e-5;  // dollars: each line of a sum is rounded to a millionth
  const double apart = relative * std::abs(value) + (made.unit == "USD" ? kRounding : 0);
  if (std::abs(made.value - value) <= apart) return made;
  return otherwise;
}

}  // namespace capplan

#include "plan/sanity.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/number_text.h"
#include "plan/sanity_checks.h"

namespace capplan {

void Doubts::warn(std::string_view path, std::string message, std::string hint) const {
  warnings.push_back(
      {Severity::kWarning, spec.spec->places.nearest(path), std::move(message), std::move(hint)});
}

namespace {

double to_three_digits(double value) {
  std::array<char, 32> text{};
  char* const end = text.data() + text.size();
  const auto written = std::to_chars(text.data(), end, value, std::chars_format::scientific, 2);
  std::from_chars(text.data(), written.ptr, value);
  return value;
}

}  // namespace

std::string rounded(double value) {
  struct Scale {
    double from, factor;
    std::string_view letter;
  };
  constexpr Scale kScales[] = {{1e15, 1, ""},   {1e12, 1e12, "T"}, {1e9, 1e9, "B"},
                               {1e6, 1e6, "M"}, {1e4, 1e3, "k"},   {0, 1, ""}};
  const double digits = to_three_digits(value);
  for (const Scale& scale : kScales) {
    if (std::abs(digits) >= scale.from)
      return plain_number(digits / scale.factor) + std::string(scale.letter);
  }
  return plain_number(value);
}

const PlanOption* best_plan(const Plan& plan) { return plan.feasible() ? &plan.options.front() : nullptr; }

Diagnostics check_sanity(const BoundSpec& spec, const Plan& plan, const Catalog& catalog) {
  Diagnostics warnings;
  const Doubts doubts{spec, plan, catalog, warnings};
  check_money(doubts);
  check_setup_time(doubts);
  for (std::size_t i = 0; i < spec.workloads.size(); ++i) {
    const WorkloadDoubts of_workload{doubts, spec.workloads[i], "workloads[" + std::to_string(i) + "]"};
    check_deadline(of_workload);
    check_data(of_workload);
    check_load(of_workload);
  }
  return warnings;
}

}  // namespace capplan

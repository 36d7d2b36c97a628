// Tries a property on many random cases, the same ones each time.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "support/sanitized.h"

namespace capplan {

inline int property_runs() {
  const char* runs = std::getenv("CAPPLAN_PROPERTY_RUNS");
  return runs == nullptr ? testing::random_cases(40) : std::max(1, std::atoi(runs));
}

// A fixed seed: a failure is the same failure for everybody, and more runs try more.
template <class Property>
void expect_holds(Property property) {
  rc::detail::TestParams parameters;
  parameters.seed = 20260822;
  parameters.maxSuccess = property_runs();
  // Shrinking plans again and again; the counterexample itself is printed.
  parameters.disableShrinking = true;
  const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata(), parameters);
  std::ostringstream report;
  rc::detail::printResultMessage(result, report);
  EXPECT_TRUE(result.template is<rc::detail::SuccessResult>()) << report.str();
}

}  // namespace capplan

// Limits as a policy writes them: ">$5k", ">= 10%", "P(total_cost > budget) > 10%".
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "capplan/gate/policy.h"
#include "input/value_text.h"

namespace capplan {

// Of a metric, in its unit.
tl::expected<Limit<Millionths>, ValueError> read_amount_limit(const std::string& text, Metric metric);
tl::expected<Limit<double>, ValueError> read_share_limit(const std::string& text);
// Whole and broken days.
tl::expected<Limit<Millionths>, ValueError> read_age_limit(const std::string& text);

struct LikelyText {
  Mishap mishap = Mishap::kOverBudget;
  Limit<double> limit;
};
tl::expected<LikelyText, ValueError> read_probability(const std::string& text);

}  // namespace capplan

// What the files of a policy may hold.
#pragma once

#include <span>

#include "input/schema.h"

namespace capplan {

std::span<const Field> policy_fields();
std::span<const Field> when_fields();  // of a rule's condition
std::span<const Field> waivers_fields();

// In the order of the enumerators of capplan/gate/policy.h.
inline constexpr std::string_view kLevelNames[] = {"info", "warn", "deny"};
inline constexpr std::string_view kMetricNames[] = {"total_cost", "job_cost", "monthly_cost", "co2e",
                                                    "wall_clock"};
inline constexpr std::string_view kStatisticNames[] = {"total", "p50", "p90"};
inline constexpr std::string_view kEffectNames[] = {"spec", "price", "engine", "total"};
inline constexpr std::string_view kPricesNames[] = {"base-lock", "head"};
inline constexpr std::string_view kBreachNames[] = {"any", "budget", "deadline", "other"};

}  // namespace capplan

// Days of the Gregorian calendar, as ISO dates (2026-11-22) that a reader has checked.
#pragma once

#include <string_view>

namespace capplan {

// Negative where `to` is the earlier.
int days_between(std::string_view from, std::string_view to);

}  // namespace capplan

// Numbers and dates as plain text, the same in every locale.
#pragma once

#include <string>
#include <string_view>

namespace capplan {

// At most 12 significant digits, no thousands, no trailing zeros: 0.1, 5360000000, 6.1e+22.
std::string plain_number(double value);

// Four significant digits, as fitted constants are written: 0.7132, 1.5e-05.
std::string four_digits(double value);

// The same value with at most 12 significant digits.
double round_to_12_digits(double value);

// YYYY-MM-DD, a day that exists.
bool is_iso_date(std::string_view text);

}  // namespace capplan

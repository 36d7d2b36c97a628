#include "core/number_text.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace capplan {
namespace {

TEST(NumberText, PlainNumbers) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "0"},
      {-0.0, "0"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.3"},
      {1, "1"},
      {-2.5, "-2.5"},
      {5360000000, "5360000000"},
      {8030261248, "8030261248"},
      {6.1e22, "6.1e+22"},
      {1.0 / 3, "0.333333333333"},
      {123456789012345, "123456789012000"},
      {1e-9, "1e-09"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(plain_number(value), text);
}

TEST(NumberText, RoundingKeepsTwelveDigits) {
  EXPECT_EQ(round_to_12_digits(1.0000000000004), 1);
  EXPECT_EQ(round_to_12_digits(123456.7890125), 123456.789012);
  EXPECT_EQ(round_to_12_digits(0), 0);
  EXPECT_EQ(round_to_12_digits(-9.9999999999999), -10);
}

TEST(NumberText, Dates) {
  for (const char* good : {"2026-08-22", "2024-02-29", "2000-02-29", "1999-12-31"})
    EXPECT_TRUE(is_iso_date(good)) << good;
  for (const char* bad :
       {"", "2026-8-22", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026/04/30",
        "20260430", "2026-04-3x", "2026-04-30T", "-026-04-30", "0000-01-01"}) {
    EXPECT_FALSE(is_iso_date(bad)) << bad;
  }
}

}  // namespace
}  // namespace capplan

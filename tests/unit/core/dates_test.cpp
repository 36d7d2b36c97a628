#include "core/dates.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

TEST(Dates, DaysAcrossLeapYears) {
  EXPECT_EQ(days_between("2024-02-28", "2024-03-01"), 2);
  EXPECT_EQ(days_between("2026-02-28", "2026-03-01"), 1);
  EXPECT_EQ(days_between("1970-01-01", "2000-01-01"), 10957);
  EXPECT_EQ(days_between("2026-11-15", "2026-11-01"), -14);
}

}  // namespace
}  // namespace capplan

#include "report/figures.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

TEST(Figures, MoneyHasFourSignificantDigits) {
  EXPECT_EQ(money_text(0), "$0.00");
  EXPECT_EQ(money_text(0.0000846), "$0.000085");
  EXPECT_EQ(money_text(12.344), "$12.34");
  EXPECT_EQ(money_text(99.996), "$100");
  EXPECT_EQ(money_text(1234.4), "$1,234");
  EXPECT_EQ(money_text(9999.6), "$10k");
  EXPECT_EQ(money_text(118617), "$118.6k");
  EXPECT_EQ(money_text(999960), "$1M");
  EXPECT_EQ(money_text(12345678), "$12.35M");
  EXPECT_EQ(money_text(-4200000000), "-$4.2B");
  const ShownCurrency euro{"EUR", 1.25, "2026-05-08"};
  EXPECT_EQ(money_text(125000, euro), "€100k");
  EXPECT_EQ(money_text(-5, euro), "-€4.00");
  EXPECT_EQ(short_money_text(123456, {"CHF", 1, "2026-05-08"}), "CHF 123k");
  EXPECT_EQ(currency_text(euro), "EUR at 1.25 USD of 2026-05-08");
  EXPECT_EQ(currency_text({}), "USD");
}

TEST(Figures, TimeTakesTheUnitThatReadsBest) {
  EXPECT_EQ(time_text(Duration::of(0.05)), "50 ms");
  EXPECT_EQ(time_text(Duration::of(1)), "1 s");
  EXPECT_EQ(time_text(Duration::of(200)), "3.33 min");
  EXPECT_EQ(time_text(5.2 * kHour), "5.2 h");
  EXPECT_EQ(time_text(35.4 * kDay), "35.4 d");
  EXPECT_EQ(time_text(36 * kMonth), "36 mo");
  EXPECT_EQ(time_text(1100 * kDay), "3.01 y");
}

TEST(Figures, HorizonsAreInMonths) {
  EXPECT_EQ(span_text(36 * kMonth), "36 months");
  EXPECT_EQ(span_text(1 * kMonth), "1 month");
  EXPECT_EQ(span_text(4.34 * kMonth), "4.3 months");
}

TEST(Figures, CountsAndArithmetic) {
  EXPECT_EQ(count_text(9000), "9,000");
  EXPECT_EQ(count_text(8030261248), "8.03 B");
  EXPECT_EQ(count_text(1e12), "1 T");
  EXPECT_EQ(flops_text(Flops::of(7.7e12)), "7.7 TFLOP");
  EXPECT_EQ(flops_text(Flops::of(5.79e22)), "5.79e+22 FLOP");
  EXPECT_EQ(mass_text(9800), "9.8 t");
  EXPECT_EQ(percent_text(0.3754), "37.5%");
}

}  // namespace
}  // namespace capplan

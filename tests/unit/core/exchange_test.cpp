#include "capplan/core/exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace capplan {
namespace {

const std::vector<ExchangeRate> kRows{{"EUR", "2026-03-31", 1.14, "bank"},
                                      {"EUR", "2026-09-30", 1.16, "bank"},
                                      {"EUR", "2026-06-30", 1.15, "bank"},
                                      {"CHF", "2026-06-30", 1.25, "bank"}};

double usd_on(std::string_view date, std::string_view currency) {
  const ExchangeRate* rate = ExchangeRates(kRows, date).find(currency);
  return rate == nullptr ? 0 : rate->usd;
}

TEST(ExchangeRates, TheNewestThatIsNotAfterTheDate) {
  EXPECT_EQ(usd_on("2026-06-29", "EUR"), 1.14);
  EXPECT_EQ(usd_on("2026-06-30", "EUR"), 1.15);
  EXPECT_EQ(usd_on("2026-12-31", "EUR"), 1.16);
}

TEST(ExchangeRates, TheEarliestWhereAllAreLater) {
  EXPECT_EQ(usd_on("2025-01-01", "EUR"), 1.14);
  EXPECT_EQ(usd_on("", "CHF"), 1.25);
}

TEST(ExchangeRates, ADollarIsADollarAndOthersAreUnknown) {
  EXPECT_EQ(usd_on("2026-06-30", "USD"), 1);
  EXPECT_EQ(usd_on("2026-06-30", "GBP"), 0);
  EXPECT_EQ(ExchangeRates().find("USD")->usd, 1);
  EXPECT_EQ(ExchangeRates().find("EUR"), nullptr);
  EXPECT_EQ(ExchangeRates(kRows, "").currencies(), (std::vector<std::string_view>{"CHF", "EUR", "USD"}));
}

TEST(Currencies, SignsBelongToOneCurrency) {
  EXPECT_EQ(currency_sign("EUR"), "€");
  EXPECT_EQ(currency_sign("CHF"), "");
  EXPECT_EQ(currency_of_sign("£"), "GBP");
  EXPECT_EQ(currency_of_sign("¥"), "");  // yen and yuan
  EXPECT_EQ(leading_sign("₹500"), "₹");
  EXPECT_EQ(leading_sign("500"), "");
}

}  // namespace
}  // namespace capplan

// Rows of exchange rates and of prices may come in any order; converting there and back changes nothing.
#include "capplan/core/exchange.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/quantity_text.h"
#include "property/holds.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

constexpr std::string_view kCodes[] = {"CHF", "EUR", "GBP"};
constexpr std::string_view kDates[] = {"2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"};

std::vector<ExchangeRate> any_rates() {
  std::vector<ExchangeRate> rates;
  for (const std::string_view code : kCodes) {
    for (const std::string_view date : kDates) {
      if (*rc::gen::inRange(0, 3) > 0) rates.push_back({code, date, *rc::gen::inRange(1, 400) / 100.0, "x"});
    }
  }
  return rates;
}

template <class T>
std::vector<T> shuffled(std::vector<T> rows) {
  for (std::size_t i = rows.size(); i > 1; --i)
    std::swap(rows[i - 1], rows[*rc::gen::inRange<std::size_t>(0, i)]);
  return rows;
}

TEST(Exchange, TheOrderOfRatesDoesNotMatter) {
  expect_holds([] {
    const std::vector<ExchangeRate> rows = any_rates();
    const std::vector<ExchangeRate> others = shuffled(rows);
    for (const std::string_view date : {"2025-12-31", "2026-04-01", "2026-08-15", "2027-01-01"}) {
      const ExchangeRates a(rows, date);
      const ExchangeRates b(others, date);
      RC_ASSERT(a.currencies() == b.currencies());
      for (const std::string_view code : kCodes) {
        const ExchangeRate* x = a.find(code);
        const ExchangeRate* y = b.find(code);
        RC_ASSERT((x == nullptr) == (y == nullptr));
        if (x != nullptr) RC_ASSERT(x->as_of == y->as_of && x->usd == y->usd);
      }
    }
  });
}

TEST(Exchange, AnAmountIsWorthItsRate) {
  expect_holds([] {
    const std::vector<ExchangeRate> rows = any_rates();
    const ExchangeRates rates(rows, "2026-08-15");
    const int amount = *rc::gen::inRange(1, 1000000);
    for (const std::string_view code : kCodes) {
      const auto parsed = parse_quantity(std::to_string(amount) + " " + std::string(code) + "/h", rates);
      const ExchangeRate* rate = rates.find(code);
      RC_ASSERT(parsed.has_value() == (rate != nullptr));
      if (rate == nullptr) continue;
      const double expected = amount * rate->usd / 3600;
      RC_ASSERT(std::abs(parsed->value - expected) <= 1e-12 * expected);
    }
  });
}

std::string quoted_line(const std::string& accelerator, int price, std::string_view currency) {
  return accelerator + ",8," + "on-demand," + std::to_string(price) + "," + std::string(currency) +
         ",ok,2026-08-15,a test\n";
}

TEST(Exchange, TheOrderOfPricesAndRatesDoesNotMatter) {
  expect_holds([] {
    const std::vector<std::string> rates{"CHF,2026-07-01,1.25,x\n", "EUR,2026-07-01,1.15,x\n",
                                         "EUR,2026-09-01,1.2,x\n", "GBP,2026-01-01,1.3,x\n"};
    std::vector<std::string> prices;
    for (const char* accelerator : {"H100-SXM-80GB", "A100-SXM-80GB", "B200-SXM-180GB", "L40S-48GB"})
      prices.push_back(quoted_line(accelerator, *rc::gen::inRange(1, 100), kCodes[*rc::gen::inRange(0, 3)]));
    const auto overlaid = [](const std::vector<std::string>& rate_lines,
                             const std::vector<std::string>& price_lines) {
      std::string exchange = "currency,as_of,usd,source\n";
      for (const std::string& line : rate_lines) exchange += line;
      std::string offers = "accelerator,count,purchase,price_per_hour,currency,status,as_of,source\n";
      for (const std::string& line : price_lines) offers += line;
      return overlay_catalog(testing::builtin(), "mine",
                             {{"exchange.csv", exchange}, {"offers/nebius.csv", offers}});
    };
    const auto a = overlaid(rates, prices);
    const auto b = overlaid(shuffled(rates), shuffled(prices));
    RC_ASSERT(a.has_value() && b.has_value());
    RC_ASSERT(a->tables().offers.size() == b->tables().offers.size());
    for (std::size_t i = 0; i < a->tables().offers.size(); ++i) {
      const Offer& x = a->tables().offers[i];
      const Offer& y = b->tables().offers[i];
      RC_ASSERT(x.accelerator == y.accelerator && x.price == y.price && x.stated_price == y.stated_price);
    }
  });
}

}  // namespace
}  // namespace capplan

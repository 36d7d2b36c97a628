#include "core/quantity_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace capplan {
namespace {

constexpr Dim kTime{.second = 1};
constexpr Dim kData{.byte = 1};
constexpr Dim kMoney{.usd = 1};

struct Good {
  const char* text;
  double value;
  std::optional<Dim> unit = std::nullopt;
  bool percent = false;
  const char* noun = "";
};

TEST(QuantityText, Numbers) {
  const Good cases[] = {
      {"0", 0},
      {"7", 7},
      {"+7", 7},
      {"-7.25", -7.25},
      {"9_000_000", 9e6},
      {"1.5e3", 1500},
      {"2E-2", 0.02},
      {"7B", 7e9},
      {"1.5k", 1500},
      {"2K", 2000},
      {"8Ki", 8192},
      {"1Mi", 1048576},
      {"10M", 1e7},
      {"1T", 1e12},
      {" 5 ", 5},
      {"0.45", 0.45},
      {"45%", 0.45, std::nullopt, true},
      {"45 %", 0.45, std::nullopt, true},
      {"2T tokens", 2e12, std::nullopt, false, "tokens"},
      {"3 runs", 3, std::nullopt, false, "runs"},
      {"1token", 1, std::nullopt, false, "token"},
  };
  for (const Good& c : cases) {
    const auto parsed = parse_quantity(c.text);
    ASSERT_TRUE(parsed.has_value()) << c.text << ": " << parsed.error();
    EXPECT_DOUBLE_EQ(parsed->value, c.value) << c.text;
    EXPECT_EQ(parsed->unit, c.unit) << c.text;
    EXPECT_EQ(parsed->percent, c.percent) << c.text;
    EXPECT_EQ(parsed->noun, c.noun) << c.text;
  }
}

TEST(QuantityText, Units) {
  const Good cases[] = {
      {"80 GiB", 80.0 * 1073741824, kData},
      {"80GB", 80e9, kData},
      {"7 B", 7, kData},
      {"8 bit", 1, kData},
      {"30 days", 30 * 86400.0, kTime},
      {"1 month", 730 * 3600.0, kTime},
      {"500 ms", 0.5, kTime},
      {"9µs", 9e-6, kTime},
      {"$12M", 12e6, kMoney},
      {"$0.5", 0.5, kMoney},
      {"-$3", -3, kMoney},
      {"250 USD", 250, kMoney},
      {"$2k", 2000, kMoney},
      {"$2.50/h", 2.5 / 3600, Dim{.usd = 1, .second = -1}},
      {"0.08 USD/kWh", 0.08 / 3.6e6, Dim{.usd = 1, .joule = -1}},
      {"0.02 USD/GB/month", 0.02 / 1e9 / (730 * 3600.0), Dim{.usd = 1, .second = -1, .byte = -1}},
      {"$2/GPU/h", 2.0 / 3600, Dim{.usd = 1, .second = -1, .device = -1}},
      {"989 TFLOP/s", 989e12, Dim{.second = -1, .flop = 1}},
      {"400 Gbps", 50e9, Dim{.second = -1, .byte = 1}},
      {"400 GB / s", 400e9, Dim{.second = -1, .byte = 1}},
      {"700 W", 700, Dim{.second = -1, .joule = 1}},
      {"1 kWh", 3.6e6, Dim{.joule = 1}},
      {"7.7 TFLOP", 7.7e12, Dim{.flop = 1}},
  };
  for (const Good& c : cases) {
    const auto parsed = parse_quantity(c.text);
    ASSERT_TRUE(parsed.has_value()) << c.text << ": " << parsed.error();
    EXPECT_DOUBLE_EQ(parsed->value, c.value) << c.text;
    EXPECT_EQ(parsed->unit, c.unit) << c.text;
  }
}

struct Bad {
  const char* text;
  const char* says;
};

TEST(QuantityText, WhatIsAmbiguousOrWrongIsRefused) {
  const Bad cases[] = {
      {"", "expected a number"},
      {"GB", "expected a number"},
      {".5", "expected a number"},
      {"inf", "expected a number"},
      {"nan", "expected a number"},
      {"--5", "expected a number"},
      {"_5", "expected a number"},
      {"010", "octal"},
      {"00", "octal"},
      {"0x10", "decimal"},
      {"0o7", "decimal"},
      {"0b1", "decimal"},
      {"9,000", "write thousands as"},
      {"5.", "digits after the point"},
      {"5e+", "digits after the exponent"},
      {"1e999", "out of range"},
      {"1e300T tokens", ""},
      {"1e305T", "out of range"},
      {"80G", "GB (10^9 bytes) or GiB"},
      {"80 Gi", "`GiB`"},
      {"3m", "minutes or months"},
      {"3 b", "bits or bytes"},
      {"3 Gb", "`Gbit`"},
      {"7 TFLOPS", "`TFLOP`"},
      {"7 TFLOPs", "`TFLOP`"},
      {"7 FLOPS", "operations"},
      {"5 parsecs", "unknown unit"},
      {"5 gib", "did you mean `GiB`?"},
      {"€5", "unknown currency `EUR`; known are USD"},
      {"£5", "unknown currency `GBP`"},
      {"5 €", "unknown currency `EUR`"},
      {"180k SEK", "unknown unit `SEK`; known currencies are USD"},
      {"5 GIB", "did you mean `GiB`?"},
      {"¥5", "`JPY` or `CNY`"},
      {"5 ¥", "`JPY` or `CNY`"},
      {"$5%", "percentage"},
      {"5 GB/", "expected a unit"},
      {"5 GB//s", "expected a unit"},
      {"5 GB s", "cannot read"},
      {"$5 tokens", "cannot read"},
      {"1 000", "expected a unit"},
      {"1__0", "expected a unit"},
      {"5 days 3 h", "cannot read"},
  };
  for (const Bad& c : cases) {
    const auto parsed = parse_quantity(c.text);
    ASSERT_FALSE(parsed.has_value()) << c.text << " reads as " << parsed->value;
    EXPECT_NE(parsed.error().find(c.says), std::string::npos) << c.text << ": " << parsed.error();
  }
}

TEST(QuantityText, MoneyOfAnyKnownCurrencyIsDollars) {
  const ExchangeRate rows[] = {{"EUR", "2026-05-08", 1.25, "bank"}, {"JPY", "2026-05-08", 0.005, "bank"}};
  const ExchangeRates rates(rows, "2026-10-01");
  const Good cases[] = {
      {"€180k", 225000, kMoney},
      {"180k EUR", 225000, kMoney},
      {"180k €", 225000, kMoney},
      {"-€4", -5, kMoney},
      {"4€/h", 5.0 / 3600, Dim{.usd = 1, .second = -1}},
      {"€4/h", 5.0 / 3600, Dim{.usd = 1, .second = -1}},
      {"4 EUR/GPU/h", 5.0 / 3600, Dim{.usd = 1, .second = -1, .device = -1}},
      {"0.08 EUR/kWh", 0.1 / 3.6e6, Dim{.usd = 1, .joule = -1}},
      {"2_000 JPY", 10, kMoney},
  };
  for (const Good& c : cases) {
    const auto parsed = parse_quantity(c.text, rates);
    ASSERT_TRUE(parsed.has_value()) << c.text << ": " << parsed.error();
    EXPECT_DOUBLE_EQ(parsed->value, c.value) << c.text;
    EXPECT_EQ(parsed->unit, c.unit) << c.text;
    ASSERT_TRUE(parsed->rate.has_value()) << c.text;
    EXPECT_EQ(parsed->rate->as_of, "2026-05-08") << c.text;
  }
  for (const char* text : {"$5", "5 USD", "5 GB"}) {
    const auto parsed = parse_quantity(text, rates);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_FALSE(parsed->rate.has_value()) << text;
  }
  const auto unknown = parse_quantity("£5", rates);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error(), "unknown currency `GBP`; known are EUR, JPY, USD");
}

TEST(QuantityText, SpellingsReadAsTheirDimension) {
  for (const Dim dim :
       {kTime, kData, kMoney, Dim{.second = -1, .byte = 1}, Dim{.usd = 1, .second = -1}, Dim{.flop = 1}}) {
    const auto spellings = unit_spellings(dim);
    EXPECT_FALSE(spellings.empty());
    for (const std::string& unit : spellings) {
      const auto parsed = parse_quantity("1 " + unit);
      ASSERT_TRUE(parsed.has_value()) << unit << ": " << parsed.error();
      EXPECT_EQ(parsed->unit, dim) << unit;
    }
  }
  EXPECT_NE(describe_dimension(kTime).find("30 days"), std::string::npos);
  EXPECT_EQ(describe_dimension(Dim{.byte = 7}), "a quantity with another unit");
}

TEST(QuantityText, HugeInputIsNoTrouble) {
  EXPECT_FALSE(parse_quantity(std::string(100000, '9')).has_value());
  EXPECT_FALSE(parse_quantity("1 " + std::string(100000, 'x')).has_value());
  EXPECT_FALSE(parse_quantity("1" + std::string(100000, '/')).has_value());
}

}  // namespace
}  // namespace capplan

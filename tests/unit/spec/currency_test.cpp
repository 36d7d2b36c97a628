#include <gtest/gtest.h>

#include <string>

#include "capplan/spec/load.h"

namespace capplan {
namespace {

constexpr ExchangeRate kRows[] = {{"EUR", "2026-05-08", 1.25, "bank"}, {"GBP", "2026-04-01", 1.5, "bank"}};

ReadSpec read(const std::string& more) {
  const ReadFile no_files = [](const std::string&) -> tl::expected<std::string, std::string> {
    return tl::unexpected(std::string("no file"));
  };
  return read_spec("spec.yaml", "version: 1\nmodel: {params: 7B}\ndataset: {tokens: 1T}\n" + more, no_files,
                   ExchangeRates(kRows, "2026-10-01"));
}

TEST(SpecCurrency, AmountsAreDollarsAndTheirRatesAreAssumed) {
  const ReadSpec euro = read("constraints: {budget: €180k}\nsite: {licences: £3504/year}\n");
  ASSERT_TRUE(euro.problems.empty());
  EXPECT_DOUBLE_EQ(euro.spec.constraints.budget->in(kUsd), 225000);
  EXPECT_DOUBLE_EQ(euro.spec.site.licences->in(kUsd / kYear), 5256);
  EXPECT_EQ(euro.spec.assumptions, (Assumptions{{"exchange.EUR", "1.25 USD", "bank, as of 2026-05-08"},
                                                {"exchange.GBP", "1.5 USD", "bank, as of 2026-04-01"}}));
}

TEST(SpecCurrency, WhatTablesShowIsAssumedToo) {
  EXPECT_EQ(read("currency: GBP\n").spec.assumptions.size(), 1U);
  EXPECT_EQ(read("currency: EUR\nconstraints: {budget: 5 EUR}\n").spec.assumptions.size(), 1U);
  EXPECT_TRUE(read("currency: USD\nconstraints: {budget: $5}\n").spec.assumptions.empty());
}

TEST(SpecCurrency, AnUnknownOneIsAnErrorThatNamesTheKnown) {
  const ReadSpec wrong = read("currency: ERU\nconstraints: {budget: 5 SEK}\n");
  ASSERT_EQ(wrong.problems.size(), 2U);
  EXPECT_EQ(wrong.problems[0].message, "`currency`: expected one of EUR, GBP, USD, found `ERU`");
  EXPECT_EQ(wrong.problems[0].location.line, 4);
  EXPECT_NE(wrong.problems[1].hint.find("known currencies are EUR, GBP, USD"), std::string::npos);
  EXPECT_EQ(wrong.problems[1].location.line, 5);
}

}  // namespace
}  // namespace capplan

#include "capplan/cost/finance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace capplan {
namespace {

constexpr Usd usd(double amount) { return amount * kUsd; }

// Yearly amounts at the ends of years, which is how most published examples count.
CashFlow yearly(double at_start, const std::vector<double>& years) {
  CashFlow flow{.at_start = usd(at_start), .months = {}, .at_horizon = {}};
  for (const double amount : years) {
    flow.months.insert(flow.months.end(), 11, Usd{});
    flow.months.push_back(usd(amount));
  }
  return flow;
}

CashFlow monthly(double at_start, double amount, int months, double at_horizon = 0) {
  return {usd(at_start), std::vector<Usd>(static_cast<std::size_t>(months), usd(amount)), usd(at_horizon)};
}

TEST(InterestRate, EffectiveAndCompounded) {
  const InterestRate effective = InterestRate::effective(0.05);
  EXPECT_DOUBLE_EQ(effective.yearly(), 0.05);
  EXPECT_DOUBLE_EQ(std::pow(1 + effective.monthly(), 12), 1.05);
  const InterestRate quoted = InterestRate::compounded_monthly(0.05);
  EXPECT_DOUBLE_EQ(quoted.monthly(), 0.05 / 12);
  EXPECT_NEAR(quoted.yearly(), 0.0511619, 5e-8);  // Excel's EFFECT(5%, 12)
  EXPECT_DOUBLE_EQ(effective.discount_factor(12), 1 / 1.05);
  EXPECT_EQ(InterestRate().yearly(), 0);
  EXPECT_EQ(InterestRate().discount_factor(100), 1);
}

TEST(InterestRate, FisherThereAndBack) {
  for (const double real : {-0.02, 0.0, 0.04, 0.3}) {
    for (const double inflation : {-0.01, 0.0, 0.025}) {
      const InterestRate i = InterestRate::effective(inflation);
      const InterestRate nominal = nominal_rate(InterestRate::effective(real), i);
      EXPECT_NEAR(nominal.yearly(), real + inflation + real * inflation, 1e-15);
      EXPECT_NEAR(real_rate(nominal, i).yearly(), real, 1e-15);
    }
  }
}

// The examples of Microsoft's pages on Excel's NPV, IRR, PMT and PV.
TEST(Published, NetPresentValue) {
  const InterestRate ten = InterestRate::effective(0.1);
  EXPECT_NEAR(net_present_value(yearly(0, {-10000, 3000, 4200, 6800}), ten).in(kUsd), 1188.44, 0.005);
  EXPECT_NEAR(
      net_present_value(yearly(-40000, {8000, 9200, 10000, 12000, 14500}), InterestRate::effective(0.08))
          .in(kUsd),
      1922.06, 0.005);
}

TEST(Published, InternalRateOfReturn) {
  EXPECT_NEAR(internal_rate_of_return(yearly(-70000, {12000, 15000, 18000, 21000}))->yearly(), -0.021, 5e-4);
  EXPECT_NEAR(internal_rate_of_return(yearly(-70000, {12000, 15000, 18000, 21000, 26000}))->yearly(), 0.087,
              5e-4);
  EXPECT_NEAR(internal_rate_of_return(yearly(-70000, {12000, 15000}))->yearly(), -0.444, 5e-4);
}

TEST(Published, LevelPayment) {
  const Loan loan{usd(10000), InterestRate::compounded_monthly(0.08), 10};
  EXPECT_NEAR(level_payment(loan).in(kUsd), 1037.03, 0.005);
  Loan in_advance = loan;
  in_advance.payments = Timing::kStart;
  EXPECT_NEAR(level_payment(in_advance).in(kUsd), 1030.16, 0.005);
}

TEST(Published, PresentValueOfAnAnnuity) {
  EXPECT_NEAR(500 * annuity_factor(0.08 / 12, 240), 59777.15, 0.005);
}

TEST(NetPresentValue, WithoutADiscountIsTheTotal) {
  const CashFlow flow = monthly(-1000, 30, 36, 120);
  EXPECT_DOUBLE_EQ(flow.total().in(kUsd), 200);
  for (const Timing timing : {Timing::kStart, Timing::kMiddle, Timing::kEnd})
    EXPECT_DOUBLE_EQ(net_present_value(flow, {}, timing).in(kUsd), 200);
}

TEST(NetPresentValue, ByHand) {
  const CashFlow flow{usd(-100), {usd(60), usd(70)}, usd(5)};
  const InterestRate rate = InterestRate::compounded_monthly(0.12);  // 1% a month
  EXPECT_NEAR(net_present_value(flow, rate).in(kUsd), -100 + 60 / 1.01 + 75 / (1.01 * 1.01), 1e-12);
  EXPECT_NEAR(net_present_value(flow, rate, Timing::kStart).in(kUsd),
              -100 + 60 + 70 / 1.01 + 5 / (1.01 * 1.01), 1e-12);
  EXPECT_NEAR(net_present_value(flow, rate, Timing::kMiddle).in(kUsd),
              -100 + 60 / std::sqrt(1.01) + 70 / std::pow(1.01, 1.5) + 5 / (1.01 * 1.01), 1e-12);
}

TEST(NetPresentValue, FallsWithTheRateWherePaymentComesFirst) {
  const CashFlow flow = monthly(-1000, 40, 48, 100);
  double last = std::numeric_limits<double>::infinity();
  for (double rate = -0.5; rate < 3; rate += 0.05) {
    const double value = net_present_value(flow, InterestRate::effective(rate)).in(kUsd);
    EXPECT_LT(value, last) << rate;
    last = value;
  }
}

// The earlier money comes, the more it is worth: by a month's growth from one end of the month to the other.
TEST(NetPresentValue, Timing) {
  const CashFlow flow = monthly(0, 100, 36);
  const InterestRate rate = InterestRate::effective(0.1);
  const double end = net_present_value(flow, rate, Timing::kEnd).in(kUsd);
  const double middle = net_present_value(flow, rate, Timing::kMiddle).in(kUsd);
  const double start = net_present_value(flow, rate, Timing::kStart).in(kUsd);
  EXPECT_NEAR(start / end, std::pow(1.1, 1 / 12.0), 1e-12);
  EXPECT_NEAR(middle / end, std::pow(1.1, 1 / 24.0), 1e-12);
}

TEST(NetPresentValue, NothingAtAll) {
  EXPECT_EQ(net_present_value({}, InterestRate::effective(0.1)), Usd{});
  const CashFlow sale{{}, {}, usd(10)};
  EXPECT_EQ(net_present_value(sale, InterestRate::effective(0.1)), usd(10));
}

TEST(RateOfReturn, IsWherePresentValueIsZero) {
  for (const double saving : {15.0, 27.0, 30.0, 100.0, 400.0}) {
    const CashFlow flow = monthly(-1000, saving, 36, 50);
    for (const Timing timing : {Timing::kStart, Timing::kMiddle, Timing::kEnd}) {
      const auto rate = internal_rate_of_return(flow, timing);
      ASSERT_TRUE(rate) << saving;
      EXPECT_NEAR(net_present_value(flow, *rate, timing).in(kUsd), 0, 1e-8) << saving;
      EXPECT_EQ(rate->yearly() > 0, flow.total() > Usd{}) << saving;
    }
  }
}

// Paid back at once, or five times over each month: signs change and no rate is sensible.
TEST(RateOfReturn, NothingBeyondTheRange) {
  EXPECT_FALSE(internal_rate_of_return(monthly(-1000, 1000, 36), Timing::kStart));
  EXPECT_FALSE(internal_rate_of_return(monthly(-1000, 5000, 36)));
}

TEST(RateOfReturn, ZeroWhereCashCancels) {
  EXPECT_EQ(internal_rate_of_return(monthly(-1200, 100, 12))->yearly(), 0);
}

TEST(RateOfReturn, NothingWithoutAChangeOfSign) {
  EXPECT_FALSE(internal_rate_of_return({}));
  EXPECT_FALSE(internal_rate_of_return(monthly(0, 10, 12)));
  EXPECT_FALSE(internal_rate_of_return(monthly(-5, -10, 12, -1)));
  EXPECT_EQ(sign_changes(monthly(-5, 10, 12, -1)), 2);
}

// Lorie and Savage's pump (Journal of Business 28, 1955): 25% and 400% both discount to nothing.
TEST(RateOfReturn, NearestToZeroOfSeveral) {
  const CashFlow pump = yearly(-1600, {10000, -10000});
  EXPECT_EQ(sign_changes(pump), 2);
  EXPECT_NEAR(net_present_value(pump, InterestRate::effective(0.25)).in(kUsd), 0, 1e-9);
  EXPECT_NEAR(net_present_value(pump, InterestRate::effective(4)).in(kUsd), 0, 1e-9);
  EXPECT_NEAR(internal_rate_of_return(pump)->yearly(), 0.25, 1e-12);
}

TEST(RateOfReturn, FarFromZeroAndOverLongHorizons) {
  EXPECT_NEAR(internal_rate_of_return(yearly(-1, {1e5}))->yearly(), 99999, 1e-4);
  EXPECT_NEAR(internal_rate_of_return(yearly(-1000, {20}))->yearly(), -0.98, 1e-12);
  const auto half_century = internal_rate_of_return(monthly(-1e9, 1e6, 600));
  ASSERT_TRUE(half_century);
  EXPECT_NEAR(net_present_value(monthly(-1e9, 1e6, 600), *half_century).in(kUsd), 0, 1e-3);
  EXPECT_FALSE(internal_rate_of_return(yearly(-1000, {1e-9})));  // beyond -99%
}

TEST(Payback, WithinAMonth) {
  EXPECT_DOUBLE_EQ(*payback_months(monthly(-1000, 80, 36)), 12.5);
  EXPECT_DOUBLE_EQ(*payback_months(monthly(-1200, 100, 12)), 12);
  EXPECT_FALSE(payback_months(monthly(-1201, 100, 12)));
  EXPECT_DOUBLE_EQ(*payback_months(monthly(-1300, 100, 12, 150)), 12);  // by the residual value
}

TEST(Payback, NothingToPayBack) {
  EXPECT_EQ(payback_months({}), 0);
  EXPECT_EQ(payback_months(monthly(0, 10, 3)), 0);
  EXPECT_FALSE(payback_months(monthly(0, -10, 3)));
}

// Spares in month 20 undo the first payback.
TEST(Payback, ForGood) {
  CashFlow flow = monthly(-1000, 100, 36);
  flow.months[19] = usd(-1500);
  EXPECT_DOUBLE_EQ(*payback_months(flow), 26);
  flow.at_horizon = usd(-5000);
  EXPECT_FALSE(payback_months(flow));
}

TEST(Payback, DiscountedIsLaterAndIsWhereTheAnnuityPays) {
  const InterestRate rate = InterestRate::compounded_monthly(0.12);
  const double payment = 1000 / annuity_factor(0.01, 24);
  EXPECT_NEAR(*payback_months(monthly(-1000, payment, 36), rate), 24, 1e-9);
  EXPECT_LT(*payback_months(monthly(-1000, payment, 36)), 24);
  EXPECT_LT(*payback_months(monthly(-1000, payment, 36), rate, Timing::kStart), 24);
}

// Rounding of sums of tenths must not cost the last month.
TEST(Payback, ToTheRoundingOfMoney) { EXPECT_DOUBLE_EQ(*payback_months(monthly(-1.2, 0.1, 12)), 12); }

TEST(Annuity, RecoveryIsTheReciprocal) {
  for (const double rate : {-0.01, 0.0, 1e-12, 0.004, 0.08, 2.0}) {
    for (const double periods : {0.5, 1.0, 36.0, 360.0})
      EXPECT_DOUBLE_EQ(capital_recovery_factor(rate, periods) * annuity_factor(rate, periods), 1);
  }
  // 7% over 20 years, as tables of compound interest have it.
  EXPECT_NEAR(capital_recovery_factor(0.07, 20), 0.0944, 5e-5);
}

TEST(Annuity, Edges) {
  EXPECT_DOUBLE_EQ(capital_recovery_factor(0, 25), 0.04);
  EXPECT_NEAR(capital_recovery_factor(1e-13, 25), 0.04, 1e-13);  // no cancellation near zero
  EXPECT_EQ(annuity_factor(0.1, 0), 0);
  EXPECT_TRUE(std::isinf(capital_recovery_factor(0.1, 0)));
  EXPECT_DOUBLE_EQ(annuity_factor(0.1, 5, Timing::kStart), 1.1 * annuity_factor(0.1, 5));
  EXPECT_NEAR(annuity_factor(0.1, 1e6), 10, 1e-12);  // a perpetuity
}

TEST(Annuity, IsThePresentValueOfItsPayments) {
  const InterestRate rate = InterestRate::effective(0.09);
  for (const Timing timing : {Timing::kStart, Timing::kMiddle, Timing::kEnd})
    EXPECT_NEAR(annuity_factor(rate.monthly(), 48, timing),
                net_present_value(monthly(0, 1, 48), rate, timing).in(kUsd), 1e-11);
}

TEST(Loan, PaymentsRepayIt) {
  for (const Timing timing : {Timing::kStart, Timing::kMiddle, Timing::kEnd}) {
    for (const double rate : {0.0, 0.05, 0.24}) {
      const Loan loan{usd(1e6), InterestRate::compounded_monthly(rate), 36, timing};
      const std::vector<LoanPayment> schedule = loan_schedule(loan);
      ASSERT_EQ(schedule.size(), 36u);
      Usd repaid;
      for (const LoanPayment& p : schedule) {
        repaid += p.principal;
        EXPECT_NEAR((p.interest + p.principal).in(kUsd), level_payment(loan).in(kUsd), 1e-6);
        EXPECT_NEAR(p.balance.in(kUsd), 1e6 - repaid.in(kUsd), 1e-6);
      }
      EXPECT_NEAR(repaid.in(kUsd), 1e6, 1e-5);
      EXPECT_NEAR(schedule.back().balance.in(kUsd), 0, 1e-5);
      // Discounted at its own rate, a loan is worth what it lends.
      const CashFlow flow = monthly(1e6, -level_payment(loan).in(kUsd), 36);
      EXPECT_NEAR(net_present_value(flow, loan.rate, timing).in(kUsd), 0, 1e-5);
    }
  }
}

TEST(Loan, InterestFallsAndWhatIsPaidInAdvanceBearsNone) {
  const std::vector<LoanPayment> s = loan_schedule({usd(12000), InterestRate::compounded_monthly(0.06), 12});
  EXPECT_NEAR(s.front().interest.in(kUsd), 60, 1e-9);  // half a percent of all of it
  for (std::size_t i = 1; i < s.size(); ++i) EXPECT_LT(s[i].interest, s[i - 1].interest);
  const std::vector<LoanPayment> in_advance =
      loan_schedule({usd(12000), InterestRate::compounded_monthly(0.06), 12, Timing::kStart});
  EXPECT_EQ(in_advance.front().interest, Usd{});
}

TEST(Loan, WithoutMonthsIsNeverRepaid) {
  const Loan loan{usd(100), InterestRate::effective(0.05), 0};
  EXPECT_TRUE(std::isinf(level_payment(loan).in(kUsd)));
  EXPECT_TRUE(loan_schedule(loan).empty());
}

// A term of 24 months beside hardware that is sold after 12: it is discounted, and earned, there.
TEST(CashFlow, WhatIsSoldAtTheHorizonIsWorthWhatItIsThen) {
  CashFlow flow = monthly(-1000, 50, 24, 600);
  flow.horizon = 12;
  const InterestRate ten = InterestRate::effective(0.1);
  double by_hand = -1000 + 600 / 1.1;
  for (int month = 1; month <= 24; ++month) by_hand += 50 * std::pow(1.1, -month / 12.0);
  EXPECT_NEAR(net_present_value(flow, ten).in(kUsd), by_hand, 1e-9);
  EXPECT_NEAR(*payback_months(flow), 12, 1e-12);  // 12 x 50 + 600 pay back 1000 when it is sold
  const InterestRate back = *internal_rate_of_return(flow);
  EXPECT_NEAR(net_present_value(flow, back).in(kUsd), 0, 1e-6);
  EXPECT_EQ(sign_changes(flow), 1);
  flow.horizon.reset();
  EXPECT_LT(net_present_value(flow, ten).in(kUsd), by_hand);
}

}  // namespace
}  // namespace capplan

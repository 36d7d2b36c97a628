#include "cost/capital.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "capplan/cost/cash_flow.h"

namespace capplan {
namespace {

double residual_in(const Figure& figure, PriceCase prices) {
  if (prices == PriceCase::kLow) return figure.high.value_or(figure.value);
  if (prices == PriceCase::kHigh) return figure.low.value_or(figure.value);
  return figure.value;
}

}  // namespace

double residual_share(Duration age, const Catalog& catalog, PriceCase prices) {
  const double at_12 = residual_in(catalog.figure("residual.12-months"), prices);
  const double at_48 = residual_in(catalog.figure("residual.48-months"), prices);
  const double months = age.in(kMonth);
  if (months <= 12) return std::pow(at_12, months / 12);
  return at_12 * std::pow(at_48 / at_12, (months - 12) / 36);
}

double network_share(int nodes, const Catalog& catalog) {
  if (nodes <= 1) return 0;
  struct Point {
    double nodes;
    std::string_view figure;
  };
  static constexpr std::array<Point, 4> kPoints{{{16, "network.share-16-nodes"},
                                                 {128, "network.share-128-nodes"},
                                                 {2048, "network.share-2048-nodes"},
                                                 {4096, "network.share-4096-nodes"}}};
  const auto share = [&](const Point& p) { return catalog.figure(p.figure).value; };
  if (nodes <= kPoints.front().nodes) return share(kPoints.front());
  for (std::size_t i = 1; i < kPoints.size(); ++i) {
    const Point& low = kPoints[i - 1];
    const Point& high = kPoints[i];
    if (nodes > high.nodes) continue;
    const double along = std::log(nodes / low.nodes) / std::log(high.nodes / low.nodes);
    return share(low) + along * (share(high) - share(low));
  }
  return share(kPoints.back());
}

ResidualValue residual_value(const SiteTerms& site, Duration horizon, const Catalog& catalog,
                             PriceCase prices) {
  if (site.residual) return {*site.residual, {}};
  const bool by_method = site.depreciation && site.depreciation->method != DepreciationMethod::kMacrs;
  if (by_method)
    return {spec_factor("value left by depreciation",
                        value_left(depreciation_of(*site.depreciation), horizon), "", "site.depreciation"),
            {}};
  Factor share =
      figure_factor(catalog.figure("residual.12-months"), residual_share(horizon, catalog, prices), "");
  share.name = "value left of hardware of this age";
  return {share, {}};
}

LoanInterest loan_interest(const LoanChoice& loan, Duration horizon) {
  const int term = std::max(1, static_cast<int>(std::lround(loan.term.in(kMonth))));
  const int within = std::min(term, static_cast<int>(std::ceil(horizon.in(kMonth)-1e-9)));
  LoanInterest found;
  found.owed = 1;
  const std::vector<LoanPayment> payments =
      loan_schedule({Usd::of(1), InterestRate::compounded_monthly(loan.rate), term, Timing::kEnd});
  for (int month = 0; month < within; ++month) {
    found.of_a_dollar += payments[static_cast<std::size_t>(month)].interest.in(kUsd);
    found.owed = payments[static_cast<std::size_t>(month)].balance.in(kUsd);
  }
  if (within == term) found.owed = 0;
  found.paid_until = within * kMonth;
  return found;
}

}  // namespace capplan

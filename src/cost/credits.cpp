#include "capplan/cost/credits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "capplan/cost/cash_flow.h"
#include "core/dates.h"

namespace capplan {
namespace {

// From the start of a plan to the end of a credit's last day.
Duration lasts(const Credit& credit, const Catalog& catalog) {
  if (credit.until.empty()) return Duration::of(std::numeric_limits<double>::infinity());
  return std::max(0.0, days_between(catalog.as_of(), credit.until) + 1.0) * kDay;
}

// Adds what is covered of a line by then to the months that it is paid in.
void add_months(const Schedule& paid, double covered, Duration by, std::vector<double>& months) {
  const double all = paid.share_paid(by);
  double before = 0;
  for (std::size_t m = 0; before < all && m < kMostMonths; ++m) {
    const double until = paid.share_paid(std::min(static_cast<double>(m + 1) * kMonth, by));
    if (months.size() <= m) months.push_back(0);
    months[m] += covered * (until - before) / all;
    before = until;
  }
}

}  // namespace

void spend_credits(Cost& cost, const std::vector<Buyer>& buyers, const Catalog& catalog) {
  std::vector<double> open;  // dollars of each line that no credit has covered yet
  for (const CostLine& line : cost.lines) open.push_back(line.amount.usd());
  std::vector<CostLine> spent;
  for (const Credit& credit : catalog.tables().credits) {
    const Duration end = lasts(credit, catalog);
    double left = credit.amount.in(kUsd);
    double used = 0;
    Duration last;
    std::vector<double> months;
    bool as_used = false;
    for (std::size_t i = 0; i < open.size(); ++i) {
      const CostLine& line = cost.lines[i];
      const bool paid_to_provider = line.price.origin == Origin::kPrice && !line.capital;
      if (!paid_to_provider || !credit.covers(line.price.key, buyers[line.allocation].purchase)) continue;
      const double covered = std::min({left, open[i], line.amount.usd() * line.paid.share_paid(end)});
      if (covered <= 0) continue;
      open[i] -= covered;
      left -= covered;
      used += covered;
      last = std::max(last, std::min(line.paid.to, end));
      add_months(line.paid, covered, std::min(line.paid.to, end), months);
      as_used = as_used || !line.paid.use.empty();
    }
    if (!as_used) months.clear();
    if (used <= 0) continue;
    Factor price{"credit", -1, "USD", Origin::kPrice, credit.name, credit.provenance};
    spent.push_back(cost_line(Category::kCompute, "credit: " + std::string(credit.name),
                              {rule_factor("spent of it", used, "USD")}, "dollar", price,
                              {Duration{}, last, 0, std::move(months)}));
  }
  for (CostLine& line : spent) cost.add(std::move(line));
}

}  // namespace capplan

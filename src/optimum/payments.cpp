#include "optimum/payments.h"

#include <algorithm>
#include <set>
#include <utility>

#include "optimum/run_time.h"

namespace capplan {
namespace {

void pay_for_pools(const Portfolio& portfolio, const PortfolioPlan& plan, std::vector<double>& usd) {
  for (const auto& bought : plan.bought) {
    const Pool& pool = portfolio.pools[bought.pool];
    const auto n = static_cast<std::size_t>(bought.machines);
    const double every_month = usd_a_month(pool, portfolio.months)[n];
    for (double& month : usd) month += every_month;
    usd[0] += usd_at_start(pool)[n];
  }
  for (const auto& committed : plan.committed) {
    const TermOffer& commitment = portfolio.pools[committed.pool].commitments[committed.commitment];
    for (int m = committed.month; m < portfolio.months; ++m)
      usd[static_cast<std::size_t>(m)] += committed.machines * usd_in_month(commitment, m - committed.month);
  }
}

void pay_for_place(const DataPlaceCost& place, std::vector<double>& usd) {
  for (std::size_t m = 0; m < usd.size(); ++m) usd[m] += usd_in_month(place, static_cast<int>(m));
}

void pay_for_runs(const Portfolio& portfolio, const PortfolioPlan& plan, std::vector<double>& usd) {
  std::set<std::pair<std::size_t, std::size_t>> places;
  for (const auto& placed : plan.placed) {
    const RunWork& work = portfolio.runs[placed.work];
    const RunOption& option = work.options[placed.option];
    const Period& period = work.periods[placed.period];
    if (option.place) places.emplace(placed.work, *option.place);
    const auto hours = hours_without_waiting(option, period, portfolio);
    const double usd_an_hour = placed.runs * usd_of(option, period) / hours_of(option, period);
    for (std::size_t i = 0; i < hours.size(); ++i)
      usd[static_cast<std::size_t>(period.first_month) + i] += usd_an_hour * hours[i];
  }
  for (const auto& [work, place] : places) pay_for_place(portfolio.runs[work].places[place], usd);
}

void pay_for_serving(const Portfolio& portfolio, const PortfolioPlan& plan, std::vector<double>& usd) {
  std::set<std::pair<std::size_t, std::size_t>> places;
  for (const auto& served : plan.served) {
    const ServeOption& option = portfolio.served[served.work].options[served.option];
    if (option.place) places.emplace(served.work, *option.place);
    for (std::size_t m = 0; m < usd.size(); ++m) {
      for (std::size_t b = 0; b < portfolio.blocks.size(); ++b)
        usd[m] += served.share[m][b] * option.machines[m][b] * option.usd_a_machine_hour *
                  portfolio.blocks[b].hours;
    }
  }
  for (const auto& [work, place] : places) pay_for_place(portfolio.served[work].places[place], usd);
}

}  // namespace

std::vector<double> usd_at_start(const Pool& pool) {
  if (pool.bought_usd_at_start.empty()) return std::vector<double>(pool.bought_usd.size(), 0.0);
  return pool.bought_usd_at_start;
}

std::vector<double> usd_a_month(const Pool& pool, int months) {
  std::vector<double> usd = pool.bought_usd;
  const std::vector<double> start = usd_at_start(pool);
  for (std::size_t n = 0; n < usd.size(); ++n) usd[n] = std::max(0.0, usd[n] - start[n]) / months;
  return usd;
}

double usd_in_month(const TermOffer& commitment, int month) {
  if (month < 0 || month >= commitment.term_months) return 0;
  const double later = (1 - commitment.upfront) * commitment.usd / commitment.term_months;
  return month == 0 ? commitment.upfront * commitment.usd + later : later;
}

double usd_in_month(const DataPlaceCost& place, int month) {
  const double at_start = month == 0 ? place.usd - place.usd_later : 0;
  if (place.usd_later == 0) return at_start;
  const double part = std::clamp(place.months - month, 0.0, 1.0) / place.months;
  return at_start + part * place.usd_later;
}

std::vector<double> usd_by_month(const Portfolio& portfolio, const PortfolioPlan& plan) {
  std::vector<double> usd(static_cast<std::size_t>(portfolio.months), 0.0);
  pay_for_pools(portfolio, plan, usd);
  pay_for_runs(portfolio, plan, usd);
  pay_for_serving(portfolio, plan, usd);
  return usd;
}

}  // namespace capplan

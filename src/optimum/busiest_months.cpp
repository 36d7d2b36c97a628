#include "optimum/busiest_months.h"

#include <algorithm>
#include <numeric>

#include "optimum/run_time.h"

namespace capplan {
namespace {

// Where more months than these outweigh all others in some work, the largest in all.
constexpr std::size_t kMostMonths = 4;

double window_of(const Period& period, const Portfolio& portfolio) {
  const auto months = static_cast<std::ptrdiff_t>(months_of(period, portfolio));
  return std::accumulate(period.window.begin(), period.window.begin() + months, 0.0);
}

// What each piece of work asks for in a month, over the most that it asks for in any: by month and piece.
std::vector<std::vector<double>> demand_by_month(const Portfolio& portfolio) {
  const auto months = static_cast<std::size_t>(portfolio.months);
  std::vector<std::vector<double>> demand(months);
  const auto add = [&](const std::vector<double>& by_month) {
    const double most = *std::ranges::max_element(by_month);
    if (most <= 0) return;
    for (std::size_t m = 0; m < months; ++m) demand[m].push_back(by_month[m] / most);
  };
  for (const RunWork& work : portfolio.runs) {
    std::vector<double> runs(months, 0.0);
    for (const Period& period : work.periods) {
      const auto first = runs.begin() + period.first_month;
      const double a_month = period.runs * period.growth / window_of(period, portfolio);
      std::for_each(first, first + months_of(period, portfolio), [&](double& month) { month += a_month; });
    }
    add(runs);
  }
  for (const ServedWork& work : portfolio.served) {
    for (std::size_t b = 0; b < portfolio.blocks.size(); ++b) {
      std::vector<double> machines(months, 0.0);
      for (const ServeOption& option : work.options) {
        for (std::size_t m = 0; m < months; ++m) machines[m] = std::max(machines[m], option.machines[m][b]);
      }
      add(machines);
    }
  }
  return demand;
}

std::vector<std::size_t> busiest_months(const Portfolio& portfolio) {
  const auto demand = demand_by_month(portfolio);
  const auto outweighs = [&](std::size_t a, std::size_t b) {
    if (!std::ranges::equal(demand[a], demand[b], std::greater_equal{})) return false;
    return demand[a] != demand[b] || a > b;
  };
  std::vector<std::size_t> months;
  for (std::size_t m = 0; m < demand.size(); ++m) {
    bool outweighed = false;
    for (std::size_t other = 0; other < demand.size(); ++other)
      outweighed |= other != m && outweighs(other, m);
    if (!outweighed) months.push_back(m);
  }
  if (months.size() > kMostMonths) {
    std::ranges::stable_sort(months, std::greater{}, [&](std::size_t m) {
      return std::accumulate(demand[m].begin(), demand[m].end(), 0.0);
    });
    months.resize(kMostMonths);
    std::ranges::sort(months);
  }
  return months;
}

double run_growth(const RunWork& work) {
  double sum = 0;
  for (const Period& period : work.periods) sum += period.runs * period.growth;
  return sum;
}

void keep_months(RunWork& work, const std::vector<std::size_t>& months, const Portfolio& portfolio) {
  const double all = run_growth(work);
  std::vector<Period> periods;
  for (const Period& period : work.periods) {
    Period kept = period;
    kept.window.clear();
    double window = 0;
    for (std::size_t k = 0; k < months.size(); ++k) {
      const int i = static_cast<int>(months[k]) - period.first_month;
      if (i < 0 || i >= months_of(period, portfolio)) continue;
      if (kept.window.empty()) kept.first_month = static_cast<int>(k);
      kept.window.push_back(period.window[static_cast<std::size_t>(i)]);
      window += kept.window.back();
    }
    if (kept.window.empty()) continue;
    kept.growth *= window / window_of(period, portfolio);
    periods.push_back(std::move(kept));
  }
  work.periods = std::move(periods);
  const double left = run_growth(work);
  for (RunOption& option : work.options) option.usd *= left > 0 ? all / left : 1;
}

double machine_hours(const ServeOption& option, const Portfolio& portfolio) {
  double hours = 0;
  for (const auto& month : option.machines) {
    for (std::size_t b = 0; b < month.size(); ++b) hours += month[b] * portfolio.blocks[b].hours;
  }
  return hours;
}

void keep_months(ServedWork& work, const std::vector<std::size_t>& months, const Portfolio& portfolio) {
  for (ServeOption& option : work.options) {
    const double all = machine_hours(option, portfolio);
    std::vector<std::vector<double>> machines;
    machines.reserve(months.size());
    for (const std::size_t m : months) machines.push_back(option.machines[m]);
    option.machines = std::move(machines);
    const double left = machine_hours(option, portfolio);
    option.usd_a_machine_hour *= left > 0 ? all / left : 1;
  }
}

}  // namespace

Portfolio of_busiest_months(const Portfolio& portfolio) {
  const std::vector<std::size_t> months = busiest_months(portfolio);
  Portfolio busiest = portfolio;
  busiest.months = static_cast<int>(months.size());
  for (RunWork& work : busiest.runs) keep_months(work, months, portfolio);
  for (ServedWork& work : busiest.served) keep_months(work, months, portfolio);
  for (Pool& pool : busiest.pools) {
    const auto in_service =
        std::ranges::find_if(months, [&](std::size_t m) { return static_cast<int>(m) >= pool.first_month; });
    pool.first_month = static_cast<int>(in_service - months.begin());
  }
  return busiest;
}

}  // namespace capplan

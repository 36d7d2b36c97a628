// Small portfolios by chance, the same for the same seed everywhere.
#pragma once

#include <random>
#include <string>

#include "capplan/optimum/portfolio.h"

namespace capplan {

class RandomPortfolio {
 public:
  explicit RandomPortfolio(unsigned seed) : bits_(seed) {}

  int whole(int least, int most) {
    return least + static_cast<int>(bits_() % static_cast<unsigned>(most - least + 1));
  }
  double real(double least, double most) { return least + (most - least) * whole(0, 10'000) / 1e4; }
  bool chance(double share) { return real(0, 1) < share; }

  // Two months of two blocks, as Enumeration takes them.
  Portfolio small() {
    Portfolio f;
    f.months = 2;
    f.hours_a_month = 730;
    const double night = whole(100, 500);
    f.blocks = {{night}, {730 - night}};
    const int pools = whole(1, 2);
    for (int p = 0; p < pools; ++p) f.pools.push_back(pool(p, pools == 1 ? 4 : 2));
    const bool served = chance(0.5);
    const int works = whole(1, pools == 1 ? 2 : 1);
    for (int w = 0; w < works; ++w) f.runs.push_back(run_work(w, pools, served));
    if (served) f.served.push_back(served_work(pools));
    return f;
  }

  // Where nothing is served: some of the limits.
  PortfolioLimits limits() {
    PortfolioLimits limits;
    if (chance(0.5)) limits.accelerators = whole(4, 30);
    if (chance(0.3)) limits.quotas.push_back({"a", 1.0 * whole(2, 16)});
    if (chance(0.3)) limits.budget = real(3000, 30'000);
    if (chance(0.4)) limits.budget_a_month = real(2000, 12'000);
    return limits;
  }

 private:
  Pool pool(int p, int most_bought) {
    Pool pool;
    pool.id = "pool" + std::to_string(p);
    pool.existing = chance(0.3) ? whole(1, 2) : 0;
    pool.first_month = chance(0.3) ? 1 : 0;
    pool.accelerators_a_machine = chance(0.5) ? 8 : 4;
    pool.quota = chance(0.5) ? "a" : "b";
    if (chance(0.8)) {
      pool.bought_usd = {0};
      const bool odd = chance(0.5);
      const double fixed = chance(0.5) ? real(0, 2000) : 0, each = real(500, 3000);
      const int most = whole(1, most_bought);
      for (int n = 1; n <= most; ++n) pool.bought_usd.push_back(odd ? real(500, 3000) * n : fixed + each * n);
      if (chance(0.5)) {
        for (const double usd : pool.bought_usd) pool.bought_usd_at_start.push_back(usd * real(0.5, 1.2));
        pool.bought_usd_at_start[0] = 0;
      }
    }
    if (chance(0.7)) {
      TermOffer c;
      c.id = "term";
      c.term_months = whole(1, 3);
      c.usd = real(400, 1400) * c.term_months;
      c.upfront = chance(0.5) ? 0 : real(0, 1);
      c.most = 2;
      c.least = chance(0.3) ? 2 : 0;
      pool.commitments.push_back(c);
    }
    return pool;
  }

  RunWork run_work(int w, int pools, bool served) {
    RunWork work;
    work.id = "run" + std::to_string(w);
    if (chance(0.3)) work.places = {{"here", real(0, 800)}, {"there", real(0, 800)}};
    if (!served && chance(0.3)) {
      work.periods = {
          {.first_month = 0, .runs = whole(1, 2), .window = {real(0.5, 1), real(0.2, 1)}, .growth = 1}};
    } else {
      const double window = chance(0.6) ? 1 : real(0.4, 1);
      const int runs = whole(1, 2);
      work.periods.push_back({.first_month = 0, .runs = runs, .window = {window}, .growth = 1});
      work.periods.push_back(
          {.first_month = 1, .runs = runs, .window = {window}, .growth = chance(0.5) ? 1 : real(0.8, 1.3)});
    }
    const double work_hours = real(200, 1000);
    for (const int machines : {whole(1, 2), whole(2, 4)}) {
      RunOption option = this->option(work, machines, work_hours);
      option.pool = static_cast<std::size_t>(whole(0, pools - 1));
      option.usd = real(0, 100);
      work.options.push_back(option);
    }
    if (chance(0.95)) {
      RunOption rented = option(work, whole(1, 4), work_hours);
      rented.usd = rented.machines * rented.hours * real(1, 4);
      work.options.push_back(rented);
    }
    return work;
  }

  RunOption option(const RunWork& work, int machines, double work_hours) {
    RunOption option;
    option.id = "option" + std::to_string(work.options.size());
    option.machines = machines;
    option.hours = work_hours / machines * real(1, 1.3);
    if (!work.places.empty() && chance(0.8)) option.place = static_cast<std::size_t>(whole(0, 1));
    option.accelerators_a_machine = 4;
    option.quota = chance(0.5) ? "a" : "b";
    option.window_share = chance(0.2) ? real(0.7, 1) : 1;
    return option;
  }

  ServedWork served_work(int pools) {
    ServedWork work;
    work.id = "served";
    if (chance(0.4)) work.places = {{"here", real(0, 800)}, {"there", real(0, 800)}};
    const auto demand = [&] {
      return std::vector<std::vector<double>>{{real(0, 2), real(0, 3)}, {real(0, 2), real(0, 3)}};
    };
    ServeOption in_pool{.id = "pool",
                        .pool = static_cast<std::size_t>(whole(0, pools - 1)),
                        .machines = demand(),
                        .usd_a_machine_hour = real(0, 0.3),
                        .place = {},
                        .quota = {}};
    ServeOption rented{.id = "rented",
                       .pool = {},
                       .machines = demand(),
                       .usd_a_machine_hour = real(1, 4),
                       .place = {},
                       .quota = {}};
    if (!work.places.empty()) {
      in_pool.place = 0;
      rented.place = 1;
    }
    work.options.push_back(in_pool);
    if (chance(0.9)) work.options.push_back(rented);
    return work;
  }

  std::mt19937 bits_;
};

}  // namespace capplan

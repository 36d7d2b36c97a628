// Portfolios by chance of the size that an organisation has, the same for the same seed everywhere: five
// kinds of accelerators, each owned or at three providers, 60% of the works runs and 40% served. Speeds and
// prices are of the right order; nothing rests on them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "capplan/optimum/portfolio.h"

namespace capplan {

class PortfolioByChance {
 public:
  PortfolioByChance(unsigned seed, int works, int months, int providers = 3)
      : bits_(seed), providers_(providers) {
    f_.months = months;
    f_.blocks = {{730 / 6.0}, {730 / 6.0}, {730 / 6.0}, {730 / 6.0}, {730 / 6.0}, {730 / 6.0}};
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      add_owned(kind);
      for (int provider = 0; provider < providers_; ++provider) add_provider(kind, provider);
    }
    const int runs = (works * 6 + 5) / 10;
    for (int w = 0; w < runs; ++w) add_run_work(w);
    for (int w = runs; w < works; ++w) add_served_work(w);
  }

  const Portfolio& portfolio() const { return f_; }

 private:
  // A machine of eight accelerators.
  struct Kind {
    double speed, usd_an_hour, usd_to_own, kilowatts;
  };
  static constexpr std::array kKinds = {Kind{1, 9, 90e3, 3.5}, Kind{1.7, 15, 140e3, 5}, Kind{4, 26, 290e3, 9},
                                        Kind{5, 32, 340e3, 9}, Kind{9, 52, 540e3, 13}};

  std::size_t providers_and_owner() const { return 1 + static_cast<std::size_t>(providers_); }

  int whole(int least, int most) {
    return least + static_cast<int>(bits_() % static_cast<unsigned>(most - least + 1));
  }
  double real(double least, double most) { return least + (most - least) * whole(0, 10'000) / 1e4; }
  double scale(double least, double most) { return least * std::pow(most / least, real(0, 1)); }
  bool chance(double share) { return real(0, 1) < share; }

  void add_owned(std::size_t kind) {
    Pool pool;
    pool.id = "own-" + std::to_string(kind);
    pool.existing = chance(0.2) ? whole(1, 4) : 0;
    pool.first_month = whole(0, 3);
    pool.accelerators_a_machine = 8;
    const double left = std::pow(0.68, f_.months / 12.0);
    const double running = kKinds[kind].usd_to_own * 0.01 * (f_.months - pool.first_month);
    const double site = scale(5e3, 60e3);
    for (int n = 0; n <= 64; ++n) {
      const double switches = 12e3 * ((n + 15) / 16);
      pool.bought_usd.push_back(
          n == 0 ? 0 : site + switches + n * (kKinds[kind].usd_to_own * (1 - left) + running));
    }
    f_.pools.push_back(pool);
    rent_.push_back(0);
  }

  void add_provider(std::size_t kind, int provider) {
    Pool pool;
    pool.id = "rent-" + std::to_string(kind) + "-" + std::to_string(provider);
    pool.quota = "provider-" + std::to_string(provider);
    pool.accelerators_a_machine = 8;
    const double usd = kKinds[kind].usd_an_hour * real(0.9, 1.2) * (provider == 2 ? 2 : 1);
    for (const int term : {1, 12, 36}) {
      if (term == 1 && chance(0.5)) continue;
      const double discount = (term == 1 ? real(0, 0.15) : term == 12 ? real(0.2, 0.4) : real(0.35, 0.6));
      pool.commitments.push_back({.id = std::to_string(term) + "-months",
                                  .term_months = term,
                                  .usd = usd * (1 - discount) * 730 * term,
                                  .upfront = 0,
                                  .least = 0,
                                  .most = 64});
    }
    f_.pools.push_back(pool);
    rent_.push_back(usd);
  }

  std::size_t kind_of(std::size_t pool) const { return pool / providers_and_owner(); }

  std::vector<std::size_t> pools_allowed() {
    const bool at_home = chance(0.1);
    const bool all = chance(0.7);
    std::vector<std::size_t> pools;
    for (std::size_t p = 0; p < f_.pools.size(); ++p) {
      const bool owned = p % providers_and_owner() == 0;
      if ((at_home && !owned && kind_of(p) > 2) || (!all && chance(0.4))) continue;
      pools.push_back(p);
    }
    return pools;
  }

  void add_run_work(int w) {
    RunWork work;
    work.id = "work-" + std::to_string(w);
    add_periods(work);
    const double longest =
        730 * work.periods.front().window.front() * static_cast<double>(work.periods.front().window.size());
    const double size = scale(500, 60'000);  // machine-hours of the first kind
    const double transfer = chance(0.3) ? scale(500, 20'000) : 0;
    for (const std::size_t p : pools_allowed()) {
      const Kind& kind = kKinds[kind_of(p)];
      for (int n = 1; n <= 64; n *= 2) {
        const double hours = size / kind.speed / n * (1 + 0.03 * std::log2(n)) * real(1, 1.05);
        if (hours > longest || hours < 10) continue;
        add_ways(work, p, n, hours, transfer);
      }
    }
    f_.runs.push_back(work);
  }

  void add_periods(RunWork& work) {
    if (chance(0.2)) {
      const int months = std::min(f_.months, whole(2, 6));
      work.periods.push_back({.first_month = whole(0, f_.months - months),
                              .runs = 1,
                              .window = std::vector<double>(static_cast<std::size_t>(months), 1.0),
                              .growth = 1});
      return;
    }
    const int runs = whole(1, 4);
    const double growth = chance(0.5) ? 1 : real(1, 1.03);
    for (int m = 0; m < f_.months; ++m)
      work.periods.push_back(
          {.first_month = m, .runs = runs, .window = {1.0 / runs}, .growth = std::pow(growth, m)});
  }

  void add_ways(RunWork& work, std::size_t p, int n, double hours, double transfer) {
    const bool owned = p % providers_and_owner() == 0;
    const double energy = kKinds[kind_of(p)].kilowatts * 0.1;
    RunOption option{.id = f_.pools[p].id + "/" + std::to_string(n),
                     .pool = p,
                     .machines = n,
                     .hours = hours,
                     .usd = owned ? n * hours * energy : 0,
                     .place = {},
                     .accelerators_a_machine = 8,
                     .quota = f_.pools[p].quota};
    if (transfer > 0) {
      option.place = place(work.places, owned ? "home" : f_.pools[p].quota, owned ? 0 : transfer);
    }
    work.options.push_back(option);
    if (owned) return;
    option.id += "/on-demand";
    option.pool.reset();
    option.usd = n * hours * rent_[p];
    work.options.push_back(option);
  }

  static std::size_t place(std::vector<DataPlaceCost>& places, const std::string& id, double usd) {
    const auto found = std::ranges::find(places, id, &DataPlaceCost::id);
    if (found != places.end()) return static_cast<std::size_t>(found - places.begin());
    places.push_back({id, usd});
    return places.size() - 1;
  }

  void add_served_work(int w) {
    ServedWork work;
    work.id = "work-" + std::to_string(w);
    const double peak = scale(2, 60);
    const double swing = real(0.2, 0.8), growth = real(1, 1.05);
    std::vector<std::vector<double>> demand;
    for (int m = 0; m < f_.months; ++m) {
      auto& blocks = demand.emplace_back();
      for (int b = 0; b < 6; ++b) {
        const double level = 1 - swing * 0.5 * (1 + std::cos(2 * 3.141592653589793 * b / 6));
        blocks.push_back(peak * level * std::pow(growth, m));
      }
    }
    for (const std::size_t p : pools_allowed()) {
      const bool owned = p % providers_and_owner() == 0;
      auto machines = demand;
      const double speed = kKinds[kind_of(p)].speed * real(0.7, 1.3);
      for (auto& month : machines) {
        for (double& block : month) block /= speed;
      }
      ServeOption option{.id = f_.pools[p].id,
                         .pool = p,
                         .machines = machines,
                         .usd_a_machine_hour = owned ? kKinds[kind_of(p)].kilowatts * 0.1 : 0,
                         .place = {},
                         .accelerators_a_machine = 8,
                         .quota = f_.pools[p].quota};
      work.options.push_back(option);
      if (owned) continue;
      option.id += "/on-demand";
      option.pool.reset();
      option.usd_a_machine_hour = rent_[p];
      work.options.push_back(option);
    }
    f_.served.push_back(work);
  }

  std::mt19937 bits_;
  int providers_;  // of each kind
  Portfolio f_;
  std::vector<double> rent_;  // an hour of a machine on demand, by pool
};

}  // namespace capplan

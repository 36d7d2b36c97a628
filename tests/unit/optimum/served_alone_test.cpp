#include "optimum/served_alone.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "optimum/screening.h"
#include "optimum/search.h"
#include "support/sanitized.h"
#include "unit/optimum/random_portfolio.h"

namespace capplan {
namespace {

using Machines = std::vector<std::vector<double>>;

// One demand over two months of three blocks. What is held is there from one month on; places may cost.
class AloneByChance {
 public:
  explicit AloneByChance(unsigned seed) : random_(seed) {
    f_.months = 2;
    f_.hours_a_month = 730;
    f_.blocks = {{200}, {230}, {300}};
    from_ = random_.chance(0.3) ? 1 : 0;
    machines_ = demand();
    work_.id = "served";
    if (random_.chance(0.5)) work_.places = {{"here", usd()}, {"there", usd()}, {"beyond", 0}};
    const int pools = random_.whole(0, 3);
    for (int p = 0; p < pools; ++p) add_pool(p);
    const int rented = random_.whole(pools == 0 || from_ > 0 ? 1 : 0, 2);
    for (int r = 0; r < rented; ++r) add_rented(r);
    f_.served.push_back(work_);
  }

  const Portfolio& portfolio() const { return f_; }

 private:
  double usd() { return random_.real(0, 900); }

  Machines demand() {
    Machines machines(2);
    for (auto& month : machines) {
      for (int b = 0; b < 3; ++b)
        month.push_back(random_.chance(0.5) ? random_.whole(1, 6) : random_.real(0.1, 6));
    }
    return machines;
  }

  ServeOption option(const std::string& id, double usd_an_hour) {
    ServeOption option{.id = id,
                       .pool = {},
                       .machines = machines_,
                       .usd_a_machine_hour = usd_an_hour,
                       .place = {},
                       .quota = {}};
    if (!work_.places.empty()) option.place = static_cast<std::size_t>(random_.whole(0, 2));
    return option;
  }

  void add_pool(int p) {
    Pool pool;
    pool.id = "pool" + std::to_string(p);
    pool.first_month = from_;
    if (from_ == 0 && random_.chance(0.3)) pool.existing = random_.whole(1, 2);
    if (random_.chance(0.7)) {
      const double site = random_.chance(0.5) ? usd() : 0, each = random_.real(200, 1500);
      pool.bought_usd = {0};
      const int most = random_.whole(1, 7);
      for (int n = 1; n <= most; ++n) pool.bought_usd.push_back(site + each * n);
    }
    if (from_ == 0 && random_.chance(0.6)) {
      TermOffer offer;
      offer.id = "term";
      offer.term_months = random_.whole(2, 4);
      offer.usd = random_.real(200, 1500);
      offer.most = random_.whole(2, 7);
      offer.least = random_.chance(0.3) ? 2 : 0;
      pool.commitments.push_back(offer);
    }
    f_.pools.push_back(pool);
    work_.options.push_back(option("on" + std::to_string(p), random_.real(0, 0.4)));
    work_.options.back().pool = f_.pools.size() - 1;
  }

  // Other machines: as many as they are.
  void add_rented(int r) {
    ServeOption rented = option("rented" + std::to_string(r), random_.real(0.3, 3));
    for (auto& month : rented.machines) {
      for (double& machines : month) machines *= random_.real(0.5, 2);
    }
    work_.options.push_back(rented);
  }

  RandomPortfolio random_;
  Portfolio f_;
  int from_ = 0;
  Machines machines_;
  ServedWork work_;
};

TEST(ServedAlone, IsWhatTheProgramFinds) {
  int alone = 0;
  for (int seed = 1; seed <= testing::random_cases(400); ++seed) {
    const AloneByChance chance(static_cast<unsigned>(seed));
    const Portfolio& portfolio = chance.portfolio();
    const Kept part = screened(portfolio, false);
    const auto plan = served_alone(portfolio, part);
    const auto searched = search(portfolio, part, {}, {.gap = 0});
    if (!plan) {
      // Neither does the program, or a commitment may begin in the second month.
      if (!searched) continue;
      EXPECT_TRUE(std::ranges::any_of(portfolio.pools, [](const Pool& p) { return !p.commitments.empty(); }))
          << seed;
      continue;
    }
    ++alone;
    ASSERT_TRUE(searched) << seed;
    EXPECT_NEAR(plan->usd, searched->plan.usd, 1e-6 * plan->usd + 1e-5) << seed;
    const auto usd = cost_of_plan(portfolio, *plan);
    ASSERT_TRUE(usd) << seed;
    EXPECT_NEAR(*usd, plan->usd, 1e-6) << seed;
  }
  EXPECT_GE(alone, testing::random_cases(400) / 2);
}

// Two works share a pool; two options of one work need other machines; a month's contract may follow another.
TEST(ServedAlone, LeavesToTheProgramWhatHasNoClosedForm) {
  Portfolio portfolio;
  portfolio.months = 2;
  portfolio.blocks = {{730}};
  Pool pool;
  pool.id = "pool";
  pool.bought_usd = {0, 100, 200};
  portfolio.pools = {pool, pool};
  portfolio.pools.back().id = "other";
  const ServeOption first{.id = "a", .pool = 0, .machines = {{1}, {2}}, .place = {}, .quota = {}};
  ServeOption second = first;
  second.id = "b";
  second.pool = 1;
  portfolio.served = {{.id = "work", .options = {first, second}, .places = {}}};
  const auto alone = [&] { return served_alone(portfolio, all_columns(portfolio)).has_value(); };
  EXPECT_TRUE(alone());

  Portfolio before = portfolio;
  portfolio.served[0].options[1].machines = {{1}, {1}};
  EXPECT_FALSE(alone());

  portfolio = before;
  portfolio.pools[0].commitments.push_back({.id = "month", .term_months = 1, .usd = 10, .most = 2});
  EXPECT_FALSE(alone());

  portfolio = before;
  portfolio.pools[1].first_month = 1;
  EXPECT_FALSE(alone());

  portfolio = before;
  portfolio.served.push_back(portfolio.served.front());
  EXPECT_FALSE(alone());
}

}  // namespace
}  // namespace capplan

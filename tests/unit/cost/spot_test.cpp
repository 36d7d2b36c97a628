#include "capplan/cost/spot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cost/spot_policy.h"
#include "performance/goodput.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

constexpr Duration kMinute = kHour / 60;
constexpr Duration kNever = Duration::of(std::numeric_limits<double>::infinity());
constexpr SpotPrices kThird{UsdRate::of(1), UsdRate::of(3)};

SpotConditions zone(double up_hours, double down_hours, double cv = 1) {
  return {up_hours * kHour, down_hours * kHour, cv, cv};
}
SpotJob job_of(double work_hours, Duration restart, Duration save = {}) {
  return {work_hours * kHour, save, restart, std::nullopt};
}

// Daly (2006), table of his example by hand: M = 24 h, save 5 min: 120 (1 + 1/3 sqrt(5/2880) + 5/25920) - 5.
TEST(Spot, DalysInterval) {
  EXPECT_NEAR(daly_interval(24 * kHour, 5 * kMinute).in(kMinute), 116.690, 0.001);
  EXPECT_LT(daly_interval(24 * kHour, 5 * kMinute), checkpoint_interval(24 * kHour, 5 * kMinute));
  EXPECT_EQ(daly_interval(kHour, 2 * kHour), kHour);
}

TEST(Spot, DalysIntervalIsTheBestOfTheExactFormula) {
  for (const double between : {0.7, 2.0, 10.0}) {
    const Duration m = between * kHour;
    const Duration best = daly_interval(m, 5 * kMinute);
    const double least = exponential_slowdown(m, 5 * kMinute, 6 * kMinute, best);
    EXPECT_LE(least, exponential_slowdown(m, 5 * kMinute, 6 * kMinute, best * 0.9));
    EXPECT_LE(least, exponential_slowdown(m, 5 * kMinute, 6 * kMinute, best * 1.1));
    EXPECT_LE(least, exponential_slowdown(m, 5 * kMinute, 6 * kMinute, checkpoint_interval(m, 5 * kMinute)) *
                         (1 + 1e-9));
  }
}

TEST(Spot, RareFailuresAreYoungsFirstOrder) {
  const Duration m = 2400 * kHour;
  const Duration interval = checkpoint_interval(m, 5 * kMinute);
  EXPECT_NEAR(exponential_slowdown(m, 5 * kMinute, 15 * kMinute, interval) *
                  young_daly_goodput(m, 5 * kMinute, 15 * kMinute),
              1, 1e-4);
}

TEST(Spot, EnoughNoticeLosesTheRestartAlone) {
  SpotJob job = job_of(48, 12 * kMinute, 3 * kMinute);
  job.notice = 2 * kMinute;
  EXPECT_DOUBLE_EQ(busy_slowdown(job, zone(2, 1)),
                   busy_slowdown(job_of(48, 12 * kMinute, 3 * kMinute), zone(2, 1)));
  job.notice = 3 * kMinute;
  EXPECT_DOUBLE_EQ(busy_slowdown(job, zone(2, 1)), std::exp(0.25 / 2));
}

TEST(Spot, NothingIsLostWhereNothingIsTakenAway) {
  const SpotJob job = job_of(48, 12 * kMinute, 3 * kMinute);
  for (const auto& deadline : {std::optional<Duration>(), std::optional<Duration>(60 * kHour)}) {
    const SpotOutcome outcome = spot_outcome(job, {kNever, {}}, deadline);
    EXPECT_DOUBLE_EQ(outcome.elapsed.in(kHour), 48);
    EXPECT_DOUBLE_EQ(outcome.on_demand.in(kHour), 0);
    EXPECT_NEAR(spot_saving(outcome, job, kThird), 2.0 / 3, 1e-12);
  }
  EXPECT_DOUBLE_EQ(busy_slowdown(job, {kNever, {}}), 1);
}

TEST(Spot, CapacityThatIsAlwaysBackAtOnceCostsRestartsAlone) {
  const SpotOutcome outcome = spot_outcome(job_of(480, 12 * kMinute), zone(2, 0), std::nullopt);
  EXPECT_NEAR(outcome.elapsed / (480 * kHour), std::exp(0.1), 0.01);
}

// The closed form is exact for exponential times; a mean over paths of 480 h is within 3%.
TEST(Spot, SimulatedLossIsTheExactOne) {
  for (const double save : {0.0, 2.0, 10.0}) {
    for (const auto& [up, down] : {std::pair{1.5, 1.7}, {4.0, 1.0}, {10.0, 1.0}}) {
      const SpotJob job = job_of(480, 6 * kMinute, save * kMinute);
      const SpotOutcome outcome = spot_outcome(job, zone(up, down), std::nullopt);
      EXPECT_NEAR(outcome.spot / job.work / busy_slowdown(job, zone(up, down)), 1, 0.03) << up << ' ' << save;
      EXPECT_NEAR(outcome.elapsed / job.work / waiting_slowdown(job, zone(up, down)), 1, 0.03)
          << up << ' ' << save;
      EXPECT_GT(outcome.elapsed_p90, outcome.elapsed);
      EXPECT_DOUBLE_EQ(outcome.on_demand.base(), 0);
    }
  }
}

TEST(Spot, ADeadlineEqualToTheWorkIsOnDemandAlone) {
  const SpotJob job = job_of(48, 12 * kMinute);
  const SpotOutcome outcome = spot_outcome(job, zone(2, 1), job.work);
  EXPECT_DOUBLE_EQ(outcome.on_demand.in(kHour), 48);
  EXPECT_DOUBLE_EQ(outcome.spot.in(kHour), 0);
  EXPECT_DOUBLE_EQ(outcome.useful_share, 1);
  EXPECT_NEAR(spot_saving(outcome, job, kThird), 0, 1e-12);
}

TEST(Spot, IsNeverLate) {
  for (const double deadline : {48.0, 48.3, 50.0, 52.0, 60.0, 92.0}) {
    for (const double save : {0.0, 1.0, 15.0}) {
      for (const double restart : {0.0, 6.0, 24.0}) {
        for (const auto& [up, down] : {std::pair{0.7, 3.6}, {1.5, 1.7}, {10.0, 1.0}}) {
          for (const double notice : {0.0, 15.0}) {
            SpotJob job = job_of(48, restart * kMinute, save * kMinute);
            if (notice > 0) job.notice = notice * kMinute;
            const SpotOutcome outcome = spot_outcome(job, zone(up, down, 2), deadline * kHour);
            EXPECT_LE(outcome.elapsed_p90.in(kHour), deadline + 1e-9);
            EXPECT_LE(outcome.elapsed.in(kHour), deadline + 1e-9);
            EXPECT_LE(outcome.useful_share, 1 + 1e-12);
          }
        }
      }
    }
  }
}

// Capacity that goes again before anything is done, or just after, all the time.
TEST(Spot, IsNeverLateWhereCapacityTeases) {
  for (const double up : {1.0, 6.0, 11.9, 12.0, 18.0, 61.0}) {
    for (const double down : {1.0, 30.0, 300.0}) {
      for (const double save : {0.0, 5.0}) {
        for (const double deadline : {48.0, 48.1, 48.5, 49.0, 55.0}) {
          for (const SpotPolicy policy : {SpotPolicy::kUniformProgress, SpotPolicy::kGreedy}) {
            bool is_up = true;
            const SpotRun run = run_on_spot(job_of(48, 12 * kMinute, save * kMinute),
                                            {policy, deadline * kHour, 3 * save * kMinute}, [&] {
                                              is_up = !is_up;
                                              return Spell{is_up, (is_up ? up : down) * kMinute};
                                            });
            EXPECT_LE(run.elapsed.in(kHour), deadline + 1e-9) << up << ' ' << down << ' ' << save;
          }
        }
      }
    }
  }
}

TEST(Spot, CostsBetweenSpotAndOnDemandAlone) {
  for (const double deadline : {52.0, 60.0, 92.0, 400.0}) {
    const SpotJob job = job_of(48, {});
    const SpotOutcome outcome = spot_outcome(job, zone(3, 2, 2), deadline * kHour);
    EXPECT_NEAR((outcome.spot + outcome.on_demand).in(kHour), 48, 1e-9);
    EXPECT_GT(spot_cost(outcome, kThird).in(kUsd), (job.work * kThird.spot).in(kUsd) * (1 - 1e-12));
    EXPECT_LT(spot_cost(outcome, kThird).in(kUsd), (job.work * kThird.on_demand).in(kUsd));
  }
}

TEST(Spot, SavesMoreWithMoreTimeMoreCapacityAndShorterRestarts) {
  const auto saving = [](double deadline, double down, double restart) {
    const SpotJob job = job_of(48, restart * kMinute);
    return spot_saving(spot_outcome(job, zone(3, down, 2), deadline * kHour), job, kThird);
  };
  EXPECT_LT(saving(52, 1, 12), saving(60, 1, 12));
  EXPECT_LT(saving(60, 1, 12), saving(92, 1, 12));
  EXPECT_LT(saving(60, 3, 12), saving(60, 1, 12));
  EXPECT_LT(saving(60, 1, 24), saving(60, 1, 12));
  EXPECT_LT(saving(60, 1, 12), saving(60, 1, 3));
}

// By hand: work 10 h in 20 h, restarts of 1 h. Spot for 4 h, away for 3: progress 4 lasts to hour 8, so the
// job waits; spot again from 7: 1 h of restart, done at hour 14.
TEST(Spot, WaitsWhileItIsAheadOfTheLine) {
  std::vector<Spell> spells{{true, 4 * kHour}, {false, 3 * kHour}, {true, 50 * kHour}};
  std::size_t at = 0;
  const SpotRun run = run_on_spot(job_of(10, kHour), {SpotPolicy::kUniformProgress, 20 * kHour, {}},
                                  [&] { return spells.at(at++); });
  EXPECT_DOUBLE_EQ(run.elapsed.in(kHour), 14);
  EXPECT_DOUBLE_EQ(run.spot.in(kHour), 11);
  EXPECT_DOUBLE_EQ(run.on_demand.in(kHour), 0);
}

// The same without spot at first: on-demand at once, until 2 h ahead of the line: t = (t + 2) / 2, at hour 2.
TEST(Spot, CatchesUpOnDemandUntilTwoRestartsAhead) {
  std::vector<Spell> spells{{false, 3 * kHour}, {true, 50 * kHour}};
  std::size_t at = 0;
  const SpotRun run = run_on_spot(job_of(10, kHour), {SpotPolicy::kUniformProgress, 20 * kHour, {}},
                                  [&] { return spells.at(at++); });
  EXPECT_DOUBLE_EQ(run.on_demand.in(kHour), 2);
  EXPECT_DOUBLE_EQ(run.work_on_spot.in(kHour), 8);
  EXPECT_DOUBLE_EQ(run.elapsed.in(kHour), 12);
}

TEST(Spot, GreedyWaitsForTheLastCall) {
  std::vector<Spell> spells{{false, 90 * kHour}, {true, 1 * kHour}};
  std::size_t at = 0;
  const SpotRun run =
      run_on_spot(job_of(10, kHour), {SpotPolicy::kGreedy, 20 * kHour, {}}, [&] { return spells.at(at++); });
  EXPECT_DOUBLE_EQ(run.on_demand.in(kHour), 10);
  EXPECT_DOUBLE_EQ(run.elapsed.in(kHour), 19);
}

TEST(Spot, TheSameNumbersEveryTime) {
  const SpotJob job = job_of(48, 12 * kMinute, 2 * kMinute);
  const SpotOutcome a = spot_outcome(job, zone(2, 1, 2), 60 * kHour);
  const SpotOutcome b = spot_outcome(job, zone(2, 1, 2), 60 * kHour);
  EXPECT_EQ(a.elapsed, b.elapsed);
  EXPECT_EQ(a.spot, b.spot);
  EXPECT_EQ(a.on_demand, b.on_demand);
}

TEST(Spot, ConditionsKeepTheZonesAvailability) {
  for (const SpotZone& z : testing::builtin().tables().spot_zones)
    EXPECT_NEAR(conditions_of(z).availability(), z.availability, 1e-12) << z.zone;
}

TEST(Spot, TakesTheZonesThatWereMeasured) {
  const SpotJob job = job_of(48, 12 * kMinute);
  const auto one = spot_capacity({"V100-SXM2-16GB", "aws", 1, 1}, job, testing::builtin());
  ASSERT_TRUE(one);
  EXPECT_EQ(one->basis.value, "15 traces of aws V100-SXM2-16GB x 1");
  EXPECT_GT(one->central.availability(), one->p90.availability());
  EXPECT_LT(waiting_slowdown(job, one->central), waiting_slowdown(job, one->p90));
  const auto eight = spot_capacity({"V100-SXM2-16GB", "aws", 8, 1}, job, testing::builtin());
  EXPECT_EQ(eight->basis.value, "2 traces of aws V100-SXM2-16GB x 8");
  const auto twelve = spot_capacity({"V100-SXM2-16GB", "aws", 12, 3}, job, testing::builtin());
  EXPECT_EQ(twelve->basis.value, "3 traces of aws V100-SXM2-16GB x 16; taken as no better than fewer nodes");
}

// Traces of gangs are few, and two of four are of better zones than most single machines: taken as they are,
// two nodes would be there more of the time than one.
TEST(Spot, AGangIsNoBetterThanFewerOfItsNodes) {
  const SpotJob job = job_of(48, 12 * kMinute);
  for (const Text accelerator : {"H100-SXM-80GB", "V100-SXM2-16GB", "K80", "A100-SXM-80GB"}) {
    for (const Text provider : {"aws", "gcp", "azure"}) {
      for (const int node : {1, 4, 8}) {
        const auto one = spot_capacity({accelerator, provider, node, 1}, job, testing::builtin());
        ASSERT_TRUE(one);
        for (const int nodes : {2, 3, 4, 5, 16, 64}) {
          const auto gang =
              spot_capacity({accelerator, provider, node * nodes, nodes}, job, testing::builtin());
          ASSERT_TRUE(gang);
          SCOPED_TRACE(std::string(accelerator) + " at " + std::string(provider) + ", " +
                       std::to_string(nodes) + " x " + std::to_string(node));
          EXPECT_LE(gang->central.availability(), one->central.availability() + 1e-12);
          EXPECT_LE(gang->p90.availability(), one->p90.availability() + 1e-12);
          EXPECT_LE(gang->central.up, one->central.up);  // interrupted no less often
          EXPECT_LE(gang->p90.up, one->p90.up);
          EXPECT_GE(gang->central.down, one->central.down);
          EXPECT_GE(waiting_slowdown(job, gang->p90), waiting_slowdown(job, gang->central) * (1 - 1e-12));
        }
      }
    }
  }
}

TEST(Spot, SaysWhatZonesStandInFor) {
  const SpotJob job = job_of(48, 12 * kMinute);
  const auto text = [&](Text accelerator, Text provider, int count, int nodes) {
    return spot_capacity({accelerator, provider, count, nodes}, job, testing::builtin())->basis.value;
  };
  EXPECT_NE(text("H100-SXM-80GB", "aws", 8, 1).find("stand in for 1 x H100-SXM-80GB"), std::string::npos);
  EXPECT_NE(text("H100-SXM-80GB", "aws", 16, 2).find("3 traces of aws V100-SXM2-16GB x 4"),
            std::string::npos);
  EXPECT_NE(text("H100-SXM-80GB", "aws", 512, 64).find("3 traces of aws V100-SXM2-16GB x 16"),
            std::string::npos);
  EXPECT_NE(text("H100-SXM-80GB", "gcp", 8, 1).find("no trace of gcp"), std::string::npos);
  EXPECT_FALSE(spot_capacity({"H100-SXM-80GB", "aws", 8, 1}, job, Catalog({}, "", nullptr)));
}

TEST(Spot, WhereNothingGetsDoneIsToldWithoutTrying) {
  const SpotJob job = job_of(1000, 10 * kHour, 20 * kHour);
  const SpotOutcome outcome = spot_outcome(job, zone(0.7, 3.6), std::nullopt);
  EXPECT_GT(outcome.elapsed, 100 * job.work);
}

}  // namespace
}  // namespace capplan

#include "validation/spot_traces.h"

#include <gtest/gtest.h>

namespace capplan::spot {
namespace {

// Made up: two zones, three hours.
constexpr const char* kCsv =
    "trace,gap_s,start_s,duration_s,available_instances\n"
    "availability/16-node/aws-08-27-2023/us-east-2b_v100_1,300,0,1800,16\n"
    "availability/16-node/aws-08-27-2023/us-east-2b_v100_1,300,1800,1800,15\n"
    "availability/16-node/aws-08-27-2023/us-east-2b_v100_1,300,3600,1800,0\n"
    "availability/16-node/aws-08-27-2023/us-east-2b_v100_1,300,5400,3600,16\n"
    "availability/16-node/aws-08-27-2023/us-east-2b_v100_1,300,9000,1800,3\n"
    "availability/1-node/aws-10-26-2022/us-west-2a_k80_8,600,0,10800,1\n";

TEST(SpotTraces, FitsTheFullGang) {
  const auto traces = read_traces({"made-up.csv", kCsv});
  ASSERT_TRUE(traces);
  ASSERT_EQ(traces->size(), 2U);
  const SpotZone zone = fit_zone(traces->front());
  EXPECT_EQ(zone.zone, "us-east-2b");
  EXPECT_EQ(zone.instances, 16);
  EXPECT_EQ(zone.collected, "2023-08-27");
  EXPECT_DOUBLE_EQ(zone.observed.in(kHour), 3);
  EXPECT_DOUBLE_EQ(zone.availability, 0.5);
  EXPECT_DOUBLE_EQ(zone.up->in(kHour), 0.75);   // 1.5 h, lost twice
  EXPECT_DOUBLE_EQ(zone.down->in(kHour), 1.5);  // 1.5 h, back once
  const SpotZone always = fit_zone(traces->back());
  EXPECT_EQ(always.accelerators, 8);
  EXPECT_FALSE(always.up);
}

TEST(SpotTraces, ReplaysFromTheMiddle) {
  const auto traces = read_traces({"made-up.csv", kCsv});
  const auto next = spells_from(traces->front(), kHour);
  EXPECT_DOUBLE_EQ(next().time.in(kHour), 0.5);
  EXPECT_TRUE(next().up);
  EXPECT_DOUBLE_EQ(correlation(traces->front(), traces->front()), 1);
}

TEST(SpotTraces, NoPolicyIsBelowTheBound) {
  const auto traces = read_traces({"made-up.csv", kCsv});
  const SpotJob job{kHour, {}, kHour / 12, std::nullopt};
  const Duration deadline = 2 * kHour;
  for (Duration offset; offset + deadline <= traces->front().length(); offset += kHour / 6) {
    for (const SpotPolicy policy : {SpotPolicy::kGreedy, SpotPolicy::kUniformProgress}) {
      const SpotRun run = run_on_spot(job, {policy, deadline, {}}, spells_from(traces->front(), offset));
      EXPECT_LE(run.elapsed, deadline);
      EXPECT_GE((run.spot / 3 + run.on_demand).in(kHour),
                clairvoyant_bound(traces->front(), offset, job, deadline, 1.0 / 3) - 1e-12);
    }
  }
}

TEST(SpotTraces, ForeignNamesAreErrors) {
  EXPECT_FALSE(read_traces({"x.csv", "trace,gap_s,start_s,duration_s,available_instances\nfoo,1,0,1,1\n"}));
}

}  // namespace
}  // namespace capplan::spot

#include "performance/goodput.h"

#include <gtest/gtest.h>

#include "support/catalogs.h"

namespace capplan {
namespace {

constexpr Duration kMinute = kHour / 60;

// Young (1974): a failure a day and five minutes to save make two hours between checkpoints.
TEST(Goodput, YoungsInterval) {
  EXPECT_DOUBLE_EQ(checkpoint_interval(24 * kHour, 5 * kMinute).in(kMinute), 120);
}

TEST(Goodput, LostShareByHand) {
  // 5/120 to save, 60 minutes of 1440 done again, 15 of 1440 to restart.
  EXPECT_DOUBLE_EQ(young_daly_goodput(24 * kHour, 5 * kMinute, 15 * kMinute),
                   1 / (1 + 5.0 / 120 + 60.0 / 1440 + 15.0 / 1440));
}

TEST(Goodput, FreeCheckpointsLoseTheRestartAlone) {
  EXPECT_DOUBLE_EQ(young_daly_goodput(24 * kHour, {}, 15 * kMinute), 1 / (1 + 15.0 / 1440));
}

TEST(Goodput, Monotone) {
  double last = 0;
  for (const double hours : {1.0, 8.0, 24.0, 240.0}) {
    const double goodput = young_daly_goodput(hours * kHour, 5 * kMinute, 15 * kMinute);
    EXPECT_GT(goodput, last);
    EXPECT_LT(goodput, 1);
    last = goodput;
  }
  EXPECT_GT(young_daly_goodput(24 * kHour, kMinute, kMinute),
            young_daly_goodput(24 * kHour, 2 * kMinute, kMinute));
  EXPECT_GT(young_daly_goodput(24 * kHour, kMinute, kMinute),
            young_daly_goodput(24 * kHour, kMinute, 2 * kMinute));
}

TEST(Goodput, MoreAcceleratorsFailMoreOften) {
  const Catalog& c = testing::builtin();
  const Bytes checkpoint = 96 * kGB;
  EXPECT_GT(failure_goodput(c, 8, 1, checkpoint), failure_goodput(c, 1024, 128, checkpoint));
  EXPECT_GT(failure_goodput(c, 1024, 128, checkpoint), failure_goodput(c, 16384, 2048, checkpoint));
  EXPECT_GT(failure_goodput(c, 64, 8, checkpoint), 0.98);
  // Llama 3 405B on 16,384: "higher than 90% effective training time" (arXiv 2407.21783, section 3.3.4).
  EXPECT_GT(failure_goodput(c, 16384, 2048, 12 * 405.0 * kGB), 0.85);
}

}  // namespace
}  // namespace capplan

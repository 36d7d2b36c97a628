#include "cli/long_work.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

namespace capplan {
namespace {

TEST(LongWork, AnInterruptStopsItsMonitorAndNotTheProgram) {
  std::ostringstream err;
  {
    LongWork work(err, true);
    EXPECT_FALSE(work.monitor().stopped());
    std::raise(SIGINT);
    EXPECT_TRUE(work.monitor().stopped());
    std::raise(SIGINT);  // what sends it to a process and its group sends it twice
  }
  EXPECT_EQ(err.str(), "");
  LongWork next(err, true);
  EXPECT_FALSE(next.monitor().stopped());
}

TEST(LongWorkDeathTest, WithoutWorkAnInterruptEndsTheProgram) {
  EXPECT_EXIT(
      {
        std::ostringstream err;
        { const LongWork work(err, true); }
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace capplan

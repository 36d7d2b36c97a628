// Ctrl-C on a search that takes half a minute, whenever it comes: the best plan so far, and 130.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/folder.h"
#include "support/program.h"

namespace capplan {
namespace {

using nlohmann::json;

// Interrupted after so many seconds; killed a minute later, should that not end it.
Printed interrupted(const TestFolder& folder, const std::string& seconds) {
  return run_in(folder.path(), "timeout --preserve-status --signal INT --kill-after 60 " + seconds +
                                   " capplan estimate portfolio-1.yaml --format json");
}

TEST(Interrupted, PrintsTheBestPlanSoFar) {
  if (!has_program("timeout")) GTEST_SKIP() << "no timeout here";
  const TestFolder folder;
  const Printed specs =
      run_in(folder.path(), "bash '" CAPPLAN_SOURCE_DIR "/tests/bench/portfolio_specs.sh' . 6 36 1");
  ASSERT_EQ(specs.exit, 0) << specs.err;
  // Later, until there is a plan: how long that takes is the machine's affair.
  std::size_t plans = 0;
  for (const char* seconds : {"0.1", "0.3", "1", "3", "9", "27"}) {
    if (plans > 0) break;
    const Printed printed = interrupted(folder, seconds);
    ASSERT_EQ(printed.exit, 130) << seconds << " s: " << printed.err;
    if (printed.out.empty()) continue;  // before it had begun
    const json result = json::parse(printed.out);
    EXPECT_EQ(result["proven"], false) << seconds << " s";
    plans = result["plans"].size();
  }
  EXPECT_GT(plans, 0U);
}

}  // namespace
}  // namespace capplan

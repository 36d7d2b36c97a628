// Splits of owned and rented accelerators: what each part stores, moves and waits for.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "support/plans.h"

namespace capplan {
namespace {

using testing::best_of;
using testing::market_of;
using testing::plan_of;

std::string storage_price() {
  return "storage:\n  - {tier: object, item: Standard, price: 0.02 USD/GB/month, source: s, as_of: "
         "2026-01-01}\n";
}

// To let data go costs a cent a GB at `a`; `b` rents for less.
const Catalog& sellers() {
  static const Catalog catalog = market_of(
      {{.provider = "a", .usd_per_hour = 9}, {.provider = "b", .usd_per_hour = 2}},
      {{"a", "rental", storage_price() + "egress:\n  - {price: 0.01 USD/GB, source: s, as_of: 2026-01-01}\n"},
       {"b", "rental", storage_price()}});
  return catalog;
}

// 10 TB over 1 Gbit/s are 80,000 s; of 8.03e9 parameters a checkpoint is 96.36 GB, 770.9 s.
std::string spec(const std::string& data, const std::string& more = "") {
  return "model: {preset: llama-3-8b}\ndataset: {tokens: 10B, size: 10 TB" + data +
         "}\ntraining: {sequence_length: 8192, global_batch: 64}\n"
         "pin: {accelerator: H100-SXM-80GB, count: 8}\n" +
         more;
}
constexpr double kMoving = 80000;
constexpr double kCheckpointMoving = 12 * 8030261248.0 / (1e9 / 8);

PlanOption split_of(const std::string& text) {
  return *best_of(plan_of(text, sellers()), SupplyOption::kHybrid);
}
Duration phase(const PlanOption& o, std::size_t part) {
  const Allocation& a = o.allocations[part];
  return a.accelerator_hours / a.count * kHour;
}
// GB-months stored by one part.
double stored(const PlanOption& o, std::size_t part) {
  for (const CostLine& line : o.cost.lines) {
    if (line.category == Category::kStorage && line.allocation == part) return line.quantity();
  }
  throw std::runtime_error("nothing stored");
}
bool assumes(const PlanOption& o, const std::string& path) {
  return std::ranges::any_of(o.cost.assumptions, [&](const Assumption& a) { return a.path == path; });
}

TEST(Split, BothPhasesStoreTheirData) {
  const PlanOption o = split_of(spec(", at: [site], link: 1 Gbit/s"));
  const double gb = 10000 + 3 * 12 * 8.030261248;
  const double moving = kMoving + kCheckpointMoving;
  EXPECT_NEAR(stored(o, 0), gb * (phase(o, 0) + moving * kSecond).in(kMonth), 1e-6 * gb);
  EXPECT_NEAR(stored(o, 1), gb * phase(o, 1).in(kMonth), 1e-6 * gb);
}

TEST(Split, ThePhasesFollowEachOtherOverTheLink) {
  const PlanOption o = split_of(spec(", at: [site], link: 1 Gbit/s"));
  EXPECT_NEAR((o.wall_clock - phase(o, 0) - phase(o, 1)).base(), kMoving + kCheckpointMoving, 1e-3);
  EXPECT_FALSE(assumes(o, "hybrid.uplink"));
  EXPECT_TRUE(assumes(split_of(spec("")), "hybrid.uplink"));
}

TEST(Split, OnlyTheCheckpointGoesWhereTheDatasetStands) {
  const PlanOption o = split_of(spec(", at: [site, b], link: 1 Gbit/s"));
  ASSERT_EQ(o.allocations[1].provider, "b");
  EXPECT_NEAR((o.wall_clock - phase(o, 0) - phase(o, 1)).base(), kCheckpointMoving, 1e-3);
}

TEST(Split, IsSetUpWhileTheFirstPhaseWorks) {
  for (const double days : {0.1, 200.0}) {
    const PlanOption o = split_of(spec(", at: [site], link: 1 Gbit/s",
                                       "operations: {setup_time: " + std::to_string(days) + " days}\n"));
    const Duration handed_over = phase(o, 0) + (kMoving + kCheckpointMoving) * kSecond;
    EXPECT_NEAR((o.wall_clock - phase(o, 1)).base(), std::max(handed_over, days * kDay).base(), 1e-3) << days;
  }
}

TEST(Split, RunsOnBothSidesBringTheirDataToBoth) {
  const PlanOption o = split_of(spec(", at: [a], link: 1 Gbit/s", "runs: {every: month}\n"));
  ASSERT_EQ(o.allocations[1].provider, "b");
  double moved[2] = {};
  for (const CostLine& line : o.cost.lines) {
    if (line.label.starts_with("dataset moved")) moved[line.allocation] += line.amount.usd();
  }
  EXPECT_NEAR(moved[0], 100, 1e-6);
  EXPECT_NEAR(moved[1], 100, 1e-6);
  EXPECT_NEAR(o.allocations[1].starts_after.base(), kMoving, 1e-6);
  EXPECT_GE(o.wall_clock, phase(o, 1) + kMoving * kSecond);
  const double gb = 10000 + 3 * 12 * 8.030261248;
  EXPECT_NEAR(stored(o, 0), gb * 12, 1e-6 * gb);
  EXPECT_NEAR(stored(o, 1), gb * 12, 1e-6 * gb);
}

}  // namespace
}  // namespace capplan

#include "capplan/cost/operations.h"

#include <gtest/gtest.h>

namespace capplan {
namespace {

const Factor kHourly{"price", 2.5, "USD/accelerator/h", Origin::kPrice, "x", {"a test", "2026-01-01", false}};

// Eight accelerators for three months, for $43,800.
Cost rent() {
  Cost cost;
  cost.add(cost_line(Category::kCompute, "rent", {rule_factor("hours", 8 * 3 * 730)}, "accelerator-hour",
                     kHourly, {Duration{}, 3 * kMonth}));
  return cost;
}
Operated rented() { return {8, 3 * kMonth, kHourly, 1}; }
Operated owned() { return {8, 3 * kMonth, std::nullopt, 1}; }

Cost operated(const OperationsChoice& choice, const Operated& job) {
  Cost cost = rent();
  add_operations(cost, choice, job);
  return cost;
}

double added(const OperationsChoice& choice, const Operated& job, Category category) {
  return (operated(choice, job).total(category) - rent().total(category)).usd();
}

TEST(Operations, NothingStatedIsNothingPaid) {
  EXPECT_EQ(operated({}, rented()).lines.size(), 1u);
  EXPECT_EQ(operated({}, rented()).total(), rent().total());
}

TEST(Operations, MonthlyLines) {
  OperationsChoice choice;
  choice.debugging = 16000 * (kUsd / kMonth);
  choice.control_plane = 3300 * (kUsd / kMonth);
  EXPECT_NEAR(added(choice, rented(), Category::kStaff), 48000, 1e-6);
  EXPECT_NEAR(added(choice, rented(), Category::kCompute), 9900, 1e-6);
}

TEST(Operations, LicencesByAcceleratorAndYear) {
  OperationsChoice choice;
  choice.licences = 4500 * (kUsd / kYear);
  EXPECT_NEAR(added(choice, rented(), Category::kSoftware), 8 * 4500 / 4.0, 1e-6);
  EXPECT_NEAR(added(choice, owned(), Category::kSoftware), 8 * 4500 / 4.0, 1e-6);
}

// Of accelerators' hours alone: a control plane, compute too, is not supported by them.
TEST(Operations, SupportIsAShareOfRentedCompute) {
  OperationsChoice choice;
  choice.support = 0.05;
  choice.control_plane = 3300 * (kUsd / kMonth);
  EXPECT_NEAR(added(choice, rented(), Category::kSoftware), 43800 * 0.05, 1e-6);
  EXPECT_EQ(added(choice, owned(), Category::kSoftware), 0);
}

TEST(Operations, SetupIsPaidAtTheStart) {
  OperationsChoice choice;
  choice.setup = 20000 * kUsd;
  choice.setup_time = 3 * kDay;
  EXPECT_NEAR(added(choice, rented(), Category::kSetup), 20000 + 8 * 72 * 2.5, 1e-6);
  EXPECT_NEAR(added(choice, owned(), Category::kSetup), 20000, 1e-6);  // what is owned is paid for anyway
  for (const CostLine& line : operated(choice, rented()).lines) {
    EXPECT_EQ(line.paid.to, line.category == Category::kSetup ? Duration{} : 3 * kMonth) << line.label;
  }
}

// What is paid once for all of them is shared; each pays for its own accelerators.
TEST(Operations, WorkloadsShareWhatIsPaidOnce) {
  OperationsChoice choice;
  choice.setup = 20000 * kUsd;
  choice.debugging = 16000 * (kUsd / kMonth);
  choice.control_plane = 3300 * (kUsd / kMonth);
  choice.licences = 4500 * (kUsd / kYear);
  Operated half = rented();
  half.workloads = 2;
  EXPECT_NEAR(added(choice, half, Category::kSetup), 10000, 1e-6);
  EXPECT_NEAR(added(choice, half, Category::kStaff), 24000, 1e-6);
  EXPECT_NEAR(added(choice, half, Category::kCompute), 4950, 1e-6);
  EXPECT_NEAR(added(choice, half, Category::kSoftware), 9000, 1e-6);
}

TEST(Operations, ASecondPartDoesNotPayAgain) {
  OperationsChoice choice;
  choice.setup = 20000 * kUsd;
  choice.debugging = 16000 * (kUsd / kMonth);
  choice.control_plane = 3300 * (kUsd / kMonth);
  choice.support = 0.05;
  const Cost cost = operated(without_fixed(choice), rented());
  EXPECT_NEAR(cost.total().usd(), 43800 * 1.05, 1e-6);
}

TEST(Operations, LinesNameTheirKeys) {
  OperationsChoice choice;
  choice.setup = 20000 * kUsd;
  choice.debugging = 16000 * (kUsd / kMonth);
  const Cost cost = operated(choice, rented());
  EXPECT_EQ(cost.lines.at(1).price.key, "operations.setup");
  EXPECT_EQ(cost.lines.at(2).price.key, "operations.debugging");
  EXPECT_EQ(cost.lines.at(2).price.origin, Origin::kSpec);
}

}  // namespace
}  // namespace capplan

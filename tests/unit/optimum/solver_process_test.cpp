#include "optimum/solver_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "optimum/mixed_integer_program.h"

namespace capplan {
namespace {

using namespace std::chrono_literals;

// A knapsack: 3 x + 5 y + 7 z at most 11, of most worth.
MixedIntegerProgram knapsack() {
  MixedIntegerProgram program;
  const Variable x = program.add_column(Domain::kInteger, 0, 4, -4);
  const Variable y = program.add_column(Domain::kInteger, 0, 4, -6);
  const Variable z = program.add_column(Domain::kContinuous, 0, 1, -8);
  program.add_row(-kUnlimited, {{x, 3}, {y, 5}, {z, 7}}, 11);
  return program;
}

TEST(SolverProcess, AnswersAsTheSolverDoesHere) {
  Monitor monitor;
  const ProgramSolution apart = knapsack().solve({.monitor = &monitor});
  const ProgramSolution here = knapsack().solve({});
  EXPECT_EQ(apart.values, here.values);
  EXPECT_EQ(apart.objective, here.objective);
  EXPECT_EQ(apart.bound, here.bound);
  // Three of x, and z with what is left: 12 + 8 * 2 / 7.
  EXPECT_NEAR(apart.objective, -12 - 16 / 7.0, 1e-9);
}

std::jthread stop_soon(Monitor& monitor) {
  return std::jthread([&monitor] {
    std::this_thread::sleep_for(20ms);
    monitor.stop();
  });
}

TEST(SolverProcess, OneThatDoesNotListenIsEnded) {
  Monitor monitor;
  const std::jthread later = stop_soon(monitor);
  const auto numbers = solve_apart(
      []() -> std::vector<double> {
        std::signal(SIGINT, SIG_IGN);
        for (;;) ::pause();
      },
      monitor);
  ASSERT_TRUE(numbers);
  EXPECT_TRUE(numbers->empty());
}

volatile std::sig_atomic_t interrupted = 0;

TEST(SolverProcess, OneThatListensGivesItsBest) {
  Monitor monitor;
  const std::jthread later = stop_soon(monitor);
  const auto numbers = solve_apart(
      [] {
        std::signal(SIGINT, [](int) { interrupted = 1; });
        while (interrupted == 0) std::this_thread::sleep_for(1ms);
        return std::vector<double>{1, -kUnlimited};
      },
      monitor);
  ASSERT_TRUE(numbers);
  EXPECT_EQ(*numbers, (std::vector<double>{1, -kUnlimited}));
}

TEST(SolverProcess, OneThatBreaksOffIsAnError) {
  Monitor monitor;
  EXPECT_THROW(solve_apart([]() -> std::vector<double> { ::_exit(3); }, monitor), std::runtime_error);
  EXPECT_THROW(solve_apart([]() -> std::vector<double> { throw std::bad_alloc(); }, monitor),
               std::runtime_error);
}

}  // namespace
}  // namespace capplan

// How long a matrix of scenarios takes, as `capplan compare` makes it, and how it grows: workloads, samples,
// scenarios, threads.
#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>

#include "capplan/plan/scenario.h"
#include "core/parallel.h"

namespace capplan {
namespace {

// `count` runs on pinned accelerators, each under a name of its own.
std::string text_of(int count) {
  std::string text = "version: 1\nname: bench\nworkloads:\n";
  for (int i = 0; i < count; ++i)
    text += "  - {name: w" + std::to_string(i) +
            ", model: {preset: llama-3-8b}, dataset: {tokens: 100B}, pin: {accelerator: H100-SXM-80GB, "
            "count: 64}}\n";
  return text;
}

ScenarioMatrix matrix_of(int scenarios) {
  ScenarioAxis axis{"horizon", {}};
  for (int i = 0; i < scenarios; ++i) axis.values.push_back(std::to_string(6 + i) + " months");
  return *ScenarioMatrix::of(1, {axis});
}

void Compare(benchmark::State& state) {
  const std::string text = text_of(static_cast<int>(state.range(0)));
  PlanSettings settings;
  settings.samples = static_cast<int>(state.range(1));
  settings.comparisons = settings.mixes = false;
  const ScenarioMatrix matrix = matrix_of(static_cast<int>(state.range(2)));
  const ReadFile no_files = [](const std::string&) { return tl::unexpected(std::string("no such file")); };
  const Catalog catalog = builtin_catalog();
  for (auto _ : state) {
    parallel_for(matrix.size(), static_cast<int>(state.range(3)), [&](std::size_t i) {
      const ReadSpec read = read_spec("bench.yaml", text, no_files, {}, matrix.at(i).changes);
      auto plan = make_plan(read.spec, catalog, settings);
      if (!plan) throw std::runtime_error(plan.error().front().message);
      ScenarioOutcome outcome;
      take_best(std::move(*plan), outcome);
      benchmark::DoNotOptimize(outcome);
    });
  }
}
BENCHMARK(Compare)
    ->ArgNames({"workloads", "samples", "scenarios", "threads"})
    ->Args({1, 1024, 8, 1})
    ->Args({2, 1024, 8, 1})
    ->Args({4, 1024, 8, 1})
    ->Args({8, 1024, 8, 1})
    ->Args({1, 10000, 8, 1})
    ->Args({1, 100000, 8, 1})
    ->Args({1, 1024, 32, 1})
    ->Args({1, 1024, 128, 1})
    ->Args({1, 1024, 128, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace capplan

// How long the optimum of a portfolio takes to find, and how near it is proven to be, against works, months
// and pools.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "capplan/optimum/portfolio.h"
#include "support/portfolios.h"

namespace capplan {
namespace {

// As `estimate` searches for the best mix.
constexpr OptimumSettings kOfAll{.gap = 1e-3, .nodes = 100, .rounds = 3};

// Works, months, providers of each of five kinds of machines, seed.
void optimum_of_portfolio(benchmark::State& state) {
  const PortfolioByChance chance(static_cast<unsigned>(state.range(3)), static_cast<int>(state.range(0)),
                                 static_cast<int>(state.range(1)), static_cast<int>(state.range(2)));
  double gap = 0;
  for (auto _ : state) {
    const auto optimum = find_optimum(chance.portfolio(), kOfAll);
    gap = optimum ? optimum->gap() : 1;
    benchmark::DoNotOptimize(gap);
  }
  state.counters["gap_percent"] = 100 * gap;
}

void in_one_run(benchmark::internal::Benchmark* b) {
  b->ArgNames({"works", "months", "providers", "seed"})->Iterations(1)->Unit(benchmark::kMillisecond);
}

const std::vector<std::int64_t> kOfEach = {1, 2, 3, 4, 5};  // seeds

BENCHMARK(optimum_of_portfolio)->Apply(in_one_run)->ArgsProduct({{2, 5, 10, 20}, {12}, {3}, kOfEach});
BENCHMARK(optimum_of_portfolio)->Apply(in_one_run)->ArgsProduct({{5}, {6, 24, 36}, {3}, kOfEach});
BENCHMARK(optimum_of_portfolio)->Apply(in_one_run)->ArgsProduct({{5}, {12}, {1, 10, 30}, kOfEach});

}  // namespace
}  // namespace capplan

// How long the optimum of a portfolio takes to find, and how near it is proven to be, against works and
// months.
#include <benchmark/benchmark.h>

#include "capplan/optimum/portfolio.h"
#include "support/portfolios.h"

namespace capplan {
namespace {

// Works, months, seed.
void optimum_of_portfolio(benchmark::State& state) {
  const PortfolioByChance chance(static_cast<unsigned>(state.range(2)), static_cast<int>(state.range(0)),
                                 static_cast<int>(state.range(1)));
  double gap = 0;
  for (auto _ : state) {
    const auto optimum = find_optimum(chance.portfolio(), {.gap = 1e-3});
    gap = optimum ? optimum->gap() : 1;
    benchmark::DoNotOptimize(gap);
  }
  state.counters["gap_percent"] = 100 * gap;
}

BENCHMARK(optimum_of_portfolio)
    ->ArgNames({"works", "months", "seed"})
    ->ArgsProduct({{5}, {6, 12}, {1, 2, 3, 4, 5}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(optimum_of_portfolio)
    ->ArgNames({"works", "months", "seed"})
    ->ArgsProduct({{10}, {12}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace capplan

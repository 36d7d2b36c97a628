// How long sampling takes, and how it grows: samples, plans, threads.
#include <benchmark/benchmark.h>

#include "core/latin_hypercube.h"
#include "plan/sampling.h"

namespace capplan {
namespace {

struct Problem {
  Inputs inputs;
  std::vector<PlanModel> plans;
  std::vector<PlanOption> options;
};

// Plans as they usually are: compute by the hour on one accelerator at one provider, and what is fixed.
Problem problem_of(int plans) {
  Problem p;
  for (int i = 0; i < plans; ++i) {
    const std::string number = std::to_string(i % 20);
    PlanModel model;
    AllocationModel a;
    a.time = p.inputs.add({.kind = InputKind::kTime, .name = "t/" + number, .group = "t", .common = 0.5});
    a.market = p.inputs.add({.kind = InputKind::kMarket, .name = "m/" + number, .group = "m", .common = 0.4});
    a.fast = a.slow = 0.2;
    a.served = true;
    model.allocations = {a};
    CostTerm hours;
    hours.usd = 1000.0 + i;
    hours.fast = hours.slow = 0.999;
    hours.drift = 0.05 + 1e-4 * i;
    CostTerm data;
    data.usd = 50;
    data.fast = data.slow = 0.9;
    CostTerm fixed;
    fixed.usd = 20;
    model.terms = {hours, data, fixed};
    p.plans.push_back(model);
    PlanOption option;
    option.id = "plan/" + std::to_string(i);
    p.options.push_back(option);
  }
  return p;
}

void Sample(benchmark::State& state) {
  const auto samples = static_cast<std::size_t>(state.range(0));
  Problem p = problem_of(static_cast<int>(state.range(1)));
  const int threads = static_cast<int>(state.range(2));
  const PlanSpec plain;
  BoundSpec spec;
  spec.spec = &plain;
  const Catalog catalog = builtin_catalog();
  const Market market;
  const CostModels models(spec, catalog, {}, market, {});
  std::vector<PlanOption*> options;
  for (PlanOption& o : p.options) options.push_back(&o);
  for (auto _ : state) {
    const Draws draws(p.inputs.all(), 1, samples, threads);
    sample_plans(options, p.plans, models, draws, spec, {true, threads});
  }
}
BENCHMARK(Sample)
    ->ArgNames({"samples", "plans", "threads"})
    ->Args({1024, 20, 1})
    ->Args({10000, 20, 1})
    ->Args({100000, 20, 1})
    ->Args({1024, 500, 1})
    ->Args({10000, 500, 1})
    ->Args({10000, 20, 2})
    ->Args({10000, 500, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace capplan

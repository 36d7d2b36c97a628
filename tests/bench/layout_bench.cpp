// How many layouts a second are timed and sized, and how long the best one takes to find.
#include <benchmark/benchmark.h>

#include "capplan/catalog/catalog.h"
#include "performance/layout_search.h"
#include "performance/stack_choice.h"

namespace capplan {
namespace {

const Catalog& builtin() {
  static const Catalog catalog = builtin_catalog();
  return catalog;
}

TransformerShape gpt3() {
  TransformerShape s;
  s.layers = 96;
  s.hidden = 12288;
  s.ffn = 49152;
  s.heads = s.kv_heads = 96;
  s.head_dim = 128;
  s.vocab = 51200;
  s.gated_mlp = false;
  return s;
}

TransformerShape gpt_13b() {
  TransformerShape s = gpt3();
  s.layers = 40;
  s.hidden = 5120;
  s.ffn = 20480;
  s.heads = s.kv_heads = 40;
  return s;
}

// 1.03T parameters, 32B of them at work.
TransformerShape trillion_experts() {
  TransformerShape s;
  s.layers = 61;
  s.hidden = 7168;
  s.ffn = 18432;
  s.heads = 64;
  s.kv_heads = 8;
  s.head_dim = 128;
  s.vocab = 163840;
  s.experts = Experts{384, 8, 2048, 1, 1};
  return s;
}

// A model on a machine, with all that a search needs.
struct Problem {
  Demand demand;
  Workload workload;
  Machine machine;
  TrainingConstants constants;
  StepSetup setup;

  Problem(const TransformerShape& shape, double sequence, double batch, Text accelerator, int count) {
    demand.kind = WorkloadKind::kTraining;
    demand.family = shape.experts ? Family::kMoe : Family::kDense;
    demand.model.architecture = Architecture::kTransformer;
    demand.model.shape = shape;
    demand.params = count_parameters(shape).total();
    demand.text = true;
    demand.sequence_length = sequence;
    demand.global_batch = batch;
    machine = {builtin().accelerator(accelerator), count, 8, {}};
    constants = training_constants(builtin(), accelerator);
    setup = make_step_setup(demand, workload, machine, Precision::kBf16,
                            *usual_stack(builtin(), *machine.accelerator), builtin());
  }
  LayoutSearch search() const { return {demand, workload, machine, setup, constants, machine.count}; }
};

// Every layout timed and sized, none left out by a bound; the tables of layers are made once before.
void EveryLayout(benchmark::State& state, const Problem& problem) {
  const LayoutSearch search = problem.search();
  const int threads = static_cast<int>(state.range(0));
  double evaluated = search.search(problem.machine.count, {.exhaustive = true, .threads = threads}).evaluated;
  for (auto _ : state)
    benchmark::DoNotOptimize(search.search(problem.machine.count, {.exhaustive = true, .threads = threads}));
  state.counters["layouts"] = evaluated;
  state.counters["layouts/s"] =
      benchmark::Counter(evaluated * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// The optimum, tables and all.
void Optimum(benchmark::State& state, const Problem& problem) {
  double evaluated = 0;
  for (auto _ : state) {
    const LayoutsFound found = problem.search().search(problem.machine.count);
    evaluated = found.evaluated;
    benchmark::DoNotOptimize(found);
  }
  state.counters["evaluated"] = evaluated;
}

const Problem kGpt3(gpt3(), 2048, 1536, "A100-SXM-80GB", 512);
const Problem kGpt13b(gpt_13b(), 2048, 1536, "A100-SXM-80GB", 16);
const Problem kTrillion(trillion_experts(), 4096, 16384, "H100-SXM-80GB", 16384);

// The same without counting how many layers are recomputed.
const Problem kGpt3Whole = [] {
  Problem p(gpt3(), 2048, 1536, "A100-SXM-80GB", 512);
  p.setup.stack.partial_recompute = false;
  return p;
}();

// The dimensions that Calculon's search has too: tensor, pipeline and data degree, interleaving, micro-batch,
// sequence parallelism, sharded optimizer, recompute of nothing, attention or all.
const Problem kGpt3AsCalculon = [] {
  Problem p(gpt3(), 2048, 1536, "A100-SXM-80GB", 512);
  p.workload.pin.context_parallel = 1;
  p.setup.stack.partial_recompute = false;
  p.setup.stack.zero_stages = 0b0011;
  p.setup.stack.attention = AttentionKernel::kUnfused;
  return p;
}();

BENCHMARK_CAPTURE(EveryLayout, gpt3_on_512_as_calculon, kGpt3AsCalculon)
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EveryLayout, gpt3_on_512_whole_recompute, kGpt3Whole)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EveryLayout, gpt_13b_on_16, kGpt13b)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EveryLayout, gpt3_on_512, kGpt3)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EveryLayout, trillion_experts_on_16384, kTrillion)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Optimum, gpt_13b_on_16, kGpt13b)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Optimum, gpt3_on_512, kGpt3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Optimum, trillion_experts_on_16384, kTrillion)->Unit(benchmark::kMillisecond);

void OptimumByCount(benchmark::State& state) {
  const Problem problem(gpt3(), 2048, 1536, "A100-SXM-80GB", static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(problem.search().search(problem.machine.count));
}
BENCHMARK(OptimumByCount)
    ->Arg(64)
    ->Arg(512)
    ->Arg(4096)
    ->Arg(32768)
    ->Arg(98304)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace capplan

// How long each stage takes, and how it grows: offers, workloads, accelerators, plans.
#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "capplan/catalog/catalog.h"
#include "capplan/plan/plan.h"
#include "capplan/report/report.h"
#include "capplan/spec/load.h"

namespace capplan {
namespace {

const std::string kHead = "version: 1\nname: bench\n";
const std::string kTraining =
    "model: {preset: llama-3-8b}\ndataset: {tokens: 1T}\n"
    "training: {sequence_length: 8192, global_batch: 1024}\n";
const std::string kLayout =
    "pin: {accelerator: H100-SXM-80GB, count: 64, tensor_parallel: 2, pipeline_parallel: 1, data_parallel: "
    "32,"
    " zero_stage: 1, micro_batch: 1, recompute: selective}\n";

const Catalog& builtin() {
  static const Catalog catalog = builtin_catalog();
  return catalog;
}

PlanSpec spec_of(const std::string& text) {
  const ReadFile no_files = [](const std::string&) { return tl::unexpected(std::string("no such file")); };
  auto loaded = load_spec("bench.yaml", text, no_files);
  if (!loaded) throw std::runtime_error(format_diagnostic(loaded.error().front(), text));
  return loaded->spec;
}

// `count` kinds of work in turn, each under a name of its own.
std::string workloads(int count) {
  static const std::vector<std::string> kinds = {
      "model: {preset: llama-3-8b}, dataset: {tokens: 1T}, training: {sequence_length: 8192, global_batch: "
      "1024}",
      "kind: serving, model: {preset: llama-3-8b}, traffic: {requests_per_second: {mean: 12, peak: 40},"
      " prompt_tokens: 1200, output_tokens: 250}",
      "kind: fine-tuning, model: {preset: llama-2-7b}, dataset: {tokens: 50M},"
      " training: {sequence_length: 2048, global_batch: 32}, optimizations: [lora]",
      "model: {preset: resnet-50}, dataset: {samples: 1.28M}, training: {epochs: 90, global_batch: 256}"};
  std::string text = kHead + "workloads:\n";
  for (int i = 0; i < count; ++i) {
    text +=
        "  - {name: w" + std::to_string(i) + ", " + kinds[static_cast<std::size_t>(i) % kinds.size()] + "}\n";
  }
  return text;
}

Plan plan_of(const PlanSpec& spec, const Catalog& catalog) {
  auto plan = make_plan(spec, catalog, {});
  if (!plan) throw std::runtime_error(plan.error().front().message);
  return *plan;
}

// Quotes of one's own: regions, machines and counts of eight accelerators, no two rows alike.
ProfileFile price_list(int rows) {
  static const std::vector<std::string> cards = {"H100-SXM-80GB", "H200-SXM-141GB", "A100-SXM-80GB",
                                                 "L40S-48GB",     "B200-SXM-180GB", "MI300X-192GB",
                                                 "L4-24GB",       "A10-24GB"};
  std::string text = "accelerator,count,machine,region,purchase,usd_per_hour,basis,status,as_of,source\n";
  for (int i = 0; i < rows; ++i) {
    const int place = i / static_cast<int>(cards.size());
    text += cards[static_cast<std::size_t>(i) % cards.size()] + "," + std::to_string(1 << (place % 4)) +
            ",m" + std::to_string(place / 4 % 50) + ",region-" + std::to_string(place / 200) +
            (i % 3 == 0 ? ",spot," : ",on-demand,") + std::to_string(2 + i % 97 * 0.05) +
            ",list,ok,2026-10-01,a bench\n";
  }
  return {"offers/nebius.csv", text};
}

void BuiltinCatalog(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(builtin_catalog());
}
BENCHMARK(BuiltinCatalog)->Unit(benchmark::kMicrosecond);

void LoadProfileFolder(benchmark::State& state) {
  const std::string folder = std::string(CAPPLAN_SOURCE_DIR) + "/profiles";
  for (auto _ : state) {
    const auto files = read_profile_folder(folder);
    benchmark::DoNotOptimize(load_catalog(folder, *files));
  }
}
BENCHMARK(LoadProfileFolder)->Unit(benchmark::kMillisecond);

void OverlayPriceList(benchmark::State& state) {
  const ProfileFile list = price_list(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    if (!overlay_catalog(builtin(), "bench", {list})) state.SkipWithError("the price list does not load");
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(OverlayPriceList)
    ->RangeMultiplier(10)
    ->Range(100, 100'000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity();

void LoadSpec(benchmark::State& state) {
  const std::string text = workloads(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(spec_of(text));
}
BENCHMARK(LoadSpec)->Arg(1)->Arg(4)->Arg(16)->Arg(64)->Unit(benchmark::kMicrosecond);

void PlanPinned(benchmark::State& state) {
  const PlanSpec spec = spec_of(kHead + kTraining + kLayout);
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(spec, builtin()));
}
BENCHMARK(PlanPinned)->Unit(benchmark::kMillisecond);

void PlanUnpinned(benchmark::State& state) {
  const PlanSpec spec = spec_of(kHead + kTraining);
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(spec, builtin()));
}
BENCHMARK(PlanUnpinned)->Unit(benchmark::kMillisecond);

void PlanUpToAccelerators(benchmark::State& state) {
  const std::string most = std::to_string(state.range(0));
  const PlanSpec spec = spec_of(kHead + kTraining + "constraints: {max_accelerators: " + most + "}\n");
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(spec, builtin()));
}
BENCHMARK(PlanUpToAccelerators)->RangeMultiplier(8)->Range(8, 32768)->Unit(benchmark::kMillisecond);

void PlanWorkloads(benchmark::State& state) {
  const PlanSpec spec = spec_of(workloads(static_cast<int>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(spec, builtin()));
}
BENCHMARK(PlanWorkloads)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);

void PlanOverOffers(benchmark::State& state) {
  const PlanSpec spec = spec_of(kHead + kTraining);
  const auto catalog = overlay_catalog(builtin(), "bench", {price_list(static_cast<int>(state.range(0)))});
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(spec, *catalog));
}
BENCHMARK(PlanOverOffers)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

void Render(benchmark::State& state, Format format, bool all) {
  const Plan plan = plan_of(spec_of(kHead + kTraining), builtin());
  RenderOptions options;
  options.all = all;
  for (auto _ : state) benchmark::DoNotOptimize(render(plan, format, options));
}
BENCHMARK_CAPTURE(Render, table, Format::kTable, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Render, json, Format::kJson, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Render, csv, Format::kCsv, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Render, markdown, Format::kMarkdown, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Render, json_of_all, Format::kJson, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Render, csv_of_all, Format::kCsv, true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace capplan

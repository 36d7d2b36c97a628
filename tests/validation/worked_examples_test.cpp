// Published calculations, reproduced with the project's own functions within each source's rounding. Where a
// source counts otherwise than the project (hours of a year, floor or ceil, a sparse peak), the test says so.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "capplan/cost/rented.h"
#include "capplan/demand/demand.h"
#include "capplan/spec/load.h"
#include "demand/flops.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

constexpr Devices devices(double count) { return count * kDevice; }

// W2: karpathy/nanoGPT, transformer_sizing.ipynb.
TEST(WorkedExamples, W2NanoGpt) {
  const TransformerShape& s = *builtin().model("gpt2")->arch.shape;
  TransformerShape unbiased = s;  // the notebook sizes a model without biases
  unbiased.biases = false;
  const ParameterCount count = count_parameters(unbiased);
  // It prints the count without the position table beside this one: 124,337,664 is with it.
  EXPECT_EQ(count.total(), 124337664);

  const double tokens = 1024;
  const Flops forward = tokens * forward_flops_per_token(unbiased, tokens);
  EXPECT_EQ(forward.base(), 291648307200);
  const Flops total = tokens * training_flops_per_token(unbiased, tokens);
  EXPECT_EQ(total.base(), 874944921600);
  // PaLM's estimate takes 6 N with norms, and without positions.
  const double n = count.total() - 1024 * 768;
  const Flops palm = tokens * (training_flops_per_token(n) + 3 * attention_flops_per_token(unbiased, tokens));
  EXPECT_EQ(palm.base(), 875062886400);

  const Duration step = Duration::of(0.755);
  const FlopRate peak = 312 * kTflops;
  const double batch = 100;
  EXPECT_NEAR(100 * (batch * total / step / peak), 37.14, 0.005);  // percent

  // 300 B tokens on eight A100 at 30% of their peak, by 6ND.
  const Flops run = 300e9 * training_flops_per_token(count.total());
  EXPECT_NEAR((run / (8 * 0.3 * peak)).in(kDay), 3.46, 0.005);
  // Weights and both moments in fp32.
  EXPECT_NEAR((count.total() * 12.0 * kByte).in(kGB), 1.49, 0.005);
}

// W4: the Llama 2 model card; no PUE; 0.4235 t CO2e a MWh follows from every row. The 34B model drew 350 W.
TEST(WorkedExamples, W4Llama2Carbon) {
  struct Row {
    double gpu_hours, watts, tonnes;
  };
  constexpr double kTonnesPerMwh = 0.4235;
  double hours = 0;
  double tonnes = 0;
  for (const Row& r : {Row{184320, 400, 31.22}, Row{368640, 400, 62.44}, Row{1038336, 350, 153.90},
                       Row{1720320, 400, 291.42}}) {
    const Energy energy = r.watts * kWatt * (r.gpu_hours * kHour);
    const double emitted = energy.in(kKwh) / 1000 * kTonnesPerMwh;
    EXPECT_NEAR(emitted / r.tonnes, 1, 2e-4) << r.gpu_hours;
    hours += r.gpu_hours;
    tonnes += emitted;
  }
  EXPECT_EQ(hours, 3311616);
  EXPECT_NEAR(tonnes, 539.00, 0.05);
}

// W5: BLOOM, arXiv 2211.02001, table 1 and section 4.
TEST(WorkedExamples, W5Bloom) {
  const Energy training = 0.4 * kKilowatt * (1082990 * kHour);
  EXPECT_NEAR(training.in(kKwh), 433196, 0.5);
  EXPECT_NEAR(training.in(kKwh)*57e-6, 24.7, 0.05);  // tonnes at 57 g a kWh
  EXPECT_NEAR(256646 * 57e-6, 14.6, 0.05);           // idle
  EXPECT_NEAR(24.69 + 14.63 + 11.2, 50.5, 0.05);     // with 11.2 t embodied
}

Usd rented(double price_an_hour, double device_hours) {
  const DevicePrice price = price_an_hour * (kUsd / kHour / kDevice);
  return price * (kHour * kDevice) * device_hours;
}

// W6: the DeepSeek-V3 report (arXiv 2412.19437, table 1): H800 hours at $2.
TEST(WorkedExamples, W6DeepSeekV3) {
  const Money pretraining = Money::of(rented(2, 2664e3));
  const Money extension = Money::of(rented(2, 119e3));
  const Money tuning = Money::of(rented(2, 5e3));
  EXPECT_EQ(pretraining.usd(), 5.328e6);
  EXPECT_EQ(extension.usd(), 0.238e6);
  EXPECT_EQ((pretraining + extension + tuning).usd(), 5.576e6);
}

// W7: Lambda's GPT-3 estimate: a V100 at 28 TFLOP/s and $1.50/h; its year has 8,760 h, as kYear has.
TEST(WorkedExamples, W7LambdaGpt3) {
  const Duration one_card = Flops::of(3.14e23) / (28 * kTflops);
  EXPECT_NEAR(one_card.in(kYear), 355, 1);
  EXPECT_NEAR(rented(1.50, one_card.in(kHour)).in(kUsd) / 1e6, 4.6, 0.1);
}

// W8: reddit r/MachineLearning on GPT-3: 3,640 petaflop/s-days, half a petaflop/s a machine of eight V100.
TEST(WorkedExamples, W8RedditGpt3) {
  const Flops work = 3640 * (1000 * kTflops * kDay);
  const Duration time = work / (500 * kTflops);
  EXPECT_DOUBLE_EQ(time.in(kDay), 7280);
  const UsdRate machine = 10.7957 * (kUsd / kHour);
  EXPECT_NEAR((machine * time).in(kUsd) / 1e6, 1.9, 0.05);
}

// W15: MT-NLG 530B (arXiv 2201.11990): 126 TFLOP/s on 2,240 A100, 60.1 s an iteration. The paper's count is
// 96 B s L h^2 (1 + s/6h + V/16Lh) with full recompute: 8 forward passes' worth where the model's own is 6.
TEST(WorkedExamples, W15MtNlg) {
  const TransformerShape& s = *builtin().model("mt-nlg-530b")->arch.shape;
  const double tokens = 1920.0 * 2048;
  const Flops forward = tokens * forward_flops_per_token(s, 2048);
  const double head = 2 * 51200.0 * 20480 * tokens;  // the head is not recomputed
  const Flops hardware = 4 * forward - Flops::of(head);
  const Duration iteration = hardware / (2240 * 126 * kTflops);
  EXPECT_NEAR(iteration.base(), 60.1, 0.5);
}

// W21: godot-dodo, issue 11: 15 h 30 min on a node of $12/h is billed as 16 hours.
TEST(WorkedExamples, W21StartedHours) {
  const UsdRate node = 12 * (kUsd / kHour);
  EXPECT_DOUBLE_EQ((node * billed_time(15.5 * kHour)).in(kUsd), 192);
  EXPECT_DOUBLE_EQ((node * (15.5 * kHour)).in(kUsd), 186);
}

// W26: a GPU-count sheet: 3e24 FLOP in 90 days at 55.2%; it rounds down, and takes the sparse 2,000 TFLOP/s
// for H100.
TEST(WorkedExamples, W26GpuCounts) {
  const auto count = [](double tflops) { return Flops::of(3e24) / (90 * kDay) / (0.552 * tflops * kTflops); };
  EXPECT_EQ(std::floor(count(2000)), 349);
  EXPECT_EQ(std::floor(count(312)), 2240);
  const double dense = builtin().accelerator("H100-SXM-80GB")->peak.bf16.in(kTflops);
  EXPECT_EQ(std::ceil(count(dense)), 707);
}

// W27: the effective savings rate (recfo.dev): $100 k of list prices for $78 k.
TEST(WorkedExamples, W27EffectiveSavingsRate) {
  const Money list = Money::of(100e3 * kUsd);
  const Money paid = Money::of(78e3 * kUsd);
  EXPECT_DOUBLE_EQ((list - paid).usd() / list.usd(), 0.22);
}

// W32: CodeCarbon's mix of fuels; the source calls it kg a kWh and means kg a MWh.
TEST(WorkedExamples, W32EnergyMix) {
  const double kg_per_mwh = 0.25 * 995 + 0.35 * 816 + 0.26 * 743 + 0.14 * 29;
  EXPECT_NEAR(kg_per_mwh, 731.59, 0.005);
  Energy mwh = 1000 * kKwh;
  EXPECT_NEAR(mwh.in(kKwh) * (kg_per_mwh / 1000), 731.59, 0.005);
}

// The example the project began with: 10^9 units of 10^4 FLOP are 10^13; one second on a device of 10^13
// FLOP/s, half of one on two, 200 s at 5 x 10^10.
TEST(Founding, Arithmetic) {
  const Flops work = Flops::of(1e9 * 1e4);
  EXPECT_EQ(work.base(), 1e13);
  const FlopRate device = FlopRate::of(1e13);
  EXPECT_EQ((work / device).in(kSecond), 1);
  EXPECT_EQ((work / (devices(2).in(kDevice)*device)).in(kSecond), 0.5);
  EXPECT_EQ((work / FlopRate::of(5e10)).in(kSecond), 200);
}

TEST(Founding, TheExampleSpecMakesTheSameWork) {
  const std::string path = std::string(CAPPLAN_SOURCE_DIR) + "/examples/founding-arithmetic.yaml";
  ASSERT_TRUE(std::filesystem::exists(path)) << path;
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto loaded = load_spec(path, text, [](const std::string&) -> tl::expected<std::string, std::string> {
    return tl::unexpected(std::string("none"));
  });
  ASSERT_TRUE(loaded.has_value()) << testing::messages(loaded.error());
  const Workload& w = loaded->spec.workloads.at(0);
  Assumptions assumptions;
  Diagnostics problems;
  const Demand demand = estimate_demand(w, w.model.arch, kYear, "workloads[0]", assumptions, problems);
  EXPECT_FALSE(has_errors(problems)) << testing::messages(problems);
  EXPECT_DOUBLE_EQ(demand.total_flops.base(), 1e13);
}

}  // namespace
}  // namespace capplan

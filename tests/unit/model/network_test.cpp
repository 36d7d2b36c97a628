// Models layer by layer: counts against published ones, and what is wrong with a list said where it stands.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "support/catalogs.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::builtin;

ModelArch arch_of(const std::string& network, const std::string& more = "") {
  return testing::spec_of("model:\n  architecture: cnn\n" + more + "  network:\n" + network +
                          "dataset: {samples: 1k}\ntraining: {global_batch: 8}\n")
      .workloads.front()
      .model.arch;
}

std::string problem_of(const std::string& network, const std::string& more = "") {
  try {
    arch_of(network, more);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) out.push_back(cell);
  return out;
}

// Published to two digits after the point; counters of multiplications differ by norms and pools, 2%.
TEST(Network, PresetsAgreeWithPublishedCounts) {
  std::ifstream file(CAPPLAN_SOURCE_DIR "/tests/data/model_counts.csv");
  std::string line;
  std::getline(file, line);
  int compared = 0;
  while (std::getline(file, line)) {
    const auto row = cells(line);
    const ModelProfile* preset = builtin().model(row[0]);
    ASSERT_NE(preset, nullptr) << row[0];
    ModelArch model = preset->resolved();
    if (const auto image = parse_extent(row[1], 1)) {
      const auto resized = at_image_size(model, *image);
      ASSERT_TRUE(resized) << row[0];
      model = *resized;
    }
    const OperatorTotals sum = total(model.operators);
    if (!row[2].empty()) {
      EXPECT_NEAR(sum.params / 1e6, std::stod(row[2]), 0.005 * std::stod(row[2]) + 0.005) << row[0];
    }
    if (!row[3].empty()) {
      EXPECT_NEAR(sum.macs / 1e9, std::stod(row[3]), 0.02 * std::stod(row[3]) + 0.011) << row[0];
    }
    if (!row[4].empty()) {
      EXPECT_NEAR(sum.activations / 1e6, std::stod(row[4]), 0.025 * std::stod(row[4]) + 0.005) << row[0];
    }
    ++compared;
  }
  EXPECT_GE(compared, 40);
}

// One convolution by hand: 64 filters of 3 x 7 x 7 on 224 x 224 at stride 2.
TEST(Network, AConvolutionIsCountedExactly) {
  const ModelArch model =
      arch_of("    - conv: {channels: 64, kernel: 7, stride: 2, in_channels: 3, image_size: 224}\n");
  ASSERT_EQ(model.operators.size(), 1U);
  const OperatorTotals sum = total(model.operators);
  EXPECT_EQ(sum.macs, 112.0 * 112 * 64 * 3 * 49);
  EXPECT_EQ(sum.params, 64.0 * 3 * 49 + 64);
  EXPECT_EQ(sum.activations, 112.0 * 112 * 64);
  EXPECT_EQ(sum.training_macs, 3 * sum.macs);
  EXPECT_EQ(model.flops_per_sample->base(), 2 * sum.macs);
}

TEST(Network, AttentionHasItsProjectionsScoresAndValues) {
  const OperatorTotals sum =
      total(arch_of("    - attention: {heads: 12, width: 768, tokens: 197}\n").operators);
  EXPECT_EQ(sum.macs, 197.0 * 768 * 768 * 4 + 2 * 197.0 * 197 * 768);
  EXPECT_EQ(sum.params, 4 * (768.0 * 768 + 768));
}

TEST(Network, WhatIsFrozenHasNoGradientAndWhatIsSharedCountsOnce) {
  const OperatorTotals frozen = total(
      arch_of("    - frozen: [{linear: {width: 10, in_width: 20, tokens: 1}}]\n    - linear: {width: 5}\n")
          .operators);
  EXPECT_EQ(frozen.params, 210 + 55);
  EXPECT_EQ(frozen.trained_params, 55);
  EXPECT_EQ(frozen.training_macs, 200 + 3 * 50);
  const OperatorTotals pieces = total(arch_of("    - input: {channels: 4, tokens: 1}\n"
                                              "    - pieces: {times: 7, layers: [{linear: {width: 4}}]}\n"
                                              "    - linear: {width: 4, shared: true}\n")
                                          .operators);
  EXPECT_EQ(pieces.params, 20);
  EXPECT_EQ(pieces.macs, 8 * 16);
}

TEST(Network, AnotherImageSizeGrowsWhatIsComputedAtEachPosition) {
  const ModelArch small = builtin().model("resnet-50")->resolved();
  const ModelArch large = at_image_size(small, *parse_extent("448", 1)).value();
  EXPECT_NEAR(total(large.operators).macs / total(small.operators).macs, 4, 0.01);
  EXPECT_EQ(total(large.operators).params, total(small.operators).params);
  EXPECT_EQ(at_image_size(small, *parse_extent("224x224", 1))->flops_per_sample->base(),
            small.flops_per_sample->base());
  EXPECT_FALSE(at_image_size(small, *parse_extent("128^3", 1)));
  EXPECT_FALSE(at_image_size(builtin().model("stable-diffusion-xl")->resolved(), *parse_extent("1024", 1)));
}

TEST(Network, PruningAndHalvingShrinkWhatTheySay) {
  const ModelArch resnet = builtin().model("resnet-50")->resolved();
  const double before = total(resnet.operators).macs;
  EXPECT_NEAR(total(pruned(resnet, 0.5).operators).macs / before, 0.26, 0.02);
  EXPECT_LT(total(halved(resnet).operators).macs, 0.75 * before);
  const ModelArch llama = builtin().model("llama-3-8b")->resolved();
  EXPECT_EQ(pruned(llama, 0.25).shape->ffn, 14336 * 3 / 4);
  EXPECT_EQ(halved(llama).shape->layers, 16);
}

TEST(Network, StatedFiguresMustAgreeWithTheLayers) {
  const std::string linear = "    - linear: {width: 100, in_width: 100, tokens: 1, bias: false}\n";
  EXPECT_EQ(problem_of(linear, "  params: 10k\n"), "");
  EXPECT_NE(problem_of(linear, "  params: 11k\n").find("the layers make 10000"), std::string::npos);
  EXPECT_NE(problem_of(linear, "  flops_per_sample: 30 kFLOP\n").find("flops_per_sample"), std::string::npos);
  EXPECT_NE(problem_of(linear, "  activations_per_sample: 200\n").find("the layers make 100"),
            std::string::npos);
}

TEST(Network, WhatIsWrongIsSaidWithWhatToWrite) {
  const auto says = [](const std::string& network, const std::string& what) {
    EXPECT_NE(problem_of(network).find(what), std::string::npos) << problem_of(network);
  };
  says("    - conv: {channels: 64, kernel: 3}\n", "nothing says what the convolution sees");
  says("    - linear: {width: 3}\n", "nothing says what a sample is");
  says("    - input: {channels: 3}\n", "`image_size` or `tokens`");
  says("    - input: {channels: 3, image_size: 0x9}\n", "no size of an image");
  says("    - conv: {channels: 64, kernel: 9, padding: valid, in_channels: 3, image_size: 4}\n",
       "larger than");
  says("    - conv: {channels: 64, kernel: 3, groups: 5, in_channels: 3, image_size: 4}\n", "5 groups");
  says("    - input: {channels: 10, tokens: 4}\n    - attention: {heads: 3}\n", "no multiple of 3 heads");
  says("    - input: {channels: 8, tokens: 4}\n    - sum: [{path: []}, {path: [{linear: {width: 4}}]}]\n",
       "different shapes");
  says("    - from: nowhere\n", "nothing says what a sample is");
  says("    - input: {channels: 8, tokens: 4}\n    - from: nowhere\n", "no point `nowhere`");
  says("    - input: {channels: 8, tokens: 4}\n      linear: {width: 2}\n", "a layer is one kind");
  says("    - cnv: {channels: 64}\n", "unknown key `cnv`");
  std::string deep = "{linear: {width: 8}}";
  for (int i = 0; i < 12; ++i) deep = "{repeat: {times: 100, layers: [" + deep + "]}}";
  says("    - input: {channels: 8, tokens: 4}\n    - " + deep + "\n", "more than 20000 layers");
}

// A squeeze sees all positions of the image and leaves one: at twice the side it reads four times as much.
TEST(Network, WhatIsPooledGrowsWithTheImage) {
  const ModelArch own = builtin().model("efficientnet-b0")->resolved();
  const ModelArch large = at_image_size(own, *parse_extent("448", 1)).value();
  ASSERT_EQ(own.operators.size(), large.operators.size());
  int pools = 0;
  for (std::size_t i = 0; i < own.operators.size(); ++i) {
    if (own.operators[i].kind != OperatorKind::kPool) continue;
    EXPECT_NEAR(large.operators[i].read / own.operators[i].read, 4, 1e-9);
    ++pools;
  }
  EXPECT_GT(pools, 5);
  EXPECT_FALSE(at_image_size(own, *parse_extent("4", 1)));
}

// Where there are feed-forward layers they alone are pruned, whatever the axes of what they see.
TEST(Network, FeedForwardLayersArePrunedOnImagesToo) {
  for (const char* id : {"convnext-t", "swin-tiny", "vit-b-16"}) {
    const ModelArch own = builtin().model(id)->resolved();
    const ModelArch half = pruned(own, 0.5);
    const double kept = total(half.operators).macs / total(own.operators).macs;
    EXPECT_GT(kept, 0.5) << id;
    EXPECT_LT(kept, 0.75) << id;
    for (std::size_t i = 0; i < own.operators.size(); ++i) {
      const bool norm = own.operators[i].kind == OperatorKind::kNorm;
      EXPECT_TRUE(!norm || half.operators[i] == own.operators[i]) << id;
    }
  }
}

TEST(Network, PairsOfPiecesAreFormedWithinEach) {
  const auto activations = [](const std::string& times) {
    return total(arch_of("    - input: {channels: 128, tokens: 1}\n    - linear: {width: 8}\n    - pieces: "
                         "{times: " +
                         times + ", layers: [{interaction: {vectors: 27, width: 128}}]}\n")
                     .operators)
        .activations;
  };
  EXPECT_NEAR(activations("10") - 8, 10 * (activations("1") - 8), 1e-6);
}

}  // namespace
}  // namespace capplan

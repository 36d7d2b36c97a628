#include "performance/memory.h"

#include <gtest/gtest.h>

#include <string>

#include "support/catalogs.h"

namespace capplan {
namespace {

constexpr double kSequence = 2048;

// hidden 4096, ffn 4 x hidden, no gate, as many key as query heads: the shape of arXiv 2205.05198.
Demand gpt(int layers = 10) {
  Demand d;
  TransformerShape s;
  s.layers = layers;
  s.hidden = 4096;
  s.ffn = 4 * 4096;
  s.heads = s.kv_heads = 32;
  s.head_dim = 128;
  s.vocab = 0;  // no logits
  s.gated_mlp = false;
  d.model.architecture = Architecture::kTransformer;
  d.model.shape = s;
  d.params = 1e9;
  d.text = true;
  d.sequence_length = kSequence;
  d.global_batch = 64;
  return d;
}

MemoryUse memory(const Parallelism& layout, const Workload& workload = {}, const Demand& demand = gpt()) {
  return MemoryModel(demand, workload, *testing::builtin().accelerator("H100-SXM-80GB"), Precision::kBf16,
                     Stack{.gradient_bytes = 2})
      .use(layout);
}

double count() { return count_parameters(*gpt().model.shape).total(); }

// Section 4.1: 34 s b h bytes a layer, the 5 a s / h term being the stored scores that flash attention does
// not keep.
TEST(Activations, ThirtyFourSbh) {
  const double sbh = kSequence * 3 * 4096;
  EXPECT_DOUBLE_EQ(memory({.micro_batch = 3}).activations.base(), 10 * 34 * sbh);
}

TEST(Activations, GroupedHeadsAndGates) {
  Demand d = gpt();
  d.model.shape->kv_heads = 8;
  EXPECT_DOUBLE_EQ(memory({}, {}, d).activations.base(), 10 * kSequence * (34 * 4096.0 - 4 * 24 * 128));
  d = gpt();
  d.model.shape->gated_mlp = true;
  EXPECT_DOUBLE_EQ(memory({}, {}, d).activations.base(), 10 * kSequence * (34 * 4096.0 + 2 * 4 * 4096));
}

TEST(Activations, TensorContextAndPipelineDivide) {
  const double whole = memory({}).activations.base();
  const Parallelism sequence{.tensor_parallel = 4, .sequence_parallel = true};
  EXPECT_DOUBLE_EQ(memory(sequence).activations.base(), whole / 4);
  // Without sequence parallelism 10 of the 34 stay whole.
  EXPECT_DOUBLE_EQ(memory({.tensor_parallel = 4}).activations.base(), whole * (10 + 24.0 / 4) / 34);
  EXPECT_DOUBLE_EQ(memory({.context_parallel = 2}).activations.base(), whole / 2);
  // The first of five stages holds two layers of five micro-batches.
  EXPECT_DOUBLE_EQ(memory({.pipeline_parallel = 5}).activations.base(), whole);
}

// Full recompute keeps each layer's input, 2 s b h, and works on one layer at a time.
TEST(Activations, FullRecompute) {
  const double sbh = kSequence * 4096;
  EXPECT_DOUBLE_EQ(memory({.recompute = Recompute::kFull}).activations.base(), (10 * 2 + 34) * sbh);
}

TEST(Activations, LogitsCount) {
  Demand d = gpt();
  d.model.shape->vocab = 50257;
  EXPECT_DOUBLE_EQ(memory({}, {}, d).activations.base() - memory({}).activations.base(),
                   kSequence * 6 * 50257);
}

// ZeRO (arXiv 1910.02054, section 3.1): 2 + 2 + 12 bytes a parameter, each stage divides one of them.
TEST(State, ZeroStagesDivide) {
  struct Case {
    int stage;
    double weights, gradients, optimizer;
  };
  const double gathered = 2 * 2 * count() / 10 * (1 - 1.0 / 8);  // two layers of ten, the rest of the shards
  const double n = count();
  for (const Case& c : {Case{0, 2 * n, 2 * n, 12 * n}, Case{1, 2 * n, 2 * n, 1.5 * n},
                        Case{2, 2 * n, 0.25 * n, 1.5 * n}, Case{3, 0.25 * n + gathered, 0.25 * n, 1.5 * n}}) {
    const MemoryUse m = memory({.data_parallel = 8, .zero_stage = c.stage});
    EXPECT_DOUBLE_EQ(m.weights.base(), c.weights) << c.stage;
    EXPECT_DOUBLE_EQ(m.gradients.base(), c.gradients) << c.stage;
    EXPECT_DOUBLE_EQ(m.optimizer.base(), c.optimizer) << c.stage;
  }
}

TEST(State, ModelParallelismDivides) {
  const MemoryUse m = memory({.tensor_parallel = 2, .pipeline_parallel = 5});
  EXPECT_DOUBLE_EQ(m.weights.base(), 2 * count() / 10);
  EXPECT_DOUBLE_EQ(m.optimizer.base(), 12 * count() / 10);
}

TEST(State, OptimizersAndAdapters) {
  const auto optimizer = [](Optimizer kind) {
    Workload w;
    w.training.optimizer = kind;
    return memory({}, w).optimizer.base() / count();
  };
  EXPECT_DOUBLE_EQ(optimizer(Optimizer::kAdam), 12);
  EXPECT_DOUBLE_EQ(optimizer(Optimizer::kSgd), 8);
  EXPECT_DOUBLE_EQ(optimizer(Optimizer::kAdafactor), 4);
  Workload lora;
  lora.optimizations = {Lever::kLora};
  EXPECT_DOUBLE_EQ(memory({}, lora).optimizer.base(), 0.01 * 12 * count());
  EXPECT_DOUBLE_EQ(memory({}, lora).weights.base(), 2 * count());
  Workload qlora;
  qlora.optimizations = {Lever::kQlora};
  EXPECT_LT(memory({}, qlora).weights.base(), 0.6 * count());
  EXPECT_GE(memory({}, qlora).weights.base(), 0.5 * count());
}

TEST(State, SinglePrecisionKeepsNoMasterCopy) {
  const Demand demand = gpt();
  const MemoryUse m = MemoryModel(demand, {}, *testing::builtin().accelerator("H100-SXM-80GB"),
                                  Precision::kFp32, Stack{.gradient_bytes = 2})
                          .use({});
  EXPECT_DOUBLE_EQ((m.weights + m.gradients + m.optimizer).base(), 16 * count());
}

TEST(Overhead, GrowsWithTheCard) {
  const Catalog& c = testing::builtin();
  EXPECT_DOUBLE_EQ(framework_overhead(*c.accelerator("H100-SXM-80GB")).in(kGiB), 1 + 0.04 * 80);
  EXPECT_LT(framework_overhead(*c.accelerator("T4-16GB")),
            framework_overhead(*c.accelerator("H100-SXM-80GB")));
}

}  // namespace
}  // namespace capplan

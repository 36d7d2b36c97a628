#include "performance/step_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "performance/interval.h"
#include "performance/sharding.h"
#include "performance/stack_choice.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

struct Setting {
  std::string accelerator = "H100-SXM-80GB";
  int count = 64;
  std::string stack = "megatron-core";
  Precision precision = Precision::kBf16;
  double batch = 512;
  double sequence = 4096;
};

// Keeps what the setup points into alive.
class Step {
 public:
  explicit Step(const Setting& s = {}) {
    demand_.model.shape = *builtin().model("llama-3-8b")->arch.shape;
    demand_.sequence_length = s.sequence;
    demand_.global_batch = s.batch;
    demand_.family = Family::kDense;
    const Accelerator& a = *builtin().accelerator(s.accelerator);
    setup_ = make_step_setup(demand_, {}, {&a, s.count, std::max(a.per_node, 4), {}}, s.precision,
                             *builtin().stack(s.stack), builtin());
    constants_ = training_constants(builtin(), s.accelerator);
  }
  StepTime time(const Parallelism& p) const { return StepModel(setup_, constants_).step(p); }
  StepSetup& setup() { return setup_; }
  TrainingConstants& constants() { return constants_; }

 private:
  Demand demand_;
  StepSetup setup_;
  TrainingConstants constants_;
};

Parallelism data_parallel(int n) {
  Parallelism p;
  p.data_parallel = n;
  p.zero_stage = 1;
  return p;
}

TEST(Join, LiesBetweenTheLargerAndTheSum) {
  const Duration a = Duration::of(3), b = Duration::of(2);
  for (const double q : {1.0, 2.0, 8.0}) {
    EXPECT_LE(join(a, b, q), a + b + Duration::of(1e-12));
    EXPECT_GE(join(a, b, q), a);
    EXPECT_EQ(join(a, b, q).base(), join(b, a, q).base());
  }
  EXPECT_EQ(join({}, {}, 2).base(), 0);
}

TEST(GemmLaw, NoKernelBeatsThePeakOrTheMemory) {
  for (const char* id : {"H100-SXM-80GB", "A100-SXM-40GB", "B200-SXM-180GB", "MI300X-192GB", "V100-SXM2-32GB",
                         "TPU-v5e-16GB"}) {
    const Accelerator& a = *builtin().accelerator(id);
    const Precision p = a.peak.bf16.base() > 0 ? Precision::kBf16 : Precision::kFp16;
    const GemmLaw law = gemm_law(builtin(), a, p);
    for (const double m : {1.0, 128.0, 8192.0}) {
      const Duration t = law.time(m, 8192, 8192);
      EXPECT_GT(t, Flops::of(2 * m * 8192 * 8192) / peak_of(a, p)) << id << m;
      EXPECT_GT(t, Bytes::of(2.0 * 8192 * 8192) / (a.memory_bandwidth * 1.2)) << id << m;
    }
    EXPECT_LT(law.time(1024, 4096, 4096), law.time(2048, 4096, 4096));
  }
}

TEST(AttentionLaw, NeverAboveTheMeasuredShare) {
  const Accelerator& a = *builtin().accelerator("H100-SXM-80GB");
  const AttentionLaw law = attention_law(builtin(), a, Precision::kBf16);
  const Flops f = Flops::of(1e18);
  EXPECT_GE(law.time(f, Bytes::of(1), 1e6, 128), f / (a.peak.bf16 * law.most_share));
  EXPECT_GT(law.time(f, Bytes::of(1), 4096, 64), law.time(f, Bytes::of(1), 4096, 128));
}

TEST(Collectives, MoreBytesAndMoreRanksTakeLonger) {
  const Network net(builtin(), *builtin().accelerator("H100-SXM-80GB"), 8, Bandwidth::of(400e9));
  for (const Collective op :
       {Collective::kAllReduce, Collective::kAllGather, Collective::kReduceScatter, Collective::kAllToAll}) {
    EXPECT_LT(net.in_domain(op, Bytes::of(1e6), 8), net.in_domain(op, Bytes::of(1e8), 8));
    EXPECT_EQ(net.in_domain(op, Bytes::of(1e6), 1).base(), 0);
    EXPECT_GT(net.in_domain(op, Bytes::of(1e9), 8), Bytes::of(0.5e9) / Bandwidth::of(900e9));
  }
  const Network rack(builtin(), *builtin().accelerator("GB200-186GB"), 4, Bandwidth::of(200e9));
  EXPECT_EQ(rack.domain(), 72);
  EXPECT_DOUBLE_EQ(rack.outward().base(), 18 * 200e9);
  const Network cards(builtin(), *builtin().accelerator("RTX4090-24GB"), 8, Bandwidth::of(25e9));
  EXPECT_EQ(cards.domain(), 8);
  EXPECT_LT(cards.law(Collective::kAllReduce, 8).bus, Bandwidth::of(32e9));
}

TEST(StepModel, EveryPartIsThereAndNonNegative) {
  Parallelism p = data_parallel(2);
  p.tensor_parallel = 4;
  p.pipeline_parallel = 4;
  p.context_parallel = 2;
  p.sequence_parallel = true;
  p.recompute = Recompute::kFull;
  const StepTime t = Step().time(p);
  for (const Duration part :
       {t.compute, t.memory_bound, t.recompute, t.tensor_comm, t.pipeline_bubble, t.optimizer, t.other})
    EXPECT_GT(part.base(), 0);
  for (const Duration part : {t.context_comm, t.expert_comm, t.data_comm_exposed}) EXPECT_GE(part.base(), 0);
}

TEST(StepModel, TwiceTheBatchIsTwiceTheWork) {
  const StepTime one = Step({.batch = 512}).time(data_parallel(64));
  const StepTime two = Step({.batch = 1024}).time(data_parallel(64));
  EXPECT_NEAR(two.compute / one.compute, 2, 1e-9);
  EXPECT_NEAR(two.memory_bound / one.memory_bound, 2, 1e-9);
}

TEST(StepModel, RecomputeCostsAForwardPass) {
  Parallelism p = data_parallel(64);
  const StepTime none = Step().time(p);
  p.recompute = Recompute::kFull;
  const StepTime full = Step().time(p);
  EXPECT_NEAR(full.recompute / (none.compute + none.memory_bound), 1.0 / 3, 0.06);
  p.recompute_share = 0.25;
  EXPECT_NEAR(Step().time(p).recompute / full.recompute, 0.25, 1e-9);
}

TEST(StepModel, SoftwareMatters) {
  const Parallelism p = data_parallel(64);
  const StepTime now = Step().time(p);
  EXPECT_GT(Step({.stack = "torchtitan"}).time(p).compute, now.compute) << "its attention is older on Hopper";
  EXPECT_GT(Step({.stack = "megatron-2021"}).time(p).compute, now.compute) << "it keeps attention scores";
  Step eager;
  eager.setup().compiled = false;
  EXPECT_GT(eager.time(p).compute, now.compute);
}

TEST(StepModel, SlowerLinksNeverHelp) {
  for (const int tensor : {1, 8}) {
    for (const int stage : {1, 3}) {
      Parallelism p = data_parallel(64 / tensor);
      p.tensor_parallel = tensor;
      p.zero_stage = stage;
      Duration last = Duration::of(1e9);
      for (const double gigabytes : {10, 50, 400}) {
        Step step;
        step.setup().network =
            Network(builtin(), *builtin().accelerator("H100-SXM-80GB"), 8, Bandwidth::of(gigabytes * 1e9));
        const Duration t = step.time(p).total();
        EXPECT_LE(t, last) << tensor << stage << gigabytes;
        last = t;
      }
    }
  }
}

Demand mixtral(double batch) {
  Demand d;
  d.model.shape = *builtin().model("mixtral-8x7b")->arch.shape;
  d.sequence_length = 4096;
  d.global_batch = batch;
  d.family = Family::kMoe;
  return d;
}

TEST(StepModel, AMixturePaysForItsActiveExpertsAndTheirTraffic) {
  const Accelerator& a = *builtin().accelerator("H100-SXM-80GB");
  const Demand d = mixtral(256);
  const StepSetup setup =
      make_step_setup(d, {}, {&a, 64, 8, {}}, Precision::kBf16, *builtin().stack("megatron-core"), builtin());
  const TrainingConstants c = training_constants(builtin(), a.id);
  Parallelism p = data_parallel(64);
  const StepTime alone = StepModel(setup, c).step(p);
  EXPECT_EQ(alone.expert_comm.base(), 0);
  p.expert_parallel = 8;
  const StepTime dealt = StepModel(setup, c).step(p);
  EXPECT_GT(dealt.expert_comm.base(), 0);
  EXPECT_LE(dealt.data_comm_exposed, alone.data_comm_exposed) << "dealt experts have fewer gradients each";
}

// Megatron-Core's table of mixtures: Mixtral 8x7B at 468 TFLOP/s on 128 H100, bf16, sequences of 4,096
// (NVIDIA/Megatron-LM, megatron/core/transformer/moe/README.md). No run of it was fitted.
TEST(StepModel, LargeExpertsRunNearTheSpeedOfDenseLayers) {
  const Accelerator& a = *builtin().accelerator("H100-SXM-80GB");
  const Demand d = mixtral(256);
  const StepSetup setup = make_step_setup(d, {}, {&a, 128, 8, {}}, Precision::kBf16,
                                          *builtin().stack("megatron-core"), builtin());
  Parallelism p = data_parallel(32);
  p.pipeline_parallel = 4;
  p.virtual_pipeline = 8;
  p.expert_parallel = 8;
  const StepTime step = StepModel(setup, training_constants(builtin(), a.id)).step(p);
  const double active = 12.88e9;
  const double flops = 256 * 4096 * (6 * active + 6.0 * 32 * 4096 * 4096);
  EXPECT_NEAR(flops / 128 / step.total().base() / 1e12, 468, 0.2 * 468);
}

TEST(StepModel, APowerCapSlowsMatrixProducts) {
  Step capped({.accelerator = "H100-SXM-96GB-HBM2e"});
  EXPECT_NEAR(capped.setup().power_headroom, 700.0 / 500, 1e-12);
  EXPECT_EQ(Step().setup().power_headroom, 1);
}

// A node of four is half of a node of eight: what crosses it goes over the network.
TEST(Network, ANodeBoundsItsLinks) {
  const Accelerator& a = *builtin().accelerator("A100-SXM-80GB");
  EXPECT_EQ(Network(builtin(), a, 4, Bandwidth::of(1e11)).domain(), 4);
  EXPECT_EQ(Network(builtin(), a, 8, Bandwidth::of(1e11)).domain(), 8);
  EXPECT_EQ(Network(builtin(), a, 16, Bandwidth::of(1e11)).domain(), 8);
  EXPECT_DOUBLE_EQ(usual_node_bandwidth(a, 4).base() * 2, usual_node_bandwidth(a, 8).base());
}

TEST(StepModel, ExpertsOfSlowNodesWaitForTheNetwork) {
  const Accelerator& a = *builtin().accelerator("H100-SXM-80GB");
  const Demand d = mixtral(64);
  const StepSetup setup = make_step_setup(d, {}, {&a, 64, 1, Bandwidth::of(1e9)}, Precision::kBf16,
                                          *builtin().stack("megatron-core"), builtin());
  Parallelism p = data_parallel(64);
  p.expert_parallel = 8;
  // 2 x 2 passes over 32 layers: 7 of 8 parts of 2 x 4096 x 2 x 4096 bytes leave the card at 1 GB/s.
  const double bytes = 2.0 * 4096 * 2 * 4096 * 7 / 8;
  const double least = 0.5 * 4 * 32 * bytes / 1e9;
  EXPECT_GT(StepModel(setup, training_constants(builtin(), a.id)).step(p).expert_comm.base(), least);
}

TEST(StepModel, SinglePrecisionIsNeverFasterThanItsPeak) {
  Demand d;
  d.model.shape = *builtin().model("llama-3.2-1b")->arch.shape;
  d.sequence_length = 2048;
  d.global_batch = 64;
  const Accelerator& a = *builtin().accelerator("A100-SXM-80GB");
  for (const Precision precision : {Precision::kFp32, Precision::kTf32}) {
    const StepSetup s =
        make_step_setup(d, {}, {&a, 8, 8, {}}, precision, *builtin().stack("megatron-core"), builtin());
    const StepTime t = StepModel(s, training_constants(builtin(), a.id)).step(data_parallel(8));
    const Flops work = 64.0 * 2048 * training_flops_per_token(*d.model.shape, 2048);
    EXPECT_GT(t.total(), work / (8.0 * peak_of(a, precision)));
  }
}

TEST(TimeBand, WidensWhereLessIsKnown) {
  const auto width = [](const char* id, Family family = Family::kDense, bool known = true) {
    const TimeBand b = time_band(builtin(), family, *builtin().accelerator(id), known);
    EXPECT_LT(b.p10, 1);
    EXPECT_GT(b.p90, 1);
    return b.p90 / b.p10;
  };
  EXPECT_LT(width("H100-SXM-80GB"), width("B200-SXM-180GB")) << "no runs";
  EXPECT_LT(width("B200-SXM-180GB"), width("L4-24GB")) << "no kernels of its own";
  EXPECT_LT(width("L4-24GB"), width("MI300X-192GB")) << "no kernel of its vendor";
  EXPECT_LT(width("H100-SXM-80GB"), width("H100-SXM-80GB", Family::kMoe));
  EXPECT_LT(width("H100-SXM-80GB"), width("H100-SXM-80GB", Family::kDense, false));
}

// Whatever the layout, the ranks together hold every parameter's optimizer state once under ZeRO 1.
TEST(Sharding, NoExpertIsLost) {
  const TransformerShape& shape = *builtin().model("mixtral-8x7b")->arch.shape;
  const double experts = count_parameters(shape).expert;
  for (const int tensor : {1, 2, 8}) {
    for (const int expert : {1, 2, 4, 8}) {
      Parallelism p = data_parallel(64 / tensor);
      p.tensor_parallel = tensor;
      p.expert_parallel = expert;
      const int copies = expert_replicas(p);
      ASSERT_GT(copies, 0) << tensor << expert;
      EXPECT_NEAR(fullest_rank_parameters(shape, count_parameters(shape), p).expert / copies * 64, experts, 1)
          << tensor << expert;
    }
  }
  Parallelism odd = data_parallel(1);
  odd.tensor_parallel = 8;
  odd.expert_parallel = 16;
  EXPECT_EQ(expert_replicas(odd), 0) << "sixteen groups on eight ranks";
}

TEST(Sharding, StagesBearTheirLayersAndEnds) {
  EXPECT_EQ(stage_layers(32, 1).most, 32);
  EXPECT_EQ(stage_layers(32, 4).most, 8);
  EXPECT_EQ(stage_layers(32, 4).last, 8);
  EXPECT_EQ(stage_layers(126, 16).most, 8);
  EXPECT_EQ(stage_layers(126, 16).last, 7);
  EXPECT_EQ(stage_layers(32, 3).most, 11);
  EXPECT_EQ(stage_layers(32, 3).last, 10);
  EXPECT_EQ(stage_layers(32, 31).most, 2);
  EXPECT_FALSE(stages_are_even(32, 31));
}

TEST(Stacks, OldPartsRunOldSoftware) {
  const auto usual = [](const char* id) { return usual_stack(builtin(), *builtin().accelerator(id))->id; };
  EXPECT_EQ(usual("V100-SXM2-32GB"), "megatron-2021");
  EXPECT_EQ(usual("H100-SXM-80GB"), "megatron-core-2026");
  EXPECT_EQ(usual("TPU-v5e-16GB"), "maxtext");
  EXPECT_EQ(usual("MI300X-192GB"), "megatron-core-2026") << "none of its platform is described";
}

TEST(Constants, AreFewAndNearTheirPriors) {
  int free = 0, own = 0;
  for (const ConstantField& f : constant_fields()) (f.per_accelerator ? own : free) += f.sigma > 0 ? 1 : 0;
  EXPECT_LE(free, 42) << "13 of stacks of layers, the rest of operators of every kind";
  EXPECT_LE(own, 2);
  for (const FittedConstant& c : builtin().tables().constants) {
    const auto field = std::find_if(constant_fields().begin(), constant_fields().end(),
                                    [&](const ConstantField& f) { return f.name == c.name; });
    ASSERT_NE(field, constant_fields().end()) << c.name;
    // A constant that runs have moved by more than four widths means something else than it says.
    EXPECT_LT(std::abs(std::log(c.value / c.prior)), std::max(0.65, 4 * field->sigma))
        << c.name << " of " << c.scope;
  }
}

}  // namespace
}  // namespace capplan

#include "performance/layout_search.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

#include "model/usual_shape.h"
#include "performance/sharding.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

struct Case {
  Demand demand;
  Workload workload;
  Accelerator accelerator;
  Machine machine;
  const Stack* stack = nullptr;
  TrainingConstants constants;
  StepSetup setup;

  void prepare() {
    machine.accelerator = &accelerator;
    setup = make_step_setup(demand, workload, machine, Precision::kBf16, *stack, builtin());
  }
  LayoutSearch search() const { return {demand, workload, machine, setup, constants, machine.count}; }
  std::string text() const {
    const TransformerShape& s = *demand.model.shape;
    return accelerator.id.data() + std::string(" x") + std::to_string(machine.count) + " layers " +
           std::to_string(s.layers) + " heads " + std::to_string(s.heads) + " hidden " +
           std::to_string(s.hidden) + " batch " + std::to_string(demand.global_batch) + " sequence " +
           std::to_string(demand.sequence_length) + " on " + std::string(stack->id);
  }
};

// Small models on small machines with little memory, so that layouts that fit and that do not are mixed.
class Cases {
 public:
  explicit Cases(unsigned seed) : random_(seed) {}

  std::unique_ptr<Case> next() {
    auto c = std::make_unique<Case>();
    TransformerShape s;
    s.layers = pick({2, 3, 4, 6, 8, 10});
    s.heads = pick({4, 6, 8, 12});
    s.head_dim = pick({32, 64, 128});
    s.kv_heads = pick({1, 2, s.heads});
    s.hidden = s.heads * s.head_dim;
    s.ffn = s.hidden * pick({2, 3, 4});
    s.vocab = pick({1024, 32000});
    s.gated_mlp = chance(0.5);
    if (chance(0.3)) s.experts = Experts{pick({4, 6, 8}), 2, s.hidden, pick({0, 1}), pick({0, 1})};
    c->demand.kind = WorkloadKind::kTraining;
    c->demand.family = s.experts ? Family::kMoe : Family::kDense;
    c->demand.model.architecture = Architecture::kTransformer;
    c->demand.model.shape = s;
    c->demand.params = count_parameters(s).total();
    c->demand.text = true;
    c->demand.sequence_length = pick({128, 512, 1000, 4096});
    c->demand.global_batch = pick({4, 8, 12, 24, 36});
    c->accelerator = *builtin().accelerator(name({"H100-SXM-80GB", "A100-SXM-80GB", "RTX4090-24GB"}));
    c->stack =
        builtin().stack(name({"megatron-core", "megatron-2021", "torchtitan", "fsdp-2023", "maxtext"}));
    c->machine.per_node = pick({2, 4, 8});
    c->machine.count = pick({1, 2, 3, 4, 6, 8, 12, 16, 24});
    c->constants = training_constants(builtin(), c->accelerator.id);
    set_pins(c->workload.pin);
    c->machine.accelerator = &c->accelerator;
    c->prepare();
    // What some layouts need and others exceed: the framework's part grows with the memory itself.
    const auto leanest = c->search().leanest(c->machine.count);
    if (leanest) {
      const Bytes own = leanest->memory.total() - framework_overhead(c->accelerator);
      c->accelerator.memory = Bytes::of(0);
      const Bytes fixed = framework_overhead(c->accelerator);
      c->accelerator.memory = Bytes::of(1e9);
      const double grown = (framework_overhead(c->accelerator) - fixed) / Bytes::of(1e9);
      c->accelerator.memory = (fixed + own * (0.95 + 1.5 * share())) / (1 - grown);
    }
    c->prepare();
    return c;
  }

 private:
  int pick(std::initializer_list<int> values) {
    return *(values.begin() + std::uniform_int_distribution<long>(0, std::ssize(values) - 1)(random_));
  }
  Text name(std::initializer_list<Text> names) {
    return *(names.begin() + std::uniform_int_distribution<long>(0, std::ssize(names) - 1)(random_));
  }
  double share() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  bool chance(double p) { return share() < p; }

  void set_pins(Pin& pin) {
    if (chance(0.1)) pin.tensor_parallel = pick({1, 2, 4});
    if (chance(0.1)) pin.pipeline_parallel = pick({1, 2, 3});
    if (chance(0.1)) pin.virtual_pipeline = pick({1, 2});
    if (chance(0.1)) pin.context_parallel = pick({1, 2});
    if (chance(0.1)) pin.zero_stage = pick({0, 1, 2, 3});
    if (chance(0.1)) pin.micro_batch = pick({1, 2, 3});
    if (chance(0.1)) pin.sequence_parallel = chance(0.5);
    if (chance(0.1)) pin.recompute = chance(0.5) ? Recompute::kFull : Recompute::kNone;
  }

  std::mt19937 random_;
};

// Every layout that the rules of docs/methodology.md, Layouts, admit, written down apart from the search:
// all numbers up to the count are tried for every degree.
std::vector<Parallelism> every_layout(const Case& c) {
  const TransformerShape& s = *c.demand.model.shape;
  const Pin& pin = c.workload.pin;
  const Stack& stack = *c.stack;
  const int n = c.machine.count;
  const int domain = c.setup.network.domain();
  const int batch = static_cast<int>(c.demand.global_batch);
  const int sequence = static_cast<int>(c.demand.sequence_length);
  const auto open = [](const std::optional<int>& pinned, int value, bool legal) {
    return pinned ? *pinned == value : legal;
  };
  std::vector<Parallelism> layouts;
  for (int t = 1; t <= n; ++t) {
    const bool whole = s.heads % t == 0 && s.ffn % t == 0;
    const bool placed = domain % t == 0 || t % domain == 0 || (n <= domain && t <= domain);
    if (!open(pin.tensor_parallel, t, t == 1 || (stack.tensor && whole && placed))) continue;
    for (int k = 1; k <= n; ++k) {
      if (!open(pin.context_parallel, k, k == 1 || (stack.context && sequence % (2 * k) == 0))) continue;
      for (int p = 1; p <= std::min(n, s.layers); ++p) {
        if (!open(pin.pipeline_parallel, p, p == 1 || stack.pipeline) || n % (t * k * p) != 0) continue;
        const int d = n / (t * k * p);
        for (int e = 1; e <= n; ++e) {
          const bool dealt = s.experts && stack.expert && s.experts->count % e == 0 && t * k * d % e == 0;
          if (e > 1 && !dealt) continue;
          for (int b = 1; b <= batch; ++b) {
            if (!open(pin.micro_batch, b, true) || batch % (d * b) != 0) continue;
            Parallelism x;
            x.tensor_parallel = t;
            x.context_parallel = k;
            x.pipeline_parallel = p;
            x.data_parallel = d;
            x.expert_parallel = e;
            x.micro_batch = b;
            layouts.push_back(x);
          }
        }
      }
    }
  }
  // Schedules.
  std::vector<Parallelism> all;
  for (const Parallelism& degrees : layouts) {
    const int p = degrees.pipeline_parallel;
    const bool even = s.layers % p == 0 || (s.layers + 1) % p == 0 || (s.layers + 2) % p == 0;
    const int stage = (s.layers + p - 1) / p;
    const int rounds = batch / (degrees.data_parallel * static_cast<int>(degrees.micro_batch));
    for (int v = 1; v <= stage; ++v) {
      const bool interleaves = p > 1 && stack.interleaved && even && stage % v == 0 && rounds % p == 0;
      if (pin.virtual_pipeline ? v != *pin.virtual_pipeline || (v > 1 && p == 1) : v > 1 && !interleaves)
        continue;
      for (int z = 0; z <= 3; ++z) {
        const int copies = degrees.data_parallel * degrees.context_parallel;
        const bool able = (stack.zero_stages >> static_cast<unsigned>(z) & 1U) != 0;
        const bool legal = copies == 1 ? z == 0 : able && (z < 2 || p == 1 || stack.zero_stage >= 3);
        if (!open(pin.zero_stage, z, legal)) continue;
        for (const bool sp : {false, true}) {
          if (sp && (degrees.tensor_parallel == 1 || !(stack.sequence || pin.sequence_parallel))) continue;
          if (degrees.tensor_parallel > 1 && pin.sequence_parallel && *pin.sequence_parallel != sp) continue;
          for (int repeated = -1; repeated <= stage; ++repeated) {  // -1: selective
            const Recompute mode = repeated < 0    ? Recompute::kSelective
                                   : repeated == 0 ? Recompute::kNone
                                                   : Recompute::kFull;
            const bool selects = stack.selective_recompute &&
                                 (stack.attention == AttentionKernel::kUnfused || stack.selective_share > 0);
            const bool partial = repeated > 0 && repeated < stage;
            if (!pin.recompute && partial && !stack.partial_recompute) continue;
            if (!pin.recompute && mode == Recompute::kSelective && !selects) continue;
            if (pin.recompute && (mode != *pin.recompute || (repeated > 0 && repeated < stage))) continue;
            Parallelism x = degrees;
            x.virtual_pipeline = v;
            x.zero_stage = z;
            x.sequence_parallel = sp;
            x.recompute = mode;
            x.recompute_share = mode == Recompute::kFull ? static_cast<double>(repeated) / stage : 1;
            if (z == 3 && stack.shard_in_domain) x.shard_group = std::max(1, domain / x.tensor_parallel);
            all.push_back(x);
          }
        }
      }
    }
  }
  return all;
}

// The fastest that fits of all of them, each timed and sized from scratch.
std::optional<PlacedLayout> best_of_all(const Case& c, const std::vector<Parallelism>& layouts) {
  const StepModel steps(c.setup, c.constants);
  const MemoryModel memory(c.demand, c.workload, c.accelerator, Precision::kBf16, *c.stack);
  std::optional<PlacedLayout> best;
  for (const Parallelism& p : layouts) {
    const PlacedLayout placed{p, steps.step(p), memory.use(p)};
    if (placed.memory.total() > c.accelerator.memory) continue;
    const double time = placed.step.total().base();
    const double known = best ? best->step.total().base() : 0;
    if (!best || time < known * (1 - 1e-11) || (time <= known * (1 + 1e-11) && comes_before(p, best->layout)))
      best = placed;
  }
  return best;
}

auto key(const Parallelism& p) {
  return std::tuple(p.tensor_parallel, p.context_parallel, p.expert_parallel, p.pipeline_parallel,
                    p.data_parallel, p.virtual_pipeline, p.zero_stage, p.micro_batch, p.recompute,
                    p.recompute_share, p.sequence_parallel, p.shard_group);
}

TEST(LayoutSearch, FindsWhatTryingEverythingFinds) {
  Cases cases(20261125);
  int fitting = 0;
  int crowded = 0;
  std::size_t looked_at = 0;
  for (int i = 0; i < 400; ++i) {
    const auto c = cases.next();
    const std::vector<Parallelism> all = every_layout(*c);
    looked_at += all.size();
    const auto expected = best_of_all(*c, all);
    const LayoutsFound found = c->search().search(c->machine.count);
    ASSERT_EQ(found.fastest.empty(), !expected) << i << ": " << c->text() << ", of " << all.size();
    crowded += !expected && !all.empty();
    if (!expected) continue;
    ++fitting;
    const PlacedLayout& best = found.fastest.front();
    EXPECT_EQ(key(best.layout), key(expected->layout))
        << i << ": " << c->text() << ", " << best.step.total().base() << " s against "
        << expected->step.total().base();
    EXPECT_LE(found.evaluated, static_cast<double>(all.size()));
  }
  EXPECT_GT(fitting, 250);
  EXPECT_GT(crowded, 5);
  EXPECT_GT(looked_at, 100'000U);
}

// Without bounds every layout is given its time and memory, but for those whose micro-batches alone do not
// fit.
TEST(LayoutSearch, WithoutBoundsNothingIsLeftOut) {
  Cases cases(7);
  for (int i = 0; i < 60; ++i) {
    const auto c = cases.next();
    c->accelerator.memory = Bytes::of(1e15);
    c->prepare();
    const LayoutSearch search = c->search();
    const std::size_t all = every_layout(*c).size();
    const LayoutsFound every = search.search(c->machine.count, {.exhaustive = true});
    EXPECT_EQ(every.evaluated, static_cast<double>(all)) << c->text();
    const LayoutsFound bounded = search.search(c->machine.count);
    ASSERT_EQ(bounded.fastest.empty(), every.fastest.empty());
    if (every.fastest.empty()) continue;
    EXPECT_EQ(key(bounded.fastest.front().layout), key(every.fastest.front().layout)) << c->text();
  }
}

// Times and memory that layouts share are to the bit what each has alone.
TEST(LayoutSearch, SharedPartsAreThoseOfEachLayout) {
  Cases cases(11);
  int compared = 0;
  for (int i = 0; i < 60; ++i) {
    const auto c = cases.next();
    const LayoutSearch search = c->search();
    const LayoutsFound found = search.search(c->machine.count, {.wanted = 1000, .exhaustive = true});
    for (const PlacedLayout& placed : found.fastest) {
      const PlacedLayout alone = search.place(placed.layout);
      EXPECT_EQ(placed.step.total().base(), alone.step.total().base()) << c->text();
      EXPECT_EQ(placed.step.pipeline_bubble.base(), alone.step.pipeline_bubble.base());
      EXPECT_EQ(placed.step.data_comm_exposed.base(), alone.step.data_comm_exposed.base());
      EXPECT_EQ(placed.memory.activations.base(), alone.memory.activations.base());
      EXPECT_EQ(placed.memory.total().base(), alone.memory.total().base());
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

TEST(LayoutSearch, ThreadsChangeNothing) {
  Cases cases(13);
  for (int i = 0; i < 60; ++i) {
    const auto c = cases.next();
    const LayoutSearch search = c->search();
    const LayoutsFound one = search.search(c->machine.count, {.wanted = 5});
    for (const int threads : {2, 4}) {
      const LayoutsFound many = search.search(c->machine.count, {.wanted = 5, .threads = threads});
      ASSERT_EQ(many.fastest.size(), one.fastest.size());
      for (std::size_t k = 0; k < one.fastest.size(); ++k)
        EXPECT_EQ(key(many.fastest[k].layout), key(one.fastest[k].layout)) << c->text();
    }
  }
}

// Runners-up: the best layout of each other set of degrees, in order.
TEST(LayoutSearch, RunnersUpHaveOtherDegrees) {
  Cases cases(17);
  for (int i = 0; i < 60; ++i) {
    const auto c = cases.next();
    const LayoutSearch search = c->search();
    const LayoutsFound some = search.search(c->machine.count, {.wanted = 4});
    const LayoutsFound every = search.search(c->machine.count, {.wanted = 1000, .exhaustive = true});
    std::set<std::tuple<int, int, int, int>> degrees;
    for (std::size_t k = 0; k < some.fastest.size(); ++k) {
      EXPECT_EQ(key(some.fastest[k].layout), key(every.fastest[k].layout)) << c->text();
      const Parallelism& p = some.fastest[k].layout;
      EXPECT_TRUE(
          degrees.emplace(p.tensor_parallel, p.context_parallel, p.expert_parallel, p.pipeline_parallel)
              .second);
      const Duration before = k > 0 ? some.fastest[k - 1].step.total() : Duration{};
      EXPECT_GE(some.fastest[k].step.total().base(), before.base() * (1 - 1e-11));
    }
    EXPECT_EQ(some.fastest.size(), std::min<std::size_t>(4, every.fastest.size()));
  }
}

// What the search's bounds rest on.
TEST(LayoutSearch, LargerMicroBatchesTakeLessTimeASequence) {
  Cases cases(19);
  for (int i = 0; i < 200; ++i) {
    const auto c = cases.next();
    const StepModel steps(c->setup, c->constants);
    Parallelism p;
    p.tensor_parallel = c->demand.model.shape->heads % 2 == 0 ? 2 : 1;
    p.context_parallel = c->demand.sequence_length == 4096 ? 4 : 1;
    double before = 1e30;
    for (int micro = 1; micro <= 36; ++micro) {
      p.micro_batch = micro;
      const double now = StepModel::split_time(p, steps.layers().pass(p)).base();
      EXPECT_LE(now, before * (1 + 1e-12)) << c->text() << ", micro-batch " << micro;
      before = now;
    }
  }
}

TEST(LayoutSearch, RepeatingWorkNeverSavesTime) {
  Cases cases(23);
  for (int i = 0; i < 100; ++i) {
    const auto c = cases.next();
    const StepModel steps(c->setup, c->constants);
    for (Parallelism p : every_layout(*c)) {
      if (p.recompute == Recompute::kNone) continue;
      const Duration with = steps.step(p).total();
      p.recompute = Recompute::kNone;
      ASSERT_GE(with.base(), steps.step(p).total().base() * (1 - 1e-12)) << c->text();
    }
  }
}

// A model so small that no limit of memory hides one of size.
std::unique_ptr<Case> tiny(double batch) {
  auto c = std::make_unique<Case>();
  TransformerShape s;
  s.layers = 2;
  s.hidden = s.ffn = 64;
  s.heads = s.kv_heads = 1;
  s.head_dim = 64;
  s.vocab = 8;
  c->demand.kind = WorkloadKind::kTraining;
  c->demand.family = Family::kDense;
  c->demand.model.shape = s;
  c->demand.text = true;
  c->demand.sequence_length = 1;
  c->demand.global_batch = batch;
  c->accelerator = *builtin().accelerator("H100-SXM-80GB");
  c->stack = builtin().stack("megatron-core");
  c->machine.per_node = 8;
  c->constants = training_constants(builtin(), c->accelerator.id);
  c->prepare();
  return c;
}

TEST(LayoutSearch, HugeBatchesAreDealtOutWhole) {
  const auto two = tiny(2e9);
  const auto three = tiny(3e9);
  const double of_two = two->search().search(1).fastest.front().step.total().base();
  const double of_three = three->search().search(1).fastest.front().step.total().base();
  EXPECT_NEAR(of_three / of_two, 1.5, 0.05);
}

TEST(LayoutSearch, MicroBatchesAreLimitedByMemoryAlone) {
  const auto open = tiny(1e6);
  auto pinned = tiny(1e6);
  pinned->workload.pin.micro_batch = 1'000'000;
  const Duration found = open->search().search(1).fastest.front().step.total();
  const LayoutsFound whole = pinned->search().search(1);
  ASSERT_FALSE(whole.fastest.empty());
  EXPECT_LE(found.base(), whole.fastest.front().step.total().base() * (1 + 1e-11));
}

TEST(LayoutSpace, ReasonsNameWhatIsWrong) {
  auto c = tiny(512);
  const auto why = [&](auto set) {
    c->workload.pin = {};
    set(c->workload.pin);
    return LayoutSpace(c->demand, c->workload, c->setup).why_none(1);
  };
  EXPECT_EQ(why([](Pin& p) { p.micro_batch = 3; }),
            "no layout: a batch of 512 does not come in micro-batches of 3");
  EXPECT_EQ(why([](Pin& p) { p.virtual_pipeline = 1'000'000; }),
            "no layout: no stage has 1000000 chunks of layers");
  EXPECT_EQ(why([](Pin& p) { p.expert_parallel = 2; }),
            "no layout: 0 experts cannot be dealt out to 2 ranks");
  EXPECT_EQ(why([](Pin& p) { p.tensor_parallel = 2; }),
            "no layout: 1 accelerator cannot be divided as pinned");
}

TEST(LayoutSpace, CountsAreThoseThatSomeLayoutHas) {
  Cases cases(29);
  for (int i = 0; i < 30; ++i) {
    const auto c = cases.next();
    const std::vector<int> counts = LayoutSpace(c->demand, c->workload, c->setup).counts(24);
    for (int n = 1; n <= 24; ++n) {
      c->machine.count = n;
      // A count may turn out to have no layout once experts and domains are looked at; none is left out.
      const bool listed = std::binary_search(counts.begin(), counts.end(), n);
      EXPECT_TRUE(listed || every_layout(*c).empty()) << c->text();
    }
  }
}

}  // namespace
}  // namespace capplan

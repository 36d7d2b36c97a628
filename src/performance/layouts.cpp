#include "performance/layouts.h"

#include <algorithm>
#include <cmath>

#include "performance/memory.h"
#include "performance/sharding.h"

namespace capplan {
namespace {

constexpr double kLongSequence = 32768;
constexpr double kMostMicroBatch = 32;
constexpr int kMostStages = 64;
const std::vector<int> kPowers{1, 2, 4, 8, 16, 32, 64};

class Search {
 public:
  Search(const Demand& demand, const Workload& workload, const Machine& machine, const StepSetup& setup,
         const TrainingConstants& constants)
      : demand_(demand),
        workload_(workload),
        pin_(workload.pin),
        machine_(machine),
        setup_(setup),
        model_(setup, constants) {
    found_.lacking = Bytes::of(1e30);
    stages_ = pin_.pipeline_parallel ? std::vector<int>{*pin_.pipeline_parallel} : stage_counts();
  }

  LayoutSearch run() {
    try_layouts(contexts());
    // Fewer sequences than accelerators: a sequence is shared where nothing else deals them out.
    const bool few = demand_.global_batch < machine_.count && contexts().size() == 1;
    if (!found_.best && few && !pin_.context_parallel) try_layouts(kPowers);
    return found_;
  }

 private:
  void try_layouts(const std::vector<int>& contexts) {
    for (const int tensor : open(pin_.tensor_parallel)) {
      if (!pin_.tensor_parallel && (tensor > setup_.network.domain() || shape().heads % tensor != 0))
        continue;
      for (const int context : contexts) {
        if (1LL * tensor * context > machine_.count) continue;
        for (const int expert : experts()) {
          Parallelism p;
          p.tensor_parallel = tensor;
          p.context_parallel = context;
          p.expert_parallel = expert;
          p.sequence_parallel = tensor > 1 && pin_.sequence_parallel.value_or(setup_.stack.sequence_parallel);
          try_micro_batches(p);
        }
      }
    }
  }

  const TransformerShape& shape() const { return *setup_.shape; }
  static std::vector<int> open(const std::optional<int>& pinned) {
    return pinned ? std::vector<int>{*pinned} : kPowers;
  }
  std::vector<int> contexts() const {
    if (pin_.context_parallel) return {*pin_.context_parallel};
    return demand_.sequence_length >= kLongSequence ? kPowers : std::vector<int>{1};
  }
  std::vector<int> experts() const {
    if (pin_.expert_parallel) return {*pin_.expert_parallel};
    if (!shape().experts) return {1};
    std::vector<int> degrees;
    for (const int e : kPowers) {
      if (shape().experts->count % e == 0) degrees.push_back(e);
    }
    return degrees;
  }
  std::vector<int> stage_counts() const {
    std::vector<int> counts;
    for (int stages = 1; stages <= std::min(kMostStages, shape().layers); ++stages) {
      const bool power = (stages & (stages - 1)) == 0;
      if (power || stages_are_even(shape().layers, stages)) counts.push_back(stages);
    }
    return counts;
  }
  std::vector<double> micro_batches() const {
    if (pin_.micro_batch) return {static_cast<double>(*pin_.micro_batch)};
    std::vector<double> sizes;
    const int most = static_cast<int>(std::min(kMostMicroBatch, std::max(1.0, demand_.global_batch)));
    for (int size = 1; size <= most; size *= 2) sizes.push_back(size);
    return sizes;
  }
  std::vector<int> zero_stages(const Parallelism& p) const {
    if (pin_.zero_stage) return {*pin_.zero_stage};
    if (p.data_parallel * p.context_parallel <= 1) return {0};
    if (setup_.stack.zero_stage >= 3 || p.pipeline_parallel > 1) return {setup_.stack.zero_stage};
    return {setup_.stack.zero_stage, 3};
  }

  // Experts are dealt out in whole numbers, to ranks that make whole groups.
  bool deals_experts(const Parallelism& p) const {
    if (p.expert_parallel == 1) return true;
    return shape().experts && shape().experts->count % p.expert_parallel == 0 && expert_replicas(p) > 0;
  }

  // Interleaving as deep as layers and micro-batches allow; and none, which needs less memory.
  std::vector<int> chunk_counts(const Parallelism& p, double rounds) const {
    const int most = stage_layers(shape().layers, p.pipeline_parallel).most;
    if (pin_.virtual_pipeline) {
      const bool legal =
          *pin_.virtual_pipeline == 1 || (p.pipeline_parallel > 1 && *pin_.virtual_pipeline <= most);
      return legal ? std::vector<int>{*pin_.virtual_pipeline} : std::vector<int>{};
    }
    const bool deep = p.pipeline_parallel > 1 && setup_.stack.interleaves &&
                      divides(p.pipeline_parallel, rounds) &&
                      stages_are_even(shape().layers, p.pipeline_parallel) && most > 1;
    return deep ? std::vector<int>{most, 1} : std::vector<int>{1};
  }

  void try_micro_batches(Parallelism p) {
    for (const double micro : micro_batches()) {
      p.micro_batch = micro;
      std::optional<LayerTimes> times;
      for (const int pipeline : stages_) {
        const long long each = 1LL * p.tensor_parallel * p.context_parallel * pipeline;
        if (each > machine_.count || machine_.count % each != 0 || pipeline > shape().layers) continue;
        p.pipeline_parallel = pipeline;
        p.data_parallel = static_cast<int>(machine_.count / each);
        if (pin_.data_parallel && *pin_.data_parallel != p.data_parallel) continue;
        if (!deals_experts(p)) continue;
        found_.any = true;
        if (!divides(p.data_parallel * micro, demand_.global_batch)) continue;
        found_.divisible = true;
        if (!times) times = model_.layers(p);
        try_schedules(p, *times);
      }
    }
  }

  void try_schedules(Parallelism p, const LayerTimes& times) {
    const double rounds = demand_.global_batch / (p.data_parallel * p.micro_batch);
    for (const int chunks : chunk_counts(p, rounds)) {
      p.virtual_pipeline = chunks;
      for (const int stage : zero_stages(p)) {
        p.zero_stage = stage;
        p.shard_group = 0;
        if (stage >= 3 && setup_.stack.shard_in_domain)
          p.shard_group = std::max(1, setup_.network.domain() / p.tensor_parallel);
        try_recompute(p, times);
      }
    }
  }

  void try_recompute(Parallelism p, const LayerTimes& times) {
    if (pin_.recompute || workload_.has_lever(Lever::kRecompute)) {
      p.recompute = pin_.recompute.value_or(Recompute::kFull);
      consider(p, memory(p), times);
      return;
    }
    const bool selects =
        setup_.stack.attention == AttentionKernel::kUnfused || setup_.stack.selective_share > 0;
    for (const Recompute mode : {Recompute::kNone, Recompute::kSelective}) {
      if (mode == Recompute::kSelective && !selects) continue;
      p.recompute = mode;
      if (const MemoryUse use = memory(p); use.total() <= room()) return consider(p, use, times);
    }
    // Full recompute of as few layers as fit. With any, one whole layer is at work besides: the line runs
    // from the first of them to all.
    p.recompute = Recompute::kFull;
    const double layers = shape().layers;
    p.recompute_share = 1 / layers;
    const Bytes first = memory(p).total();
    p.recompute_share = 1;
    const Bytes least = memory(p).total();
    if (first <= room()) {
      p.recompute_share = 1 / layers;
    } else if (least <= room()) {
      const double more = (first - room()) / (first - least) * (layers - 1);
      p.recompute_share = std::min(1.0, (1 + std::ceil(more)) / layers);
    }
    consider(p, memory(p), times);
  }

  MemoryUse memory(const Parallelism& p) const {
    return training_memory(demand_, workload_, *machine_.accelerator, setup_.precision, p, setup_.stack);
  }
  Bytes room() const { return machine_.accelerator->memory; }

  void consider(const Parallelism& p, const MemoryUse& use, const LayerTimes& times) {
    const Bytes lacking = use.total() - room();
    if (lacking.base() > 0) {
      if (lacking >= found_.lacking || found_.best) return;
      found_.lacking = lacking;
      found_.nearest = {p, model_.step(p, times), use};
      return;
    }
    const StepTime step = model_.step(p, times);
    // The first of equals stays: it is the simpler one.
    if (!found_.best || step.total() < found_.best->step.total() * (1 - 1e-9))
      found_.best = PlacedLayout{p, step, use};
  }

  const Demand& demand_;
  const Workload& workload_;
  const Pin& pin_;
  const Machine& machine_;
  const StepSetup& setup_;
  StepModel model_;
  std::vector<int> stages_;
  LayoutSearch found_;
};

}  // namespace

LayoutSearch search_layouts(const Demand& demand, const Workload& workload, const Machine& machine,
                            const StepSetup& setup, const TrainingConstants& constants) {
  return Search(demand, workload, machine, setup, constants).run();
}

}  // namespace capplan

#include "performance/layout_space.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/number_text.h"
#include "performance/sharding.h"

namespace capplan {
namespace {

// Ascending, as far as they are whole numbers that an int holds.
std::vector<int> divisors(long long whole) {
  constexpr long long kMost = std::numeric_limits<int>::max();
  std::vector<int> small;
  std::vector<int> large;
  for (long long d = 1; d * d <= whole; ++d) {
    if (whole % d != 0) continue;
    if (d <= kMost) small.push_back(static_cast<int>(d));
    if (d * d != whole && whole / d <= kMost) large.push_back(static_cast<int>(whole / d));
  }
  small.insert(small.end(), large.rbegin(), large.rend());
  return small;
}

// The whole number that `value` is; 0 where it is none.
long long whole_number(double value) {
  constexpr double kMost = 1e12;
  return value >= 1 && value <= kMost && std::floor(value) == value ? static_cast<long long>(value) : 0;
}

// Products up to a bound, each once: those of degrees are few and come up many times.
class Products {
 public:
  explicit Products(int most) : seen_(static_cast<std::size_t>(std::max(0, most)) + 1) {}

  void add(long long product) {
    if (product >= std::ssize(seen_) || seen_[static_cast<std::size_t>(product)]) return;
    seen_[static_cast<std::size_t>(product)] = true;
    found_.push_back(static_cast<int>(product));
  }
  const std::vector<int>& found() const { return found_; }

 private:
  std::vector<bool> seen_;
  std::vector<int> found_;
};

template <class Rule>
std::vector<int> those(const std::vector<int>& values, Rule rule) {
  std::vector<int> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), rule);
  return kept;
}

}  // namespace

LayoutSpace::LayoutSpace(const Demand& demand, const Workload& workload, const StepSetup& setup)
    : pin_(workload.pin),
      setup_(setup),
      recompute_asked_(workload.has_lever(Lever::kRecompute)),
      layers_(setup.shape->layers),
      batch_(whole_number(demand.global_batch)) {
  const TransformerShape& shape = *setup.shape;
  const Stack& stack = setup.stack;
  const int domain = setup.network.domain();
  const auto open = [](const std::optional<int>& pinned, bool able, auto search) {
    return pinned ? std::vector<int>{*pinned} : able ? search() : std::vector<int>{1};
  };
  tensor_ = open(pin_.tensor_parallel, stack.tensor, [&] {
    return those(divisors(shape.heads),
                 [&](int t) { return shape.ffn % t == 0 && (t <= domain || t % domain == 0); });
  });
  context_ = open(pin_.context_parallel, stack.context, [&] {
    std::vector<int> degrees = divisors(whole_number(demand.sequence_length / 2));
    return degrees.empty() ? std::vector<int>{1} : degrees;
  });
  expert_ = open(pin_.expert_parallel, stack.expert && shape.experts,
                 [&] { return divisors(shape.experts->count); });
  batch_divisors_ = divisors(batch_);
  const int most_stages = std::min(layers_, kMostAccelerators);
  chunks_.resize(static_cast<std::size_t>(most_stages) + 1);
  for (int stages = 1; stages <= most_stages; ++stages) {
    const int most = stage_layers(layers_, stages).most;
    const bool interleaves = stages > 1 && stack.interleaved && stages_are_even(layers_, stages);
    std::vector<int>& chunks = chunks_[static_cast<std::size_t>(stages)];
    if (!pin_.virtual_pipeline) {
      chunks = interleaves ? divisors(most) : std::vector<int>{1};
    } else if (*pin_.virtual_pipeline == 1 || (stages > 1 && *pin_.virtual_pipeline <= most)) {
      chunks = {*pin_.virtual_pipeline};
    }
  }
  micro_batches_ = pin_.micro_batch ? std::vector<int>{*pin_.micro_batch} : batch_divisors_;
}

std::vector<Parallelism> LayoutSpace::degrees(int count) const {
  std::vector<Parallelism> all;
  Parallelism p;
  for (const int tensor : tensor_) {
    p.tensor_parallel = tensor;
    for (const int context : context_) {
      p.context_parallel = context;
      const int rest = count % (1LL * tensor * context) == 0 ? count / tensor / context : 0;
      for (const int data : batch_divisors_) {
        if (data > rest || rest % data != 0) continue;
        p.data_parallel = data;
        p.pipeline_parallel = rest / data;
        for (const int expert : expert_) {
          p.expert_parallel = expert;
          if (admits_degrees(p)) all.push_back(p);
        }
      }
    }
  }
  return all;
}

bool LayoutSpace::admits_degrees(const Parallelism& p) const {
  if (pin_.data_parallel && *pin_.data_parallel != p.data_parallel) return false;
  if (pin_.pipeline_parallel ? *pin_.pipeline_parallel != p.pipeline_parallel
                             : p.pipeline_parallel > 1 && !setup_.stack.pipeline)
    return false;
  if (p.pipeline_parallel > layers_) return false;
  const int domain = setup_.network.domain();
  const int tensor = p.tensor_parallel;
  const bool straddles = domain % tensor != 0 && tensor % domain != 0 && accelerators(p) > domain;
  if (straddles && !pin_.tensor_parallel) return false;
  return p.expert_parallel == 1 ||
         (setup_.shape->experts && setup_.shape->experts->count % p.expert_parallel == 0 &&
          expert_replicas(p) > 0);
}

int LayoutSpace::most_chunks(int stages) const {
  const std::vector<int>& chunks = chunks_[static_cast<std::size_t>(stages)];
  return chunks.empty() ? 1 : chunks.back();
}

std::vector<bool> LayoutSpace::sequence_parallel(int tensor) const {
  if (tensor == 1) return {false};
  if (pin_.sequence_parallel) return {*pin_.sequence_parallel};
  return setup_.stack.sequence ? std::vector<bool>{true, false} : std::vector<bool>{false};
}

std::span<const int> LayoutSpace::chunks(const Parallelism& p) const {
  const std::vector<int>& chunks = chunks_[static_cast<std::size_t>(p.pipeline_parallel)];
  if (pin_.virtual_pipeline || chunks.size() <= 1) return chunks;
  const long long rounds =
      batch_ / (static_cast<long long>(p.data_parallel) * static_cast<int>(p.micro_batch));
  return std::span(chunks).first(rounds % p.pipeline_parallel == 0 ? chunks.size() : 1);
}

unsigned LayoutSpace::zero_stages(const Parallelism& p) const {
  constexpr unsigned kNone = 0b0001;
  constexpr unsigned kEachMicroBatch = 0b1100;
  if (pin_.zero_stage) return 1U << static_cast<unsigned>(*pin_.zero_stage);
  if (replicas(p) == 1) return kNone;
  const bool sharded = p.pipeline_parallel > 1 && setup_.stack.zero_stage < 3;
  const unsigned able = setup_.stack.zero_stages & (sharded ? ~kEachMicroBatch : ~0U);
  return able != 0 ? able : kNone;
}

int LayoutSpace::shard_group(const Parallelism& p) const {
  if (p.zero_stage < 3 || !setup_.stack.shard_in_domain) return 0;
  return std::max(1, setup_.network.domain() / p.tensor_parallel);
}

LayoutSpace::Recomputes LayoutSpace::recomputes(int stages) const {
  const int layers = stage_layers(layers_, stages).most;
  if (pin_.recompute || recompute_asked_) {
    const Recompute mode = pin_.recompute.value_or(Recompute::kFull);
    return {mode == Recompute::kNone,
            mode == Recompute::kSelective,
            mode == Recompute::kFull,
            layers,
            layers,
            layers};
  }
  const Stack& stack = setup_.stack;
  const bool selects = stack.selective_recompute &&
                       (stack.attention == AttentionKernel::kUnfused || stack.selective_share > 0);
  return {true, selects, true, stack.partial_recompute ? 1 : layers, layers, layers};
}

std::string LayoutSpace::why_none(int count) const {
  const std::string accelerators = std::to_string(count) + (count == 1 ? " accelerator" : " accelerators");
  double pinned = 1;
  for (const auto& degree :
       {pin_.tensor_parallel, pin_.context_parallel, pin_.pipeline_parallel, pin_.data_parallel})
    pinned *= degree.value_or(1);
  const bool all =
      pin_.tensor_parallel && pin_.context_parallel && pin_.pipeline_parallel && pin_.data_parallel;
  if (all ? pinned != count : std::fmod(count, pinned) != 0)
    return "no layout: " + accelerators + " cannot be divided as pinned";
  if (pin_.pipeline_parallel.value_or(1) > layers_)
    return "no layout: " + std::to_string(*pin_.pipeline_parallel) + " stages, but " +
           std::to_string(layers_) + " layers";
  const auto holds = [](const std::vector<int>& chunks) { return !chunks.empty(); };
  const bool one_stage = pin_.pipeline_parallel.value_or(0) == 1;
  if (pin_.virtual_pipeline.value_or(1) > 1 &&
      (one_stage || std::none_of(chunks_.begin(), chunks_.end(), holds)))
    return "no layout: no stage has " + std::to_string(*pin_.virtual_pipeline) + " chunks of layers";
  if (const int ranks = pin_.expert_parallel.value_or(1); ranks > 1) {
    const int experts = setup_.shape->experts ? setup_.shape->experts->count : 0;
    if (experts == 0 || experts % ranks != 0)
      return "no layout: " + std::to_string(experts) + " experts cannot be dealt out to " +
             std::to_string(ranks) + " ranks";
  }
  const std::string batch = "a batch of " + plain_number(setup_.global_batch);
  if (pin_.micro_batch && !deals_out(1, *pin_.micro_batch))
    return "no layout: " + batch + " does not come in micro-batches of " + std::to_string(*pin_.micro_batch);
  return "no layout: " + batch + " cannot be dealt out evenly to " + accelerators;
}

std::vector<int> LayoutSpace::counts(int most) const {
  Products groups(most);  // of one stage and replica
  for (const int t : tensor_) {
    for (const int c : context_) groups.add(1LL * t * c);
  }
  Products replicated(most);
  for (const int group : groups.found()) {
    for (const int data : pin_.data_parallel ? std::vector<int>{*pin_.data_parallel} : batch_divisors_)
      replicated.add(1LL * group * data);
  }
  Products legal(most);
  for (const int one_stage : replicated.found()) {
    for (int stages = 1; stages <= layers_ && 1LL * one_stage * stages <= most; ++stages) {
      const bool open =
          pin_.pipeline_parallel ? stages == *pin_.pipeline_parallel : stages == 1 || setup_.stack.pipeline;
      if (open) legal.add(1LL * one_stage * stages);
    }
  }
  std::vector<int> counts = legal.found();
  std::sort(counts.begin(), counts.end());
  return counts;
}

}  // namespace capplan

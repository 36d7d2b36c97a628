#include "capplan/spec/workload.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace capplan {
namespace {

template <class E, std::size_t N>
using EnumNames = std::array<std::pair<E, std::string_view>, N>;

template <class E, std::size_t N>
std::string_view name_of(const EnumNames<E, N>& names, E value) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == value; });
  return found->second;
}

}  // namespace

std::string_view workload_kind_name(WorkloadKind kind) {
  static constexpr EnumNames<WorkloadKind, 4> kNames{{{WorkloadKind::kTraining, "training"},
                                                      {WorkloadKind::kFineTuning, "fine-tuning"},
                                                      {WorkloadKind::kServing, "serving"},
                                                      {WorkloadKind::kBatchInference, "batch-inference"}}};
  return name_of(kNames, kind);
}

std::string_view recompute_name(Recompute recompute) {
  static constexpr EnumNames<Recompute, 3> kNames{
      {{Recompute::kNone, "none"}, {Recompute::kSelective, "selective"}, {Recompute::kFull, "full"}}};
  return name_of(kNames, recompute);
}

std::string_view optimizer_name(Optimizer optimizer) {
  static constexpr EnumNames<Optimizer, 4> kNames{{{Optimizer::kAdam, "adam"},
                                                   {Optimizer::kSgd, "sgd"},
                                                   {Optimizer::kAdafactor, "adafactor"},
                                                   {Optimizer::kLamb, "lamb"}}};
  return name_of(kNames, optimizer);
}

bool is_trained(WorkloadKind kind) {
  return kind == WorkloadKind::kTraining || kind == WorkloadKind::kFineTuning;
}

std::string_view lever_name(Lever lever) {
  static constexpr EnumNames<Lever, kLevers> kNames{{{Lever::kFp8, "fp8"},
                                                     {Lever::kInt8, "int8"},
                                                     {Lever::kFp4, "fp4"},
                                                     {Lever::kPrune, "prune-50%"},
                                                     {Lever::kSparse, "sparse-2-4"},
                                                     {Lever::kDistill, "distill"},
                                                     {Lever::kLora, "lora"},
                                                     {Lever::kQlora, "qlora"},
                                                     {Lever::kRecompute, "recompute"},
                                                     {Lever::kFlashAttention, "flash-attention"},
                                                     {Lever::kSharding, "sharding"},
                                                     {Lever::kLargerBatch, "larger-batch"},
                                                     {Lever::kInterconnect, "better-interconnect"},
                                                     {Lever::kEarlyStopping, "early-stopping"}}};
  return name_of(kNames, lever);
}

std::optional<Lever> find_lever(std::string_view name) {
  for (std::size_t i = 0; i < kLevers; ++i) {
    if (lever_name(static_cast<Lever>(i)) == name) return static_cast<Lever>(i);
  }
  return std::nullopt;
}

bool acts_on_training_alone(Lever lever) {
  return lever == Lever::kSparse || lever == Lever::kLargerBatch || lever == Lever::kFlashAttention ||
         lever == Lever::kSharding || lever == Lever::kRecompute || lever == Lever::kInterconnect;
}

std::string_view lever_conflict(Lever a, Lever b) {
  const auto both = [&](std::initializer_list<Lever> kind) {
    return a != b && std::find(kind.begin(), kind.end(), a) != kind.end() &&
           std::find(kind.begin(), kind.end(), b) != kind.end();
  };
  if (both({Lever::kFp8, Lever::kInt8, Lever::kFp4})) return "products have one precision";
  if (both({Lever::kLora, Lever::kQlora})) return "both are adapters on frozen weights";
  if (both({Lever::kQlora, Lever::kFp8}) || both({Lever::kQlora, Lever::kInt8}) ||
      both({Lever::kQlora, Lever::kFp4}))
    return "the weights are in 4 bits already, and products in 16";
  if (both({Lever::kPrune, Lever::kSparse})) return "both thin out the same weights";
  if (both({Lever::kDistill, Lever::kLora}) || both({Lever::kDistill, Lever::kQlora}))
    return "a student has no weights to freeze";
  if (both({Lever::kDistill, Lever::kPrune})) return "both make the model smaller: their losses add up";
  return {};
}

namespace {

// As many samples in fewer steps: a whole number of them, and no more samples a step than there are.
void enlarge_batch(Workload& w) {
  double factor = kLargerBatchFactor;
  const double samples = w.dataset.samples.value_or(0) * w.training.epochs.value_or(1);
  if (w.training.global_batch && samples > 0)
    factor = std::max(1.0, std::min(factor, std::floor(samples / *w.training.global_batch)));
  if (w.training.steps) {
    const double steps = std::ceil(*w.training.steps / factor);
    factor = *w.training.steps / steps;
    w.training.steps = steps;
  }
  if (w.training.global_batch) w.training.global_batch = std::round(*w.training.global_batch * factor);
  if (w.training.flops_per_step) w.training.flops_per_step = *w.training.flops_per_step * factor;
}

}  // namespace

Workload Workload::with(Lever lever) const {
  constexpr double kStoppedShare = 1.0 / 3;
  Workload w = *this;
  if (!w.has_lever(lever)) w.optimizations.push_back(lever);
  switch (lever) {
    case Lever::kRecompute:
      w.pin.recompute = Recompute::kFull;
      break;
    case Lever::kFlashAttention:
      w.pin.flash_attention = true;
      break;
    case Lever::kSharding:
      w.pin.zero_stage = 3;
      break;
    case Lever::kLargerBatch:
      enlarge_batch(w);
      break;
    case Lever::kEarlyStopping:
      w.experiments.final_runs *= kStoppedShare;
      break;
    default:
      break;
  }
  return w;
}

bool Workload::has_lever(Lever lever) const {
  return std::find(optimizations.begin(), optimizations.end(), lever) != optimizations.end();
}

}  // namespace capplan

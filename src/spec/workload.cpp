#include "capplan/spec/workload.h"

#include <algorithm>
#include <array>
#include <utility>

namespace capplan {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

template <class E, std::size_t N>
std::string_view name_of(const Names<E, N>& names, E value) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == value; });
  return found->second;
}

}  // namespace

std::string_view workload_kind_name(WorkloadKind kind) {
  static constexpr Names<WorkloadKind, 4> kNames{{{WorkloadKind::kTraining, "training"},
                                                  {WorkloadKind::kFineTuning, "fine-tuning"},
                                                  {WorkloadKind::kServing, "serving"},
                                                  {WorkloadKind::kBatchInference, "batch-inference"}}};
  return name_of(kNames, kind);
}

std::string_view recompute_name(Recompute recompute) {
  static constexpr Names<Recompute, 3> kNames{
      {{Recompute::kNone, "none"}, {Recompute::kSelective, "selective"}, {Recompute::kFull, "full"}}};
  return name_of(kNames, recompute);
}

std::string_view optimizer_name(Optimizer optimizer) {
  static constexpr Names<Optimizer, 4> kNames{{{Optimizer::kAdam, "adam"},
                                               {Optimizer::kSgd, "sgd"},
                                               {Optimizer::kAdafactor, "adafactor"},
                                               {Optimizer::kLamb, "lamb"}}};
  return name_of(kNames, optimizer);
}

bool Workload::has_lever(Lever lever) const {
  return std::find(optimizations.begin(), optimizations.end(), lever) != optimizations.end();
}

}  // namespace capplan

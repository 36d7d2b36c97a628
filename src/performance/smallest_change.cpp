#include "performance/smallest_change.h"

#include <cmath>

#include "core/number_text.h"

namespace capplan {
namespace {

// A key of `pin` that shapes a layout: whether it is set, how to let it go, and what a layout has in its
// place.
struct LayoutPin {
  std::string_view key;
  bool (*is_set)(const Pin&);
  void (*release)(Pin&);
  std::string (*value)(const Parallelism&);
};

template <auto Member, auto Degree>
constexpr LayoutPin whole_pin(std::string_view key) {
  return {key, [](const Pin& p) { return (p.*Member).has_value(); }, [](Pin& p) { (p.*Member).reset(); },
          [](const Parallelism& p) { return plain_number(static_cast<double>(p.*Degree)); }};
}

const LayoutPin kLayoutPins[] = {
    whole_pin<&Pin::tensor_parallel, &Parallelism::tensor_parallel>("tensor_parallel"),
    whole_pin<&Pin::pipeline_parallel, &Parallelism::pipeline_parallel>("pipeline_parallel"),
    whole_pin<&Pin::virtual_pipeline, &Parallelism::virtual_pipeline>("virtual_pipeline"),
    whole_pin<&Pin::context_parallel, &Parallelism::context_parallel>("context_parallel"),
    whole_pin<&Pin::expert_parallel, &Parallelism::expert_parallel>("expert_parallel"),
    whole_pin<&Pin::data_parallel, &Parallelism::data_parallel>("data_parallel"),
    whole_pin<&Pin::zero_stage, &Parallelism::zero_stage>("zero_stage"),
    whole_pin<&Pin::micro_batch, &Parallelism::micro_batch>("micro_batch"),
    {"recompute", [](const Pin& p) { return p.recompute.has_value(); }, [](Pin& p) { p.recompute.reset(); },
     [](const Parallelism& p) { return std::string(recompute_name(p.recompute)); }},
    {"sequence_parallel", [](const Pin& p) { return p.sequence_parallel.has_value(); },
     [](Pin& p) { p.sequence_parallel.reset(); },
     [](const Parallelism& p) { return std::string(p.sequence_parallel ? "true" : "false"); }},
};

std::string let_go_of_a_pin(const UnfitRun& run) {
  std::string change;
  Duration best;
  for (const LayoutPin& pin : kLayoutPins) {
    if (!pin.is_set(run.workload.pin)) continue;
    Workload freer = run.workload;
    pin.release(freer.pin);
    const LayoutSearch search(run.demand, freer, run.machine, run.setup, run.constants, run.machine.count);
    const LayoutsFound found = search.search(run.machine.count);
    if (found.fastest.empty()) continue;
    const PlacedLayout& fits = found.fastest.front();
    if (!change.empty() && fits.step.total() >= best) continue;
    best = fits.step.total();
    change = "`pin: {" + std::string(pin.key) + ": " + pin.value(fits.layout) + "}`";
  }
  return change;
}

std::string more_accelerators(const UnfitRun& run) {
  Workload freer = run.workload;
  freer.pin.data_parallel.reset();
  // Memory alone is asked for: no times of layers are needed.
  const LayoutSearch search(run.demand, freer, run.machine, run.setup, run.constants, 0);
  const int node = run.machine.per_node;
  for (const int count : search.space().counts(kMostAccelerators)) {
    if (count <= run.machine.count || (count > node && count % node != 0)) continue;
    const auto leanest = search.leanest(count);
    if (leanest && leanest->memory.total() <= search.room())
      return plain_number(count) + " accelerators that work on one run";
  }
  return {};
}

}  // namespace

std::string smallest_change(const UnfitRun& run, Bytes needed) {
  std::string change = let_go_of_a_pin(run);
  if (change.empty()) change = more_accelerators(run);
  if (change.empty()) change = "an accelerator with " + plain_number(std::ceil(needed.in(kGiB))) + " GiB";
  return change;
}

}  // namespace capplan

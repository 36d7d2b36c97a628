#include "capplan/performance/training_model.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/number_text.h"
#include "model/usual_shape.h"
#include "performance/data_loading.h"
#include "performance/goodput.h"
#include "performance/interval.h"
#include "performance/layout_search.h"
#include "performance/memory.h"
#include "performance/precision.h"
#include "performance/smallest_change.h"
#include "performance/stack_choice.h"

namespace capplan {
namespace {

// Training draws the rated power while matrix units work and about half of it in communication and other
// phases (arXiv 2308.12908, figures 4 and 6: peaks at or above TDP, troughs of 20 to 60%).
constexpr double kPowerBusy = 0.97;
constexpr double kPowerWaiting = 0.5;
constexpr std::size_t kRunnersUp = 3;

bool divides_layers(const Pin& pin) {
  return pin.tensor_parallel.value_or(1) > 1 || pin.pipeline_parallel.value_or(1) > 1 ||
         pin.context_parallel.value_or(1) > 1 || pin.expert_parallel.value_or(1) > 1;
}

struct Part {
  std::string_view name;
  Duration StepTime::*time;
};
constexpr std::array<Part, 11> kParts{{{"memory bandwidth", &StepTime::memory_bound},
                                       {"recompute", &StepTime::recompute},
                                       {"tensor-parallel links", &StepTime::tensor_comm},
                                       {"context-parallel links", &StepTime::context_comm},
                                       {"all-to-all", &StepTime::expert_comm},
                                       {"pipeline links", &StepTime::pipeline_comm},
                                       {"pipeline bubble", &StepTime::pipeline_bubble},
                                       {"data-parallel links", &StepTime::data_comm_exposed},
                                       {"waiting for data", &StepTime::data_loading},
                                       {"optimizer", &StepTime::optimizer},
                                       {"launches and growth with the count", &StepTime::other}}};

// Compute, and the largest of what keeps the step from being compute alone.
std::string limits(const StepTime& t) {
  const auto share = [&](Duration part) {
    return std::to_string(std::lround(100 * (part / t.total()))) + "%";
  };
  const Part* most = &kParts.front();
  for (const Part& part : kParts) {
    if (t.*part.time > t.*(most->time)) most = &part;
  }
  return "compute " + share(t.compute) + ", then " + std::string(most->name) + " " + share(t.*(most->time));
}

double power_share(const StepTime& t) {
  const double busy = (t.compute + t.recompute) / t.total();
  return kPowerBusy * busy + kPowerWaiting * (1 - busy);
}

void note_assumptions(Execution& e, const Workload& workload, const Machine& machine, const Stack& stack,
                      Family family, bool shape_known) {
  const Accelerator& a = *machine.accelerator;
  note_precision(e, workload, a);
  if (family == Family::kMoe)
    add_assumption(e.assumptions, {"performance.expert_load", "balanced",
                                   "as in the published runs; routing by a power law of 1.2 slows measured "
                                   "expert kernels by 8% in the median"});
  if (workload.has_lever(Lever::kSparse))
    add_assumption(e.assumptions,
                   has_sparse_units(a)
                       ? Assumption{"optimizations.sparse-2-4", "forward products 1.3 times as fast",
                                    "unverified: the peak is twice the dense one (arXiv 2104.08378)"}
                       : Assumption{"optimizations.sparse-2-4", "no effect",
                                    std::string(a.id) + " has no units for 2:4 sparse weights"});
  if (e.mfu > kHighestPublishedMfu && !workload.assume.mfu)
    add_assumption(e.assumptions, {"performance.mfu", plain_number(std::round(1000 * e.mfu) / 10) + "%",
                                   "above what any published run reached (66%): take it as an upper bound"});
  if (!shape_known)
    add_assumption(e.assumptions,
                   {"model.shape", "of usual proportions", "only the model's counts are given"});
  if (!workload.pin.stack)
    add_assumption(e.assumptions,
                   {"pin.stack", std::string(stack.id), "the current software of its platform"});
  if (stack.platform != a.platform && !workload.pin.stack)
    add_assumption(e.assumptions, {"performance.stack", std::string(stack.id),
                                   "no software of " + std::string(platform_name(a.platform)) +
                                       " was measured: CUDA's features stand in"});
  if (machine.count > machine.per_node && !machine.node_bandwidth && !workload.assume.interconnect)
    add_assumption(
        e.assumptions,
        {"machine.node_bandwidth",
         plain_number(std::round(usual_node_bandwidth(a, machine.per_node).base() / 1e9)) + " GB/s",
         "the reference design of its generation: nobody states this machine's"});
}

// Repeated over model FLOPs: the forward pass is a third of them, half where weights are frozen; selective
// recompute repeats attention alone.
double repeated_share(const Demand& demand, const Parallelism& p) {
  double forward = demand.family == Family::kLora ? 0.5 : 1.0 / 3;
  if (const OperatorTotals sum = total(demand.model.operators); sum.macs > 0)
    forward = sum.macs / sum.training_macs;
  if (p.recompute == Recompute::kFull) return p.recompute_share * forward;
  if (p.recompute == Recompute::kNone || !demand.model.shape || !demand.model.operators.empty()) return 0;
  const double tokens = demand.global_batch * demand.sequence_length;
  return tokens * attention_flops_per_token(*demand.model.shape, demand.sequence_length) /
         demand.flops_per_step;
}

// Of a step, without the teacher that a distilled model learns from.
Flops own_flops(const Demand& demand) { return demand.flops_per_step / (1 + demand.teacher_share); }

void fill_execution(Execution& e, const Demand& demand, const Workload& workload, const Machine& machine,
                    const PlacedLayout& placed, const DataLoading& loading, const Catalog& catalog) {
  TrainingExecution t;
  t.breakdown = placed.step;
  const FlopRate peak = static_cast<double>(machine.count) * peak_of(*machine.accelerator, e.precision);
  if (workload.assume.mfu) {
    // The user's own efficiency; what the parts would be keeps its proportions.
    const double scale = own_flops(demand) / (peak * *workload.assume.mfu) / placed.step.total();
    for (const Part& part : kParts) t.breakdown.*part.time = placed.step.*part.time * scale;
    t.breakdown.compute = placed.step.compute * scale;
  }
  // A teacher's forward passes keep the student's pace.
  t.breakdown.compute += t.breakdown.total() * demand.teacher_share;
  t.loading_samples_per_s = loading.samples_per_s(machine.count);
  if (const Duration least = loading.least_step(machine.count); least > t.breakdown.total()) {
    t.breakdown.data_loading = least - t.breakdown.total();
    t.loading_limit = loading.limit(machine.count);
  }
  t.step_time = t.breakdown.total();
  t.parallelism = placed.layout;
  t.limited_by = limits(t.breakdown);
  t.samples_per_s = demand.global_batch / t.step_time.base();
  if (demand.text) t.tokens_per_s_per_accelerator = t.samples_per_s * demand.sequence_length / machine.count;
  e.memory = placed.memory;
  e.mfu = demand.flops_per_step / (peak * t.step_time);
  t.hfu = e.mfu * (1 + repeated_share(demand, placed.layout));
  e.power_share = power_share(t.breakdown);
  e.goodput = run_goodput(demand, workload, machine, catalog);
  e.run_time = t.step_time * demand.steps / e.goodput;
  e.training = t;
}

}  // namespace

// What a model of training is made of. The setup points into the demand.
struct TrainingModel::Parts {
  Demand demand;
  const Workload& workload;
  Machine machine;
  const Catalog& catalog;
  int most;
  const Monitor* monitor;
  std::optional<Misfit> refused;  // before any layout
  Precision precision = Precision::kBf16;
  const Stack* stack = nullptr;
  bool shape_known = true;
  StepSetup setup = {};
  TrainingConstants constants = {};
  std::optional<LayoutSearch> search = {};
  std::optional<DataLoading> loading = {};

  Parts(const Demand& d, const Workload& w, const Machine& m, const Catalog& c, int most_accelerators,
        const Monitor* stop)
      : demand(d), workload(w), machine(m), catalog(c), most(most_accelerators), monitor(stop) {}
  void prepare();
  Machine machine_of(int count) const {
    Machine m = machine;
    m.count = count;
    return m;
  }
  Misfit why_not(int count) const;
};

void TrainingModel::Parts::prepare() {
  const Accelerator& a = *machine.accelerator;
  const auto chosen = choose_precision(workload, a);
  if (!chosen) {
    refused = chosen.error();
    return;
  }
  precision = *chosen;
  const bool by_operators = !demand.model.operators.empty();
  if (by_operators && divides_layers(workload.pin)) {
    refused =
        Misfit{"its software divides the batch alone: no tensor, pipeline, context or expert parallelism",
               "without these pins"};
    return;
  }
  stack = workload.pin.stack ? catalog.stack(*workload.pin.stack) : usual_stack(catalog, a, by_operators);
  if (stack == nullptr) {
    refused = Misfit{"no such software: " + workload.pin.stack.value_or("none"), ""};
    return;
  }
  if (stack->for_operators != by_operators) {
    refused = Misfit{
        "`" + std::string(stack->id) + "` does not run models given " +
            (by_operators ? "by their operators" : "as a stack of one layer"),
        by_operators ? "pin.stack: pytorch-2 or nvidia-mlperf" : "pin.stack: megatron-core or torchtitan"};
    return;
  }
  shape_known = by_operators ? demand.layers_known : demand.model.shape.has_value();
  if (!shape_known && !by_operators) {
    demand.model.shape = usual_shape(demand.params, demand.active_params);
    if (demand.model.shape->experts && demand.family == Family::kDense) demand.family = Family::kMoe;
  }
  loading.emplace(demand, workload, machine, catalog);
  setup = make_step_setup(demand, workload, machine, precision, *stack, catalog);
  constants = training_constants(catalog, a.id);
  search.emplace(demand, workload, machine, setup, constants, most, monitor);
}

Misfit TrainingModel::Parts::why_not(int count) const {
  if (monitor != nullptr && monitor->stopped()) return {"not searched: interrupted", ""};
  const std::optional<PlacedLayout> leanest = search->leanest(count);
  if (!leanest) return {search->space().why_none(count), "another count", true};
  const Bytes lacking = leanest->memory.total() - search->room();
  return {"does not fit: needs " + memory_text(lacking) + " more an accelerator",
          smallest_change({demand, workload, machine_of(count), setup, constants}, leanest->memory.total())};
}

TrainingModel::TrainingModel(const Demand& demand, const Workload& workload, const Machine& machine,
                             const Catalog& catalog, int most, const Monitor* monitor) {
  auto parts = std::make_unique<Parts>(demand, workload, machine, catalog, most, monitor);
  parts->prepare();
  parts_ = std::move(parts);
}
TrainingModel::~TrainingModel() = default;
TrainingModel::TrainingModel(TrainingModel&&) noexcept = default;

std::vector<int> TrainingModel::legal_counts() const {
  return parts_->search ? parts_->search->space().counts(parts_->most) : std::vector<int>{};
}

std::optional<Duration> TrainingModel::fastest_run(int count, Duration below) const {
  const Parts& m = *parts_;
  if (m.refused || below.base() <= 0) return std::nullopt;
  const auto faster = [&](Duration step, double goodput) {
    const Duration fed = std::max(step * (1 + m.demand.teacher_share), m.loading->least_step(count));
    const Duration run = fed * m.demand.steps / goodput;
    return run < below ? std::optional(run) : std::nullopt;
  };
  const double goodput = run_goodput(m.demand, m.workload, m.machine_of(count), m.catalog);
  if (m.workload.assume.mfu) {
    // Whatever fits is as fast.
    const FlopRate rate =
        static_cast<double>(count) * peak_of(*m.machine.accelerator, m.precision) * *m.workload.assume.mfu;
    const std::optional<Duration> run = faster(own_flops(m.demand) / rate, goodput);
    return run && !m.search->search(count).fastest.empty() ? run : std::nullopt;
  }
  const LayoutsFound found = m.search->search(
      count, {.below = below * (goodput / m.demand.steps / (1 + m.demand.teacher_share)) * (1 + 1e-12)});
  return found.fastest.empty() ? std::nullopt : faster(found.fastest.front().step.total(), goodput);
}

std::vector<ScalingPoint> TrainingModel::frontier(std::span<const int> counts) const {
  std::vector<ScalingPoint> points;
  Duration fastest = Duration::of(std::numeric_limits<double>::infinity());
  for (const int count : counts) {
    const std::optional<Duration> run = fastest_run(count, fastest);
    if (!run) continue;
    fastest = *run;
    points.push_back({count, fastest});
  }
  return points;
}

ExecutionResult TrainingModel::at(int count, int threads) const {
  const Parts& m = *parts_;
  if (m.refused) return tl::unexpected(*m.refused);
  const Machine machine = m.machine_of(count);
  const LayoutsFound found = m.search->search(count, {.wanted = 1 + kRunnersUp, .threads = threads});
  if (found.fastest.empty()) return tl::unexpected(m.why_not(count));

  Execution e;
  e.precision = m.precision;
  fill_execution(e, m.demand, m.workload, machine, found.fastest.front(), *m.loading, m.catalog);
  for (const Assumption& a : m.loading->assumptions()) add_assumption(e.assumptions, a);
  const TimeBand band = time_band(m.catalog, m.demand.family, *machine.accelerator, m.shape_known);
  e.evidence = m.workload.assume.mfu ? "the spec's assume.mfu" : band.evidence;
  e.time_p10 = m.workload.assume.mfu ? 1 : band.p10;
  e.time_p90 = m.workload.assume.mfu ? 1 : band.p90;
  e.training->stack = std::string(m.stack->id);
  const double scale = e.training->step_time / found.fastest.front().step.total();
  for (const PlacedLayout& placed : std::span(found.fastest).subspan(1))
    e.training->runners_up.push_back({placed.layout, placed.step.total() * scale});
  note_assumptions(e, m.workload, machine, *m.stack, m.demand.family, m.shape_known);
  return e;
}

ExecutionResult estimate_training(const Demand& demand, const Workload& workload, const Machine& machine,
                                  const Catalog& catalog, int threads) {
  return TrainingModel(demand, workload, machine, catalog, machine.count).at(machine.count, threads);
}

}  // namespace capplan

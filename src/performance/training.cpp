#include <algorithm>
#include <array>
#include <cmath>

#include "capplan/performance/execution.h"
#include "core/number_text.h"
#include "model/usual_shape.h"
#include "performance/goodput.h"
#include "performance/interval.h"
#include "performance/layouts.h"
#include "performance/memory.h"
#include "performance/precision.h"
#include "performance/stack_choice.h"
#include "performance/table_training.h"

namespace capplan {
namespace {

// Training draws the rated power while matrix units work and about half of it in communication and other
// phases (arXiv 2308.12908, figures 4 and 6: peaks at or above TDP, troughs of 20 to 60%).
constexpr double kPowerBusy = 0.97;
constexpr double kPowerWaiting = 0.5;

bool has_step_model(const Demand& demand) {
  const bool family =
      demand.family == Family::kDense || demand.family == Family::kMoe || demand.family == Family::kLora;
  return family && demand.text && demand.sequence_length > 0 && demand.global_batch > 0;
}

Misfit why_not(const LayoutSearch& found, const Demand& demand, const Machine& machine) {
  const std::string count = std::to_string(machine.count) + " accelerators";
  if (!found.any) return {"no layout: " + count + " cannot be divided as pinned", "another count"};
  if (!found.divisible)
    return {"no layout: a batch of " + plain_number(demand.global_batch) + " cannot be dealt out evenly to " +
                count,
            "a count that divides the batch"};
  return {"does not fit: needs " + memory_text(found.lacking) + " more an accelerator", ""};
}

struct Part {
  std::string_view name;
  Duration StepTime::*time;
};
constexpr std::array<Part, 9> kParts{{{"memory bandwidth", &StepTime::memory_bound},
                                      {"recompute", &StepTime::recompute},
                                      {"tensor-parallel links", &StepTime::tensor_comm},
                                      {"context-parallel links", &StepTime::context_comm},
                                      {"expert all-to-all", &StepTime::expert_comm},
                                      {"pipeline bubble", &StepTime::pipeline_bubble},
                                      {"data-parallel links", &StepTime::data_comm_exposed},
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
  const double forward = demand.family == Family::kLora ? 0.5 : 1.0 / 3;
  if (p.recompute == Recompute::kFull) return p.recompute_share * forward;
  if (p.recompute == Recompute::kNone || !demand.model.shape) return 0;
  const double tokens = demand.global_batch * demand.sequence_length;
  return tokens * attention_flops_per_token(*demand.model.shape, demand.sequence_length) /
         demand.flops_per_step;
}

void fill_execution(Execution& e, const Demand& demand, const Workload& workload, const Machine& machine,
                    const PlacedLayout& placed, const Catalog& catalog) {
  TrainingExecution t;
  t.breakdown = placed.step;
  const FlopRate peak = static_cast<double>(machine.count) * peak_of(*machine.accelerator, e.precision);
  if (workload.assume.mfu) {
    // The user's own efficiency; what the parts would be keeps its proportions.
    const double scale = demand.flops_per_step / (peak * *workload.assume.mfu) / placed.step.total();
    for (const Part& part : kParts) t.breakdown.*part.time = placed.step.*part.time * scale;
    t.breakdown.compute = placed.step.compute * scale;
  }
  t.step_time = t.breakdown.total();
  t.parallelism = placed.layout;
  t.limited_by = limits(t.breakdown);
  t.samples_per_s = demand.global_batch / t.step_time.base();
  t.tokens_per_s_per_accelerator = t.samples_per_s * demand.sequence_length / machine.count;
  e.memory = placed.memory;
  e.mfu = demand.flops_per_step / (peak * t.step_time);
  t.hfu = e.mfu * (1 + repeated_share(demand, placed.layout));
  e.power_share = power_share(t.breakdown);
  const int nodes = (machine.count + machine.per_node - 1) / machine.per_node;
  e.goodput =
      workload.assume.goodput.value_or(failure_goodput(catalog, machine.count, nodes, demand.checkpoint));
  e.run_time = t.step_time * demand.steps / e.goodput;
  e.training = t;
}

}  // namespace

ExecutionResult estimate_training(const Demand& demand, const Workload& workload, const Machine& machine,
                                  const Catalog& catalog) {
  if (!has_step_model(demand)) return estimate_by_table(demand, workload, machine, catalog);
  const Accelerator& a = *machine.accelerator;
  const auto precision = choose_precision(workload, a);
  if (!precision) return tl::unexpected(precision.error());
  const Stack* stack = workload.pin.stack ? catalog.stack(*workload.pin.stack) : usual_stack(catalog, a);
  if (stack == nullptr)
    return tl::unexpected(Misfit{"no such software: " + workload.pin.stack.value_or("none"), ""});

  const bool shape_known = demand.model.shape.has_value();
  Demand shaped = demand;
  if (!shape_known) {
    shaped.model.shape = usual_shape(demand.params, demand.active_params);
    if (shaped.model.shape->experts && shaped.family == Family::kDense) shaped.family = Family::kMoe;
  }
  const StepSetup setup = make_step_setup(shaped, workload, machine, *precision, *stack, catalog);
  const TrainingConstants constants = training_constants(catalog, a.id);
  const LayoutSearch found = search_layouts(shaped, workload, machine, setup, constants);
  if (!found.best) return tl::unexpected(why_not(found, demand, machine));

  Execution e;
  e.precision = *precision;
  fill_execution(e, demand, workload, machine, *found.best, catalog);
  const TimeBand band = time_band(catalog, shaped.family, a, shape_known);
  e.evidence = workload.assume.mfu ? "the spec's assume.mfu" : band.evidence;
  e.time_p10 = workload.assume.mfu ? 1 : band.p10;
  e.time_p90 = workload.assume.mfu ? 1 : band.p90;
  e.training->stack = std::string(stack->id);
  note_assumptions(e, workload, machine, *stack, shaped.family, shape_known);
  return e;
}

}  // namespace capplan

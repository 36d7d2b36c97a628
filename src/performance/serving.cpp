#include <algorithm>
#include <array>
#include <cmath>

#include "capplan/performance/execution.h"
#include "core/number_text.h"
#include "performance/data_loading.h"
#include "performance/interval.h"
#include "performance/memory.h"
#include "performance/operator_model.h"
#include "performance/replica.h"
#include "performance/stack_choice.h"

namespace capplan {
namespace {

constexpr double kForwardBatch = 64;
constexpr double kBusiest = 0.70;  // share of a replica's capacity that the peak may use
constexpr std::array<int, 4> kTensorDegrees{1, 2, 4, 8};
// A roofline of these constants is off by about 13 to 30% on published results (docs/methodology.md).
constexpr double kTimeP10 = 0.80;
constexpr double kTimeP90 = 1.30;
constexpr Duration kNoTarget = Duration::of(1e9);

std::string ms(Duration time) { return plain_number(std::round(time.base() * 1e4) / 10) + " ms"; }

// A replica sized for its traffic.
struct Sized {
  Replica replica;
  int batch = 0;
  double requests_per_s = 0;  // at full load
  Duration ttft, tpot;
  int replicas = 0;
  double utilization = 0;

  int accelerators() const { return replicas * replica.tensor_parallel; }
};

// Waiting at the prefill of a replica that is busy `load` of its time, at a percentile: the exponential tail
// of a single server, W(p) = s / (1 - load) ln(load / (1 - p)) (Kleinrock, Queueing Systems I, section 3.2).
Duration waiting(Duration service, double load, double percentile) {
  const double tail = 1 - std::min(percentile, 99.99) / 100;
  if (load <= tail) return {};
  return service * (std::log(load / tail) / (1 - std::min(load, 0.99)));
}

class ReplicaSizer {
 public:
  ReplicaSizer(const Demand& demand, const Workload& workload) : demand_(demand), workload_(workload) {}

  // Of the batches that keep to the SLO, the one that needs the fewest replicas. They are tried on a fixed
  // grid, so that a looser SLO has every choice of a tighter one.
  tl::expected<Sized, Misfit> size(const Replica& replica) const {
    const int most = replica.memory_batch();
    if (most < 1) {
      const Bytes needed = replica.weights_per_accelerator() + replica.cache_per_sequence() + 5.0 * kGiB;
      const Bytes lacking = needed - replica.accelerator->memory * 0.9;
      return tl::unexpected(
          Misfit{"does not fit: needs " + memory_text(std::max(lacking, 0.1 * kGiB)) + " more an accelerator",
                 "tensor parallelism over more accelerators"});
    }
    const Duration target = workload_.slo.tpot.value_or(kNoTarget);
    if (replica.steady_step(1) > target) {
      return tl::unexpected(
          Misfit{"TPOT of " + ms(target) + " cannot be met: one token takes " + ms(replica.steady_step(1)),
                 "a TPOT of " + ms(replica.steady_step(1))});
    }
    std::optional<Sized> best;
    std::optional<Misfit> late;
    for (int batch = 1; batch <= most && replica.steady_step(batch) <= target;
         batch += std::max(1, batch / 8)) {
      Sized sized;
      sized.replica = replica;
      sized.batch = batch;
      fill(sized);
      late = check_ttft(sized);
      if (!late && (!best || sized.replicas < best->replicas)) best = sized;
    }
    if (!best) return tl::unexpected(*late);
    return *best;
  }

 private:
  void fill(Sized& sized) const {
    const double out = std::max(demand_.output_tokens, 1.0);
    sized.tpot = sized.replica.steady_step(sized.batch);
    sized.requests_per_s = sized.batch / out / sized.tpot.base();
    set_replicas(sized, static_cast<int>(std::ceil(
                            demand_.peak_requests_per_second / (sized.requests_per_s * kBusiest) - 1e-9)));
  }

  void set_replicas(Sized& sized, int replicas) const {
    sized.replicas = std::max(1, replicas);
    const double each = demand_.peak_requests_per_second / sized.replicas;
    sized.utilization = each / sized.requests_per_s;
    const Duration prefill = sized.replica.prefill_time() +
                             sized.replica.step_time(0, 0, sized.batch * sized.utilization,
                                                     demand_.prompt_tokens + demand_.output_tokens / 2);
    sized.ttft = prefill + waiting(prefill, std::min(each * prefill.base(), 0.99), workload_.slo.percentile);
  }

  // More replicas shorten the wait; no number of them shortens the prefill itself.
  std::optional<Misfit> check_ttft(Sized& sized) const {
    const Duration target = workload_.slo.ttft.value_or(kNoTarget);
    const Duration alone = sized.replica.prefill_time();
    if (alone > target)
      return Misfit{"TTFT of " + ms(target) + " cannot be met: the prompt alone takes " + ms(alone),
                    "a TTFT of " + ms(alone)};
    for (int round = 0; round < 64 && sized.ttft > target; ++round)
      set_replicas(sized, std::max(sized.replicas + 1, static_cast<int>(std::ceil(sized.replicas * 1.1))));
    if (sized.ttft > target)
      return Misfit{
          "TTFT of " + ms(target) + " cannot be met: " + ms(sized.ttft) + " at the percentile asked for",
          "a TTFT of " + ms(sized.ttft)};
    return std::nullopt;
  }

  const Demand& demand_;
  const Workload& workload_;
};

bool tensor_degree_fits(int tensor, const Machine& machine, const Demand& demand, const Pin& pin) {
  if (pin.tensor_parallel) return tensor == *pin.tensor_parallel;
  if (tensor > machine.count) return false;
  return !demand.model.shape || demand.model.shape->heads % tensor == 0;
}

Execution describe(const Sized& sized, const Demand& demand, Precision precision) {
  const Replica& r = sized.replica;
  Execution e;
  e.precision = precision;
  e.memory.weights = r.weights_per_accelerator();
  e.memory.activations = r.cache_per_sequence() * static_cast<double>(sized.batch);
  e.memory.overhead = framework_overhead(*r.accelerator);
  ServingExecution s;
  s.replicas = sized.replicas;
  s.tensor_parallel = r.tensor_parallel;
  s.max_batch = sized.batch;
  s.ttft = sized.ttft;
  s.tpot = sized.tpot;
  s.utilization = sized.utilization;
  s.output_tokens_per_s_per_accelerator =
      demand.peak_requests_per_second * demand.output_tokens / sized.accelerators();
  e.serving = s;
  e.evidence = "a roofline with nine constants from published serving results (docs/methodology.md)";
  e.time_p10 = kTimeP10;
  e.time_p90 = kTimeP90;
  return e;
}

double served_mfu(const Demand& demand, const Machine& machine, const Execution& e, Duration horizon,
                  int accelerators) {
  const FlopRate used = demand.total_flops / horizon;
  return used / (peak_of(*machine.accelerator, e.precision) * static_cast<double>(accelerators));
}

// Models that do not count in tokens: forward passes of their operators, in batches that keep the accelerator
// busy. Each accelerator works on its own.
ExecutionResult forward_passes(const Demand& asked, const Workload& workload, const Machine& machine,
                               Precision precision, const Catalog& catalog) {
  const Accelerator& a = *machine.accelerator;
  const Stack* stack = usual_stack(catalog, a, true);
  if (stack == nullptr) return tl::unexpected(Misfit{"no software of its platform is described", ""});
  Demand demand = asked;
  double largest = 0;
  for (Operator& o : demand.model.operators) {
    o.gradient = Gradient::kNone;
    largest = std::max(largest, o.read + o.written);
  }
  const StepSetup setup = make_step_setup(demand, workload, machine, precision, *stack, catalog);
  Execution e;
  e.precision = precision;
  // Embedding tables stay in 32 bits.
  const double tables = demand.family == Family::kDlrm ? total(demand.model.operators).embedding_params : 0;
  e.memory.weights = Bytes::of((demand.params - tables) * setup.element + tables * kTableBytes);
  e.memory.overhead = framework_overhead(a);
  const Bytes room = a.memory - e.memory.weights - e.memory.overhead;
  const Bytes each = Bytes::of(largest * setup.element);
  const double batch = std::min(kForwardBatch, std::floor(room / std::max(each, Bytes::of(1))));
  if (batch < 1)
    return tl::unexpected(Misfit{"does not fit: the weights need " + memory_text(e.memory.weights), ""});
  e.memory.activations = each * batch;
  const TrainingConstants constants = training_constants(catalog, a.id);
  const Duration pass = OperatorModel(setup, constants).pass(batch).layers();
  const FlopRate peak = peak_of(a, precision) * static_cast<double>(machine.count);
  const TimeBand band = time_band(catalog, demand.family, a, demand.layers_known);
  e.evidence = workload.assume.mfu ? "the spec's assume.mfu" : "forward passes of the " + band.evidence;
  e.time_p10 = workload.assume.mfu ? 1 : band.p10;
  e.time_p90 = workload.assume.mfu ? 1 : band.p90;
  e.goodput = workload.assume.goodput.value_or(1);
  e.run_time = workload.assume.mfu ? demand.total_flops / (peak * *workload.assume.mfu)
                                   : pass * (demand.samples / (batch * machine.count));
  const DataLoading loading(demand, workload, machine, catalog);
  if (const double rate = loading.samples_per_s(machine.count); rate > 0)
    e.run_time = std::max(e.run_time, Duration::of(demand.samples / rate));
  for (const Assumption& assumed : loading.assumptions()) add_assumption(e.assumptions, assumed);
  e.mfu = demand.total_flops / (peak * e.run_time);
  e.run_time = e.run_time / e.goodput;
  add_assumption(e.assumptions, {"batch_inference.batch", plain_number(batch) + " samples",
                                 "that one accelerator takes at once: larger ones gain little"});
  return e;
}

}  // namespace

ExecutionResult estimate_serving(const Demand& demand, const Workload& workload, const Machine& machine,
                                 Duration horizon) {
  const auto precision = choose_precision(workload, *machine.accelerator);
  if (!precision) return tl::unexpected(precision.error());
  const ReplicaSizer sizer(demand, workload);
  std::optional<Sized> best;
  Misfit nearest{"does not fit", ""};
  for (const int tensor : kTensorDegrees) {
    if (!tensor_degree_fits(tensor, machine, demand, workload.pin)) continue;
    const auto sized = sizer.size({&demand, machine.accelerator, *precision, tensor});
    if (!sized) {
      nearest = sized.error();
    } else if (!best || sized->accelerators() < best->accelerators()) {
      best = *sized;
    }
  }
  if (!best) return tl::unexpected(nearest);
  Execution e = describe(*best, demand, *precision);
  e.run_time = horizon;
  e.mfu = served_mfu(demand, machine, e, horizon, best->accelerators());
  add_assumption(e.assumptions, {"serving.utilization", "70%", "no replica is busier than this at the peak"});
  if (workload.slo.percentile != 95 || workload.slo.ttft)
    add_assumption(e.assumptions,
                   {"serving.waiting", "exponential tail", "arrivals within a second are taken as random"});
  return e;
}

ExecutionResult estimate_batch_inference(const Demand& demand, const Workload& workload,
                                         const Machine& machine, const Catalog& catalog) {
  const auto precision = choose_precision(workload, *machine.accelerator);
  if (!precision) return tl::unexpected(precision.error());
  if (!demand.text) return forward_passes(demand, workload, machine, *precision, catalog);
  std::optional<Execution> best;
  Misfit nearest{"does not fit", ""};
  for (const int tensor : kTensorDegrees) {
    if (!tensor_degree_fits(tensor, machine, demand, workload.pin) || machine.count % tensor != 0) continue;
    const Replica replica{&demand, machine.accelerator, *precision, tensor};
    const int batch = replica.memory_batch();
    if (batch < 1) {
      nearest = {"does not fit: the weights need " + memory_text(replica.weights_per_accelerator()) +
                     " an accelerator",
                 "tensor parallelism over more accelerators"};
      continue;
    }
    Sized sized;
    sized.replica = replica;
    sized.batch = batch;
    sized.replicas = machine.count / tensor;
    sized.tpot = replica.steady_step(batch);
    sized.requests_per_s = batch / std::max(demand.output_tokens, 1.0) / sized.tpot.base();
    sized.utilization = 1;
    Execution e = describe(sized, demand, *precision);
    e.goodput = workload.assume.goodput.value_or(1);
    e.run_time = Duration::of(demand.samples / (sized.requests_per_s * sized.replicas)) / e.goodput;
    e.serving->output_tokens_per_s_per_accelerator = sized.requests_per_s * demand.output_tokens / tensor;
    e.mfu = served_mfu(demand, machine, e, e.run_time, machine.count);
    if (!best || e.run_time < best->run_time) best = e;
  }
  if (!best) return tl::unexpected(nearest);
  return *best;
}

}  // namespace capplan

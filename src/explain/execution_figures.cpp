#include <algorithm>
#include <array>

#include "capplan/demand/load.h"
#include "explain/goodput_figures.h"
#include "explain/serving_figures.h"
#include "explain/work_figures.h"

namespace capplan {
namespace {

constexpr const char* kPowerMethod = "Patel et al., arXiv 2308.12908, figures 4 and 6";
constexpr const char* kMfu = "PaLM, arXiv 2204.02311, appendix B";

std::string searched() { return std::string("found by the search over layouts, ") + kTrainingMethod; }

struct TimePart {
  std::string_view key;
  Duration StepTime::*time;
};
constexpr std::array<TimePart, 12> kTimeParts{{{"compute", &StepTime::compute},
                                               {"memory_bound", &StepTime::memory_bound},
                                               {"recompute", &StepTime::recompute},
                                               {"tensor_comm", &StepTime::tensor_comm},
                                               {"context_comm", &StepTime::context_comm},
                                               {"expert_comm", &StepTime::expert_comm},
                                               {"pipeline_comm", &StepTime::pipeline_comm},
                                               {"pipeline_bubble", &StepTime::pipeline_bubble},
                                               {"data_comm_exposed", &StepTime::data_comm_exposed},
                                               {"data_loading", &StepTime::data_loading},
                                               {"optimizer", &StepTime::optimizer},
                                               {"other", &StepTime::other}}};

class ExecutionFigures {
 public:
  ExecutionFigures(const Explained& x, const Allocation& a)
      : x_(x), a_(a), e_(a.execution), d_(x.plan.workloads[a.workload].demand) {}

  std::optional<Derivation> find(std::string_view key) const {
    if (key.starts_with("memory_gib.")) return memory(key.substr(11));
    if (key.starts_with("parallelism.") || key == "replicas" || key == "tensor_parallel" ||
        key == "max_batch")
      return choice(key);
    if (key == "run_hours") return run_hours();
    if (key == "run_hours_p10") return slower_run("P10 of a run", e_.time_p10);
    if (key == "run_hours_p90") return slower_run("P90 of a run", e_.time_p90);
    if (key == "mfu") return mfu();
    if (key == "goodput") return explain_goodput(x_, a_);
    if (key == "power_share") return power_share();
    if (e_.training) return training(key);
    return e_.serving ? explain_serving(x_, a_, key) : std::nullopt;
  }

  // Of a run that takes `slower` times as long as the central one.
  Derivation slower_run(const std::string& name, double slower) const {
    return node(
        name, "h", Operation::kProduct,
        {run_hours(), leaf("over the central time", slower, "", Evidence::kMeasured,
                           std::string(e_.serving ? "how far published serving results lie apart from it, "
                                                  : "measured over predicted time of runs left out of "
                                                    "the fit, ") +
                               kRangeMethod)});
  }

 private:
  Derivation demand(std::string_view key) const { return *explain_demand(x_, a_.workload, key); }
  // What the step model or the rooflines of serving give, not taken apart further.
  Derivation modelled(std::string name, double value, std::string unit) const {
    if (e_.serving)
      return leaf(std::move(name), value, std::move(unit), Evidence::kPublished,
                  std::string("rooflines with constants from published serving results, ") +
                      (is_split(x_, a_) ? kHybridMethod : kServingMethod));
    const auto& fits = x_.catalog.tables().calibrations;
    return leaf(std::move(name), value, std::move(unit), Evidence::kMeasured,
                (e_.evidence.empty() ? "" : e_.evidence + ", ") + kTrainingMethod,
                fits.empty() ? "" : std::string(fits.front().provenance.as_of));
  }
  Derivation power_share() const {
    Derivation d = modelled("mean draw over rated power", e_.power_share, "");
    d.citation = kPowerMethod;
    return d;
  }
  std::optional<Derivation> choice(std::string_view key) const {
    if (e_.serving) return explain_serving(x_, a_, key);
    if (!e_.training || !key.starts_with("parallelism.")) return std::nullopt;
    return degree(e_.training->parallelism, key.substr(12));
  }
  static std::optional<Derivation> degree(const Parallelism& p, std::string_view key) {
    struct Degree {
      std::string_view key;
      double value;
    };
    const std::array<Degree, 9> degrees{
        {{"tensor_parallel", 1.0 * p.tensor_parallel},
         {"pipeline_parallel", 1.0 * p.pipeline_parallel},
         {"virtual_pipeline", 1.0 * p.virtual_pipeline},
         {"context_parallel", 1.0 * p.context_parallel},
         {"expert_parallel", 1.0 * p.expert_parallel},
         {"data_parallel", 1.0 * p.data_parallel},
         {"zero_stage", 1.0 * p.zero_stage},
         {"micro_batch", p.micro_batch},
         {"recompute_share", p.recompute == Recompute::kNone ? 0.0 : p.recompute_share}}};
    for (const Degree& d : degrees) {
      if (d.key == key) return by_rule(std::string(key), d.value, "", searched());
    }
    return std::nullopt;
  }
  std::optional<Derivation> memory(std::string_view key) const {
    struct Part {
      std::string_view key;
      Bytes value;
    };
    const MemoryUse& m = e_.memory;
    const std::array<Part, 5> parts{{{"weights", m.weights},
                                     {"gradients", m.gradients},
                                     {"optimizer", m.optimizer},
                                     {"activations", m.activations},
                                     {"overhead", m.overhead}}};
    std::vector<Derivation> all;
    all.reserve(parts.size());
    for (const Part& p : parts)
      all.push_back(
          by_rule(std::string(p.key), p.value.in(kGiB), "GiB", e_.serving ? kServingMethod : kMemoryMethod));
    if (key == "total")
      return node("memory of the fullest accelerator", "GiB", Operation::kSum, std::move(all));
    for (Derivation& d : all) {
      if (d.name == key) return d;
    }
    return std::nullopt;
  }
  Derivation peak() const {
    const Accelerator& hardware = *x_.catalog.accelerator(a_.accelerator);
    return leaf("dense peak of " + std::string(a_.accelerator), peak_of(hardware, e_.precision).base(),
                "FLOP/s", Evidence::kPublished, std::string(hardware.source), std::string(hardware.as_of));
  }
  Derivation step_time() const {
    std::vector<Derivation> parts;
    for (const TimePart& p : kTimeParts) {
      if ((e_.training->breakdown.*p.time).base() != 0) parts.push_back(part(p));
    }
    return node("time of a step", "s", Operation::kSum, std::move(parts), kTrainingMethod);
  }
  Derivation part(const TimePart& p) const {
    const Duration time = e_.training->breakdown.*p.time;
    const std::string name = "time of a step: " + std::string(p.key);
    Derivation otherwise = modelled(name, time.base(), "s");
    if (p.key != "compute" || time.base() <= 0) return otherwise;
    const double reached = d_.flops_per_step.base() / (a_.count * peak().value * time.base());
    Derivation made = node(name, "s", Operation::kQuotient,
                           {demand("flops_per_step"), explain_count(x_, a_), peak(),
                            modelled("share of the peak that its products reach", reached, "")},
                           kTrainingMethod);
    return made_or(std::move(made), time.base(), otherwise);
  }
  Derivation mfu() const {
    const char* name = "model FLOP/s utilisation";
    Derivation otherwise = modelled(name, e_.mfu, "");
    if (e_.training)
      return made_or(node(name, "", Operation::kQuotient,
                          {demand("flops_per_step"), step_time(), explain_count(x_, a_), peak()}, kMfu),
                     e_.mfu, otherwise);
    // Replicas may leave some accelerators of a machine idle.
    Derivation at_work =
        e_.serving ? node("accelerators of the replicas", "", Operation::kProduct,
                          {*explain_serving(x_, a_, "replicas"), *explain_serving(x_, a_, "tensor_parallel")})
                   : explain_count(x_, a_);
    return made_or(node(name, "", Operation::kQuotient,
                        {demand("total_flops"), seconds_of_work(), std::move(at_work), peak()}, kMfu),
                   e_.mfu, otherwise);
  }
  // Of a run without a step model. What failures take is not in it.
  Derivation seconds_of_work() const {
    if (auto useful = e_.serving ? explain_serving(x_, a_, "useful_seconds") : std::nullopt) return *useful;
    std::vector<Derivation> factors{run_hours(), definition("seconds of an hour", 3600, "s")};
    if (!e_.serving) factors.push_back(explain_goodput(x_, a_));
    return node("seconds of work", "s", Operation::kProduct, std::move(factors));
  }
  Derivation run_hours() const {
    const double value = e_.run_time.in(kHour);
    if (d_.kind == WorkloadKind::kServing) {
      Derivation horizon = by_rule("hours of the horizon", value, "h", "served all the horizon");
      horizon.place = x_.spec.places.nearest("horizon");
      return horizon;
    }
    Derivation otherwise = modelled("time of a run", value, "h");
    if (e_.serving) return explain_serving(x_, a_, "run_hours").value_or(otherwise);
    if (!e_.training) return otherwise;
    Derivation made = node("time of a run", "h", Operation::kQuotient,
                           {node("useful time", "s", Operation::kProduct, {demand("steps"), step_time()}),
                            a_.interrupted ? explain_undisturbed_goodput(x_, a_) : explain_goodput(x_, a_),
                            definition("seconds of an hour", 3600, "s")});
    if (!a_.interrupted) return made_or(std::move(made), value, otherwise);
    return explain_run_on_spot(std::move(made), value);
  }
  std::optional<Derivation> training(std::string_view key) const {
    const TrainingExecution& t = *e_.training;
    if (key == "step_time_s") return step_time();
    if (key == "hfu")
      return node("hardware FLOP/s utilisation", "", Operation::kProduct,
                  {mfu(), by_rule("with what is computed again", t.hfu / e_.mfu, "", kTrainingMethod)});
    if (key == "samples_per_s")
      return node("samples a second", "1/s", Operation::kQuotient, {demand("global_batch"), step_time()});
    if (key == "tokens_per_s_per_accelerator") return tokens_per_s(t);
    if (key == "data_loading.samples_per_s")
      return modelled("samples that the hosts can feed", t.loading_samples_per_s, "1/s");
    if (key.starts_with("time_breakdown_s.")) {
      for (const TimePart& p : kTimeParts) {
        if (p.key == key.substr(17)) return part(p);
      }
    }
    return key.starts_with("runners_up[") ? runner_up(t, key) : std::nullopt;
  }
  Derivation tokens_per_s(const TrainingExecution& t) const {
    if (t.tokens_per_s_per_accelerator <= 0)
      return definition("tokens a second and accelerator, of what is not text", 0, "1/s");
    return node(
        "tokens a second and accelerator", "1/s", Operation::kQuotient,
        {node("tokens a second", "1/s", Operation::kProduct,
              {node("sequences a second", "1/s", Operation::kQuotient, {demand("global_batch"), step_time()}),
               demand("sequence_length")}),
         explain_count(x_, a_)});
  }
  std::optional<Derivation> runner_up(const TrainingExecution& t, std::string_view key) const {
    const std::size_t close = key.find(']');
    const auto index = index_in(key.substr(11, close - 11));
    if (index >= t.runners_up.size()) return std::nullopt;
    const RunnerUp& r = t.runners_up[index];
    const std::string_view rest = key.substr(close + 2);
    const Derivation time = modelled("time of a step of that layout", r.step_time.base(), "s");
    if (rest == "step_time_s") return time;
    if (rest == "slower_percent")
      return node("slower by", "%", Operation::kProduct,
                  {definition("percent", 100, "%"),
                   node("slower by", "", Operation::kDifference,
                        {node("over the best", "", Operation::kQuotient, {time, step_time()}),
                         definition("the best", 1, "")})});
    return rest.starts_with("parallelism.") ? degree(r.parallelism, rest.substr(12)) : std::nullopt;
  }
  const Explained& x_;
  const Allocation& a_;
  const Execution& e_;
  const Demand& d_;
};

}  // namespace

bool is_split(const Explained& x, const Allocation& a) {
  const auto holds = [&](const PlanOption& o) {
    return std::any_of(o.allocations.begin(), o.allocations.end(),
                       [&](const Allocation& other) { return &other == &a; });
  };
  const auto plan = std::find_if(x.plan.options.begin(), x.plan.options.end(), holds);
  return plan != x.plan.options.end() &&
         std::ranges::count(plan->allocations, a.workload, &Allocation::workload) > 1;
}

Derivation explain_count(const Explained& x, const Allocation& a) {
  const bool served = x.plan.workloads[a.workload].demand.kind == WorkloadKind::kServing;
  if (served && a.execution.serving->replicas * a.execution.serving->tensor_parallel == a.count)
    return node("accelerators", "", Operation::kProduct,
                {*explain_serving(x, a, "replicas"), *explain_serving(x, a, "tensor_parallel")});
  const std::string path = "workloads[" + std::to_string(a.workload) + "].pin.count";
  const Location* pinned = x.spec.places.find(path);
  Derivation d =
      by_rule("accelerators", a.count, "",
              pinned != nullptr ? std::string("the spec")
                                : std::string("the best count of those that are sold, ") + kSupplyMethod);
  if (pinned != nullptr) d.place = *pinned;
  return d;
}

Derivation explain_accelerator_hours(const Explained& x, const Allocation& a) {
  Derivation otherwise = by_rule("accelerator-hours", a.accelerator_hours, "h",
                                 std::string("the hours that its machines are used, ") + kRentingMethod);
  Derivation hours = *explain_execution(x, a, "run_hours");
  if (a.interrupted) {
    hours = node(
        "hours of a run in use", "h", Operation::kSum,
        {simulated_on_spot("hours of a run on spot", a.interrupted->on_spot.in(kHour), "h"),
         simulated_on_spot("hours of a run on its fallback", a.interrupted->on_fallback.in(kHour), "h")});
  }
  std::vector<Derivation> factors{std::move(hours), *explain_demand(x, a.workload, "runs"),
                                  explain_count(x, a)};
  if (a.accelerator_hours > 0 && is_split(x, a)) {
    const double all = factors[0].value * factors[1].value * factors[2].value;
    factors.push_back(
        by_rule("share of the work that is done here", a.accelerator_hours / all, "", kHybridMethod));
  } else if (a.accelerator_hours > 0 && a.execution.serving &&
             is_elastic(x.plan.workloads[a.workload].demand)) {
    const double all = factors[0].value * factors[1].value * factors[2].value;
    factors.push_back(by_rule("share of the hours in which the demand asks for them",
                              a.accelerator_hours / all, "", kRentingMethod));
  }
  return made_or(node("accelerator-hours", "h", Operation::kProduct, std::move(factors)), a.accelerator_hours,
                 otherwise);
}

std::optional<Derivation> explain_execution(const Explained& x, const Allocation& a, std::string_view key) {
  return ExecutionFigures(x, a).find(key);
}

}  // namespace capplan

#include "explain/work_figures.h"

#include <array>
#include <cmath>
#include <functional>

#include "capplan/demand/demand.h"

namespace capplan {
namespace {

constexpr const char* kDemandRules = "docs/methodology.md, section 1";
constexpr const char* kStepRules = "docs/methodology.md, section 3";
constexpr const char* kLayoutRule = "found by the search over layouts, docs/methodology.md, section 3";

class DemandFigures {
 public:
  DemandFigures(const Explained& x, std::size_t workload)
      : x_(x), index_(workload), d_(x.plan.workloads[workload].demand) {}

  std::optional<Derivation> find(std::string_view key) const {
    using Maker = Derivation (DemandFigures::*)() const;
    struct Entry {
      std::string_view key;
      Maker make;
    };
    static constexpr std::array<Entry, 13> kEntries{{{"params", &DemandFigures::params},
                                                     {"active_params", &DemandFigures::active},
                                                     {"total_flops", &DemandFigures::total},
                                                     {"flops_per_step", &DemandFigures::per_step},
                                                     {"steps", &DemandFigures::steps},
                                                     {"global_batch", &DemandFigures::batch},
                                                     {"samples", &DemandFigures::samples},
                                                     {"tokens", &DemandFigures::tokens},
                                                     {"sequence_length", &DemandFigures::sequence},
                                                     {"dataset_bytes", &DemandFigures::dataset},
                                                     {"checkpoint_bytes", &DemandFigures::checkpoint},
                                                     {"egress_bytes", &DemandFigures::egress},
                                                     {"runs", &DemandFigures::runs}}};
    for (const Entry& e : kEntries) {
      if (e.key == key) return (this->*e.make)();
    }
    return std::nullopt;
  }

  Derivation steps() const {
    Derivation made = node("optimizer steps", "", Operation::kCeiling,
                           {node("samples over the batch", "", Operation::kQuotient, {samples(), batch()})},
                           "contract of the spec: ceil(samples x epochs / global_batch)");
    return made_or(std::move(made), d_.steps, stated("optimizer steps", d_.steps, "", "training.steps"));
  }
  Derivation batch() const {
    return stated("samples of a step", d_.global_batch, "", "training.global_batch");
  }
  Derivation per_step() const {
    Derivation made =
        node("arithmetic of a step", "FLOP", Operation::kProduct, {batch(), per_sample()}, kDemandRules);
    return made_or(
        std::move(made), d_.flops_per_step.base(),
        stated("arithmetic of a step", d_.flops_per_step.base(), "FLOP", "training.flops_per_step"));
  }
  Derivation runs() const { return stated("runs over the horizon, trials with them", d_.runs, "", "runs"); }
  Derivation dataset() const { return stated("dataset", d_.dataset.base(), "B", "dataset"); }
  Derivation checkpoint() const {
    return node(
        "checkpoint", "B", Operation::kProduct,
        {params(), by_rule("bytes of state of a parameter", d_.checkpoint.base() / d_.params, "B",
                           "weights and optimizer state by precision and optimizer, docs/methodology.md, "
                           "section 2")});
  }

 private:
  // From the spec where it says so, else a default or what follows from other keys of the workload.
  Derivation stated(std::string name, double value, std::string unit, std::string_view key) const {
    Derivation d = by_rule(std::move(name), value, std::move(unit), "");
    const std::string path = "workloads[" + std::to_string(index_) + "]." + std::string(key);
    d.place = x_.spec.places.nearest(path);
    d.source = x_.spec.places.find(path) != nullptr ? "the spec" : "follows from the spec, or a default";
    return d;
  }
  Derivation of_model(std::string name, double value, std::string unit) const {
    const auto& model = x_.spec.workloads[index_].model;
    Derivation d = leaf(std::move(name), value, std::move(unit), Evidence::kPublished, "");
    if (model.preset) {
      const NameMatch match = x_.catalog.match_model(*model.preset);
      if (match.ids.size() == 1) {
        const ModelProfile& profile = *x_.catalog.model(match.ids.front());
        d.source = std::string(profile.source);
        d.as_of = std::string(profile.as_of);
      }
    } else {
      d.evidence = Evidence::kAssumption;
      d.source = "counted from the spec's model";
    }
    d.place = x_.spec.places.nearest("workloads[" + std::to_string(index_) + "].model");
    return d;
  }
  Derivation params() const { return of_model("parameters", d_.params, ""); }
  Derivation active() const { return of_model("parameters that see a token", d_.active_params, ""); }
  Derivation sequence() const {
    return stated("tokens of a sequence", d_.sequence_length, "", "training.sequence_length");
  }
  Derivation tokens() const { return stated("tokens over all epochs", d_.tokens, "", "dataset.tokens"); }
  Derivation samples() const {
    const Derivation otherwise = stated("samples over all epochs", d_.samples, "", "dataset");
    if (d_.tokens <= 0 || d_.sequence_length <= 0) return otherwise;
    Derivation made = node("sequences over all epochs", "", Operation::kQuotient, {tokens(), sequence()});
    if (made.value != std::floor(made.value))
      made = node("sequences over all epochs", "", Operation::kCeiling, {std::move(made)});
    return made_or(std::move(made), d_.samples, otherwise);
  }
  Derivation per_sample() const {
    const double each = d_.flops_per_step.base() / d_.global_batch;
    Derivation counted = of_model("arithmetic of a sample, by the model's layers", each, "FLOP");
    if (d_.sequence_length <= 0) return counted;
    Derivation rule = node("arithmetic of a token", "FLOP", Operation::kProduct,
                           {by_rule("operations a parameter", 6, "FLOP", "forward and backward"), params()},
                           "6 N: Kaplan et al., arXiv 2001.08361, section 2.1");
    Derivation a_token =
        of_model("arithmetic of a token, attention in full", each / d_.sequence_length, "FLOP");
    a_token.citation = "PaLM, arXiv 2204.02311, appendix B";
    Derivation token = made_or(std::move(rule), each / d_.sequence_length, a_token);
    return made_or(
        node("arithmetic of a sequence", "FLOP", Operation::kProduct, {sequence(), std::move(token)}), each,
        counted);
  }
  Derivation total() const {
    const double value = d_.total_flops.base();
    if (d_.steps <= 0) return of_model("arithmetic over the horizon", value, "FLOP");
    Derivation made =
        node("arithmetic of a run", "FLOP", Operation::kProduct, {steps(), per_step()}, kDemandRules);
    return made_or(std::move(made), value, of_model("arithmetic of a run", value, "FLOP"));
  }
  Derivation egress() const { return by_rule("what leaves at the end", d_.result.base(), "B", kDemandRules); }

  const Explained& x_;
  std::size_t index_;
  const Demand& d_;
};

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
      : x_(x), a_(a), e_(a.execution), demand_(x, a.workload), d_(x.plan.workloads[a.workload].demand) {}

  std::optional<Derivation> find(std::string_view key) const {
    if (key.starts_with("memory_gib.")) return memory(key.substr(11));
    if (key.starts_with("parallelism.") || key == "replicas" || key == "tensor_parallel" ||
        key == "max_batch")
      return choice(key);
    if (key == "run_hours") return run_hours();
    if (key == "run_hours_p10") return bound("P10 of a run", e_.time_p10);
    if (key == "run_hours_p90") return bound("P90 of a run", e_.time_p90);
    if (key == "mfu") return mfu();
    if (key == "goodput") return goodput();
    if (key == "power_share") return measured("mean draw over rated power", e_.power_share, "");
    if (e_.training) return training(key);
    return e_.serving ? serving(key) : std::nullopt;
  }

 private:
  Derivation measured(std::string name, double value, std::string unit) const {
    return leaf(std::move(name), value, std::move(unit), Evidence::kMeasured,
                e_.evidence.empty() ? std::string(kStepRules) : e_.evidence,
                std::string(x_.catalog.tables().calibrations.empty()
                                ? Text()
                                : x_.catalog.tables().calibrations.front().provenance.as_of));
  }
  std::optional<Derivation> choice(std::string_view key) const {
    const auto number = [&](double value) {
      return by_rule(std::string(key.substr(key.find('.') + 1)), value, "", kLayoutRule);
    };
    if (e_.serving) {
      if (key == "replicas") return number(e_.serving->replicas);
      if (key == "tensor_parallel") return number(e_.serving->tensor_parallel);
      if (key == "max_batch") return number(e_.serving->max_batch);
      return std::nullopt;
    }
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
      if (d.key == key) return by_rule(std::string(key), d.value, "", kLayoutRule);
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
    for (const Part& p : parts)
      all.push_back(by_rule(std::string(p.key), p.value.in(kGiB), "GiB", "docs/methodology.md, section 2"));
    if (key == "total")
      return node("memory of the fullest accelerator", "GiB", Operation::kSum, std::move(all));
    for (Derivation& d : all) {
      if (d.name == key) return d;
    }
    return std::nullopt;
  }
  Derivation accelerators() const {
    return by_rule("accelerators", a_.count, "", "the best count of those that are sold");
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
    return node("time of a step", "s", Operation::kSum, std::move(parts), kStepRules);
  }
  Derivation part(const TimePart& p) const {
    const Duration time = e_.training->breakdown.*p.time;
    const std::string name = "time of a step: " + std::string(p.key);
    const Derivation otherwise = measured(name, time.base(), "s");
    if (p.key != "compute" || time.base() <= 0) return otherwise;
    const double reached = d_.flops_per_step.base() / (a_.count * peak().value * time.base());
    Derivation made = node(name, "s", Operation::kQuotient,
                           {demand_.per_step(), accelerators(), peak(),
                            measured("share of the peak that its products reach", reached, "")},
                           kStepRules);
    return made_or(std::move(made), time.base(), otherwise);
  }
  Derivation mfu() const {
    const Derivation otherwise = measured("model FLOP/s utilisation", e_.mfu, "");
    if (!e_.training) return otherwise;
    return made_or(
        node("model FLOP/s utilisation", "", Operation::kQuotient,
             {demand_.per_step(), step_time(), accelerators(), peak()}, "PaLM, arXiv 2204.02311, appendix B"),
        e_.mfu, otherwise);
  }
  Derivation goodput() const {
    return leaf("goodput", e_.goodput, "", a_.interrupted ? Evidence::kMeasured : Evidence::kPublished,
                a_.interrupted
                    ? "spot capacity simulated on measured zones, docs/spot.md"
                    : "419 interruptions in 54 days on 16,384 accelerators (arXiv 2407.21783), with "
                      "Young's interval between checkpoints (Young 1974, Daly 2006)",
                "2024-07-31");
  }
  Derivation run_hours() const {
    const double value = e_.run_time.in(kHour);
    const Derivation otherwise = e_.serving ? by_rule("horizon", value, "h", "served all the horizon")
                                            : measured("time of a run", value, "h");
    if (!e_.training || a_.interrupted) return otherwise;
    return made_or(node("time of a run", "h", Operation::kQuotient,
                        {node("useful time", "s", Operation::kProduct, {demand_.steps(), step_time()}),
                         goodput(), by_rule("seconds of an hour", 3600, "s", "definition")}),
                   value, otherwise);
  }
  Derivation bound(const char* name, double factor) const {
    return node(name, "h", Operation::kProduct,
                {run_hours(), leaf("against the central time", factor, "", Evidence::kMeasured,
                                   "measured over predicted time of runs left out of the fit, "
                                   "docs/methodology.md, section 11")});
  }
  std::optional<Derivation> training(std::string_view key) const {
    const TrainingExecution& t = *e_.training;
    if (key == "step_time_s") return step_time();
    if (key == "hfu")
      return node("hardware FLOP/s utilisation", "", Operation::kProduct,
                  {mfu(), by_rule("with what is computed again", t.hfu / e_.mfu, "", kStepRules)});
    if (key == "samples_per_s")
      return node("samples a second", "1/s", Operation::kQuotient, {demand_.batch(), step_time()});
    if (key == "tokens_per_s_per_accelerator") return tokens_per_s(t);
    if (key == "data_loading.samples_per_s")
      return measured("samples that the hosts can feed", t.loading_samples_per_s, "1/s");
    if (key.starts_with("time_breakdown_s.")) {
      for (const TimePart& p : kTimeParts) {
        if (p.key == key.substr(17)) return part(p);
      }
    }
    return key.starts_with("runners_up[") ? runner_up(t, key) : std::nullopt;
  }
  Derivation tokens_per_s(const TrainingExecution& t) const {
    if (t.tokens_per_s_per_accelerator <= 0) return by_rule("tokens a second", 0, "1/s", "no text");
    return node(
        "tokens a second and accelerator", "1/s", Operation::kQuotient,
        {node("tokens a second", "1/s", Operation::kProduct,
              {node("sequences a second", "1/s", Operation::kQuotient, {demand_.batch(), step_time()}),
               *demand_.find("sequence_length")}),
         accelerators()});
  }
  std::optional<Derivation> runner_up(const TrainingExecution& t, std::string_view key) const {
    const std::size_t close = key.find(']');
    const auto index = static_cast<std::size_t>(std::atoi(std::string(key.substr(11, close - 11)).c_str()));
    if (index >= t.runners_up.size()) return std::nullopt;
    const RunnerUp& r = t.runners_up[index];
    const std::string_view rest = key.substr(close + 2);
    const Derivation time = measured("time of a step of that layout", r.step_time.base(), "s");
    if (rest == "step_time_s") return time;
    if (rest == "slower_percent")
      return node("slower by", "%", Operation::kProduct,
                  {by_rule("percent", 100, "", "definition"),
                   node("slower by", "", Operation::kDifference,
                        {node("over the best", "", Operation::kQuotient, {time, step_time()}),
                         by_rule("the best", 1, "", "definition")})});
    return rest.starts_with("parallelism.") ? degree(r.parallelism, rest.substr(12)) : std::nullopt;
  }
  std::optional<Derivation> serving(std::string_view key) const {
    const ServingExecution& s = *e_.serving;
    if (key == "output_tokens_per_s_per_accelerator")
      return measured("output tokens a second", s.output_tokens_per_s_per_accelerator, "1/s");
    if (key == "ttft_ms") return measured("time to first token", s.ttft.base() * 1e3, "ms");
    if (key == "tpot_ms") return measured("time per output token", s.tpot.base() * 1e3, "ms");
    if (key == "utilization") return measured("busy share at the peak", s.utilization, "");
    return std::nullopt;
  }

  const Explained& x_;
  const Allocation& a_;
  const Execution& e_;
  DemandFigures demand_;
  const Demand& d_;
};

}  // namespace

std::optional<Derivation> explain_demand(const Explained& x, std::size_t workload, std::string_view key) {
  if (workload >= x.plan.workloads.size()) return std::nullopt;
  return DemandFigures(x, workload).find(key);
}

std::optional<Derivation> explain_execution(const Explained& x, const Allocation& a, std::string_view key) {
  return ExecutionFigures(x, a).find(key);
}

}  // namespace capplan

#include <array>
#include <cmath>

#include "capplan/demand/demand.h"
#include "explain/work_figures.h"

namespace capplan {
namespace {

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
    static constexpr std::array<Entry, 17> kEntries{{{"params", &DemandFigures::params},
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
                                                     {"runs", &DemandFigures::runs},
                                                     {"peak_requests", &DemandFigures::peak_requests},
                                                     {"prompt_tokens", &DemandFigures::prompt},
                                                     {"output_tokens", &DemandFigures::output},
                                                     {"percentile", &DemandFigures::percentile}}};
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
        node("arithmetic of a step", "FLOP", Operation::kProduct, {batch(), per_sample()}, kDemandMethod);
    return made_or(
        std::move(made), d_.flops_per_step.base(),
        stated("arithmetic of a step", d_.flops_per_step.base(), "FLOP", "training.flops_per_step"));
  }
  Derivation runs() const { return stated("runs over the horizon, trials with them", d_.runs, "", "runs"); }
  Derivation dataset() const { return stated("dataset", d_.dataset.base(), "B", "dataset"); }
  Derivation checkpoint() const {
    return node("checkpoint", "B", Operation::kProduct,
                {params(), by_rule("bytes of state of a parameter", d_.checkpoint.base() / d_.params, "B",
                                   std::string("weights and optimizer state by precision and optimizer, ") +
                                       kDemandMethod)});
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
  Derivation peak_requests() const {
    return stated("requests a second at the peak", d_.peak_requests_per_second, "1/s",
                  "traffic.requests_per_second");
  }
  Derivation prompt() const {
    return stated("tokens of a prompt", d_.prompt_tokens, "", "traffic.prompt_tokens");
  }
  Derivation output() const {
    return stated("tokens of an answer", d_.output_tokens, "", "traffic.output_tokens");
  }
  Derivation percentile() const {
    return stated("percentile of the SLO", x_.spec.workloads[index_].slo.percentile, "", "slo.percentile");
  }
  Derivation requests() const {
    Derivation mean =
        stated("requests a second, mean", d_.mean_requests_per_second, "1/s", "traffic.requests_per_second");
    Derivation seconds =
        node("seconds of the horizon", "s", Operation::kProduct,
             {by_rule("hours of the horizon", x_.plan.horizon.in(kHour), "h", "the horizon of the plan"),
              definition("seconds of an hour", 3600, "s")});
    return made_or(
        node("requests over the horizon", "", Operation::kProduct, {std::move(mean), std::move(seconds)}),
        d_.samples, by_rule("requests over the horizon", d_.samples, "", kDemandMethod));
  }
  Derivation samples() const {
    if (d_.kind == WorkloadKind::kServing) return requests();
    Derivation otherwise = stated("samples over all epochs", d_.samples, "", "dataset");
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
                           {by_rule("operations a parameter", 6, "FLOP", kDemandMethod), params()},
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
        node("arithmetic of a run", "FLOP", Operation::kProduct, {steps(), per_step()}, kDemandMethod);
    return made_or(std::move(made), value, of_model("arithmetic of a run", value, "FLOP"));
  }
  Derivation egress() const {
    return by_rule("what leaves at the end", d_.result.base(), "B", kDemandMethod);
  }

  const Explained& x_;
  std::size_t index_;
  const Demand& d_;
};

}  // namespace

std::optional<Derivation> explain_demand(const Explained& x, std::size_t workload, std::string_view key) {
  if (workload >= x.plan.workloads.size()) return std::nullopt;
  return DemandFigures(x, workload).find(key);
}

}  // namespace capplan

#include "explain/serving_figures.h"

#include <algorithm>
#include <cmath>

#include "explain/goodput_figures.h"
#include "explain/work_figures.h"
#include "performance/replica.h"

namespace capplan {
namespace {

constexpr double kBusiest = 0.70;  // docs/methodology.md, section 4
constexpr const char* kWaiting = "Kleinrock, Queueing Systems I, section 3.2";

class ServingFigures {
 public:
  ServingFigures(const Explained& x, const Allocation& a)
      : x_(x),
        a_(a),
        s_(*a.execution.serving),
        d_(x.plan.workloads[a.workload].demand),
        replica_{&d_, x.catalog.accelerator(a.accelerator), a.execution.precision, s_.tensor_parallel} {}

  std::optional<Derivation> find(std::string_view key) const {
    if (key == "replicas") return replicas();
    if (key == "tensor_parallel")
      return by_rule("accelerators of a replica", s_.tensor_parallel, "",
                     std::string("of 1, 2, 4 and 8 what needs the fewest in all, ") + kServingMethod);
    if (key == "max_batch") return batch();
    if (key == "tpot_ms") return tpot();
    if (key == "ttft_ms") return ttft();
    if (key == "utilization") return utilization();
    if (key == "output_tokens_per_s_per_accelerator") return tokens_per_s();
    if (key == "run_hours" && !served()) return run_hours();
    if (key == "useful_seconds" && !served()) return useful();
    return std::nullopt;
  }

 private:
  bool served() const { return d_.kind == WorkloadKind::kServing; }
  Derivation demand(std::string_view key) const { return *explain_demand(x_, a_.workload, key); }
  static Derivation roofline(const char* name, Duration time) {
    return leaf(
        name, time.base() * 1e3, "ms", Evidence::kPublished,
        std::string("a sum of rooflines with constants from published serving results, ") + kServingMethod);
  }
  // Each side of split traffic is sized for its own share.
  Derivation otherwise(const char* name, double value, const char* unit) const {
    return leaf(name, value, unit, Evidence::kPublished, is_split(x_, a_) ? kHybridMethod : kServingMethod);
  }

  Derivation batch() const {
    return by_rule("requests of a full batch", s_.max_batch, "",
                   std::string(served() ? "the largest that keeps to the SLO, at most what memory holds, "
                                        : "as many as memory holds, ") +
                       kServingMethod);
  }
  // A full step of continuous batching is what each token of each answer waits for.
  Derivation tpot() const {
    return made_or(roofline("time per output token", replica_.steady_step(s_.max_batch)),
                   s_.tpot.base() * 1e3, otherwise("time per output token", s_.tpot.base() * 1e3, "ms"));
  }
  // Of a replica at full load.
  Derivation capacity() const {
    return node("requests a second of a full replica", "1/s", Operation::kQuotient,
                {batch(), demand("output_tokens"),
                 node("seconds per output token", "s", Operation::kQuotient,
                      {tpot(), definition("milliseconds of a second", 1000, "ms")})});
  }
  Derivation replicas() const {
    if (!served())
      return node("replicas", "", Operation::kQuotient, {explain_count(x_, a_), *find("tensor_parallel")});
    Derivation searched =
        by_rule("replicas", s_.replicas, "",
                std::string("as many as its traffic and the time to first token need, ") + kServingMethod);
    Derivation allowed = node("requests a second that a replica may take", "1/s", Operation::kProduct,
                              {capacity(), by_rule("busiest", kBusiest, "", kServingMethod)});
    return made_or(node("replicas", "", Operation::kCeiling,
                        {node("peak over what one may take", "", Operation::kQuotient,
                              {demand("peak_requests"), std::move(allowed)})}),
                   s_.replicas, searched);
  }
  Derivation each() const {
    return node("requests a second of each replica", "1/s", Operation::kQuotient,
                {demand("peak_requests"), replicas()});
  }
  Derivation utilization() const {
    if (!served()) return definition("busy share, all the time", s_.utilization, "");
    return made_or(
        node("busy share of a replica at the peak", "", Operation::kQuotient, {each(), capacity()}),
        s_.utilization, otherwise("busy share of a replica at the peak", s_.utilization, ""));
  }

  // The prompt and a step of the running batch.
  Derivation prefill() const {
    const Duration step =
        replica_.step_time(0, 0, s_.max_batch * s_.utilization, d_.prompt_tokens + d_.output_tokens / 2);
    return node("time of the prompt among others", "ms", Operation::kSum,
                {roofline("time of the prompt alone", replica_.prefill_time()),
                 roofline("step of the running batch", step)});
  }
  // s / (1 - load) ln(load / (1 - p)): the exponential tail of a single server.
  std::optional<Derivation> waiting() const {
    const double tail = 1 - std::min(x_.spec.workloads[a_.workload].slo.percentile, 99.99) / 100;
    const double most = 0.99;
    Derivation load = node("share of the time that prompts take", "", Operation::kProduct,
                           {each(), node("seconds of a prompt among others", "s", Operation::kQuotient,
                                         {prefill(), definition("milliseconds of a second", 1000, "ms")})});
    if (load.value > most)
      load = node("share of the time that prompts take, at most", "", Operation::kMinimum,
                  {std::move(load), by_rule("at most", most, "", kServingMethod)});
    if (load.value <= tail) return std::nullopt;
    Derivation late =
        node("share that may wait longer", "", Operation::kDifference,
             {definition("all", 1, ""), node("percentile", "", Operation::kQuotient,
                                             {demand("percentile"), definition("percent", 100, "%")})});
    if (std::abs(late.value - tail) > 1e-12)
      late = by_rule("share that may wait longer", tail, "", kServingMethod);
    Derivation idle =
        node("share of the time that is free", "", Operation::kDifference, {definition("all", 1, ""), load});
    Derivation tail_length =
        node("logarithm of load over tail", "", Operation::kLogarithm,
             {node("load over tail", "", Operation::kQuotient, {load, std::move(late)})});
    return node(
        "wait at the percentile", "ms", Operation::kProduct,
        {node("mean wait of those who wait", "ms", Operation::kQuotient, {prefill(), std::move(idle)}),
         std::move(tail_length)},
        kWaiting);
  }
  Derivation ttft() const {
    const double value = s_.ttft.base() * 1e3;
    const char* name = "time to first token";
    if (!served()) return definition("time to first token, which a batch has not", value, "ms");
    std::vector<Derivation> parts{prefill()};
    if (auto wait = waiting()) parts.push_back(std::move(*wait));
    return made_or(node(name, "ms", Operation::kSum, std::move(parts), kServingMethod), value,
                   otherwise(name, value, "ms"));
  }

  Derivation tokens_per_s() const {
    const double value = s_.output_tokens_per_s_per_accelerator;
    const char* name = "output tokens a second and accelerator, at the peak";
    Derivation tokens = node("output tokens a second", "1/s", Operation::kProduct,
                             {served() ? demand("peak_requests") : capacity(), demand("output_tokens")});
    std::vector<Derivation> parts{std::move(tokens)};
    if (served()) parts.push_back(replicas());
    parts.push_back(*find("tensor_parallel"));
    return made_or(node(name, "1/s", Operation::kQuotient, std::move(parts)), value,
                   otherwise(name, value, "1/s"));
  }

  // Of a batch: requests over what all replicas do in a second.
  Derivation useful() const {
    return node("useful time", "s", Operation::kQuotient, {demand("samples"), capacity(), replicas()});
  }
  Derivation run_hours() const {
    const double value = a_.execution.run_time.in(kHour);
    Derivation made =
        node("time of a run", "h", Operation::kQuotient,
             {useful(), a_.interrupted ? explain_undisturbed_goodput(x_, a_) : explain_goodput(x_, a_),
              definition("seconds of an hour", 3600, "s")});
    if (a_.interrupted) return explain_run_on_spot(std::move(made), value);
    return made_or(std::move(made), value, otherwise("time of a run", value, "h"));
  }

  const Explained& x_;
  const Allocation& a_;
  const ServingExecution& s_;
  const Demand& d_;
  Replica replica_;
};

}  // namespace

std::optional<Derivation> explain_serving(const Explained& x, const Allocation& a, std::string_view key) {
  return ServingFigures(x, a).find(key);
}

}  // namespace capplan

#include "explain/goodput_figures.h"

#include <array>
#include <cmath>

#include "explain/work_figures.h"
#include "performance/goodput.h"

namespace capplan {
namespace {

constexpr const char* kYoungDaly = "Young 1974, CACM 17(9); Daly 2006, FGCS 22(3), first order";

class GoodputFigures {
 public:
  GoodputFigures(const Explained& x, const Allocation& a) : x_(x), a_(a), e_(a.execution) {}

  Derivation make() const {
    const Demand& d = x_.plan.workloads[a_.workload].demand;
    const auto& assumed = x_.spec.workloads[a_.workload].assume.goodput;
    if (assumed && *assumed == e_.goodput) return stated();
    if (d.kind == WorkloadKind::kServing || d.kind == WorkloadKind::kBatchInference)
      return by_rule("goodput", e_.goodput, "",
                     std::string("nothing but interruptions by the provider is modelled, ") + kServingMethod);
    const Derivation undisturbed = without_spot();
    if (a_.interrupted) return on_spot(undisturbed);
    if (a_.purchase == Purchase::kMarketplace) return on_marketplace(undisturbed);
    return made_or(undisturbed, e_.goodput, modelled("goodput", e_.goodput));
  }

  Derivation without_spot() const {
    if (x_.spec.workloads[a_.workload].assume.goodput) return stated();
    if (x_.plan.workloads[a_.workload].demand.kind == WorkloadKind::kBatchInference)
      return by_rule("goodput", 1, "", std::string("no failure is modelled, ") + kServingMethod);
    return of_failures();
  }

 private:
  Derivation stated() const {
    const std::string path = "workloads[" + std::to_string(a_.workload) + "].assume.goodput";
    Derivation d = by_rule("goodput", *x_.spec.workloads[a_.workload].assume.goodput, "", "the spec");
    d.place = x_.spec.places.nearest(path);
    return d;
  }
  static Derivation modelled(const char* name, double value) {
    return leaf(name, value, "", Evidence::kPublished, kTrainingMethod);
  }
  Derivation figure(const char* id, const char* name, const char* unit) const {
    const Figure& f = x_.catalog.figure(id);
    return leaf(name, f.value, unit, f.provenance.unverified ? Evidence::kUnverified : Evidence::kPublished,
                std::string(f.provenance.source), std::string(f.provenance.as_of));
  }

  // Nodes are those of the machine that is rented, which may hold fewer than the accelerator's usual one.
  Derivation of_failures() const {
    const Accelerator& accelerator = *x_.catalog.accelerator(a_.accelerator);
    const int pinned = x_.spec.workloads[a_.workload].pin.per_node.value_or(accelerator.per_node);
    for (const int per_node : {pinned, accelerator.per_node, 1, 2, 4, 8, 16}) {
      const int nodes = (a_.count + per_node - 1) / per_node;
      const Demand& d = x_.plan.workloads[a_.workload].demand;
      const double found = failure_goodput(x_.catalog, a_.count, nodes, d.checkpoint);
      if (std::abs(found - e_.goodput) <= 1e-12) return lost_to(between_failures(), save(per_node));
    }
    return lost_to(between_failures(), save(pinned));
  }
  Derivation between_failures() const {
    return node("time between failures of the job", "s", Operation::kQuotient,
                {definition("seconds of a year", kYear.base(), "s"),
                 figure("reliability.interruptions-per-accelerator-year",
                        "interruptions of an accelerator in a year", ""),
                 explain_count(x_, a_)});
  }
  Derivation save(int per_node) const {
    Derivation nodes =
        node("nodes", "", Operation::kCeiling,
             {node("nodes, in parts", "", Operation::kQuotient,
                   {explain_count(x_, a_), leaf("accelerators of a node", per_node, "", Evidence::kPublished,
                                                "the machine that is planned with")})});
    return node("time of a save", "s", Operation::kQuotient,
                {*explain_demand(x_, a_.workload, "checkpoint_bytes"),
                 figure("checkpoint.write-bandwidth", "bytes that a node writes in a second", "B/s"),
                 std::move(nodes)});
  }

  // 1 / (1 + s / interval + interval / (2 M) + R / M), saved every sqrt(2 M s).
  Derivation lost_to(const Derivation& between, const Derivation& save) const {
    const Derivation two = definition("two", 2, "");
    const Derivation interval =
        node("time between saves", "s", Operation::kSquareRoot,
             {node("its square", "s2", Operation::kProduct, {two, between, save})}, kYoungDaly);
    Derivation lost = node(
        "elapsed over useful time", "", Operation::kSum,
        {definition("useful time", 1, ""), node("lost to saving", "", Operation::kQuotient, {save, interval}),
         node("work done again", "", Operation::kQuotient,
              {interval, node("twice the time between failures", "s", Operation::kProduct, {two, between})}),
         node("lost to restarts", "", Operation::kQuotient,
              {figure("checkpoint.restart-time", "time of a restart", "s"), between})});
    return node("goodput", "", Operation::kQuotient, {definition("useful time", 1, ""), std::move(lost)},
                kYoungDaly);
  }

  Derivation on_spot(const Derivation& undisturbed) const {
    return node("goodput on spot capacity", "", Operation::kProduct,
                {undisturbed, simulated_on_spot("useful share of the time with spot capacity",
                                                e_.goodput / undisturbed.value, "")});
  }
  Derivation on_marketplace(const Derivation& undisturbed) const {
    const Derivation hosts =
        lost_to(figure("marketplace.time-between-interruptions", "time between interruptions by hosts", "s"),
                save(x_.catalog.accelerator(a_.accelerator)->per_node));
    return made_or(node("goodput on a marketplace", "", Operation::kProduct, {undisturbed, hosts}),
                   e_.goodput, modelled("goodput on a marketplace", e_.goodput));
  }

  const Explained& x_;
  const Allocation& a_;
  const Execution& e_;
};

}  // namespace

Derivation explain_goodput(const Explained& x, const Allocation& a) { return GoodputFigures(x, a).make(); }

Derivation explain_run_on_spot(Derivation undisturbed, double hours) {
  undisturbed.name = "time of a run that nothing takes the capacity from";
  const double longer = hours / undisturbed.value;
  return node("time of a run on spot capacity", "h", Operation::kProduct,
              {std::move(undisturbed),
               simulated_on_spot("times as long on spot capacity, waiting with it", longer, "")});
}

Derivation explain_undisturbed_goodput(const Explained& x, const Allocation& a) {
  return GoodputFigures(x, a).without_spot();
}

}  // namespace capplan

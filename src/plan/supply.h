// Where one workload could run: rented from an offer, or owned; in which counts; at what price.
#pragma once

#include <map>

#include "capplan/performance/training_model.h"
#include "plan/counts.h"
#include "plan/resolve.h"

namespace capplan {

// One workload on one supply, priced.
struct Candidate {
  std::string id;  // "rental/nebius/h100-sxm-80gb/64/on-demand"
  SupplyOption option = SupplyOption::kCloud;
  MarketOffer offer;  // offer == nullptr: owned
  Allocation allocation;
  Cost cost;
  CategoryTotals low, high;  // at the P10 and P90 of time and price
  Money p10, p90;
  EnergyUse energy;
  Duration span;  // from the first use to the last
  bool meets_deadline = true;
};

// Executions do not depend on prices: computed once for each accelerator, count, node size and fabric.
class ExecutionCache {
 public:
  ExecutionCache(const BoundSpec& spec, const Catalog& catalog) : spec_(spec), catalog_(catalog) {}
  const ExecutionResult& get(std::size_t workload, const Machine& machine);

 private:
  struct Key {
    std::size_t workload;
    Text accelerator;
    int count;
    int per_node;
    double node_bandwidth;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  const BoundSpec& spec_;
  const Catalog& catalog_;
  std::map<Key, ExecutionResult> results_;
};

struct SupplyContext {
  const BoundSpec& spec;
  const Catalog& catalog;
  ExecutionCache& executions;
  int threads = 1;
  Monitor* monitor = nullptr;
};

// What can be rented or, without an offer, owned.
struct Supply {
  const MarketOffer* offer = nullptr;
  const Accelerator* accelerator = nullptr;
};

// What taking a job away now and then does to it: a zone is one failure unit, the state is saved at Young's
// interval by all nodes together. Without them nothing is lost.
class Interruptions {
 public:
  Interruptions() = default;
  Interruptions(const Catalog& catalog, Bytes checkpoint);

  // How much longer a run takes on `count` accelerators; where they come as often as one time in ten.
  double slowdown(int count) const { return slowdown_at(between_, count); }
  double slowdown_p90(int count) const { return slowdown_at(between_p90_, count); }

 private:
  double slowdown_at(Duration between, int count) const;

  Duration between_, between_p90_;
  Duration save_from_one_, restart_;
};

// Prices one workload on one supply.
class SupplyPricer {
 public:
  SupplyPricer(const SupplyContext& context, std::size_t workload, const Supply& supply);

  Lots lots() const;
  // Nothing, with the reason in `why`, where its terms do not hold such a run.
  std::optional<Candidate> price(const Execution& execution, int count, Rejection& why) const;
  // How much longer than undisturbed a run takes there.
  double slowdown(int count) const { return interruptions_.slowdown(count); }
  // Runs on `count` that take this long or longer, slowdown and all, cost `budget` or more; none costs less
  // where it is zero. A held commitment is taken to be used within the horizon.
  Duration worth(int count, Money budget) const;
  // From the start of the plan to the first useful hour.
  Duration starts_after() const;
  // Why there is none, where no count was tried.
  Rejection refusal() const;

 private:
  const SupplyContext& c_;
  std::size_t workload_;
  Supply supply_;
  Interruptions interruptions_;
};

// Owned accelerators at a given count, for splits.
tl::expected<Candidate, Rejection> own_count(const SupplyContext& context, std::size_t workload,
                                             const Accelerator& accelerator, int count);

// Smaller is better; cost ties are broken by cost, then id.
double score(Objective objective, Money total, Money p90, Duration wall_clock, double kg_co2e);

// The part of an id that names the accelerator.
std::string id_part(Text name);

// Owned accelerators of this spec, used for so long.
OwnedJob owned_job(const BoundSpec& spec, const Accelerator& accelerator, int count, Duration used,
                   PriceCase prices);

// Without what is brought in.
// What owning costs, with what running it takes besides and the price of its carbon.
Cost operated_cost(const SupplyContext& context, const OwnedJob& job);

DataNeed data_need(const BoundSpec& spec, const BoundWorkload& workload, Duration stored_for);

// What brings a copy of the dataset there for the least money, of copies that cost the same the first;
// nothing where one stands there already, or where the spec does not say where copies stand. A provider of
// nullptr is the site.
std::optional<DataMove> cheapest_move(const BoundWorkload& workload, const Provider* provider, Text region,
                                      const Catalog& catalog);

// What is paid once for a whole plan, left out: a second part of it does not pay it again.
OperationsChoice without_fixed(OperationsChoice operations);

}  // namespace capplan

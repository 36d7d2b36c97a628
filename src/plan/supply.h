// Where one workload could run: rented from an offer, or owned; in which counts; at what price.
#pragma once

#include <map>

#include "capplan/performance/training_model.h"
#include "plan/counts.h"
#include "plan/rent_pricer.h"

namespace capplan {

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
    double vcpus;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  const BoundSpec& spec_;
  const Catalog& catalog_;
  std::map<Key, ExecutionResult> results_;
};

// What can be rented or, without an offer, owned.
struct Supply {
  const MarketOffer* offer = nullptr;
  const Accelerator* accelerator = nullptr;
};

// Prices one workload on one supply.
class SupplyPricer {
 public:
  SupplyPricer(const SupplyContext& context, std::size_t workload, const Supply& supply);

  Lots lots() const;
  // Nothing, with the reason in `why`, where its terms do not hold such a run.
  std::optional<Candidate> price(const Execution& execution, int count, Rejection& why) const;
  // How much longer than undisturbed a run takes there at least.
  double slowdown(int count) const;
  // Runs on `count` that take this long or longer, slowdown and all, cost `budget` or more; none costs less
  // where it is zero. A held commitment is taken to be used within the horizon.
  Duration worth(int count, Money budget) const;
  // The longest that a run may take for every run to be on time, and where the first ones cannot be, for the
  // later ones.
  Duration time_for_all_runs() const;
  Duration time_for_later_runs() const;
  // Why there is none, where no count was tried.
  Rejection refusal() const;

 private:
  int allowed() const;  // accelerators, by the limit on all and by the quota of the place

  const SupplyContext& c_;
  std::size_t workload_;
  Supply supply_;
  std::optional<RentPricer> renting_;  // absent: owned
};

// Owned accelerators at a given count, for splits.
tl::expected<Candidate, Rejection> own_count(const SupplyContext& context, std::size_t workload,
                                             const Accelerator& accelerator, int count);

// Smaller is better; cost ties are broken by cost, then id.
double score(Objective objective, Money total, Money p90, Duration wall_clock, double kg_co2e);

// The part of an id that names the accelerator.
std::string id_part(Text name);

}  // namespace capplan

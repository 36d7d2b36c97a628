// The ranked plan: every way of getting the compute a spec needs, priced, with what each breaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capplan/core/monitor.h"
#include "capplan/cost/cash_flow.h"
#include "capplan/cost/energy.h"
#include "capplan/cost/finance.h"
#include "capplan/cost/owned.h"
#include "capplan/performance/execution.h"
#include "capplan/plan/sensitivity.h"
#include "capplan/spec/plan_spec.h"

namespace capplan {

// Machines that several workloads share: bought, there already, or committed to.
struct Fleet {
  Text accelerator;
  Text provider;  // or the site
  Text region;
  Purchase purchase = Purchase::kOwned;
  int count = 1;          // accelerators
  int first_month = 0;    // from 0, in which they are in service
  int months = 1;         // that they are held from then on
  bool existing = false;  // of one's own before the plan begins
};

// Accelerators of one kind from one place for one workload.
struct Allocation {
  std::size_t workload = 0;  // index into the spec's workloads
  Text accelerator;
  int count = 1;
  int nodes = 1;         // machines that it is rented as
  int side_by_side = 1;  // runs at a time, each on as many; of what a program rents for more than take turns
  Text provider;         // or the site
  Text region;
  Text machine;
  Text as_of;  // of the price
  Purchase purchase = Purchase::kOnDemand;
  std::optional<double> usd_per_accelerator_hour;  // absent where nothing is charged by the hour
  double accelerator_hours = 0;
  std::optional<Interrupted> interrupted;  // spot capacity, and what stands in while it is away
  Duration starts_after;   // from the start of the plan: delivery, data on its way, setting up
  double runs_missed = 0;  // of recurring work on owned accelerators: due before they are in service
  Execution execution;
  std::optional<std::size_t> fleet;  // of the plan, that it works on; absent: rented for this work alone
};

// What is known of a plan that a program found.
struct Optimality {
  std::optional<double> bound_usd;  // no plan of the program costs less; absent where not all was looked at
  double gap = 0;                   // of the plan's cost above the bound, as a share of it
  bool proven = false;              // there is no gap
  Objective made_for = Objective::kCost;
};

// Of the samples of a plan's cost.
struct CostQuantiles {
  Money p10, p50, p90;
};

struct PlanOption {
  int rank = 0;
  std::string id;
  SupplyOption option = SupplyOption::kCloud;
  bool feasible = true;
  std::vector<std::string> violations;
  std::string relaxation;  // the cheapest change that would let it in; empty where it is in
  bool meets_deadline = true;
  bool on_pareto_front = false;
  bool dominated = false;  // a hybrid of one run that loses to one of its ends
  bool firm = true;
  PriceStanding standing = PriceStanding::kUsual;
  Duration wall_clock;
  Cost cost;
  std::optional<CostQuantiles> sampled;  // absent where the plan was not sampled: nobody compares plans
  std::optional<double> p_over_budget;   // share of the samples that cost more; absent without a budget
  std::optional<double> p_late;  // of those where a run misses its deadline; absent where all is served
  // Of those where no other feasible plan at a usual price costs less; absent where plans were not compared.
  std::optional<double> p_cheapest;
  CashFlow cash;                     // by month, before tax
  std::optional<Usd> npv;            // where the spec states a rate: of what is paid, positive
  std::optional<Usd> npv_after_tax;  // and where it states a tax
  EnergyUse energy;                  // of all allocations together
  std::vector<EnergyUse> uses;       // of each
  std::vector<Allocation> allocations;
  std::vector<Fleet> fleets;
  std::optional<Optimality> optimality;  // of plans that a program found; others were enumerated
  std::vector<std::string> notes;
};

struct Rejection {
  std::string id;
  std::string reason;
  std::string relaxation;
};

// A change of one constraint alone that lets a plan in. Of a number the least such change, one step less of
// what is written lets nothing in; where that is not known, the change says "at most".
struct Relaxation {
  std::string path;      // "workloads[0].deadline", "constraints.purchases"
  std::string from, to;  // as the spec would say it: "21 days", "24.4 days"
  std::string change;    // "3.4 days more", "admits spot"
  std::string id;        // of the best plan that it lets in
  Money cost;            // of that plan
  Duration wall_clock;
};

struct BreakEven {
  std::string buy;
  std::string rent;
  double utilization = 0;  // busy share of the horizon above which owning costs less
  double months = 0;       // until owning is paid back at full use; 0 where nothing is bought
  bool bought = true;      // false: leased
};

// All runs of a workload at one count, priced.
struct ScalingRow {
  int count = 1;
  Execution execution;  // of one run
  Duration wall_clock;
  double accelerator_hours = 0;
  Money cost, p10, p90;
  bool meets_deadline = true;
};

// One workload over counts on the supply of the best plan: each count is faster than all smaller ones.
struct ScalingCurve {
  std::size_t workload = 0;
  std::string id;  // of that plan
  Text accelerator, provider;
  Purchase purchase = Purchase::kOnDemand;
  std::vector<ScalingRow> rows;  // by count
  std::size_t cheapest = 0;      // of those in time, else of all
};

inline constexpr double kWorthwhileSaving = 0.005;  // of the cost: smaller savings are none

// What one lever changes for a workload, on the accelerators of the best plan.
struct LeverEffect {
  Text id, name;
  bool in_use = false;     // the spec or the layout has it already
  std::string impossible;  // why it has no effect here; empty where it has
  double flops = 1;        // arithmetic over that of the plan
  Bytes memory;            // of the fullest accelerator
  Duration time;           // of all runs
  Money cost;
  QualityLoss loss = QualityLoss::kTask;
  Text quality, source, as_of;
  std::string conflicts;  // ids that it excludes, with commas between

  bool works() const { return !in_use && impossible.empty(); }
};

// What would help one workload. Effects do not add up: each is of one lever alone.
struct LeverTable {
  std::size_t workload = 0;
  Bytes memory;  // as planned
  Duration time;
  Money cost;
  std::vector<LeverEffect> effects;
  // The levers without a loss of quality in their evidence that together save most, pulled at once.
  std::vector<Text> best;
  Money best_cost;
  Duration best_time;
};

// The first of the plans that use this many accelerators at once.
struct PlanOfCount {
  int count = 1;
  PlanOption option;
};

struct WorkloadDemand {
  std::string name;
  Demand demand;
};

// How the quantiles and probabilities of the plans came about.
struct Sampling {
  int samples = 0;
  std::uint32_t seed = 0;  // of the spec's name: a spec that changes keeps its draws
  double error = 0;        // standard error of the first plan's P10, P50 or P90, the largest, over its P50
};

struct Plan {
  std::string name;
  std::string currency;
  Duration horizon;
  Objective objective = Objective::kCost;
  std::string site;                        // where what is owned stands
  std::optional<Discounting> discounting;  // where the spec states a rate
  std::string catalog_as_of;
  std::string catalog_sha256;
  Assumptions assumptions;
  std::vector<WorkloadDemand> workloads;
  std::vector<PlanOption> options;  // ranked: feasible first
  Sampling sampling;
  std::optional<Sensitivity> sensitivity;  // where the settings ask for it
  std::vector<Rejection> rejected;
  std::vector<Relaxation> relaxations;  // where nothing is feasible: what would let a plan in, cheapest first
  std::vector<BreakEven> break_even;
  std::vector<std::string> notes;
  std::vector<LeverTable> levers;     // of the best plan's workloads
  std::vector<PlanOfCount> by_count;  // of a single trained workload: on one accelerator and on eight
  std::vector<ScalingCurve> scaling;  // where the settings ask for it
  bool proven = true;       // every way was looked at, or proved worse: false where that was interrupted
  Diagnostics diagnostics;  // warnings about the spec

  bool feasible() const { return !options.empty() && options.front().feasible; }
};

inline constexpr int kUsualSamples = 1024;

struct PlanSettings {
  int threads = 1;             // never changes the plan
  Monitor* monitor = nullptr;  // stopped, the plan is the best that was found until then
  bool include_outliers = false;
  bool scaling = false;       // trained workloads over counts, too
  bool sensitivity = false;   // what the cheapest plan hangs on, too
  bool mixes = true;          // what a program finds for all workloads together, too
  bool pure = true;           // portfolios of one option alone beside the best mix; else that in less depth
  bool comparisons = true;    // levers, the best on one accelerator and on eight, relaxations
  bool winner_alone = false;  // the first plan and its figures; of the others what was looked at on the way
  std::optional<Objective> objective;  // in place of the spec's
  int samples = kUsualSamples;         // of each plan's cost; rounded up to whole batches
};

// Problems are names that the catalogue does not have and figures that cannot be reconciled, located in the
// spec.
Result<Plan> make_plan(const PlanSpec& spec, const Catalog& catalog, const PlanSettings& settings);

// Names of a spec that the catalogue does not have, or has several of: presets, accelerators, the site. For a
// spec with other errors, so that all are reported at once; make_plan checks them itself.
Diagnostics check_catalog_names(const PlanSpec& spec, const Catalog& catalog);

// Of the feasible, the first of each option, provider and accelerator; then the same of those that break
// something.
std::vector<const PlanOption*> best_of_each(const Plan& plan);

}  // namespace capplan

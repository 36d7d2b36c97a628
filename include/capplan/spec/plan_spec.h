// A whole spec: the workloads, and what holds for all of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capplan/core/assumption.h"
#include "capplan/core/timing.h"
#include "capplan/core/uncertain.h"
#include "capplan/core/units.h"
#include "capplan/spec/spec_places.h"
#include "capplan/spec/workload.h"

namespace capplan {

enum class Objective { kCost, kTime, kCarbon, kCostP90 };
std::string_view objective_name(Objective objective);
std::optional<Objective> find_objective(std::string_view name);

// Names with `*` for any run of characters; an empty allow list allows all.
struct NameFilter {
  std::vector<std::string> allow;
  std::vector<std::string> deny;

  bool admits(std::string_view name) const;
  bool empty() const { return allow.empty() && deny.empty(); }
};

// What a provider, or a site, lets a spec have at one time.
struct Quota {
  std::string provider;
  double accelerators = 0;
};

struct Constraints {
  std::optional<Usd> budget;            // over the horizon
  std::optional<Usd> budget_per_month;  // paid in any one month
  std::vector<Quota> quotas;
  std::optional<double> max_accelerators;
  NameFilter providers;
  NameFilter regions;
  NameFilter accelerators;
  std::vector<std::string> purchases;  // admitted besides firm ones: spot, marketplace
  std::vector<std::string> platforms;  // admitted besides cuda and rocm: xla, neuron, …
  std::vector<std::string> options;    // empty: all four
  bool data_may_leave_site = true;
};

// How hardware loses its value (docs/methodology.md, Money over time).
enum class DepreciationMethod { kStraightLine, kDeclining, kMacrs, kPricePerformance };
std::string_view depreciation_name(DepreciationMethod method);
std::optional<DepreciationMethod> find_depreciation(std::string_view name);

struct DepreciationChoice {
  DepreciationMethod method = DepreciationMethod::kStraightLine;
  std::optional<Duration> life;  // straight line: until nothing is left; MACRS: 3, 5 or 7 years
  std::optional<double> rate;    // declining: of what is left, a year; price-performance: orders of magnitude
};

// Repaid in level monthly payments.
struct LoanChoice {
  double rate = 0;   // a year, nominal, paid monthly
  double share = 1;  // of the capital that is borrowed
  Duration term;
};

// Accelerators that the buyer has already.
struct ExistingAccelerators {
  std::string accelerator;
  int count = 0;
  Location location;
};

// Where owned hardware would stand, what it costs there, and how much of it this spec pays for. Whatever is
// absent is the profile's, or the catalogue's usual figure.
struct SiteChoice {
  std::optional<std::string> profile;  // id of profiles/sites
  std::optional<double> shared;        // the share of an owned plan charged to this spec
  std::vector<ExistingAccelerators> existing;
  std::optional<double> spares;        // bought besides, as a share of servers and network
  std::optional<double> network;       // switches and cables, as a share of servers
  std::optional<double> installation;  // as a share of servers and network
  std::optional<double> residual;      // of the hardware's price, at the horizon
  std::optional<double> maintenance;   // a year, of the hardware's price
  std::optional<double> insurance;     // a year, of the hardware's price
  std::optional<double> repairs;       // accelerators replaced a year, over all, where there is no contract
  std::optional<Duration> repair_time;
  std::optional<double> financing;  // interest a year on what is bought, repaid at the horizon
  std::optional<LoanChoice> loan;
  std::optional<UsdRate> lease;     // of one accelerator with its share of everything bought
  std::optional<UsdRate> licences;  // of one accelerator
  std::optional<PowerPrice> facility;
  std::optional<EnergyPrice> electricity;
  std::optional<double> pue;
  std::optional<double> staff;  // full-time people
  std::optional<UsdRate> salary;
  std::optional<Duration> lead_time;
  std::optional<DepreciationChoice> depreciation;
  Location location;
};

// The parts of a weighted average cost of capital.
struct CapitalMix {
  double debt = 0;           // share of what is borrowed
  double interest = 0;       // on it, a year
  double equity_return = 0;  // that owners ask, a year
};

// What money costs. Without a rate there is no present value.
struct FinanceChoice {
  std::optional<double> rate;      // a year
  std::optional<CapitalMix> wacc;  // in place of it
  bool real = false;               // rates are above inflation
  std::optional<double> inflation;
  std::optional<double> tax;  // on profit: what is spent, and the loss of value, lower it
  Timing timing = Timing::kEnd;
};

// What is paid besides the accelerators, wherever they are.
struct OperationsChoice {
  std::optional<Usd> setup;                // once: moving in, porting, first runs
  std::optional<Duration> setup_time;      // that the accelerators are held before the first useful hour
  std::optional<UsdRate> debugging;        // people who keep the jobs running
  std::optional<UsdRate> control_plane;    // head nodes, schedulers, gateways
  std::optional<double> support;           // of what rented compute costs
  std::optional<UsdRate> licences;         // of one accelerator, wherever it is
  std::optional<double> kept_checkpoints;  // of each run
};

struct PlanSpec;
// A spec with each of its uncertain figures at a probability, in their order.
using SpecAtQuantiles = std::function<PlanSpec(const std::vector<double>& probabilities)>;

struct PlanSpec {
  std::string name;
  std::string file;
  std::string currency = "USD";     // ISO 4217: what tables show
  std::optional<Duration> horizon;  // absent: 12 months, as a stated assumption
  std::optional<Objective> objective;
  FinanceChoice finance;
  std::optional<CarbonPrice> carbon_price;
  Constraints constraints;
  SiteChoice site;
  OperationsChoice operations;
  std::vector<Workload> workloads;
  Assumptions assumptions;  // exchange rates: those its amounts were read by, and that of `currency`
  SpecPlaces places;
  std::vector<UncertainFigure> uncertain;
  SpecAtQuantiles at;  // absent where nothing is uncertain
};

}  // namespace capplan

// A whole spec: the workloads, and what holds for all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/core/assumption.h"
#include "capplan/core/units.h"
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

struct Constraints {
  std::optional<Usd> budget;  // over the horizon
  std::optional<double> max_accelerators;
  NameFilter providers;
  NameFilter regions;
  NameFilter accelerators;
  std::vector<std::string> purchases;  // admitted besides firm ones: spot, marketplace
  std::vector<std::string> platforms;  // admitted besides cuda and rocm: xla, neuron, …
  std::vector<std::string> options;    // empty: all four
  bool data_may_leave_site = true;
};

// Where owned hardware would stand, and how much of it this spec pays for.
struct SiteChoice {
  std::optional<std::string> profile;  // id of profiles/sites
  std::optional<double> shared;        // the share of an owned plan charged to this spec
  std::optional<double> spares;        // bought besides, as a share of what is bought
  std::optional<double> financing;     // interest a year on what is bought
  std::optional<UsdRate> licences;     // of one accelerator
  Location location;
};

struct PlanSpec {
  std::string name;
  std::string file;
  std::string currency = "USD";     // ISO 4217: what tables show
  std::optional<Duration> horizon;  // absent: 12 months, as a stated assumption
  std::optional<Objective> objective;
  std::optional<double> discount_rate;  // nominal, a year: adds npv_usd
  Constraints constraints;
  SiteChoice site;
  std::vector<Workload> workloads;
  Assumptions assumptions;  // exchange rates: those its amounts were read by, and that of `currency`
};

}  // namespace capplan

// Buy against rent and commit against pay by the hour, for each workload of a spec alone.
#pragma once

#include "plan/break_even.h"
#include "plan/commitments.h"

namespace capplan {

struct WorkloadBreakEven {
  std::string name;
  Demand demand;
  bool feasible = true;  // of the plan, whatever could be compared
  bool proven = true;
  std::string cheapest;              // id of its best plan; empty without one
  Usd cheapest_cost;                 // undiscounted
  std::vector<BuyOrRent> purchases;  // in the order of the owned plans
  std::string why_not;               // there are none; empty where there are
  std::vector<Commitment> commitments;
};

struct BreakEvenStudy {
  std::string name;
  std::string currency;
  Duration horizon;
  std::string catalog_as_of;
  std::string catalog_sha256;
  Discounting discounting;  // the spec's, else the catalogue's usual cost of capital
  bool real = false;        // how the spec states its rate; discounting is nominal
  Assumptions assumptions;
  std::vector<WorkloadBreakEven> workloads;
  Diagnostics diagnostics;

  bool feasible() const;
  bool proven() const;
};

// Workloads share no accelerators here: each is planned as if it were the whole spec.
Result<BreakEvenStudy> study_break_even(const PlanSpec& spec, const Catalog& catalog,
                                        const PlanSettings& settings);

}  // namespace capplan

// Commitments (reservations, savings plans, blocks) against paying by the hour: how busy an accelerator must
// be for its term to be worth paying for. Read from plans that are priced already.
#pragma once

#include <vector>

#include "capplan/cost/cash_flow.h"
#include "capplan/plan/plan.h"

namespace capplan {

// A commitment pays where its accelerators are busy for more than price / price by the hour of what is paid
// for (the break-even of reserved instances; see Wang, Li and Liang, arXiv 1305.5608).
struct Commitment {
  std::string id, hourly;  // ids of the plans: committed, and by the hour
  Text accelerator, provider, hourly_provider;
  Purchase purchase = Purchase::kReserved;
  int count = 1;
  DevicePrice price, hourly_price;
  Text cheapest_provider;  // that rents the accelerator by the hour
  DevicePrice cheapest_price;
  Duration committed;          // that each accelerator is paid for: the term, as often as it is bought
  Usd upfront;                 // of it, paid at the start
  double busy = 0;             // accelerator-hours of the spec over those paid for
  double busy_in_horizon = 0;  // and over those of the horizon
  double break_even = 0;       // busy share above which the commitment costs less; above 1: never
  double discounted_break_even = 0;
  Usd saving, discounted_saving;  // against the same hours of work by the hour

  bool pays() const { return busy > break_even; }
  bool pays_discounted() const { return busy > discounted_break_even; }
  // Whether the hours of work cost less there than the commitment does.
  bool cheaper_elsewhere() const { return busy * cheapest_price < price; }
  Duration break_even_time() const { return break_even * committed; }  // busy, of each accelerator
  // Of use as busy as within the horizon, until the commitment has paid; beyond `committed`: never.
  Duration pays_after() const;
};

// The commitments of a plan of one workload in the order of their rank, each against what the same provider
// asks by the hour for the same accelerator (of the same region and machine where there is such a price),
// else the cheapest that anyone asks. Only of accelerators that a feasible plan rents by the hour.
std::vector<Commitment> find_commitments(const Plan& plan, const Discounting& discounting);

}  // namespace capplan

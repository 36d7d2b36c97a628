// What owning accelerators costs: capital by line, its value at the end, and everything that runs it.
#pragma once

#include "capplan/cost/cost.h"
#include "capplan/cost/rented.h"
#include "capplan/spec/plan_spec.h"

namespace capplan {

// A site as a plan is charged for it: the figures of its profile, and in their place what the spec states.
// What is absent costs nothing there.
struct SiteTerms {
  Text id, country;
  std::optional<Factor> facility;  // dollars a kW of rated power and month
  Factor electricity;              // dollars a kWh
  Factor pue;
  std::optional<Factor> staff;          // people, as stated
  std::optional<Factor> staff_minimum;  // people; without `staff`, by nodes and no fewer than these
  Factor servers_per_administrator;
  Factor salary;                       // dollars a year
  std::optional<Factor> network;       // share of servers; absent: by the number of nodes
  std::optional<Factor> spares;        // share of servers and network
  std::optional<Factor> installation;  // share of servers and network
  std::optional<Factor> residual;      // share left at the horizon; absent: as hardware of its age is worth
  std::optional<Factor> maintenance;   // of the hardware, a year, under contract; repairs are then free
  std::optional<Factor> repairs;       // accelerators replaced a year over all; paid where no contract is
  std::optional<Factor> repair_time;   // hours that a failed accelerator is away; absent: mended at once
  std::optional<Factor> insurance;     // of the hardware, a year
  std::optional<Factor> licences;      // dollars an accelerator and year
  std::optional<Factor> financing;     // interest a year; the loan is repaid at the horizon
  std::optional<LoanChoice> loan;      // in place of it: repaid in level payments
  std::optional<Factor> lease;         // dollars an accelerator and month, in place of buying
  std::optional<DepreciationChoice> depreciation;  // says what is left where `residual` does not
  Duration lead_time;                              // from the order to the first useful hour
  Assumptions assumptions;
};

// The share of owned accelerators that is there to work in the long run. Each is away for MTTR / (MTBF +
// MTTR) of the time, MTBF a year over `repairs` and MTTR `repair_time` (steady-state availability: Barlow and
// Proschan, Mathematical Theory of Reliability, 1965); spares stand in for as many as they are. In
// (0, 1]; taken of fleets, where a part of an accelerator has a meaning.
double owned_availability(const SiteTerms& site);

SiteTerms site_terms(const Site& site, const SiteChoice& choice, const Catalog& catalog);

// Owned accelerators, for the whole horizon.
struct OwnedJob {
  const Accelerator* accelerator = nullptr;
  const SiteTerms* site = nullptr;
  int count = 1;
  Duration used;  // hours of use over the horizon
  Duration horizon;
  double share = 1;  // of the whole that this spec pays
  PriceCase prices = PriceCase::kCentral;
  DataNeed data = {};
  double power_share = 0;  // mean draw over rated power while in use; 0: the usual
  // Of what is paid for use: how much of it is in each month (Schedule); empty: the same all the time.
  std::vector<double> use = {};
  bool existing = false;  // bought and housed whatever is planned: what is paid is its power alone
};

// Capital (servers, network, spares, installation, less the residual value at the horizon), rent by power,
// electricity while in use, staff, maintenance, insurance, licences and interest. Only for an accelerator
// with a purchase price.
Cost price_owned(const OwnedJob& job, const Catalog& catalog);

// Share of the purchase price left after `age`: as the figures residual.12-months and -48-months say,
// geometric between and beyond.
double residual_share(Duration age, const Catalog& catalog, PriceCase prices = PriceCase::kCentral);

// Switches and cables as a share of server cost, by cluster size: nothing for one node.
double network_share(int nodes, const Catalog& catalog);

}  // namespace capplan

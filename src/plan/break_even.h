// Owning accelerators against renting the same by the hour: from which use, and after how long, owning costs
// less, with and without a price of time. Everything is read from the line items and the cash flows of two
// plans that are priced already (docs/methodology.md, section 6).
#pragma once

#include <string>
#include <vector>

#include "capplan/cost/cash_flow.h"
#include "capplan/plan/plan.h"

namespace capplan {

// A plan's cost as a straight line over the accelerator-hours of its work.
struct CostOverUse {
  Usd fixed;             // whatever the use: hardware less its value at the horizon, site, people, data
  DevicePrice per_hour;  // of an hour as billed, or in use where owned: rent, electricity

  Usd at(DeviceTime use) const { return fixed + per_hour * use; }
};

// One way of looking at time: every dollar alike, or discounted to the start of the plan.
struct BuyOrRentFigures {
  Usd buy, rent;  // what is paid over the horizon, less the value left, at the spec's own use
  CostOverUse buy_over_use, rent_over_use;  // work spread evenly over the horizon
  // Busy share of the owned accelerators' horizon above which owning costs less; above 1 it never does.
  // Nothing where an owned hour costs no less than a rented one.
  std::optional<double> utilization;
  // Until owning at full use is paid back, the value left at the horizon counted. Nothing: never. 0 where
  // nothing is bought.
  std::optional<double> months;
  // The same at the spec's own use, from the two cash flows: what is sold at the horizon counts there alone.
  // Nothing: not within the horizon.
  std::optional<double> payback_months;
  // Levelised cost of an accelerator-hour: present value of what is paid over present value of the hours
  // (Short, Packey and Holt, NREL/TP-462-5173, 1995, on levelized cost). Both do the same work: the hours are
  // those that would be rented. Hours used include what failures take, those delivered do not. Nothing where
  // no hours are used.
  std::optional<DevicePrice> buy_used, buy_delivered, rent_used, rent_delivered;

  Usd saving() const { return rent - buy; }
  bool buying_wins() const { return saving() > Usd{}; }
};

struct CumulativeCost {
  int month = 0;  // at its end; 0: what is paid at once
  Usd buy, rent;
};

struct BuyOrRent {
  std::string buy, rent;  // ids of the plans
  Text accelerator, rent_provider;
  int count = 1;       // owned
  bool bought = true;  // false: leased, there is no capital to be paid back
  int buy_rank = 0, rent_rank = 0;
  std::vector<std::string> violations;  // of the owned plan
  DeviceTime capacity;                  // owned accelerators x horizon
  DeviceTime use;                       // accelerator-hours of work, as they would be rented
  BuyOrRentFigures undiscounted, discounted;
  std::optional<Usd> saving_after_tax;         // present value, where the spec states a tax
  std::optional<InterestRate> rate_of_return;  // of buying in place of renting, before tax
  int sign_changes = 0;  // of the difference of the cash flows; above 1 the return need not be the only one
  // Cash so far, hardware kept: over the horizon, and over another one like it where the lines cross there.
  std::vector<CumulativeCost> months;
  std::optional<double> crossing_month;  // of those lines

  // Why the two ways of looking at time name different winners; empty where they agree.
  std::string why_they_differ;

  double own_utilization() const { return use / capacity; }
};

// Whether a line pays for accelerator-hours at the price of a row: by the hour, or for a term.
bool is_rented_time(const CostLine& line);

// Whether a line grows with the accelerator-hours: hours as billed, what is charged on them, electricity and
// its carbon.
bool grows_with_use(const CostLine& line);

// Whether the spec admits the plan and its work is done: what is over the budget may still be asked about.
bool only_too_dear(const PlanOption& option);

// Whether anything of a plan is bought, and not leased or rented.
bool buys_anything(const PlanOption& option);

BuyOrRent buy_or_rent(const PlanOption& buy, const PlanOption& rent, Duration horizon,
                      const Discounting& discounting);

// The best-ranked plan that rents an owned plan's accelerator by the hour and is firm and feasible; nullptr
// where there is none.
const PlanOption* rented_alike(const Plan& plan, const PlanOption& owned);

// Of a plan of one workload: its first owned plan that breaks nothing but the budget against the rented one
// alike. Nothing without them, or where owning is never paid back.
std::optional<BreakEven> find_break_even(const Plan& plan);

}  // namespace capplan

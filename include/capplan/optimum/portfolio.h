// What to own, what to commit to, what to rent by the hour, and where each piece of work is done, so that
// everything is done in time at the least cost: min C_d + C_u, as one mixed-integer program.
// docs/methodology.md, The optimum, states it in full. Nothing here knows specs, catalogues or line items:
// whoever builds a portfolio takes its amounts from the cost engine, and prices the answer there again.
//
// Units: dollars, hours, machines (the smallest unit that is sold), months of `hours_a_month`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/core/monitor.h"

namespace capplan {

// Hours of a month in which the demand of all served work is what it is; they recur in every month.
struct HourBlock {
  double hours = 0;  // > 0; all blocks together are a month
};

// Machines that are paid for over a whole term, used or not.
struct TermOffer {
  std::string id;       // unique in the portfolio; decides ties
  int term_months = 1;  // >= 1; paid in full, also where it ends past the horizon
  double usd = 0;       // of one machine for one term
  double upfront = 0;   // share of that paid as it begins; the rest in equal parts by month
  int least = 0;        // machines of one purchase, where any is made
  int most = 0;
};

// Machines of one kind at one place that work can share: owned, or committed to.
struct Pool {
  std::string id;       // unique; decides ties
  int existing = 0;     // there already, at no further cost
  int first_month = 0;  // from which on what is bought is in service
  // What n bought machines cost over the horizon, used or not, at index n; [0] is 0. Empty: none can be
  // bought. Need be neither linear nor convex.
  std::vector<double> bought_usd;
  std::vector<double> bought_usd_at_start;  // the part of it that is paid at the start; empty: none
  std::vector<TermOffer> commitments;
  double accelerators_a_machine = 1;
  std::string quota;  // a group that shares a limit (a provider); empty: none
};

// One way of doing a run.
struct RunOption {
  std::string id;                    // unique in its workload; decides ties
  std::optional<std::size_t> pool;   // absent: rented by the hour for this run alone
  int machines = 1;                  // at the same time
  double hours = 0;                  // that they are held for one run of the first month
  double usd = 0;                    // of one run, besides what a pool costs: hours rented, energy, transfers
  std::optional<std::size_t> place;  // of the workload's data
  double accelerators_a_machine = 1;
  std::string quota;
  // Runs of it side by side, where limits hold; of what is rented by the hour.
  std::optional<int> most_at_once = {};
  // Of the month's part that a run may use, the share that this option may: a run whose second phase is
  // rented has to leave the pool in time for it.
  double window_share = 1;
};

// Runs that are due within the same months.
struct Period {
  int first_month = 0;
  int runs = 1;
  // Share of each month, from the first on, within which a run must begin and end: 1 for all of it.
  std::vector<double> window;
  double growth = 1;  // hours and dollars of a run over those of the first month
};

// A place that a workload's data can stand at, paid once where any of the work is done there.
struct DataPlaceCost {
  std::string id;
  double usd = 0;
  // The part of it that is paid evenly over so many months from the first on; the rest as they begin.
  double usd_later = 0;
  double months = 0;
};

struct RunWork {
  std::string id;
  std::vector<Period> periods;
  std::vector<RunOption> options;
  std::vector<DataPlaceCost> places;
};

// One way of serving.
struct ServeOption {
  std::string id;
  std::optional<std::size_t> pool;  // absent: rented by the hour
  // Machines that serve all of the demand, by month and block. Work may be split between options: each
  // share of the demand takes that share of the machines.
  std::vector<std::vector<double>> machines;
  double usd_a_machine_hour = 0;  // the hour's price, or what using a machine of a pool costs
  std::optional<std::size_t> place;
  double accelerators_a_machine = 1;
  std::string quota;
  std::optional<int> most_at_once = {};  // machines, where limits hold; of what is rented by the hour
};

struct ServedWork {
  std::string id;
  std::vector<ServeOption> options;
  std::vector<DataPlaceCost> places;
};

struct QuotaLimit {
  std::string quota;
  double accelerators = 0;  // at once
};

// At once: machines of pools in a month, and of each way of renting by the hour what it takes at most in any
// month, side by side with all others.
struct PortfolioLimits {
  std::optional<double> accelerators;  // of everything, at once
  std::vector<QuotaLimit> quotas;
  std::optional<double> budget;          // dollars, over the horizon
  std::optional<double> budget_a_month;  // dollars paid in any one month
  double paid_at_start = 0;              // of the first month's, for what is in no work
};

struct Portfolio {
  int months = 12;
  double hours_a_month = 730;
  std::vector<HourBlock> blocks;  // at least one
  std::vector<Pool> pools;
  std::vector<RunWork> runs;
  std::vector<ServedWork> served;
  PortfolioLimits limits;
};

// The answer: indices are those of the portfolio.
struct PortfolioPlan {
  struct Bought {
    std::size_t pool;
    int machines;
  };
  struct Committed {
    std::size_t pool, commitment;
    int month, machines;
  };
  struct Placed {
    std::size_t work, period, option;
    int runs;
  };
  struct Served {
    std::size_t work, option;
    std::vector<std::vector<double>> share;  // of the demand, by month and block
  };
  std::vector<Bought> bought;
  std::vector<Committed> committed;
  std::vector<Placed> placed;
  std::vector<Served> served;
  double usd = 0;  // by the portfolio's amounts
};

struct OptimumSettings {
  double gap = 1e-3;           // relative, at which the search may end
  int nodes = 20'000;          // of the search tree, at most: a limit that a clock would make random
  bool cuts = true;            // planes that cut fractions off: a better bound, for more time
  int rounds = 6;              // of the whole program, each with more detail where runs could not be laid out
  Monitor* monitor = nullptr;  // stopped: the best so far
  // One that keeps to all limits and can be carried out, to be bettered where limits hold.
  const PortfolioPlan* start = nullptr;
};

struct Optimum {
  PortfolioPlan plan;
  double bound = 0;           // dollars; no plan costs less; minus infinity where nothing is known
  bool proven = false;        // plan.usd is the bound, to a millionth and a cent
  bool scheduled = true;      // the runs of each pool and month were laid out hour by hour
  bool within_limits = true;  // false: no plan was found that is; this is the one without limits

  double gap() const { return plan.usd > 0 ? (plan.usd - bound) / plan.usd : 0; }
};

// nullopt: some work cannot be done in time (or the monitor stopped it before anything was found).
std::optional<Optimum> find_optimum(const Portfolio& portfolio, const OptimumSettings& settings);

// Where nothing can be rented or committed to. The number of machines is then a knapsack in every month, of
// which the whole program has a weak bound and a long search. So kinds are those that the relaxation of the
// busiest months buys, their numbers are searched for these months alone, and all months are laid out on
// them. No bound comes of it. Budgets are left to whoever reads the plan. nullopt: nothing was
// found.
std::optional<Optimum> find_owned(const Portfolio& portfolio, const OptimumSettings& settings);

// Of the linear relaxation: no plan costs less. nullopt: it has no solution, nor has the program.
std::optional<double> relaxed_bound(const Portfolio& portfolio);

// Runs of a period that are under way at a time, at least, where they may be at any moment of its months:
// what counts as rented at once. 0 for none.
int side_by_side(double runs, const RunOption& option, const Period& period, const Portfolio& portfolio);

// What a plan costs, and whether it keeps to every rule but the limits on time within a block: a plain
// second writing of the program, for checks. nullopt: it breaks one.
std::optional<double> cost_of_plan(const Portfolio& portfolio, const PortfolioPlan& plan);

}  // namespace capplan

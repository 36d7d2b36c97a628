// A portfolio as a mixed-integer program. Every row stands in docs/methodology.md, The optimum.
#pragma once

#include <compare>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "capplan/optimum/portfolio.h"
#include "optimum/cost_pieces.h"
#include "optimum/kept.h"
#include "optimum/mixed_integer_program.h"

namespace capplan {

struct PoolMonth {
  std::size_t pool = 0;
  int month = 0;

  auto operator<=>(const PoolMonth&) const = default;
};

// Runs of one option and period.
struct RunCount {
  std::size_t work = 0, period = 0, option = 0;
  int runs = 0;
};

// What runs and serving together can take of so many machines of a pool in a month, at most:
// sum usage hours + sum served machine-hours <= together + sum allowed runs.
struct TurnLimit {
  struct Kind {
    RunCount runs;
    double usage = 0;    // an hour of a run
    double allowed = 0;  // a run, where its part of the month binds
    double most = 0;     // of usage, of all its runs
  };
  PoolMonth where;
  int machines = 0;  // or fewer
  std::vector<Kind> kinds;
  std::vector<double> served;  // usage of a machine-hour that serves, by block
  double most_served = 0;      // of usage, in all blocks
  double together = 0;
};

// Machines of a pool in a month, and what a plan runs on them.
struct SideBySide {
  int machines = 0;
  std::vector<RunCount> runs;
};

// How much of the truth the program holds: less is smaller, and its optimum a lower bound.
struct ProgramDetail {
  std::set<PoolMonth> by_block;  // hours of each option in each block, not of all together
  std::set<PoolMonth> by_size;   // machines that stand side by side, in whole groups of each size
  std::vector<TurnLimit> turns;
  std::map<PoolMonth, SideBySide> by_set;  // hour by hour
  bool limits = true;
  bool beyond = false;  // limits may be exceeded, at the prices that price_limits() sets
  // A part of the whole: work may be left to others at the prices that price_elsewhere() sets, of limits
  // there is only what is paid for (`beyond`), and of places what price_places() sets is paid.
  bool elsewhere = false;
};

// What one more of each limit is worth, in their order in the program: 0 or more.
using LimitPrices = std::vector<double>;

// What the work of a portfolio is worth: a run of each work and period, all of a demand by work, month and
// block.
struct WorkPrices {
  std::vector<std::vector<double>> runs;
  std::vector<std::vector<std::vector<double>>> served;
};

// Of what a place costs, the part that is paid: by work and place.
struct PlaceShares {
  std::vector<std::vector<double>> runs, served;
};

// Runs of one option and period on a pool in a month.
struct RunHours {
  RunCount count;
  bool one_month = true;  // all of their hours are in this month
  int machines = 1;       // of each
  double hours = 0;       // of all of them together
  double most_hours = 0;  // of each, in the month
};

class PortfolioProgram {
 public:
  PortfolioProgram(const Portfolio& portfolio, const Kept& kept, const ProgramDetail& detail);

  MixedIntegerProgram& program() { return program_; }
  const MixedIntegerProgram& program() const { return program_; }

  PortfolioPlan plan(const std::vector<double>& values) const;
  // Machines of each pool that are bought or committed to, in any month; parts of them where the program is
  // relaxed.
  std::vector<double> machines(const std::vector<double>& values) const;
  // Of what is kept, the ways of doing work that these values use in any month or period.
  Kept used(const std::vector<double>& values, Kept kept) const;
  std::vector<RunHours> run_hours(const std::vector<double>& values, const PoolMonth& where) const;
  // The whole columns of a plan, for a start; the others are 0.
  std::vector<double> values(const PortfolioPlan& plan) const;
  // No more runs of a kind than these.
  void bound_runs(const RunCount& most);
  // Nothing else may be bought, committed to, or kept at another place.
  void fix_capacity(const PortfolioPlan& plan);
  // What the rows of the works say that these are worth; 0 where there is no row.
  WorkPrices work_prices(const std::vector<double>& row_prices) const;
  void price_elsewhere(const WorkPrices& prices);
  // What all of its work costs elsewhere.
  double elsewhere_usd() const;
  void price_places(const PlaceShares& shares);
  // What the rows of limits say that they are worth.
  LimitPrices limit_prices(const std::vector<double>& row_prices) const;
  void price_limits(const LimitPrices& prices);
  // What there is of each, in their order.
  std::vector<double> limits() const;
  // By how much of it a limit is exceeded, at most.
  double exceeded(const std::vector<double>& values) const;
  // Machines of the pool that are bought or committed to, as a row without bounds.
  ProgramRow add_row_of_machines(std::size_t pool);
  // Costs that tell plans apart by ids alone.
  void prefer_capacity_by_id();
  void prefer_work_by_id();

 private:
  using Terms = std::vector<Term>;

  struct Piece {
    Variable machines;
    CostPiece cost;
    std::optional<Variable> begun;

    // 0 or 1: whether any of its machines is bought. Absent: no column says so.
    std::optional<Variable> begun_or_whole() const { return cost.machines == 1 ? machines : begun; }
  };
  struct Purchase {
    Variable machines;
    std::optional<Variable> made;
  };
  // That all of a work is done, and what is left to others.
  struct WorkRow {
    ProgramRow row;
    std::optional<Variable> elsewhere;
  };
  struct Runs {
    Variable count;
    std::vector<Terms> hours;  // of all of them together, by month of the period
  };
  struct Size {
    int machines = 0;
    Variable there;
  };
  // What runs ask of a pool in a month.
  struct Load {
    std::size_t work = 0, period = 0, option = 0;
    int machines = 0;
    Variable count;
    const Terms* hours = nullptr;
    double most_hours = 0;  // of one run
  };
  // A part of a month in which a pool serves the same all the time.
  struct Span {
    std::size_t block = 0;
    double hours = 0;
    Terms serving;  // machines
  };
  // Machines of one size, side by side.
  struct Groups {
    PoolMonth where;
    int size = 0;
    Variable count;
  };
  // What one way of renting by the hour takes at once, in any month.
  struct AtOnce {
    std::size_t work = 0, option = 0;
    Variable count;  // groups of machines of runs side by side; machines that serve
  };
  struct Limit {
    ProgramRow row;
    double most = 0;
    std::optional<Variable> beyond;
  };
  void add_bought(std::size_t pool, int most);
  void add_committed(std::size_t pool, const std::vector<std::vector<int>>& most);
  void add_runs(std::size_t work, bool in_question, const std::vector<std::vector<bool>>& kept);
  std::optional<WorkRow> add_work_row(double all, Terms terms);
  Runs new_runs(const RunOption& option, const Period& period);
  void add_served(std::size_t work, bool in_question, const std::vector<bool>& kept);
  void add_shares(std::size_t work, const std::vector<bool>& kept, int month, std::size_t block);

  void add_pool_month(const PoolMonth& where, const ProgramDetail& detail);
  std::vector<Load> loads(const PoolMonth& where) const;
  std::vector<Span> spans(const PoolMonth& where) const;
  void add_sizes(const PoolMonth& where, const std::vector<Load>& loads);
  std::vector<Size> sizes_alike(const PoolMonth& where, const std::vector<int>& machines) const;
  std::vector<Size> new_sizes(const PoolMonth& where, const std::vector<int>& machines);
  void tie_to_pieces(std::size_t pool, const std::vector<Size>& sizes);
  void tie_serving_to_pieces(std::size_t pool);
  void add_sizes_of_period(const std::vector<Load>& loads, const std::vector<Size>& sizes);
  void add_area(const PoolMonth& where, const std::vector<Load>& loads, const std::vector<Span>& spans);
  void add_blocks(const PoolMonth& where, const std::vector<Load>& loads, const std::vector<Span>& spans,
                  const ProgramDetail& detail);
  // By load and span.
  std::vector<std::vector<Terms>> hours_by_span(const std::vector<Load>& loads,
                                                const std::vector<Span>& spans);
  void add_groups(const PoolMonth& where, const std::vector<Load>& loads,
                  const std::vector<std::vector<Terms>>& hours, const std::vector<Span>& spans);
  void add_sets(const std::vector<Load>& loads, const std::vector<std::vector<Terms>>& hours,
                const std::vector<Span>& spans, const SideBySide& plan);
  void add_turn_limit(const TurnLimit& limit);

  void add_limits();
  void add_limit(Terms used, double most);
  void add_rented_at_once();
  void add_runs_at_once(std::size_t work, std::size_t option);
  void add_served_at_once(std::size_t work, std::size_t option);
  void add_accelerator_limit(double most, const std::string* quota, int month);
  // Of all of the portfolio in one month.
  void add_paid_for_pools(int month, Terms& terms) const;
  void add_paid_for_runs(int month, Terms& terms) const;
  void add_paid_for_serving(int month, Terms& terms) const;

  // Machines in a month besides the existing, times `factor`.
  void add_capacity(const PoolMonth& where, double factor, Terms& terms) const;

  void add_shares_to(PortfolioPlan& plan, const std::vector<double>& values, std::size_t work) const;
  void set_capacity(const PortfolioPlan& plan, std::vector<double>& values) const;
  void set_places(const PortfolioPlan& plan, std::vector<double>& values) const;
  void set_machines_there(const PortfolioPlan& plan, std::vector<double>& values) const;

  const Portfolio& portfolio_;
  bool limits_ = false;
  bool beyond_ = false;
  bool elsewhere_ = false;
  MixedIntegerProgram program_;
  std::vector<std::vector<Piece>> pieces_;                                     // by pool
  std::vector<std::vector<std::vector<std::optional<Purchase>>>> committed_;   // by pool, commitment, month
  std::vector<std::vector<std::vector<std::optional<Runs>>>> runs_;            // by work, period, option
  std::vector<std::vector<std::optional<WorkRow>>> run_rows_;                  // by work, period
  std::vector<std::vector<std::vector<std::optional<WorkRow>>>> served_rows_;  // by work, month, block
  std::vector<std::vector<std::optional<Variable>>> run_places_, served_places_;  // by work, place
  // By work, option, month, block.
  std::vector<std::vector<std::vector<std::vector<std::optional<Variable>>>>> shares_;
  std::vector<std::vector<std::vector<Size>>> sizes_;  // by pool, month
  std::vector<Groups> groups_;
  std::vector<Limit> limit_rows_;
  std::vector<AtOnce> runs_at_once_, served_at_once_;  // of what a limit counts
};

}  // namespace capplan

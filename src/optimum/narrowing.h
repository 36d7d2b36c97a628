// Which pools a search needs: few of many, and for the others a proof.
//
// Pools have nothing to do with one another but the work that they share. Given prices of that work, each is
// a program of its own, and what all of them come to is a lower bound of every plan (Dantzig, Wolfe,
// Decomposition Principle for Linear Programs, Operations Research 8, 1960). Under the prices of the
// relaxation of few pools, the others take no work where that relaxation is the one of all. Limits have
// prices in the same way; where the pools that are in cannot keep to them, they are exceeded at a high one.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "capplan/optimum/portfolio.h"
#include "optimum/kept.h"
#include "optimum/mixed_integer_program.h"
#include "optimum/portfolio_program.h"

namespace capplan {

// To take as much again of a limit as there is costs so many times what all costs without limits. The first
// leads searches to better plans; under it, a plan within limits may be dearer than one that exceeds them by
// little. Under the other, one that is costs more than anybody asks about.
inline constexpr double kDear = 1e2;
inline constexpr double kProhibitive = 1e4;

// Of a part of a portfolio; within limits, of all of it.
class Narrowing {
 public:
  // Where the monitor is stopped, all pools are in.
  Narrowing(const Portfolio& portfolio, const Kept& part, bool limits, Monitor* monitor,
            double beyond = kProhibitive);

  // The works of the part, on the pools that are in.
  Kept part() const;
  // Of these, the ways of doing them that the relaxation uses.
  const Kept& used() const { return used_; }
  // No plan of the part costs less: dollars; minus infinity where nothing is known.
  double bound() const { return bound_; }
  // Whether any plan keeps to the limits, as far as the relaxation says, at a cost that is worth a look.
  bool possible() const { return possible_; }
  // What exceeding each limit costs; empty where there is none.
  const LimitPrices& beyond_prices() const { return beyond_prices_; }
  // Pools.
  std::size_t left_out() const;
  // Takes in every pool of which a machine may be in a plan of less than this. What no plan with a machine
  // of those that stay out costs less than.
  double take_in(double usd);

 private:
  // A pool that may be left out, as a program of its own.
  struct Other {
    bool in = false;
    std::unique_ptr<PortfolioProgram> program;
    ProgramRow any;  // machines that are bought or committed to
    RelaxedProgram relaxation;
    double usd = 0;  // what it changes the cost of the whole by, under the prices of the works: 0 or less

    Other(const Portfolio& portfolio, const Kept& part, std::size_t pool, bool limits);
  };

  // Of works and limits, by the relaxation of what is in.
  struct Prices {
    WorkPrices works;
    LimitPrices limits;
  };

  void start();
  void narrow();
  bool set_beyond_prices();
  PortfolioProgram program() const;
  bool price(const Prices& prices);
  PlaceShares place_shares() const;
  bool is_out(std::size_t pool) const;
  // Whether any was wanted.
  bool take_in_most_wanted(double nothing);
  void leave_out_unused(const std::vector<double>& machines);
  void take_in_all();

  const Portfolio& portfolio_;
  const Kept& part_;
  bool limits_;
  Monitor* monitor_;
  double beyond_;
  LimitPrices beyond_prices_;
  std::map<std::size_t, Other> others_;  // by pool
  Kept used_;
  double bound_ = -kUnlimited;
  bool possible_ = true;
};

}  // namespace capplan

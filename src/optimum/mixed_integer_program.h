// A mixed-integer linear program and its solution by Cbc: the one place that knows the solver.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "capplan/core/monitor.h"

namespace capplan {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

enum class Domain { kContinuous, kInteger };

// Of the program that gave it out.
struct Variable {
  int index = 0;

  bool operator==(const Variable&) const = default;
};

struct Term {
  Variable column;
  double coefficient = 0;

  bool operator==(const Term&) const = default;
};

struct SolverSettings {
  double gap = 0;              // relative, at which the search may end
  int nodes = 20'000;          // of the tree, at most
  bool cuts = true;            // planes at the root: a better bound, for more time
  Monitor* monitor = nullptr;  // ends the search; see solve()
};

struct ProgramSolution {
  std::vector<double> values;  // by column; whole ones are whole to the bit. Empty: none was found
  double objective = kUnlimited;
  double bound = -kUnlimited;  // no solution has a lower objective; infinite where there is none at all

  bool found() const { return !values.empty(); }
};

// min sum cost x; each row sum coefficient x between its bounds; each column between its own.
class MixedIntegerProgram {
 public:
  Variable add_column(Domain domain, double lower, double upper, double cost);
  // Terms of one column are added up.
  void add_row(double lower, const std::vector<Term>& terms, double upper);
  void bound_column(Variable column, double lower, double upper);
  void set_cost(Variable column, double cost);
  // Every column may take any value between its bounds from now on.
  void relax();

  int columns() const { return static_cast<int>(columns_.size()); }
  int rows() const { return static_cast<int>(rows_.size()); }
  double cost(const std::vector<double>& values) const;
  std::vector<Term> costs() const;

  // The same bits for the same program and settings: one thread, fixed seeds, a limit on nodes and none on
  // time. `start` gives values of all columns; what does not fit is ignored. Under a monitor of one part it
  // is a process of its own, which ends within two seconds of a stop, with the best so far where the search
  // has begun. One call at a time, others wait: Cbc keeps its state in globals.
  ProgramSolution solve(const SolverSettings& settings, const std::vector<double>& start = {}) const;

 private:
  struct ColumnData {
    Domain domain;
    double lower, upper, cost;
  };
  struct RowData {
    double lower, upper;
  };
  struct Entry {
    int row;
    double coefficient;
  };
  std::vector<ColumnData> columns_;
  std::vector<std::vector<Entry>> entries_;  // by column
  std::vector<RowData> rows_;
  friend class CbcRun;
};

}  // namespace capplan

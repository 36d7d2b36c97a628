// A mixed-integer linear program and its solution by Cbc, and by Clp where it is relaxed: the one place that
// knows the solvers.
#pragma once

#include <limits>
#include <memory>
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

struct ProgramRow {
  int index = 0;
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

// Of the program whose columns may all take any value between their bounds.
struct RelaxedSolution {
  std::vector<double> values;  // by column; empty: none was found
  double objective = -kUnlimited;
  std::vector<double> row_prices;  // what one more of a row's bound costs

  bool found() const { return !values.empty(); }
};

class MixedIntegerProgram;
class ClpRun;

// The relaxation of a program, solved again and again as its costs or the bounds of its rows change, each
// time from where it was.
class RelaxedProgram {
 public:
  explicit RelaxedProgram(const MixedIntegerProgram& program);
  ~RelaxedProgram();
  RelaxedProgram(const RelaxedProgram&) = delete;
  RelaxedProgram& operator=(const RelaxedProgram&) = delete;
  RelaxedSolution solve();

 private:
  const MixedIntegerProgram& program_;
  std::unique_ptr<ClpRun> run_;
};

// min sum cost x; each row sum coefficient x between its bounds; each column between its own.
class MixedIntegerProgram {
 public:
  Variable add_column(Domain domain, double lower, double upper, double cost);
  // Terms of one column are added up.
  ProgramRow add_row(double lower, const std::vector<Term>& terms, double upper);
  void bound_row(ProgramRow row, double lower, double upper);
  void bound_column(Variable column, double lower, double upper);
  void set_cost(Variable column, double cost);
  // No solution that costs `slack` dollars more than the relaxation, or less, is lost: a column is not
  // further from its bound than its reduced cost allows.
  void bound_by_prices(const RelaxedSolution& relaxed, double slack);
  // What a column costs at its upper bound.
  double most_usd(Variable column) const;

  int columns() const { return static_cast<int>(columns_.size()); }
  int rows() const { return static_cast<int>(rows_.size()); }
  double cost(const std::vector<double>& values) const;
  std::vector<Term> costs() const;

  // The same bits for the same program and settings: one thread, fixed seeds, a limit on nodes and none on
  // time. `start` gives values of all columns; what does not fit is ignored. Under a monitor of one part it
  // is a process of its own, which ends within two seconds of a stop, with the best so far where the search
  // has begun. One call at a time, others wait: Cbc keeps its state in globals.
  ProgramSolution solve(const SolverSettings& settings, const std::vector<double>& start = {}) const;
  // Likewise; stopped, it finds nothing.
  RelaxedSolution solve_relaxed(Monitor* monitor) const;

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
  friend class ClpRun;
  friend struct SparseColumns;
};

}  // namespace capplan

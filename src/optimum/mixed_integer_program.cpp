#include "optimum/mixed_integer_program.h"

#include <Cbc_C_Interface.h>
#include <Clp_C_Interface.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/held_interrupt.h"
#include "optimum/solver_process.h"

namespace capplan {
namespace {

// Cbc takes the interrupt over for its searches and does not give it back.
class KeptInterrupt {
 public:
  KeptInterrupt() { ::sigaction(SIGINT, nullptr, &before_); }
  ~KeptInterrupt() { ::sigaction(SIGINT, &before_, nullptr); }
  KeptInterrupt(const KeptInterrupt&) = delete;
  KeptInterrupt& operator=(const KeptInterrupt&) = delete;

 private:
  struct sigaction before_ = {};
};

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

// Of a whole column, what the solver takes for whole.
constexpr double kWhole = 1e-6;
// Dollars that a column may cost too little by: the solver's tolerance.
constexpr double kNoCost = 1e-6;
// Of the search for a first solution. It goes on with them even where the gap asked for is reached; nor does
// preprocessing pay here: on programs of many columns it takes longer than the search.
constexpr int kPumpPasses = 3;
// What Cbc says where it knows no bound.
constexpr double kNoBound = 1e40;

}  // namespace

Variable MixedIntegerProgram::add_column(Domain domain, double lower, double upper, double cost) {
  columns_.push_back({domain, lower, upper, cost});
  entries_.emplace_back();
  return {columns() - 1};
}

ProgramRow MixedIntegerProgram::add_row(double lower, const std::vector<Term>& terms, double upper) {
  const int row = rows();
  rows_.push_back({lower, upper});
  for (const Term& term : terms) {
    auto& entries = entries_[static_cast<std::size_t>(term.column.index)];
    if (!entries.empty() && entries.back().row == row) {
      entries.back().coefficient += term.coefficient;
    } else {
      entries.push_back({row, term.coefficient});
    }
  }
  return {row};
}

void MixedIntegerProgram::bound_row(ProgramRow row, double lower, double upper) {
  rows_[static_cast<std::size_t>(row.index)] = {lower, upper};
}

void MixedIntegerProgram::bound_column(Variable column, double lower, double upper) {
  ColumnData& data = columns_[static_cast<std::size_t>(column.index)];
  data.lower = lower;
  data.upper = upper;
}

void MixedIntegerProgram::set_cost(Variable column, double cost) {
  columns_[static_cast<std::size_t>(column.index)].cost = cost;
}

void MixedIntegerProgram::bound_by_prices(const RelaxedSolution& relaxed, double slack) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnData& column = columns_[i];
    double reduced = column.cost;
    for (const Entry& entry : entries_[i])
      reduced -= entry.coefficient * relaxed.row_prices[static_cast<std::size_t>(entry.row)];
    if (std::abs(reduced) < kNoCost) continue;
    double away = slack / std::abs(reduced);
    if (column.domain == Domain::kInteger) away = std::floor(away + kWhole);
    if (reduced > 0) column.upper = std::min(column.upper, column.lower + away);
    if (reduced < 0) column.lower = std::max(column.lower, column.upper - away);
  }
}

double MixedIntegerProgram::most_usd(Variable column) const {
  const ColumnData& data = columns_[static_cast<std::size_t>(column.index)];
  return data.cost * data.upper;
}

double MixedIntegerProgram::cost(const std::vector<double>& values) const {
  double sum = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) sum += columns_[i].cost * values[i];
  return sum;
}

std::vector<Term> MixedIntegerProgram::costs() const {
  std::vector<Term> terms;
  for (int i = 0; i < columns(); ++i) {
    const double cost = columns_[static_cast<std::size_t>(i)].cost;
    if (cost != 0) terms.push_back({{i}, cost});
  }
  return terms;
}

// As both solvers take a program.
struct SparseColumns {
  explicit SparseColumns(const MixedIntegerProgram& program) {
    for (std::size_t i = 0; i < program.columns_.size(); ++i) {
      for (const auto& entry : program.entries_[i]) {
        rows.push_back(entry.row);
        values.push_back(entry.coefficient);
      }
      starts.push_back(static_cast<CoinBigIndex>(rows.size()));
      lower.push_back(program.columns_[i].lower);
      upper.push_back(program.columns_[i].upper);
      cost.push_back(program.columns_[i].cost);
    }
    for (const auto& row : program.rows_) {
      row_lower.push_back(row.lower);
      row_upper.push_back(row.upper);
    }
  }

  std::vector<CoinBigIndex> starts = {0};
  std::vector<int> rows;
  std::vector<double> values, lower, upper, cost, row_lower, row_upper;
};

// One model of Cbc.
class CbcRun {
 public:
  explicit CbcRun(const MixedIntegerProgram& program) : program_(program), model_(Cbc_newModel()) {
    Cbc_setLogLevel(model_.get(), 0);
    load();
  }

  void start_at(const std::vector<double>& values) {
    std::vector<int> indices;
    std::vector<double> whole;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (program_.columns_[i].domain != Domain::kInteger) continue;
      indices.push_back(static_cast<int>(i));
      whole.push_back(std::round(values[i]));
    }
    if (!indices.empty()) {
      Cbc_setMIPStartI(model_.get(), static_cast<int>(indices.size()), indices.data(), whole.data());
    }
  }

  ProgramSolution solve(const SolverSettings& settings) {
    set("log", "0");
    if (!settings.cuts) set("cuts", "off");
    set("preprocess", "off");
    set("passFeasibilityPump", std::to_string(kPumpPasses));
    set("randomSeed", "1");
    set("randomCbcSeed", "1");
    if (settings.gap > 0) set("ratio", fmt::format("{}", settings.gap));
    set("maxNodes", std::to_string(settings.nodes));
    {
      const KeptInterrupt kept;
      Cbc_solve(model_.get());
    }
    return whole_ ? searched(settings.gap) : relaxed();
  }

 private:
  struct Delete {
    void operator()(Cbc_Model* model) const { Cbc_deleteModel(model); }
  };

  void set(const char* name, const std::string& value) {
    Cbc_setParameter(model_.get(), name, value.c_str());
  }

  void load() {
    const SparseColumns p(program_);
    Cbc_loadProblem(model_.get(), program_.columns(), program_.rows(), p.starts.data(), p.rows.data(),
                    p.values.data(), p.lower.data(), p.upper.data(), p.cost.data(), p.row_lower.data(),
                    p.row_upper.data());
    for (int i = 0; i < program_.columns(); ++i) {
      if (program_.columns_[static_cast<std::size_t>(i)].domain != Domain::kInteger) continue;
      Cbc_setInteger(model_.get(), i);
      whole_ = true;
    }
  }

  // Values as Cbc has them, whole and within bounds where they miss that by its tolerances.
  ProgramSolution with_values(const double* values, double bound) const {
    ProgramSolution solution;
    solution.values.assign(values, values + program_.columns());
    for (std::size_t i = 0; i < solution.values.size(); ++i) {
      const auto& column = program_.columns_[i];
      double& value = solution.values[i];
      if (column.domain == Domain::kInteger) value = std::round(value);
      value = std::clamp(value, column.lower, column.upper);
    }
    solution.objective = program_.cost(solution.values);
    solution.bound = std::min(bound, solution.objective);
    return solution;
  }

  ProgramSolution without_values(double bound) const {
    ProgramSolution solution;
    solution.bound = bound;
    if (infeasible()) solution.bound = kUnlimited;
    return solution;
  }

  ProgramSolution relaxed() const {
    if (Cbc_isProvenOptimal(model_.get()) == 0) return without_values(-kUnlimited);
    return with_values(Cbc_getColSolution(model_.get()), Cbc_getObjValue(model_.get()));
  }

  // "Optimal" is said at the gap that was asked for, so the bound is taken from the search; where that has
  // none (all was settled before it began), optimal is optimal to that gap.
  ProgramSolution searched(double gap) const {
    const double* values = Cbc_bestSolution(model_.get());
    const double best = Cbc_getBestPossibleObjValue(model_.get());
    const double bound = std::abs(best) < kNoBound ? best : -kUnlimited;
    if (values == nullptr) return without_values(bound);
    if (std::isinf(bound) && Cbc_isProvenOptimal(model_.get()) != 0) {
      const double objective = Cbc_getObjValue(model_.get());
      return with_values(values, objective - gap * std::abs(objective));
    }
    return with_values(values, bound);
  }

  bool infeasible() const { return Cbc_isProvenInfeasible(model_.get()) != 0; }

  const MixedIntegerProgram& program_;
  std::unique_ptr<Cbc_Model, Delete> model_;
  bool whole_ = false;
};

// One model of Clp.
class ClpRun {
 public:
  explicit ClpRun(const MixedIntegerProgram& program) : program_(program), model_(Clp_newModel()) {
    Clp_setLogLevel(model_.get(), 0);
    const SparseColumns p(program_);
    Clp_loadProblem(model_.get(), program_.columns(), program_.rows(), p.starts.data(), p.rows.data(),
                    p.values.data(), p.lower.data(), p.upper.data(), p.cost.data(), p.row_lower.data(),
                    p.row_upper.data());
    Clp_initialSolve(model_.get());
  }

  // After changes of costs what it has still is a solution, after those of rows still as good as any.
  void solve_again() {
    bool rows = false;
    double* lower = Clp_rowLower(model_.get());
    double* upper = Clp_rowUpper(model_.get());
    for (std::size_t i = 0; i < program_.rows_.size(); ++i) {
      rows = rows || lower[i] != program_.rows_[i].lower || upper[i] != program_.rows_[i].upper;
      lower[i] = program_.rows_[i].lower;
      upper[i] = program_.rows_[i].upper;
    }
    double* cost = Clp_objective(model_.get());
    for (std::size_t i = 0; i < program_.columns_.size(); ++i) cost[i] = program_.columns_[i].cost;
    if (rows) {
      Clp_dual(model_.get(), 0);
    } else {
      Clp_primal(model_.get(), 0);
    }
  }

  RelaxedSolution solution() const {
    RelaxedSolution solution;
    if (Clp_status(model_.get()) == kInfeasible) solution.objective = kUnlimited;
    if (Clp_status(model_.get()) != kOptimal) return solution;
    solution.objective = Clp_objectiveValue(model_.get());
    const double* values = Clp_primalColumnSolution(model_.get());
    solution.values.assign(values, values + program_.columns());
    const double* prices = Clp_dualRowSolution(model_.get());
    solution.row_prices.assign(prices, prices + program_.rows());
    return solution;
  }

 private:
  static constexpr int kOptimal = 0;
  static constexpr int kInfeasible = 1;

  struct Delete {
    void operator()(Clp_Simplex* model) const { Clp_deleteModel(model); }
  };

  const MixedIntegerProgram& program_;
  std::unique_ptr<Clp_Simplex, Delete> model_;
};

RelaxedProgram::RelaxedProgram(const MixedIntegerProgram& program) : program_(program) {}
RelaxedProgram::~RelaxedProgram() = default;

RelaxedSolution RelaxedProgram::solve() {
  const std::lock_guard lock(one_at_a_time());
  const HeldInterrupt held;
  if (run_) {
    run_->solve_again();
  } else {
    run_ = std::make_unique<ClpRun>(program_);
  }
  return run_->solution();
}

namespace {

// Columns of a program that nobody waits for long enough to end it.
constexpr int kFew = 1000;

// What `solve` gives, one call at a time, as a process of its own where somebody may want to end it; empty
// where it was ended.
std::vector<double> numbers_of(const std::function<std::vector<double>()>& solve, int columns,
                               Monitor* monitor) {
  if (monitor != nullptr && monitor->stopped()) return {};
  const std::lock_guard lock(one_at_a_time());
  if (columns > kFew) {
    // A copy of a process that is at work elsewhere has the locks of that work.
    if (monitor != nullptr && monitor->of_one_part()) {
      if (auto numbers = solve_apart(solve, *monitor)) return std::move(*numbers);
    }
    return solve();
  }
  // Both solvers take the interrupt over while they are at work, and keep to themselves that it came.
  const HeldInterrupt held;
  return solve();
}

void append(std::vector<double>& numbers, const std::vector<double>& more) {
  numbers.insert(numbers.end(), more.begin(), more.end());
}

}  // namespace

ProgramSolution MixedIntegerProgram::solve(const SolverSettings& settings,
                                           const std::vector<double>& start) const {
  const auto numbers = numbers_of(
      [&] {
        CbcRun run(*this);
        if (!start.empty()) run.start_at(start);
        const ProgramSolution found = run.solve(settings);
        std::vector<double> all = {found.objective, found.bound};
        append(all, found.values);
        return all;
      },
      columns(), settings.monitor);
  if (numbers.empty()) return {};
  return {.values = {numbers.begin() + 2, numbers.end()}, .objective = numbers[0], .bound = numbers[1]};
}

RelaxedSolution MixedIntegerProgram::solve_relaxed(Monitor* monitor) const {
  const auto numbers = numbers_of(
      [&] {
        const RelaxedSolution found = ClpRun(*this).solution();
        std::vector<double> all = {found.objective};
        append(all, found.values);
        append(all, found.row_prices);
        return all;
      },
      columns(), monitor);
  if (numbers.empty()) return {};
  RelaxedSolution solution;
  solution.objective = numbers[0];
  if (numbers.size() == 1) return solution;
  solution.values.assign(numbers.begin() + 1, numbers.begin() + 1 + columns());
  solution.row_prices.assign(numbers.begin() + 1 + columns(), numbers.end());
  return solution;
}

}  // namespace capplan

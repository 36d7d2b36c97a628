#include "optimum/mixed_integer_program.h"

#include <Cbc_C_Interface.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

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

// What Cbc says where it knows no bound.
constexpr double kNoBound = 1e40;

}  // namespace

Variable MixedIntegerProgram::add_column(Domain domain, double lower, double upper, double cost) {
  columns_.push_back({domain, lower, upper, cost});
  entries_.emplace_back();
  return {columns() - 1};
}

void MixedIntegerProgram::add_row(double lower, const std::vector<Term>& terms, double upper) {
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
}

void MixedIntegerProgram::bound_column(Variable column, double lower, double upper) {
  ColumnData& data = columns_[static_cast<std::size_t>(column.index)];
  data.lower = lower;
  data.upper = upper;
}

void MixedIntegerProgram::set_cost(Variable column, double cost) {
  columns_[static_cast<std::size_t>(column.index)].cost = cost;
}

void MixedIntegerProgram::relax() {
  for (ColumnData& column : columns_) column.domain = Domain::kContinuous;
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
    std::vector<CoinBigIndex> starts = {0};
    std::vector<int> rows;
    std::vector<double> values, column_lower, column_upper, cost, row_lower, row_upper;
    for (std::size_t i = 0; i < program_.columns_.size(); ++i) {
      for (const auto& entry : program_.entries_[i]) {
        rows.push_back(entry.row);
        values.push_back(entry.coefficient);
      }
      starts.push_back(static_cast<CoinBigIndex>(rows.size()));
      column_lower.push_back(program_.columns_[i].lower);
      column_upper.push_back(program_.columns_[i].upper);
      cost.push_back(program_.columns_[i].cost);
    }
    for (const auto& row : program_.rows_) {
      row_lower.push_back(row.lower);
      row_upper.push_back(row.upper);
    }
    Cbc_loadProblem(model_.get(), program_.columns(), program_.rows(), starts.data(), rows.data(),
                    values.data(), column_lower.data(), column_upper.data(), cost.data(), row_lower.data(),
                    row_upper.data());
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

ProgramSolution MixedIntegerProgram::solve(const SolverSettings& settings,
                                           const std::vector<double>& start) const {
  const auto search = [&] {
    CbcRun run(*this);
    if (!start.empty()) run.start_at(start);
    return run.solve(settings);
  };
  if (settings.monitor != nullptr && settings.monitor->stopped()) return {};
  const std::lock_guard lock(one_at_a_time());
  // A copy of a process that is at work elsewhere has the locks of that work.
  if (settings.monitor != nullptr && settings.monitor->of_one_part()) {
    if (auto solution = solve_apart(search, *settings.monitor)) return std::move(*solution);
  }
  return search();
}

}  // namespace capplan

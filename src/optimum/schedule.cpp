#include "optimum/schedule.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "optimum/mixed_integer_program.h"
#include "optimum/run_sets.h"

namespace capplan {
namespace {

// Relative: hours that the solver's tolerances leave over.
constexpr double kNearHours = 1e-6;
// Sets that are looked for, of each part of a month, before the answer is no.
constexpr int kGrowths = 200;

std::vector<RunKind> kinds_of(std::span<const RunHours> runs) {
  std::vector<RunKind> kinds;
  for (const RunHours& run : runs) kinds.push_back({run.machines, run.count.runs});
  return kinds;
}

// Whether no run ever waits.
bool side_by_side(std::span<const RunHours> runs, std::span<const PoolTime> parts) {
  int all = 0;
  for (const RunHours& run : runs) all += run.count.runs * run.machines;
  return std::ranges::all_of(parts,
                             [&](const PoolTime& part) { return all + part.serving <= part.machines; });
}

// Hours of sets of runs, and what they leave undone of the hours that are asked for.
class Schedule {
 public:
  Schedule(std::span<const RunHours> runs, std::span<const PoolTime> parts)
      : runs_(runs), parts_(parts), kinds_(kinds_of(runs)), sets_(parts.size()) {
    for (const PoolTime& part : parts) month_ += part.hours;
  }

  bool exists() {
    for (std::size_t b = 0; b < parts_.size(); ++b) {
      auto sets = sets_side_by_side(kinds_, parts_[b].machines, parts_[b].serving <= 0, kMostSets);
      if (!sets) return exists_of_grown_sets();
      sets_[b] = std::move(*sets);
    }
    return is_enough(solve().solution.objective);
  }

 private:
  struct PartRows {
    ProgramRow time, serving;
    std::vector<ProgramRow> running;  // by kind
  };
  struct Solved {
    RelaxedSolution solution;
    std::vector<PartRows> rows;  // by part
  };

  bool is_enough(double undone) const { return undone <= kNearHours * asked_for(); }

  // Machine-hours.
  double asked_for() const {
    double hours = 0;
    for (const RunHours& run : runs_) hours += run.machines * run.hours;
    for (const PoolTime& part : parts_) hours += part.serving * part.hours;
    return hours;
  }

  // Of the least left undone, in machine-hours.
  Solved solve() const {
    MixedIntegerProgram program;
    Solved solved;
    std::vector<std::vector<Term>> hours(runs_.size());  // by kind
    for (std::size_t b = 0; b < parts_.size(); ++b) {
      const PoolTime& part = parts_[b];
      std::vector<std::vector<Term>> running(runs_.size());
      std::vector<Term> time;
      std::vector<Term> serving = {{program.add_column(Domain::kContinuous, 0, kUnlimited, 1), 1}};
      for (const RunSet& set : sets_[b]) {
        const Variable column = program.add_column(Domain::kContinuous, 0, part.hours, 0);
        time.push_back({column, 1});
        serving.push_back({column, std::min(1.0 * set.free, part.most_serving)});
        for (std::size_t i = 0; i < set.runs.size(); ++i) {
          if (set.runs[i] > 0) running[i].push_back({column, 1.0 * set.runs[i]});
        }
      }
      PartRows& rows = solved.rows.emplace_back();
      rows.time = program.add_row(-kUnlimited, time, part.hours);
      rows.serving = program.add_row(part.serving * part.hours, serving, kUnlimited);
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        // A set may last longer than its runs need.
        const double most = runs_[i].count.runs * runs_[i].most_hours * part.hours / month_;
        const Variable column = program.add_column(Domain::kContinuous, 0, most, 0);
        running[i].push_back({column, -1});
        rows.running.push_back(program.add_row(0, running[i], kUnlimited));
        hours[i].push_back({column, 1});
      }
    }
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      hours[i].push_back({program.add_column(Domain::kContinuous, 0, kUnlimited, runs_[i].machines), 1});
      program.add_row(runs_[i].hours, hours[i], kUnlimited);
    }
    solved.solution = program.solve_relaxed(nullptr);
    return solved;
  }

  // Where there are too many sets to list: those that leave less undone, one after another (column
  // generation; Gilmore, Gomory, A Linear Programming Approach to the Cutting-Stock Problem, Operations
  // Research 9, 1961).
  bool exists_of_grown_sets() {
    for (std::size_t b = 0; b < parts_.size(); ++b) {
      sets_[b].clear();
      for (std::size_t first = 0; first < kinds_.size(); ++first) {
        SetWorth worth{.run = {}, .left = 0, .most_left = 0};
        for (const RunKind& kind : kinds_) worth.run.push_back(kind.machines);
        worth.run[first] *= 2;
        sets_[b].push_back(best_set(kinds_, parts_[b].machines, worth).set);
      }
    }
    for (int round = 0; round < kGrowths; ++round) {
      const Solved solved = solve();
      if (is_enough(solved.solution.objective)) return true;
      if (!grow(solved)) return false;
    }
    return false;
  }

  bool grow(const Solved& solved) {
    const auto price = [&](ProgramRow row) {
      return std::abs(solved.solution.row_prices[static_cast<std::size_t>(row.index)]);
    };
    bool any = false;
    for (std::size_t b = 0; b < parts_.size(); ++b) {
      const PartRows& rows = solved.rows[b];
      SetWorth worth{.run = {}, .left = price(rows.serving), .most_left = parts_[b].most_serving};
      for (const ProgramRow& row : rows.running) worth.run.push_back(price(row));
      BestSet best = best_set(kinds_, parts_[b].machines, worth);
      if (best.worth <= price(rows.time) + kNearHours) continue;
      sets_[b].push_back(std::move(best.set));
      any = true;
    }
    return any;
  }

  std::span<const RunHours> runs_;
  std::span<const PoolTime> parts_;
  std::vector<RunKind> kinds_;
  double month_ = 0;
  std::vector<std::vector<RunSet>> sets_;  // by part
};

// Prices of hours: of a run's, of a part's, of serving in it. No set of a part earns more than the part
// costs.
class TurnLimits {
 public:
  TurnLimits(const PoolMonth& where, std::span<const RunHours> runs, std::span<const int> all,
             std::span<const PoolTime> parts)
      : where_(where), runs_(runs.begin(), runs.end()), parts_(parts) {
    for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i].count.runs = all[i];
    for (const PoolTime& part : parts) month_ += part.hours;
    for (const RunHours& run : runs) {
      // An hour on one machine is worth one at most: prices have no scale of their own.
      usage_.push_back(program_.add_column(Domain::kContinuous, 0, run.machines, -run.hours));
      counts_.push_back(run.count);
    }
  }

  std::optional<TurnLimit> most_broken() {
    for (const PoolTime& part : parts_) {
      if (!add(part)) return std::nullopt;
    }
    const ProgramSolution solution = program_.solve({});
    double hours = 0;
    for (const RunHours& run : runs_) hours += run.machines * run.hours;
    if (!solution.found() || solution.objective > -kNearHours * hours) return std::nullopt;
    return limit(solution.values);
  }

 private:
  struct PartPrices {
    Variable together, served;
    std::vector<Variable> allowed;  // by kind
  };

  bool add(const PoolTime& part) {
    const auto sets = sets_side_by_side(kinds_of(runs_), part.machines, part.serving <= 0, kMostSets);
    if (!sets) return false;
    PartPrices& prices = prices_.emplace_back();
    prices.together = program_.add_column(Domain::kContinuous, 0, kUnlimited, part.hours);
    prices.served = program_.add_column(Domain::kContinuous, 0, 1, -part.hours * part.serving);
    std::vector<Variable> earned;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const double each = runs_[i].most_hours * part.hours / month_;
      earned.push_back(program_.add_column(Domain::kContinuous, 0, kUnlimited, 0));
      prices.allowed.push_back(
          program_.add_column(Domain::kContinuous, 0, kUnlimited, each * counts_[i].runs));
      program_.add_row(-kUnlimited, {{usage_[i], 1}, {earned[i], -1}, {prices.allowed[i], -1}}, 0);
    }
    for (const RunSet& set : *sets) {
      std::vector<Term> terms = {{prices.together, -1}};
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (set.runs[i] > 0) terms.push_back({earned[i], 1.0 * set.runs[i]});
      }
      terms.push_back({prices.served, std::min(1.0 * set.free, part.most_serving)});
      program_.add_row(-kUnlimited, terms, 0);
    }
    return true;
  }

  TurnLimit limit(const std::vector<double>& values) const {
    const auto value = [&](Variable column) { return values[static_cast<std::size_t>(column.index)]; };
    TurnLimit limit{.where = where_, .machines = parts_.front().machines, .kinds = {}, .served = {}};
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      TurnLimit::Kind kind{.runs = counts_[i], .usage = value(usage_[i]), .allowed = 0, .most = 0};
      for (std::size_t b = 0; b < parts_.size(); ++b)
        kind.allowed += value(prices_[b].allowed[i]) * runs_[i].most_hours * parts_[b].hours / month_;
      kind.most = kind.usage * runs_[i].most_hours * runs_[i].count.runs;
      limit.kinds.push_back(kind);
    }
    for (std::size_t b = 0; b < parts_.size(); ++b) {
      limit.together += value(prices_[b].together) * parts_[b].hours;
      limit.served.push_back(value(prices_[b].served));
      limit.most_served += limit.served[b] * parts_[b].most_serving * parts_[b].hours;
    }
    return limit;
  }

  PoolMonth where_;
  std::vector<RunHours> runs_;
  std::vector<RunCount> counts_;  // of the plan
  std::span<const PoolTime> parts_;
  double month_ = 0;
  MixedIntegerProgram program_;
  std::vector<Variable> usage_;
  std::vector<PartPrices> prices_;
};

}  // namespace

bool can_be_scheduled(std::span<const RunHours> runs, std::span<const PoolTime> parts) {
  if (side_by_side(runs, parts)) return true;
  return Schedule(runs, parts).exists();
}

std::optional<TurnLimit> broken_limit(const PoolMonth& where, std::span<const RunHours> runs,
                                      std::span<const int> all, std::span<const PoolTime> parts) {
  return TurnLimits(where, runs, all, parts).most_broken();
}

}  // namespace capplan

#include "optimum/search.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "optimum/parts.h"
#include "optimum/plan_cost.h"
#include "optimum/portfolio_program.h"
#include "optimum/schedule.h"
#include "optimum/tie_break.h"

namespace capplan {
namespace {

// Rounds of the whole program, and of the months alone once the capacity is given.
constexpr int kRounds = 12;
constexpr int kRepairs = 8;
// The search of a round leaves as much of the gap to what the next detail costs.
constexpr double kSolverShare = 0.5;

class Search {
 public:
  Search(const Portfolio& portfolio, const Kept& part, bool limits, const OptimumSettings& settings)
      : portfolio_(portfolio), part_(part), settings_(settings) {
    detail_.limits = limits;
  }

  std::optional<Optimum> run();

 private:
  // A plan with the program that it is from.
  struct Found {
    PortfolioPlan plan;
    std::vector<PoolMonth> failing;  // whose runs cannot take turns
    std::vector<RunCount> longest;   // of each of these, the runs that take most of it
  };

  Found checked(const PortfolioProgram& program, const std::vector<double>& values) const;
  // By pool, month and block.
  std::vector<std::vector<std::vector<double>>> most_serving(const PortfolioPlan& plan) const;
  // Whether the program becomes more detailed by it.
  static bool refine(ProgramDetail& detail, const std::vector<PoolMonth>& failing);
  void keep(const PortfolioPlan& plan, bool scheduled);
  void repair(const PortfolioPlan& plan, ProgramDetail detail);
  bool near_enough() const;
  void break_ties();

  const Portfolio& portfolio_;
  const Kept& part_;
  const OptimumSettings& settings_;
  ProgramDetail detail_;
  std::optional<PortfolioPlan> best_;
  bool scheduled_ = false;
  double bound_ = -kUnlimited;
};

Search::Found Search::checked(const PortfolioProgram& program, const std::vector<double>& values) const {
  Found found{program.plan(values), {}, {}};
  const auto machines = machines_there(portfolio_, found.plan);
  const auto serving = machines_serving(portfolio_, found.plan);
  const auto most = most_serving(found.plan);
  for (std::size_t p = 0; p < portfolio_.pools.size(); ++p) {
    for (int month = 0; month < portfolio_.months; ++month) {
      const auto m = static_cast<std::size_t>(month);
      const std::vector<RunHours> runs = program.run_hours(values, {p, month});
      if (runs.empty()) continue;
      std::vector<PoolTime> parts;
      for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b)
        parts.push_back({machines[p][m], portfolio_.blocks[b].hours, serving[p][m][b], most[p][m][b]});
      if (std::ranges::all_of(serving[p][m], [](double used) { return used <= 0; }))
        parts = {{machines[p][m], portfolio_.hours_a_month, 0, 0}};
      if (can_be_scheduled(runs, parts)) continue;
      found.failing.push_back({p, month});
      found.longest.push_back(
          std::ranges::max(runs, {}, [](const RunHours& run) { return run.machines * run.hours; }).count);
    }
  }
  return found;
}

// What a served work has rented in a block may at other moments be on its pools, in proportion to what they
// have of it; what one pool has may not be on another.
std::vector<std::vector<std::vector<double>>> Search::most_serving(const PortfolioPlan& plan) const {
  PortfolioPlan all = plan;
  for (auto& served : all.served) {
    for (std::size_t m = 0; m < served.share.size(); ++m) {
      for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
        double pools = 0;
        for (const auto& other : plan.served) {
          if (other.work == served.work && portfolio_.served[other.work].options[other.option].pool)
            pools += other.share[m][b];
        }
        if (pools > 0) served.share[m][b] /= pools;
      }
    }
  }
  return machines_serving(portfolio_, all);
}

bool Search::refine(ProgramDetail& detail, const std::vector<PoolMonth>& failing) {
  bool more = false;
  for (const PoolMonth& where : failing) {
    more |= detail.by_block.insert(where).second;
    more |= detail.by_size.insert(where).second;
  }
  return more;
}

void Search::keep(const PortfolioPlan& plan, bool scheduled) {
  const bool better =
      !best_ || (scheduled && !scheduled_) || (scheduled == scheduled_ && plan.usd < best_->usd);
  if (!better) return;
  best_ = plan;
  scheduled_ = scheduled;
}

// The months of a plan anew on the machines that it has, until runs can take turns. Where rows are not enough
// for that, serving leaves whole machines, and then fewer runs are on the pool: plans get dearer, the bound
// is from elsewhere.
void Search::repair(const PortfolioPlan& plan, ProgramDetail detail) {
  std::vector<RunCount> bounds;
  for (int round = 0; round < kRepairs; ++round) {
    PortfolioProgram program(portfolio_, part_, detail);
    program.fix_capacity(plan);
    for (const RunCount& bound : bounds) program.bound_runs(bound);
    const SearchSettings search = {
        .gap = settings_.gap * kSolverShare, .nodes = settings_.nodes / 10, .monitor = settings_.monitor};
    const ProgramSolution solution = program.program().solve(search);
    if (!solution.found()) return;
    const Found found = checked(program, solution.values);
    keep(found.plan, found.failing.empty());
    if (found.failing.empty()) return;
    if (refine(detail, found.failing)) continue;
    for (std::size_t i = 0; i < found.failing.size(); ++i) {
      if (detail.unmixed.insert(found.failing[i]).second) continue;
      bounds.push_back(found.longest[i]);
      --bounds.back().runs;
    }
  }
}

bool Search::near_enough() const {
  return best_ && scheduled_ &&
         (best_->usd - bound_ <= settings_.gap * best_->usd || is_proven(best_->usd, bound_));
}

std::optional<Optimum> Search::run() {
  if (const auto rented = all_rented(portfolio_, part_); rented && !detail_.limits) keep(*rented, true);
  for (int round = 0; round < kRounds; ++round) {
    const PortfolioProgram program(portfolio_, part_, detail_);
    const SearchSettings search = {
        .gap = settings_.gap * kSolverShare, .nodes = settings_.nodes, .monitor = settings_.monitor};
    const std::vector<double> start = best_ ? program.values(*best_) : std::vector<double>{};
    const ProgramSolution solution = program.program().solve(search, start);
    bound_ = std::max(bound_, solution.bound);
    if (!solution.found()) break;
    const Found found = checked(program, solution.values);
    keep(found.plan, found.failing.empty());
    if (found.failing.empty() || near_enough()) break;
    const bool more = refine(detail_, found.failing);
    repair(found.plan, detail_);
    if (!more) break;
    if (near_enough()) break;
  }
  if (!best_) return std::nullopt;
  if (near_enough() && is_proven(best_->usd, bound_)) break_ties();
  bound_ = std::min(bound_, best_->usd);
  return Optimum{.plan = *best_,
                 .bound = bound_,
                 .proven = scheduled_ && is_proven(best_->usd, bound_),
                 .scheduled = scheduled_};
}

// Of plans that cost the same to a millionth of a dollar, the first by ids, where that search ends.
void Search::break_ties() {
  PortfolioProgram program(portfolio_, part_, detail_);
  const auto values = first_by_id(program, *best_, settings_);
  if (values.empty()) return;
  const Found found = checked(program, values);
  if (found.failing.empty() && found.plan.usd <= best_->usd + 1e-6) best_ = found.plan;
}

}  // namespace

bool is_proven(double usd, double bound) { return usd - bound <= 1e-6 * usd + 0.01; }

std::optional<Optimum> search(const Portfolio& portfolio, const Kept& part, bool limits,
                              const OptimumSettings& settings) {
  return Search(portfolio, part, limits, settings).run();
}

}  // namespace capplan

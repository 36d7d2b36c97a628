#include "optimum/search.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "optimum/months.h"
#include "optimum/parts.h"
#include "optimum/plan_cost.h"
#include "optimum/portfolio_program.h"
#include "optimum/schedule.h"
#include "optimum/tie_break.h"

namespace capplan {
namespace {

// Of the months alone once the capacity is given.
constexpr int kRepairs = 4;
constexpr int kRepairNodes = 200;
// Of the nodes of the first round, what later ones have: they raise the bound by little, on larger programs.
constexpr int kLaterShare = 4;
// Columns of a program whose nodes take as long as they may; of one with more, fewer are looked at.
constexpr int kLarge = 10'000;
// The search of a round leaves as much of the gap to what the next detail costs.
constexpr double kSolverShare = 0.5;
// Of the gap, what more detail has to be about to be worth another round.
constexpr double kDetailShare = 0.2;

class Search {
 public:
  Search(const Portfolio& portfolio, const Kept& part, const SearchRules& rules,
         const OptimumSettings& settings)
      : portfolio_(portfolio), part_(part), rules_(rules), settings_(settings) {
    detail_.limits = rules.limits;
    detail_.beyond = !rules.beyond.empty();
  }

  std::optional<Optimum> run();

 private:
  // A pool and month whose runs cannot take turns.
  struct Failing {
    PoolMonth where;
    SideBySide there;
    RunCount longest;  // the runs that take most of it
  };
  struct Found {
    PortfolioPlan plan;
    std::vector<Failing> failing;
    std::vector<TurnLimit> limits;  // that they break
  };

  PortfolioProgram program(const ProgramDetail& detail) const;
  Found checked(const PortfolioProgram& program, const std::vector<double>& values) const;
  std::vector<PoolTime> times(const PoolMonth& where, int machines, const std::vector<double>& serving) const;
  // Whether the program becomes more detailed by it.
  static bool refine(ProgramDetail& detail, const Found& found);
  PoolTime whole_month(int machines) const { return {machines, portfolio_.hours_a_month, 0, 0}; }
  void keep(const PortfolioPlan& plan, bool scheduled);
  bool lay_out(const Found& from);
  void repair(const Found& from);
  bool worth_more_detail(const Found& found) const;
  int nodes(const PortfolioProgram& program) const;
  bool near_enough() const;
  void break_ties();

  const Portfolio& portfolio_;
  const Kept& part_;
  const SearchRules& rules_;
  const OptimumSettings& settings_;
  ProgramDetail detail_;
  std::optional<PortfolioPlan> best_;
  bool scheduled_ = false;
  double bound_ = -kUnlimited;
};

PortfolioProgram Search::program(const ProgramDetail& detail) const {
  PortfolioProgram program(portfolio_, part_, detail);
  program.price_limits(rules_.beyond);
  return program;
}

Search::Found Search::checked(const PortfolioProgram& program, const std::vector<double>& values) const {
  Found found{program.plan(values), {}, {}};
  const auto machines = machines_there(portfolio_, found.plan);
  const auto serving = machines_serving(portfolio_, found.plan);
  for (std::size_t p = 0; p < portfolio_.pools.size(); ++p) {
    for (int month = 0; month < portfolio_.months; ++month) {
      const auto m = static_cast<std::size_t>(month);
      const std::vector<RunHours> runs = program.run_hours(values, {p, month});
      if (runs.empty()) continue;
      std::vector<PoolTime> parts = times({p, month}, machines[p][m], serving[p][m]);
      const bool serves = std::ranges::any_of(serving[p][m], [](double used) { return used > 0; });
      if (can_be_scheduled(runs, serves ? parts : std::vector{whole_month(machines[p][m])})) continue;
      SideBySide there{machines[p][m], {}};
      for (const RunHours& run : runs) there.runs.push_back(run.count);
      const RunHours longest =
          std::ranges::max(runs, {}, [](const RunHours& run) { return run.machines * run.hours; });
      found.failing.push_back({{p, month}, std::move(there), longest.count});
      std::vector<int> ever;
      ever.reserve(runs.size());
      for (const RunHours& run : runs)
        ever.push_back(portfolio_.runs[run.count.work].periods[run.count.period].runs);
      if (auto limit = broken_limit({p, month}, runs, ever, parts)) found.limits.push_back(std::move(*limit));
    }
  }
  return found;
}

// What a pool cannot serve at a moment is served elsewhere then, and the other way round.
std::vector<PoolTime> Search::times(const PoolMonth& where, int machines,
                                    const std::vector<double>& serving) const {
  std::vector<PoolTime> parts;
  const auto m = static_cast<std::size_t>(where.month);
  for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
    double most = 0;
    for (std::size_t w = 0; w < portfolio_.served.size(); ++w) {
      for (std::size_t o = 0; o < portfolio_.served[w].options.size(); ++o) {
        const ServeOption& option = portfolio_.served[w].options[o];
        if (part_.serving[w] && part_.served[w][o] && option.pool == where.pool)
          most += option.machines[m][b];
      }
    }
    parts.push_back({machines, portfolio_.blocks[b].hours, serving[b], most});
  }
  return parts;
}

bool Search::refine(ProgramDetail& detail, const Found& found) {
  bool more = !found.limits.empty();
  for (const Failing& failing : found.failing) {
    more |= detail.by_block.insert(failing.where).second;
    more |= detail.by_size.insert(failing.where).second;
  }
  detail.turns.insert(detail.turns.end(), found.limits.begin(), found.limits.end());
  return more;
}

void Search::keep(const PortfolioPlan& plan, bool scheduled) {
  if (rules_.limits && !keeps_limits(portfolio_, plan)) return;
  const bool better =
      !best_ || (scheduled && !scheduled_) || (scheduled == scheduled_ && plan.usd < best_->usd);
  if (!better) return;
  best_ = plan;
  scheduled_ = scheduled;
}

// The months of a plan anew on the machines that it has, hour by hour where runs could not take turns. The
// rows for that take all runs that there may be for side by side; where that is too much, fewer are on the
// pool.
void Search::repair(const Found& from) {
  ProgramDetail detail = detail_;
  std::vector<RunCount> bounds;
  Found found = from;
  for (int round = 0; round < kRepairs; ++round) {
    for (const Failing& failing : found.failing) {
      detail.by_block.insert(failing.where);
      if (detail.by_set.emplace(failing.where, failing.there).second) continue;
      bounds.push_back(failing.longest);
      --bounds.back().runs;
    }
    PortfolioProgram program = this->program(detail);
    program.fix_capacity(from.plan);
    for (const RunCount& bound : bounds) program.bound_runs(bound);
    const SolverSettings search = {.gap = settings_.gap * kSolverShare,
                                   .nodes = std::min(settings_.nodes, kRepairNodes),
                                   .monitor = settings_.monitor};
    const ProgramSolution solution = program.program().solve(search);
    if (!solution.found()) return;
    found = checked(program, solution.values);
    keep(found.plan, found.failing.empty());
    if (found.failing.empty()) return;
  }
}

// Month by month; false where that gives no plan that can be carried out.
bool Search::lay_out(const Found& from) {
  const auto plan = laid_out_by_month(portfolio_, part_, from.plan, rules_.limits, settings_);
  if (!plan || (rules_.limits && !keeps_limits(portfolio_, plan->plan))) return false;
  keep(plan->plan, plan->scheduled);
  return plan->scheduled;
}

// What is found with less detail costs too little by what detail brings. Where that is a small part of the
// gap, the rest is the search's own, and the same search with more detail leaves it again.
bool Search::worth_more_detail(const Found& found) const {
  return !scheduled_ || best_->usd - found.plan.usd >= kDetailShare * (best_->usd - bound_);
}

int Search::nodes(const PortfolioProgram& program) const {
  const double share = std::min(1.0, static_cast<double>(kLarge) / program.program().columns());
  return std::max(1, static_cast<int>(settings_.nodes * share));
}

bool Search::near_enough() const {
  return best_ && scheduled_ &&
         (best_->usd - bound_ <= settings_.gap * best_->usd || is_proven(best_->usd, bound_));
}

std::optional<Optimum> Search::run() {
  if (const auto rented = all_rented(portfolio_, part_)) keep(*rented, true);
  if (rules_.start != nullptr) keep(*rules_.start, true);
  for (int round = 0; round < settings_.rounds; ++round) {
    PortfolioProgram program = this->program(detail_);
    if (rules_.capacity != nullptr) program.fix_capacity(*rules_.capacity);
    const SolverSettings search = {.gap = settings_.gap * kSolverShare,
                                   .nodes = std::max(1, nodes(program) / (round == 0 ? 1 : kLaterShare)),
                                   .cuts = settings_.cuts,
                                   .monitor = settings_.monitor};
    const std::vector<double> start = best_ ? program.values(*best_) : std::vector<double>{};
    const ProgramSolution solution = program.program().solve(search, start);
    bound_ = std::max(bound_, solution.bound);
    if (!solution.found()) break;
    const Found found = checked(program, solution.values);
    keep(found.plan, found.failing.empty());
    if (found.failing.empty() || near_enough()) break;
    const bool more = refine(detail_, found);
    const bool same_machines = round > 0 && rules_.capacity != nullptr;
    if (same_machines || !lay_out(found)) repair(found);
    if (!more || near_enough() || !worth_more_detail(found)) break;
  }
  if (!best_) return std::nullopt;
  if (rules_.ties && near_enough() && is_proven(best_->usd, bound_)) break_ties();
  bound_ = std::min(bound_, best_->usd);
  return Optimum{.plan = *best_,
                 .bound = bound_,
                 .proven = scheduled_ && is_proven(best_->usd, bound_),
                 .scheduled = scheduled_};
}

// Of plans that cost the same to a millionth of a dollar, the first by ids, where that search ends.
void Search::break_ties() {
  PortfolioProgram program = this->program(detail_);
  if (rules_.capacity != nullptr) program.fix_capacity(*rules_.capacity);
  const auto values = first_by_id(program, *best_, settings_);
  if (values.empty()) return;
  const Found found = checked(program, values);
  if (found.failing.empty() && found.plan.usd <= best_->usd + 1e-6) best_ = found.plan;
}

}  // namespace

bool is_proven(double usd, double bound) { return usd - bound <= 1e-6 * usd + 0.01; }

std::optional<Optimum> search(const Portfolio& portfolio, const Kept& part, const SearchRules& rules,
                              const OptimumSettings& settings) {
  return Search(portfolio, part, rules, settings).run();
}

}  // namespace capplan

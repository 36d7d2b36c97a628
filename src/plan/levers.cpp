#include "plan/levers.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "performance/step_setup.h"
#include "plan/best_count.h"

namespace capplan {
namespace {

constexpr std::size_t kMostCombined = 6;  // levers that are tried in every combination

class LeverTrial {
 public:
  LeverTrial(const SupplyContext& context, const Candidate& candidate, const Supply& supply)
      : c_(context),
        index_(candidate.allocation.workload),
        planned_(candidate),
        supply_(supply),
        plain_(*context.spec.workloads[index_].workload) {
    // On the same accelerators: what a served model needs is found again.
    if (!candidate.allocation.execution.serving) plain_.pin.count = candidate.allocation.count;
  }

  struct Outcome {
    std::optional<Candidate> candidate;
    std::string reason;  // where there is none
    double flops = 1;    // over the plan's
    double runs = 1;
  };

  Outcome pull(const std::vector<Lever>& levers) const {
    if (c_.monitor != nullptr && c_.monitor->stopped()) return {std::nullopt, "interrupted"};
    Workload w = plain_;
    for (const Lever lever : levers) w = w.with(lever);
    BoundSpec spec = c_.spec;
    BoundWorkload& bound = spec.workloads[index_];
    bound.workload = &w;
    Diagnostics problems;
    bound.demand = estimate_demand(w, bound.model, spec.horizon, "levers", spec.assumptions, problems);
    Outcome outcome;
    const Demand& before = c_.spec.workloads[index_].demand;
    outcome.flops = bound.demand.total_flops * bound.demand.runs / (before.total_flops * before.runs);
    outcome.runs = bound.demand.runs;
    if (has_errors(problems)) {
      outcome.reason = problems.front().message;
      return outcome;
    }
    ExecutionCache executions(spec, c_.catalog);
    const SupplyContext context{spec, c_.catalog, executions, 1, nullptr, c_.market, c_.spot};
    std::vector<Supplied> found = find_best_counts(context, index_, {supply_});
    if (found.front()) {
      outcome.candidate = std::move(*found.front());
    } else {
      outcome.reason = found.front().error().reason;
    }
    return outcome;
  }

  const Candidate& planned() const { return planned_; }
  const Workload& workload() const { return plain_; }
  const Accelerator& accelerator() const { return *supply_.accelerator; }
  const BoundWorkload& bound() const { return c_.spec.workloads[index_]; }

 private:
  const SupplyContext& c_;
  std::size_t index_;
  const Candidate& planned_;
  Supply supply_;
  Workload plain_;
};

Duration all_runs(const Candidate& candidate, WorkloadKind kind, double runs) {
  const Duration one = candidate.allocation.execution.run_time;
  return kind == WorkloadKind::kServing ? one : one * runs;
}

// Why a lever cannot be pulled on such a workload.
std::string unfit(Lever lever, const LeverTrial& trial) {
  const Workload& w = trial.workload();
  const Execution& e = trial.planned().allocation.execution;
  const bool adapters = lever == Lever::kLora || lever == Lever::kQlora;
  if (adapters && w.kind != WorkloadKind::kFineTuning) return "fine-tuning only";
  if (lever == Lever::kEarlyStopping && w.experiments.final_runs == 0) return "no `experiments`";
  if (lever == Lever::kEarlyStopping && w.experiments.stop_early) return "`experiments.stop_early` says it";
  const Accelerator& a = trial.accelerator();
  if (lever == Lever::kSparse && !has_sparse_units(a)) return std::string(a.id) + " has no 2:4 units";
  // Integer training is published of TPUs alone (AQT, MLPerf 3.1 GPT-3).
  if (lever == Lever::kInt8 && e.training && a.platform != Platform::kXla)
    return "no software of " + std::string(platform_name(a.platform)) + " is known to train in int8";
  if (acts_on_training_alone(lever) && !e.training) return "training only";
  const int count = trial.planned().allocation.count;
  if (lever == Lever::kSharding && count == 1) return "one accelerator";
  for (const Lever other : w.optimizations) {
    if (const auto why = lever_conflict(other, lever); !why.empty()) return std::string(why);
  }
  return {};
}

bool in_use(Lever lever, const LeverTrial& trial) {
  if (trial.workload().has_lever(lever)) return true;
  const auto& training = trial.planned().allocation.execution.training;
  if (!training) return false;
  const Parallelism& p = training->parallelism;
  return (lever == Lever::kRecompute && p.recompute == Recompute::kFull && p.recompute_share == 1) ||
         (lever == Lever::kSharding && p.zero_stage == 3);
}

std::string conflicts_of(Lever lever) {
  std::string ids;
  for (std::size_t i = 0; i < kLevers; ++i) {
    const auto other = static_cast<Lever>(i);
    if (lever_conflict(lever, other).empty()) continue;
    ids += (ids.empty() ? "" : ", ") + std::string(lever_name(other));
  }
  return ids;
}

LeverEffect effect_of(Lever lever, const LeverEvidence& evidence, const LeverTrial& trial) {
  LeverEffect effect;
  effect.id = evidence.id;
  effect.name = evidence.name;
  effect.loss = evidence.loss;
  effect.quality = evidence.quality;
  effect.source = evidence.source;
  effect.as_of = evidence.as_of;
  effect.conflicts = conflicts_of(lever);
  effect.in_use = in_use(lever, trial);
  const Candidate& planned = trial.planned();
  effect.memory = planned.allocation.execution.memory.total();
  effect.time = all_runs(planned, trial.workload().kind, trial.bound().demand.runs);
  effect.cost = planned.cost.total();
  if (effect.in_use) return effect;
  effect.impossible = unfit(lever, trial);
  if (!effect.impossible.empty()) return effect;
  const LeverTrial::Outcome outcome = trial.pull({lever});
  if (!outcome.candidate) {
    effect.impossible = outcome.reason;
    return effect;
  }
  const Candidate& changed = *outcome.candidate;
  const Duration time = all_runs(changed, trial.workload().kind, outcome.runs);
  const Bytes memory = changed.allocation.execution.memory.total();
  const bool same = time == effect.time && memory == effect.memory && changed.cost.total() == effect.cost;
  if (same) effect.impossible = "no effect on this run";
  effect.flops = outcome.flops;
  effect.memory = memory;
  effect.time = time;
  effect.cost = changed.cost.total();
  return effect;
}

bool free_of_loss(const LeverEffect& e) {
  return e.works() && (e.loss == QualityLoss::kExact || e.loss == QualityLoss::kNoise);
}

bool compatible(const std::vector<Lever>& levers) {
  for (std::size_t i = 0; i < levers.size(); ++i) {
    for (std::size_t k = i + 1; k < levers.size(); ++k) {
      if (!lever_conflict(levers[i], levers[k]).empty()) return false;
    }
  }
  return true;
}

// Every combination of the levers that cost no quality.
std::vector<std::vector<Lever>> combinations(const LeverTable& table) {
  std::vector<Lever> open;
  for (const LeverEffect& e : table.effects) {
    const Lever lever = *find_lever(e.id);
    // A better network has a price of its own, which nobody states.
    if (free_of_loss(e) && lever != Lever::kInterconnect && open.size() < kMostCombined)
      open.push_back(lever);
  }
  std::vector<std::vector<Lever>> sets;
  for (unsigned set = 1; set < 1U << open.size(); ++set) {
    std::vector<Lever> levers;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if ((set >> i & 1U) != 0) levers.push_back(open[i]);
    }
    if (compatible(levers)) sets.push_back(std::move(levers));
  }
  return sets;
}

// The cheapest of them; of several as cheap, the one with the fewest levers.
void find_best(LeverTable& table, const LeverTrial& trial, int threads) {
  table.best_cost = table.cost;
  table.best_time = table.time;
  const std::vector<std::vector<Lever>> sets = combinations(table);
  std::vector<LeverTrial::Outcome> outcomes(sets.size());
  parallel_for(sets.size(), threads, [&](std::size_t i) { outcomes[i] = trial.pull(sets[i]); });
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const LeverTrial::Outcome& outcome = outcomes[i];
    // More levers must be worth the trouble.
    const double worth = table.best_cost.usd() * (1 - kWorthwhileSaving);
    if (!outcome.candidate || outcome.candidate->cost.total().usd() >= worth) continue;
    table.best.clear();
    for (const Lever lever : sets[i]) table.best.push_back(lever_name(lever));
    table.best_cost = outcome.candidate->cost.total();
    table.best_time = all_runs(*outcome.candidate, trial.workload().kind, outcome.runs);
  }
}

}  // namespace

LeverTable lever_table(const SupplyContext& context, const Candidate& candidate, const Supply& supply) {
  const LeverTrial trial(context, candidate, supply);
  LeverTable table;
  table.workload = candidate.allocation.workload;
  table.memory = candidate.allocation.execution.memory.total();
  table.time = all_runs(candidate, trial.workload().kind, trial.bound().demand.runs);
  table.cost = candidate.cost.total();
  std::vector<std::pair<Lever, const LeverEvidence*>> known;
  for (const LeverEvidence& evidence : context.catalog.tables().levers) {
    if (const auto lever = find_lever(evidence.id)) known.emplace_back(*lever, &evidence);
  }
  table.effects.resize(known.size());
  parallel_for(known.size(), context.threads,
               [&](std::size_t i) { table.effects[i] = effect_of(known[i].first, *known[i].second, trial); });
  // What saves most first; then what has no effect.
  std::stable_sort(table.effects.begin(), table.effects.end(),
                   [](const LeverEffect& a, const LeverEffect& b) {
                     return a.works() != b.works() ? a.works() : a.works() && a.cost < b.cost;
                   });
  find_best(table, trial, context.threads);
  return table;
}

}  // namespace capplan

#include "plan/best_count.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <tuple>

#include "core/number_text.h"
#include "core/parallel.h"

namespace capplan {
namespace {

// The better of two candidates of one supply: on time first, then by the objective, then the smaller.
bool is_better(const Candidate& a, const Candidate& b, Objective objective) {
  if (a.meets_deadline != b.meets_deadline) return a.meets_deadline;
  const auto of = [&](const Candidate& c) {
    const Duration time = c.allocation.execution.run_time;
    const double value = c.meets_deadline ? score(objective, c.cost.total(), c.p90, time, c.energy.kg_co2e)
                                          : round_to_12_digits(time.base());
    return std::tuple(value, c.allocation.count);
  };
  return of(a) < of(b);
}

// Counts that can be had and that the spec's pins allow, ascending.
std::vector<int> open_counts(const Pin& pin, const Lots& lots, std::vector<int> counts) {
  if (pin.per_node && *pin.per_node != lots.node) return {};
  if (pin.count) counts = {*pin.count};
  std::erase_if(counts, [&](int count) { return !can_have(lots, count); });
  return counts;
}

// The best count of one supply so far.
class SupplyChoice {
 public:
  SupplyChoice(const SupplyContext& context, std::size_t workload, const Supply& supply)
      : w_(context.spec.workloads[workload]),
        objective_(context.spec.objective),
        pricer_(context, workload, supply),
        most_(pricer_.lots().most),
        refusal_(pricer_.refusal()),
        in_time_(w_.deadline) {
    // Owned accelerators do all runs one after another.
    if (supply.offer == nullptr) in_time_ = std::min(in_time_, context.spec.horizon / w_.demand.runs);
  }

  // A run on `count` that takes as long or longer cannot be the best; zero where no run can.
  Duration worth(int count) const {
    if (count > most_) return {};
    const Duration in_time = in_time_ * (1 + 1e-12);
    if (!best_ || !best_->meets_deadline) return in_time;
    switch (objective_) {
      case Objective::kCost:
        return std::min(in_time, pricer_.worth(count, best_->cost.total()));
      case Objective::kCostP90:
        return std::min(in_time, pricer_.worth(count, best_->p90));
      case Objective::kTime:
      case Objective::kCarbon:
        break;
    }
    return in_time;
  }
  void attempt(const ExecutionResult& execution, int count) {
    if (!execution || count > most_) return;
    std::optional<Candidate> candidate = pricer_.price(*execution, count, refusal_);
    if (candidate && (!best_ || is_better(*candidate, *best_, objective_))) best_ = std::move(candidate);
  }
  bool found() const { return best_.has_value(); }
  int most() const { return most_; }
  Rejection& refusal() { return refusal_; }
  Supplied take() {
    if (!best_) return tl::unexpected(std::move(refusal_));
    return std::move(*best_);
  }

 private:
  const BoundWorkload& w_;
  Objective objective_;
  SupplyPricer pricer_;
  int most_;
  Rejection refusal_;
  Duration in_time_;
  std::optional<Candidate> best_;
};

// A training workload on all supplies of one kind of machine, sold in the same lots: layouts are searched
// once. More accelerators that are no faster cost no less, so a count counts only where it is faster than all
// before.
class TrainingCounts {
 public:
  TrainingCounts(const SupplyContext& context, std::size_t workload, const Accelerator& accelerator,
                 Lots lots, int threads)
      : c_(context),
        w_(context.spec.workloads[workload]),
        workload_(workload),
        threads_(threads),
        lots_(std::move(lots)),
        model_(w_.demand, *w_.workload, {&accelerator, 1, lots_.node, lots_.node_bandwidth}, c_.catalog,
               w_.workload->pin.count.value_or(most_that_can_be_had(lots_)), c_.monitor) {
    std::vector<int> legal = model_.legal_counts();
    if (legal.empty()) legal = counts_to_try(lots_, lots_.most);
    counts_ = open_counts(w_.workload->pin, lots_, std::move(legal));
  }

  void choose(std::vector<SupplyChoice>& choices) {
    if (c_.spec.objective == Objective::kTime) {
      for (SupplyChoice& choice : choices) take_fastest(choice);
      return;
    }
    Duration fastest = Duration::of(std::numeric_limits<double>::infinity());
    for (const int count : counts_) {
      Duration worth;
      for (const SupplyChoice& choice : choices) worth = std::max(worth, choice.worth(count));
      const std::optional<Duration> run = model_.fastest_run(count, std::min(worth, fastest));
      if (!run) continue;
      fastest = *run;
      for (SupplyChoice& choice : choices) {
        if (*run < choice.worth(count)) choice.attempt(at(count), count);
      }
    }
    // None in time: the fastest that can be bought.
    for (SupplyChoice& choice : choices) {
      if (!choice.found()) take_fastest(choice);
    }
  }

 private:
  void take_fastest(SupplyChoice& choice) {
    if (!frontier_) frontier_ = model_.frontier(counts_);
    Rejection of_the_fastest;
    for (auto point = frontier_->rbegin(); point != frontier_->rend() && !choice.found(); ++point) {
      choice.attempt(at(point->count), point->count);
      if (of_the_fastest.reason.empty()) of_the_fastest = choice.refusal();
    }
    if (!choice.found() && !of_the_fastest.reason.empty()) choice.refusal() = of_the_fastest;
    if (!choice.found() && (frontier_->empty() || frontier_->front().count > choice.most()))
      explain(choice.refusal(), choice.most());
  }

  const ExecutionResult& at(int count) {
    const auto known = executions_.find(count);
    if (known != executions_.end()) return known->second;
    return executions_.emplace(count, model_.at(count, threads_)).first->second;
  }

  void explain(Rejection& refusal, int most) {
    std::vector<int> counts = counts_;
    if (counts.empty()) counts = open_counts(w_.workload->pin, lots_, counts_to_try(lots_, most));
    std::erase_if(counts, [&](int count) { return count > most; });
    if (counts.empty()) return;
    if (const ExecutionResult& execution = at(counts.back()); !execution) {
      refusal.reason = execution.error().reason;
      refusal.relaxation = execution.error().relaxation;
    }
  }

  const SupplyContext& c_;
  const BoundWorkload& w_;
  std::size_t workload_;
  int threads_;
  Lots lots_;
  TrainingModel model_;
  std::vector<int> counts_;
  std::optional<std::vector<ScalingPoint>> frontier_;
  std::map<int, ExecutionResult> executions_;
};

// Supplies of one kind of machine, sold in the same lots.
using Kind = std::tuple<Text, int, bool, bool, std::vector<int>, int, double>;
Kind kind_of(const Supply& supply, const Lots& lots) {
  return {supply.accelerator->id,
          lots.node,
          lots.single,
          lots.joined,
          lots.sizes,
          lots.step,
          lots.node_bandwidth.value_or(Bandwidth{}).base()};
}

bool is_sold(const Supply& supply) { return supply.offer != nullptr || supply.accelerator->purchase; }

struct Group {
  std::vector<std::size_t> members;
  Lots lots;  // with the most that any of them sells
};

std::vector<Supplied> train(const SupplyContext& c, std::size_t workload,
                            const std::vector<Supply>& supplies) {
  std::map<Kind, Group> kinds;
  std::vector<std::optional<Supplied>> found(supplies.size());
  for (std::size_t i = 0; i < supplies.size(); ++i) {
    if (!is_sold(supplies[i])) {
      found[i] = tl::unexpected(SupplyPricer(c, workload, supplies[i]).refusal());
      continue;
    }
    const Lots lots = SupplyPricer(c, workload, supplies[i]).lots();
    Group& group = kinds.try_emplace(kind_of(supplies[i], lots), Group{{}, lots}).first->second;
    group.members.push_back(i);
    group.lots.most = std::max(group.lots.most, lots.most);
  }
  std::vector<const Group*> groups;
  groups.reserve(kinds.size());
  for (const auto& [kind, group] : kinds) groups.push_back(&group);
  const double share = 1.0 / static_cast<double>(groups.size() * c.spec.workloads.size());
  const int inside = groups.size() == 1 ? c.threads : 1;
  std::atomic<bool> any{false};
  parallel_for(groups.size(), c.threads, [&](std::size_t g) {
    // Interrupted, the search ends once there is something to show.
    const bool stopped = c.monitor != nullptr && c.monitor->stopped();
    if (stopped && any.load()) return;
    const Group& group = *groups[g];
    SupplyContext context = c;
    if (stopped) context.monitor = nullptr;
    TrainingCounts counts(context, workload, *supplies[group.members.front()].accelerator, group.lots,
                          inside);
    std::vector<SupplyChoice> choices;
    choices.reserve(group.members.size());
    for (const std::size_t i : group.members) choices.emplace_back(c, workload, supplies[i]);
    counts.choose(choices);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (choices[i].found()) any.store(true);
      found[group.members[i]] = choices[i].take();
    }
    if (c.monitor != nullptr) c.monitor->advance(share);
  });
  std::vector<Supplied> reached;
  for (std::optional<Supplied>& supplied : found) {
    if (supplied) reached.push_back(std::move(*supplied));
  }
  return reached;
}

Supplied infer(const SupplyContext& c, std::size_t index, const Supply& supply) {
  const BoundWorkload& w = c.spec.workloads[index];
  const SupplyPricer pricer(c, index, supply);
  const Lots lots = pricer.lots();
  Rejection refusal = pricer.refusal();
  std::optional<Candidate> best;
  for (const int count : open_counts(w.workload->pin, lots, counts_to_try(lots, lots.most))) {
    const ExecutionResult& execution =
        c.executions.get(index, {supply.accelerator, count, std::min(lots.node, count), lots.node_bandwidth});
    if (!execution) {
      refusal.reason = execution.error().reason;
      refusal.relaxation = execution.error().relaxation;
      continue;
    }
    std::optional<Candidate> candidate = pricer.price(*execution, count, refusal);
    if (candidate && (!best || is_better(*candidate, *best, c.spec.objective))) best = std::move(candidate);
  }
  if (!best) return tl::unexpected(std::move(refusal));
  return std::move(*best);
}

// A served workload takes what its replicas need, in whole machines.
Supplied serve(const SupplyContext& c, std::size_t index, const Supply& supply) {
  const BoundWorkload& w = c.spec.workloads[index];
  const SupplyPricer pricer(c, index, supply);
  const Lots lots = pricer.lots();
  Rejection refusal = pricer.refusal();
  const ExecutionResult& execution = c.executions.get(index, {supply.accelerator, lots.node, lots.node, {}});
  if (!execution) {
    refusal.reason = execution.error().reason;
    refusal.relaxation = execution.error().relaxation;
    return tl::unexpected(std::move(refusal));
  }
  const int needed = execution->serving->replicas * execution->serving->tensor_parallel;
  const int unit = lots.single ? 1 : lots.node;
  int count = (needed + unit - 1) / unit * unit;
  if (w.workload->pin.count) {
    if (*w.workload->pin.count < needed) {
      refusal.reason = "pinned to " + std::to_string(*w.workload->pin.count) +
                       " accelerators; the peak needs " + std::to_string(needed);
      return tl::unexpected(std::move(refusal));
    }
    count = *w.workload->pin.count;
  }
  std::optional<Candidate> candidate = pricer.price(*execution, count, refusal);
  if (!candidate) return tl::unexpected(std::move(refusal));
  if (candidate->offer.offer != nullptr && count > needed) {
    const double unused = 1 - static_cast<double>(needed) / count;
    candidate->cost.idle +=
        Money::of(Usd::of((candidate->cost.total(Category::kCompute) - candidate->cost.idle).usd() * unused));
  }
  return std::move(*candidate);
}

}  // namespace

std::vector<Supplied> find_best_counts(const SupplyContext& c, std::size_t workload,
                                       const std::vector<Supply>& supplies) {
  const WorkloadKind kind = c.spec.workloads[workload].workload->kind;
  if (kind == WorkloadKind::kTraining || kind == WorkloadKind::kFineTuning)
    return train(c, workload, supplies);
  std::vector<Supplied> found;
  for (const Supply& supply : supplies) {
    if (c.monitor != nullptr && c.monitor->stopped()) break;
    if (!is_sold(supply)) {
      found.emplace_back(tl::unexpected(SupplyPricer(c, workload, supply).refusal()));
    } else {
      found.push_back(kind == WorkloadKind::kServing ? serve(c, workload, supply)
                                                     : infer(c, workload, supply));
    }
  }
  return found;
}

}  // namespace capplan

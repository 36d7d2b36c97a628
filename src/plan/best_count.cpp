#include "plan/best_count.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "core/number_text.h"
#include "core/parallel.h"

namespace capplan {
namespace {

constexpr int kTriesAfterInterrupt = 32;  // kinds of machines

// The better of two candidates of one supply: on time first, then with all runs, then by the objective, then
// the smaller.
bool is_better(const Candidate& a, const Candidate& b, Objective objective) {
  if (a.meets_deadline != b.meets_deadline) return a.meets_deadline;
  if (a.on_time() != b.on_time()) return a.on_time();
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

// The best count of one supply so far. Times are what a run takes there, interruptions included.
class SupplyChoice {
 public:
  SupplyChoice(const SupplyContext& context, std::size_t workload, const Supply& supply)
      : objective_(context.spec.objective),
        ceiling_(context.ceiling),
        budget_(context.spec.spec->constraints.budget),
        pricer_(context, workload, supply),
        lots_(pricer_.lots()),
        refusal_(pricer_.refusal()),
        on_spot_(supply.offer != nullptr && supply.offer->offer->purchase == Purchase::kSpot) {
    in_time_ = pricer_.time_for_all_runs();
  }

  // Where no count does all runs on time, those that do the later ones are looked for. Whether there are any.
  bool leave_first_runs() {
    forget();
    const Duration before = std::exchange(in_time_, pricer_.time_for_later_runs());
    return in_time_ > before;
  }

  // An undisturbed run on `count` that takes as long or longer cannot be the best in time; zero where none
  // can.
  Duration worth(int count) const {
    if (!sells(count)) return {};
    return std::min({in_time_ * (1 + 1e-12), fastest_, worth_its_cost(count)}) / pricer_.slowdown(count);
  }
  // The same where only speed counts.
  Duration worth_as_fastest(int count) const {
    return sells(count) ? fastest_ / pricer_.slowdown(count) : Duration{};
  }
  // A run on `count` is faster than all that were seen.
  void see(Duration undisturbed, int count) {
    fastest_ = undisturbed * pricer_.slowdown(count);
    faster_and_faster_.push_back(count);
  }
  void forget() {
    fastest_ = Duration::of(std::numeric_limits<double>::infinity());
    faster_and_faster_.clear();
  }
  // Counts that were seen, each faster than those before.
  const std::vector<int>& seen() const { return faster_and_faster_; }

  void attempt(const ExecutionResult& execution, int count) {
    if (!execution) return;
    std::optional<Candidate> candidate = pricer_.price(*execution, count, refusal_);
    if (candidate && (!best_ || is_better(*candidate, *best_, objective_))) best_ = std::move(candidate);
  }
  // Takes the first that can be bought within the budget, of counts that begin with the fastest; else the
  // fastest.
  bool take_first(const ExecutionResult& execution, int count) {
    if (!execution) return false;
    Rejection refusal = refusal_;
    std::optional<Candidate> candidate = pricer_.price(*execution, count, refusal);
    if (!candidate) {
      if (!refused_) refusal_ = refusal;
      refused_ = true;
      return false;
    }
    const bool takes = affordable(*candidate);
    if (!best_ || takes) best_ = std::move(candidate);
    return takes;
  }
  // How long a run waits for spot capacity is not told by its length: it has to be priced.
  bool on_spot() const { return on_spot_; }
  void attempt_as_fastest(const ExecutionResult& execution, int count) {
    if (!execution) return;
    std::optional<Candidate> candidate = pricer_.price(*execution, count, refusal_);
    if (!candidate) return;
    fastest_ = std::min(fastest_, candidate->allocation.execution.run_time);
    const bool better =
        !best_ || (affordable(*candidate) != affordable(*best_) ? affordable(*candidate)
                                                                : is_better(*candidate, *best_, objective_));
    if (better) best_ = std::move(candidate);
  }
  bool found() const { return best_.has_value(); }
  const Lots& lots() const { return lots_; }
  Rejection& refusal() { return refusal_; }
  Supplied take() {
    if (!best_) return tl::unexpected(std::move(refusal_));
    return std::move(*best_);
  }

 private:
  bool sells(int count) const { return can_have(lots_, count); }
  bool affordable(const Candidate& candidate) const {
    return !budget_ || candidate.cost.total() <= Money::of(*budget_);
  }
  Duration worth_its_cost(int count) const {
    const bool priced = objective_ == Objective::kCost || objective_ == Objective::kCostP90;
    std::optional<Money> most = ceiling_;
    if (priced && best_ && best_->meets_deadline) {
      const Money known = objective_ == Objective::kCost ? best_->cost.total() : best_->p90;
      most = std::min(known, most.value_or(known));
    }
    return most ? pricer_.worth(count, *most) : Duration::of(std::numeric_limits<double>::infinity());
  }

  Objective objective_;
  std::optional<Money> ceiling_;
  std::optional<Usd> budget_;
  SupplyPricer pricer_;
  Lots lots_;
  Rejection refusal_;
  bool refused_ = false;
  bool on_spot_;
  Duration in_time_;
  Duration fastest_ = Duration::of(std::numeric_limits<double>::infinity());
  std::vector<int> faster_and_faster_;
  std::optional<Candidate> best_;
};

// A training workload on all supplies of one kind of machine: layouts are searched once, however many sell it
// and in whatever lots. A count is of interest only where its fastest run beats that of every smaller one.
class TrainingCounts {
 public:
  TrainingCounts(const SupplyContext& context, std::size_t workload, const Machine& machine,
                 std::vector<SupplyChoice>& choices, int threads)
      : w_(context.spec.workloads[workload]),
        by_time_(context.spec.objective == Objective::kTime),
        all_(!context.ceiling),
        threads_(threads),
        choices_(choices),
        model_(w_.demand, *w_.workload, machine, context.catalog,
               w_.workload->pin.count.value_or(most_sold(choices)), context.monitor),
        legal_(model_.legal_counts()) {
    std::set<int> counts;
    for (const SupplyChoice& choice : choices) {
      const std::vector<int> open = open_counts(w_.workload->pin, choice.lots(), legal_);
      counts.insert(open.begin(), open.end());
    }
    counts_.assign(counts.begin(), counts.end());
  }

  void choose() {
    std::vector<SupplyChoice*> open;
    open.reserve(choices_.size());
    for (SupplyChoice& choice : choices_) open.push_back(&choice);
    const auto found = [](const SupplyChoice* choice) { return choice->found(); };
    if (!by_time_) {
      choose_in_time(open);
      if (!all_) return;
      std::erase_if(open, found);
      std::vector<SupplyChoice*> later;
      std::ranges::copy_if(open, std::back_inserter(later), &SupplyChoice::leave_first_runs);
      choose_in_time(later);
      std::erase_if(open, found);
    }
    if (!open.empty()) choose_fastest(open);
  }

 private:
  void choose_in_time(const std::vector<SupplyChoice*>& choices) {
    if (choices.empty()) return;
    std::vector<Duration> worth(choices.size());
    for (const int count : counts_) {
      std::transform(choices.begin(), choices.end(), worth.begin(),
                     [count](const SupplyChoice* choice) { return choice->worth(count); });
      const std::optional<Duration> run =
          model_.fastest_run(count, *std::max_element(worth.begin(), worth.end()));
      if (!run) continue;
      for (std::size_t i = 0; i < choices.size(); ++i) {
        if (*run < worth[i]) choices[i]->attempt(at(count), count);
        if (*run < choices[i]->worth_as_fastest(count)) choices[i]->see(*run, count);
      }
    }
  }

  void choose_fastest(const std::vector<SupplyChoice*>& choices) {
    for (SupplyChoice* choice : choices) choice->forget();
    for (const int count : counts_) {
      Duration worth;
      for (const SupplyChoice* choice : choices) worth = std::max(worth, choice->worth_as_fastest(count));
      const std::optional<Duration> run = model_.fastest_run(count, worth);
      if (!run) continue;
      for (SupplyChoice* choice : choices) {
        if (*run >= choice->worth_as_fastest(count)) continue;
        if (choice->on_spot()) {
          choice->attempt_as_fastest(at(count), count);
        } else {
          choice->see(*run, count);
        }
      }
    }
    for (SupplyChoice* choice : choices) {
      if (choice->found()) continue;
      const std::vector<int> fastest_first(choice->seen().rbegin(), choice->seen().rend());
      for (const int count : fastest_first) {
        if (choice->take_first(at(count), count)) break;
      }
      if (fastest_first.empty()) explain(*choice);
    }
  }

  const ExecutionResult& at(int count) {
    const auto known = executions_.find(count);
    if (known != executions_.end()) return known->second;
    return executions_.emplace(count, model_.at(count, threads_)).first->second;
  }

  // What finds no room on the most finds none on fewer. Where the most cannot share the work out, nobody
  // asked for so many: the fewest say what is wrong.
  void explain(SupplyChoice& choice) {
    const int most = choice.lots().most;
    Lots lots = choice.lots();
    for (const SupplyChoice& other : choices_) lots.most = std::max(lots.most, other.lots().most);
    std::vector<int> counts = open_counts(w_.workload->pin, lots, legal_);
    if (counts.empty()) counts = open_counts(w_.workload->pin, lots, counts_to_try(lots, most));
    std::erase_if(counts, [&](int count) { return count > most; });
    if (counts.empty() || at(counts.back())) return;
    Misfit misfit = at(counts.back()).error();
    if (misfit.of_count && !at(counts.front())) misfit = at(counts.front()).error();
    choice.refusal().reason = misfit.reason;
    choice.refusal().relaxation = misfit.relaxation;
  }

  static int most_sold(const std::vector<SupplyChoice>& choices) {
    int most = 0;
    for (const SupplyChoice& choice : choices) most = std::max(most, most_that_can_be_had(choice.lots()));
    return most;
  }

  const BoundWorkload& w_;
  bool by_time_;
  bool all_;  // late ones, too
  int threads_;
  std::vector<SupplyChoice>& choices_;
  TrainingModel model_;
  std::vector<int> legal_;   // for the model
  std::vector<int> counts_;  // of them, those that somebody sells
  std::map<int, ExecutionResult> executions_;
};

// What tells kinds of machines apart: accelerator, accelerators a node, its bandwidth and its CPUs.
using Kind = std::tuple<Text, int, double, double>;
Kind kind_of(const Supply& supply, const Lots& lots) {
  return {supply.accelerator->id, lots.node, lots.node_bandwidth.value_or(Bandwidth{}).base(), lots.vcpus};
}

bool is_sold(const Supply& supply) { return supply.offer != nullptr || supply.accelerator->purchase; }

Machine machine_of(const Supply& supply, const Lots& lots) {
  return {supply.accelerator, 1, lots.node, lots.node_bandwidth, lots.vcpus};
}

struct Group {
  Machine machine;
  std::vector<std::size_t> members;
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
    kinds.try_emplace(kind_of(supplies[i], lots), Group{machine_of(supplies[i], lots), {}})
        .first->second.members.push_back(i);
  }
  std::vector<const Group*> groups;
  groups.reserve(kinds.size());
  for (const auto& [kind, group] : kinds) groups.push_back(&group);
  const double share = 1.0 / static_cast<double>(groups.size() * c.spec.workloads.size());
  const int inside = groups.size() == 1 ? c.threads : 1;
  std::atomic<bool> any{false};
  std::atomic<int> tries_left{kTriesAfterInterrupt};
  parallel_for(groups.size(), c.threads, [&](std::size_t g) {
    // Interrupted, the search ends once there is something to show, or soon where there is nothing.
    const bool stopped = c.monitor != nullptr && c.monitor->stopped();
    if (stopped && (any.load() || tries_left.fetch_sub(1) <= 0)) return;
    const Group& group = *groups[g];
    SupplyContext context = c;
    if (stopped) context.monitor = nullptr;
    std::vector<SupplyChoice> choices;
    choices.reserve(group.members.size());
    for (const std::size_t i : group.members) choices.emplace_back(context, workload, supplies[i]);
    TrainingCounts(context, workload, group.machine, choices, inside).choose();
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

// Whether a run on rented accelerators costs more than is of interest by its hours alone.
bool is_too_dear(const SupplyContext& c, const SupplyPricer& pricer, const Execution& undisturbed,
                 int count) {
  return c.ceiling && undisturbed.run_time * pricer.slowdown(count) >= pricer.worth(count, *c.ceiling);
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
    if (is_too_dear(c, pricer, *execution, count)) continue;
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
    if (count % unit != 0) {
      refusal.reason =
          "pinned to " + std::to_string(count) + " accelerators; they come in " + std::to_string(unit) + "s";
      return tl::unexpected(std::move(refusal));
    }
  }
  if (is_too_dear(c, pricer, *execution, count)) return tl::unexpected(std::move(refusal));
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

std::vector<std::vector<Supply>> by_machine(const SupplyContext& c, std::size_t workload,
                                            const std::vector<Supply>& supplies) {
  std::map<Kind, std::vector<Supply>> kinds;
  for (const Supply& supply : supplies)
    kinds[kind_of(supply, SupplyPricer(c, workload, supply).lots())].push_back(supply);
  std::vector<std::vector<Supply>> groups;
  groups.reserve(kinds.size());
  for (auto& [kind, group] : kinds) groups.push_back(std::move(group));
  return groups;
}

bool can_be_owned(const SupplyContext& c, std::size_t workload, const Accelerator& accelerator,
                  Money unused) {
  const Supply supply{nullptr, &accelerator};
  if (!is_sold(supply)) return false;
  const SupplyPricer pricer(c, workload, supply);
  const BoundWorkload& w = c.spec.workloads[workload];
  const Lots lots = pricer.lots();
  const auto costs_more = [&](int count) { return pricer.worth(count, unused).base() <= 0; };
  const std::vector<int> counts = counts_to_try(lots, lots.most);
  const auto end = std::ranges::find_if(counts, costs_more);
  if (end == counts.begin()) return false;
  if (!is_trained(w.workload->kind)) return true;
  const int most = end == counts.end() ? counts.back() : *end;
  const TrainingModel model(w.demand, *w.workload, machine_of(supply, lots), c.catalog,
                            w.workload->pin.count.value_or(most), c.monitor);
  const std::vector<int> open = open_counts(w.workload->pin, lots, model.legal_counts());
  return std::ranges::any_of(open, [&](int count) {
    return !costs_more(count) &&
           model.fastest_run(count, Duration::of(std::numeric_limits<double>::infinity()));
  });
}

std::vector<Supplied> find_best_counts(const SupplyContext& c, std::size_t workload,
                                       const std::vector<Supply>& supplies) {
  const WorkloadKind kind = c.spec.workloads[workload].workload->kind;
  if (is_trained(kind)) return train(c, workload, supplies);
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

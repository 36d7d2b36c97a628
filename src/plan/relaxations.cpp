#include "plan/relaxations.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>
#include <variant>

#include "core/text.h"
#include "plan/limits.h"
#include "plan/portfolio_plans.h"

namespace capplan {
namespace {

// Of one limit. The first halve more steps than any limit has; where each asks a program, they take long.
constexpr int kMostProbes = 24;
constexpr int kMostProbesOfPrograms = 2;
constexpr int kFewSamples = 16;  // unless they rank, nobody looks at the quantiles of a probe

using Limit = std::variant<NumberLimit, NameLimit>;

void drop(const Limit& limit, PlanSpec& spec) {
  if (const auto* number = std::get_if<NumberLimit>(&limit)) {
    number->set(spec, std::nullopt);
  } else {
    std::get<NameLimit>(limit).drop(spec);
  }
}

class Relaxer {
 public:
  Relaxer(const BoundSpec& spec, const Catalog& catalog, const PlanSettings& settings)
      : bound_(spec), catalog_(catalog.certain()), settings_(settings), spec_(*spec.spec) {
    settings_.scaling = settings_.sensitivity = settings_.comparisons = settings_.pure = false;
    monitor_ = std::exchange(settings_.monitor, nullptr);  // the progress is that of the plan itself
    if (spec.objective != Objective::kCostP90) settings_.samples = kFewSamples;
    // The medians stand in the spec and the catalogue already.
    spec_.uncertain.clear();
    spec_.at = nullptr;
  }

  std::optional<Relaxation> relax(const NumberLimit& limit) const {
    const std::optional<Found> found = least_that_lets_in(limit);
    if (!found) return std::nullopt;
    const Notation notation = limit.notation(found->value);
    const double value = notation.up(found->value);
    PlanSpec changed = spec_;
    limit.set(changed, value);
    const double more = value - limit.now;
    return relaxation(changed, limit.path, limit.notation(limit.now).text(limit.now), notation.text(value),
                      limit.notation(more).text(more) + (found->least ? " more" : " more at most"));
  }

  std::optional<Relaxation> relax(const NameLimit& limit) const {
    PlanSpec open = spec_;
    limit.drop(open);
    if (is_hopeless(open)) return std::nullopt;
    const std::optional<Plan> plan = plan_of(open, bound_.objective);
    if (!plan) return std::nullopt;
    // The fewest names, then the cheapest plan.
    std::optional<std::tuple<std::size_t, Money, std::vector<std::string>>> best;
    for (const PlanOption& o : plan->options) {
      if (!is_in(o)) continue;
      std::vector<std::string> names = limit.lacking(o);
      if (names.empty() || names.front().empty()) continue;  // what has no name cannot be admitted by it
      const std::size_t count = names.size();
      std::tuple found(count, o.cost.total(), std::move(names));
      if (!best || found < *best) best = std::move(found);
    }
    if (!best) return std::nullopt;
    PlanSpec changed = spec_;
    limit.admit(changed, std::get<2>(*best));
    return relaxation(changed, limit.path, limit.text(spec_), limit.text(changed),
                      "admits " + join({std::get<2>(*best).begin(), std::get<2>(*best).end()}, " and "));
  }

  // All of them dropped.
  bool lets_in(std::span<const Limit> limits) const {
    PlanSpec open = spec_;
    for (const Limit& limit : limits) drop(limit, open);
    if (is_hopeless(open)) return false;
    const std::optional<Plan> plan = plan_of(open, bound_.objective);
    return plan && std::ranges::any_of(plan->options, is_in);
  }

 private:
  struct Found {
    double value = 0;
    bool least = true;  // one step less lets nothing in
  };

  static bool is_in(const PlanOption& o) { return o.feasible && is_usual(o.standing); }

  std::optional<Plan> plan_of(const PlanSpec& spec, Objective objective) const {
    PlanSettings settings = settings_;
    settings.objective = objective;
    Result<Plan> plan = make_plan(spec, catalog_, settings);
    return plan ? std::optional(std::move(*plan)) : std::nullopt;
  }

  // A program without a budget is solved in a fraction of the time of one whose budget is too small.
  bool is_hopeless(PlanSpec open) const {
    const std::optional<Usd> budget = std::exchange(open.constraints.budget, std::nullopt);
    if (!budget || !has_portfolio(bound_)) return false;
    const std::optional<Plan> plan = plan_of(open, Objective::kCost);
    return !plan || std::ranges::none_of(plan->options, [&](const PlanOption& o) {
      return is_in(o) && o.cost.total() <= Money::of(*budget);
    });
  }

  // The least that a plan takes of the limit where it is set to `value`; nothing where none is in.
  std::optional<double> least_taken(const NumberLimit& limit, std::optional<double> value,
                                    Objective objective) const {
    PlanSpec changed = spec_;
    limit.set(changed, value);
    const std::optional<Plan> plan = plan_of(changed, objective);
    if (!plan) return std::nullopt;
    std::optional<double> least;
    for (const PlanOption& o : plan->options) {
      if (is_in(o)) least = std::min(least.value_or(limit.taken(bound_, o)), limit.taken(bound_, o));
    }
    return least;
  }

  // What lets a plan in lets it in with more, too. Each probe that does brings the limit down to what its
  // plans take: where the engine looked for what takes least, the first one is the answer, and one step below
  // it shows that.
  std::optional<Found> least_that_lets_in(const NumberLimit& limit) const {
    const bool by_program = has_portfolio(bound_);
    PlanSpec open = spec_;
    limit.set(open, std::nullopt);
    if (is_hopeless(open)) return std::nullopt;
    std::optional<double> high =
        by_program ? std::nullopt : least_taken(limit, std::nullopt, limit.objective);
    if (!high && (by_program || limit.objective != bound_.objective))
      high = least_taken(limit, std::nullopt, bound_.objective);
    if (!high || *high <= limit.now) return std::nullopt;
    // Of the cost a program knows the least already, but for its gap; to prove that no less will do takes
    // long.
    if (by_program && limit.is_cost) return Found{*high, false};
    double low = limit.now;
    const auto below = [&] { return limit.notation(*high).below(*high); };
    double next = below();
    const int most = by_program ? kMostProbesOfPrograms : kMostProbes;
    for (int probe = 0; probe < most && next > low && !stopped(); ++probe) {
      if (const auto taken = least_taken(limit, next, bound_.objective)) {
        high = std::min(next, *taken);
      } else {
        low = next;
      }
      next = std::min(below(), limit.notation(*high).up((low + *high) / 2));
    }
    return Found{*high, next <= low};
  }

  bool stopped() const { return monitor_ != nullptr && monitor_->stopped(); }

  std::optional<Relaxation> relaxation(const PlanSpec& changed, const std::string& path, std::string from,
                                       std::string to, std::string change) const {
    const std::optional<Plan> plan = plan_of(changed, bound_.objective);
    if (!plan || plan->options.empty() || !is_in(plan->options.front())) return std::nullopt;
    const PlanOption& best = plan->options.front();
    return Relaxation{path,    std::move(from),   std::move(to),  std::move(change),
                      best.id, best.cost.total(), best.wall_clock};
  }

  const BoundSpec& bound_;
  Catalog catalog_;
  PlanSettings settings_;
  const Monitor* monitor_ = nullptr;
  PlanSpec spec_;
};

// Limits that let a plan in one by one.
class RelaxationSearch {
 public:
  RelaxationSearch(const BoundSpec& spec, const Catalog& catalog, const PlanSettings& settings)
      : by_program_(has_portfolio(spec)), relaxer_(spec, catalog, settings), monitor_(settings.monitor) {}

  void one_by_one(std::span<const Limit> limits) {
    for (const Limit& limit : limits) {
      if (monitor_ != nullptr && monitor_->stopped()) return;
      auto relaxation = std::visit([&](const auto& one) { return relaxer_.relax(one); }, limit);
      if (relaxation) found_.push_back(std::move(*relaxation));
    }
  }

  // Where each probe is a program that takes long: limits that let nothing in together do not alone.
  void by_halves(std::span<const Limit> limits) {
    const std::size_t half = limits.size() / 2;
    for (const auto part : {limits.first(half), limits.subspan(half)}) {
      if (monitor_ != nullptr && monitor_->stopped()) return;
      if (part.size() <= kOneByOne) {
        one_by_one(part);
      } else if (relaxer_.lets_in(part)) {
        by_halves(part);
      }
    }
  }

  std::vector<Relaxation> found(std::span<const Limit> limits) {
    if (by_program_ && limits.size() > kOneByOne) {
      by_halves(limits);
    } else {
      one_by_one(limits);
    }
    std::ranges::sort(found_, {}, [](const Relaxation& r) { return std::tie(r.cost, r.path); });
    return std::move(found_);
  }

 private:
  static constexpr std::size_t kOneByOne = 2;

  bool by_program_;
  Relaxer relaxer_;
  const Monitor* monitor_;
  std::vector<Relaxation> found_;
};

}  // namespace

std::vector<Relaxation> find_relaxations(const BoundSpec& spec, const Catalog& catalog,
                                         const PlanSettings& settings) {
  std::vector<Limit> limits;
  for (NumberLimit& limit : number_limits(*spec.spec)) limits.emplace_back(std::move(limit));
  for (NameLimit& limit : name_limits(*spec.spec)) limits.emplace_back(std::move(limit));
  return RelaxationSearch(spec, catalog, settings).found(limits);
}

}  // namespace capplan

#include "capplan/gate/diff.h"

#include <algorithm>
#include <set>

#include "catalog/digest.h"
#include "gate/spec_changes.h"
#include "input/yaml_text.h"

namespace capplan {
namespace {

constexpr std::size_t kMostKeys = 40;  // changed keys that are each set back: an estimate takes up to seconds

Money cost_of(const std::optional<Outcome>& outcome, std::string_view workload) {
  if (!outcome) return {};
  for (const WorkloadCost& w : outcome->workloads) {
    if (w.name == workload) return w.cost;
  }
  return {};
}

std::optional<Money> stated_cost(const std::optional<Outcome>& outcome, std::string_view workload) {
  const bool there = outcome && std::any_of(outcome->workloads.begin(), outcome->workloads.end(),
                                            [&](const WorkloadCost& w) { return w.name == workload; });
  return there ? std::optional(cost_of(outcome, workload)) : std::nullopt;
}

// In the order of the head, then what only the base has.
std::vector<std::string> workload_names(const std::optional<Outcome>& base,
                                        const std::optional<Outcome>& head) {
  std::vector<std::string> names;
  for (const auto* side : {&head, &base}) {
    if (!*side) continue;
    for (const WorkloadCost& w : (*side)->workloads) {
      if (std::find(names.begin(), names.end(), w.name) == names.end()) names.push_back(w.name);
    }
  }
  return names;
}

std::string winner_of(const std::optional<Outcome>& outcome) {
  return outcome ? outcome->winner : std::string();
}

// A spec of one workload may have been renamed: it is the same workload.
void share_only_name(std::optional<Outcome>& outcome, const std::optional<Outcome>& head) {
  if (outcome && head && outcome->workloads.size() == 1 && head->workloads.size() == 1)
    outcome->workloads.front().name = head->workloads.front().name;
}

// The base as recorded and as computed, the head at the base's prices and at its own.
struct Corners {
  std::optional<Outcome> recorded, base, head_at_base, head;

  Effects effects(const std::function<Money(const std::optional<Outcome>&)>& cost) const {
    return {.spec = cost(head_at_base) - cost(base),
            .price = cost(head) - cost(head_at_base),
            .engine = cost(base) - cost(recorded),
            .unsplit = Money()};
  }
};

Cause cause_of(const Corners& c) {
  if (winner_of(c.recorded) == winner_of(c.head)) return Cause::kNone;
  const bool engine = winner_of(c.recorded) != winner_of(c.base);
  const bool spec = winner_of(c.base) != winner_of(c.head_at_base);
  const bool price = winner_of(c.head_at_base) != winner_of(c.head);
  if (spec && price) return Cause::kSpecAndPrice;
  if (spec) return Cause::kSpec;
  if (price) return Cause::kPrice;
  return engine ? Cause::kEngine : Cause::kNone;
}

// Of a run, how much of its deadline it takes in the best plan.
double share_of_deadline(const Workload& workload, const Allocation& a) {
  return workload.deadline ? (a.execution.run_time + a.starts_after) / *workload.deadline : 0;
}

StatePlaces places_of_state(const PlanSpec& spec, const Plan& plan) {
  const auto place = [&](const std::string& path) {
    const Location* at = spec.places.find(path);
    return at == nullptr ? spec.places.nearest("") : *at;
  };
  StatePlaces places{place(""), place("constraints.budget"), place(""), {}};
  for (std::size_t i = 0; i < spec.workloads.size(); ++i)
    places.workloads.push_back(place("workloads[" + std::to_string(i) + "]"));
  if (plan.options.empty()) return places;
  const PlanOption& best = plan.options.front();
  const bool by_month = std::any_of(best.violations.begin(), best.violations.end(),
                                    [](const std::string& v) { return v.starts_with("budget_per_month:"); });
  if (by_month || !spec.constraints.budget) places.budget = place("constraints.budget_per_month");
  double most = 0;
  for (const Allocation& a : best.allocations) {
    const double share = share_of_deadline(spec.workloads[a.workload], a);
    if (share <= most) continue;
    most = share;
    places.deadline = place("workloads[" + std::to_string(a.workload) + "].deadline");
  }
  return places;
}

class SpecComparison {
 public:
  SpecComparison(const SpecPair& pair, const PlanSettings& settings, const std::string& version)
      : pair_(pair), settings_(settings), version_(version) {
    settings_.comparisons = false;
  }

  Result<SpecDiff> run() {
    SpecDiff diff;
    diff.file = (pair_.head ? pair_.head : pair_.base)->file;
    compute_corners(diff);
    if (has_errors(problems_)) return tl::unexpected(std::move(problems_));
    diff.name = (pair_.head ? corners_.head : corners_.base)->name;
    diff.base = corners_.recorded;
    diff.head = corners_.head;
    diff.base_now = corners_.base;
    diff.head_at_base = corners_.head_at_base;
    diff.effects = corners_.effects([](const auto& o) { return o ? o->total : Money(); });
    for (const std::string& name : workload_names(diff.base, diff.head)) {
      diff.workloads.push_back({name, stated_cost(diff.base, name), stated_cost(diff.head, name),
                                corners_.effects([&](const auto& o) { return cost_of(o, name); })});
    }
    diff.winner_changed = pair_.base && pair_.head ? cause_of(corners_) : Cause::kNone;
    if (pair_.base && pair_.head) add_keys(diff);
    diff.places = std::move(places_);
    diff.proven = proven_;
    return diff;
  }

 private:
  // Nothing, with the problems noted, where the spec cannot be read or planned.
  std::optional<Outcome> evaluate(const SpecSide& side, const Catalog& prices) {
    ReadSpec read = read_spec(side.file, side.text, side.read_file, prices.exchange_rates());
    if (has_errors(read.problems)) return fail(read.problems);
    const Result<Plan> plan = make_plan(read.spec, prices, settings_);
    if (!plan) return fail(plan.error());
    proven_ = proven_ && plan->proven;
    if (pair_.head && side.text == pair_.head->text) places_ = places_of_state(read.spec, *plan);
    return outcome_of(*plan, {version_, "", "", spec_digest(side)});
  }
  std::optional<Outcome> fail(const Diagnostics& problems) {
    problems_.insert(problems_.end(), problems.begin(), problems.end());
    return std::nullopt;
  }

  void compute_corners(SpecDiff& diff) {
    if (pair_.base) corners_.base = evaluate(*pair_.base, pair_.base_prices);
    if (is_unchanged()) {
      corners_.head = corners_.base;
    } else if (pair_.head) {
      corners_.head = evaluate(*pair_.head, pair_.head_prices);
    }
    if (has_errors(problems_)) return;
    corners_.head_at_base = head_at_base(diff);
    corners_.recorded = corners_.base;
    if (pair_.recorded) take_recorded();
    share_only_name(corners_.base, corners_.head);
    share_only_name(corners_.recorded, corners_.head);
  }

  bool is_unchanged() const {
    return pair_.base && pair_.head && pair_.base_prices.sha256() == pair_.head_prices.sha256() &&
           spec_digest(*pair_.base) == spec_digest(*pair_.head);
  }

  std::optional<Outcome> head_at_base(SpecDiff& diff) {
    if (!pair_.head) return std::nullopt;
    if (pair_.base_prices.sha256() == pair_.head_prices.sha256()) return corners_.head;
    const std::string lacking = lacking_at_base();
    if (!lacking.empty()) {
      diff.notes.push_back(lacking +
                           "; the head is priced by its own prices, and all of its change is the spec's");
      return corners_.head;
    }
    return evaluate(*pair_.head, pair_.base_prices);
  }

  std::string lacking_at_base() const {
    if (!pair_.base_lacks) return {};
    const ReadSpec read = read_spec(pair_.head->file, pair_.head->text, pair_.head->read_file,
                                    pair_.base_prices.exchange_rates());
    return pair_.base_lacks(read.spec);
  }

  // A recorded amount has 12 digits: where the computed one has the same, it is the computed one.
  void take_recorded() {
    const Outcome now = recorded(*corners_.base);
    const Outcome& then = *pair_.recorded;
    const auto refuse = [&](const std::string& what) {
      problems_.push_back({Severity::kError,
                           {pair_.base->file, 1, 1, 1},
                           "the recorded result is not of this base: it was made from " + what,
                           "the version of the program alone may be another"});
    };
    if (then.identity.spec_sha256 != now.identity.spec_sha256) refuse("another spec");
    if (then.identity.catalog_sha256 != now.identity.catalog_sha256) refuse("other prices");
    const bool same = then.total == now.total && then.winner == now.winner;
    if (!same) corners_.recorded = then;
    corners_.recorded->identity = then.identity;
  }

  void add_keys(SpecDiff& diff) {
    if (pair_.base->text == pair_.head->text) return;
    const Result<YamlNode> base = parse_yaml({pair_.base->file, pair_.base->text});
    const Result<YamlNode> head = parse_yaml({pair_.head->file, pair_.head->text});
    if (!base || !head) return;  // both were read above
    const std::vector<ChangedKey> changes = changed_keys(*base, *head);
    for (const ChangedKey& change : changes) {
      KeyChange key{.key = change.key(),
                    .before = change.base == nullptr ? "" : yaml_line(*change.base),
                    .after = change.head == nullptr ? "" : yaml_line(*change.head),
                    .place = change.place,
                    .effect = std::nullopt,
                    .decides = false};
      if (diff.keys.size() < kMostKeys) set_back_one(*head, change, changes.size() == 1, key);
      diff.keys.push_back(std::move(key));
    }
    if (changes.size() > kMostKeys)
      diff.notes.push_back("of " + std::to_string(changes.size()) + " changed keys the first " +
                           std::to_string(kMostKeys) + " were set back to see what each costs");
  }

  void set_back_one(const YamlNode& head, const ChangedKey& change, bool alone, KeyChange& key) {
    std::optional<Outcome> without = corners_.base;
    if (!alone) {
      const bool lacks_base_prices =
          pair_.base_prices.sha256() != pair_.head_prices.sha256() && !lacking_at_base().empty();
      SpecSide side = *pair_.head;
      side.text = yaml_text(set_back(head, change));
      const Diagnostics before = problems_;
      without = evaluate(side, lacks_base_prices ? pair_.head_prices : pair_.base_prices);
      problems_ = before;  // that it does not go without is no problem of the spec
    }
    if (!without || without->winner.empty() || winner_of(corners_.head_at_base).empty()) return;
    key.effect = corners_.head_at_base->total - without->total;
    key.decides = winner_of(corners_.base) != winner_of(corners_.head_at_base) &&
                  without->winner == winner_of(corners_.base);
  }

  const SpecPair& pair_;
  PlanSettings settings_;
  const std::string& version_;
  Corners corners_;
  Diagnostics problems_;
  StatePlaces places_;
  bool proven_ = true;
};

// Which one part of the identities differs; nothing where more than one does, or a part is not known.
std::optional<Cause> only_difference(const Identity& a, const Identity& b) {
  const int spec = a.spec_sha256 != b.spec_sha256 || a.spec_sha256.empty() ? 1 : 0;
  const int price = a.catalog_sha256 != b.catalog_sha256 ? 1 : 0;
  const int engine = a.version != b.version ? 1 : 0;
  if (spec + price + engine != 1) return std::nullopt;
  return spec == 1 ? Cause::kSpec : price == 1 ? Cause::kPrice : Cause::kEngine;
}

Effects as_effects(Money change, std::optional<Cause> cause) {
  Effects effects;
  Money& of = !cause                    ? effects.unsplit
              : *cause == Cause::kSpec  ? effects.spec
              : *cause == Cause::kPrice ? effects.price
                                        : effects.engine;
  of = change;
  return effects;
}

}  // namespace

std::string_view cause_name(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "none";
    case Cause::kSpec:
      return "spec";
    case Cause::kPrice:
      return "price";
    case Cause::kEngine:
      return "engine";
    case Cause::kSpecAndPrice:
      return "spec and price";
    case Cause::kUnsplit:
      return "unsplit";
  }
  return {};
}

Money Diff::before() const {
  Money sum;
  for (const SpecDiff& spec : specs) sum += spec.base ? spec.base->total : Money();
  return sum;
}

Money Diff::after() const {
  Money sum;
  for (const SpecDiff& spec : specs) sum += spec.head ? spec.head->total : Money();
  return sum;
}

Effects Diff::effects() const {
  Effects sum;
  for (const SpecDiff& spec : specs) sum = sum + spec.effects;
  return sum;
}

Result<SpecDiff> diff_specs(const SpecPair& pair, const PlanSettings& settings, const std::string& version) {
  return SpecComparison(pair, settings, version).run();
}

SpecDiff diff_results(const Outcome& base, const Outcome& head, const std::string& file) {
  SpecDiff diff;
  diff.file = file;
  diff.name = head.name;
  diff.base = base;
  diff.head = head;
  share_only_name(diff.base, diff.head);
  const std::optional<Cause> cause = only_difference(base.identity, head.identity);
  diff.effects = as_effects(head.total - base.total, cause);
  for (const std::string& name : workload_names(diff.base, diff.head)) {
    diff.workloads.push_back({name, stated_cost(diff.base, name), stated_cost(diff.head, name),
                              as_effects(cost_of(diff.head, name) - cost_of(diff.base, name), cause)});
  }
  if (base.winner != head.winner) diff.winner_changed = cause.value_or(Cause::kUnsplit);
  if (!cause && base.total != head.total)
    diff.notes.emplace_back(
        "the change cannot be split: more than one of spec, prices and program differ between the results, "
        "or "
        "none does (they were made with other options), or the spec is not recorded; compare the specs");
  return diff;
}

std::string spec_digest(const SpecSide& spec) {
  std::string files;
  const ReadFile noting = [&](const std::string& path) {
    auto text = spec.read_file ? spec.read_file(path) : tl::unexpected(std::string("no such file"));
    files += '\0' + path + '\0' + (text ? sha256_hex(*text) : text.error());
    return text;
  };
  read_spec(spec.file, spec.text, noting);
  return sha256_hex(spec.text + files);
}

}  // namespace capplan

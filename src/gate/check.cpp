#include "capplan/gate/check.h"

#include <algorithm>
#include <array>

#include "core/dates.h"
#include "core/text.h"

namespace capplan {
namespace {

bool is_money(Metric metric) { return metric != Metric::kCo2e && metric != Metric::kWallClock; }

Unit unit_of(Metric metric) {
  if (metric == Metric::kCo2e) return Unit::kKilograms;
  return metric == Metric::kWallClock ? Unit::kHours : Unit::kDollars;
}

Money cost_of(const Outcome& outcome, Statistic statistic) {
  if (statistic == Statistic::kTotal) return outcome.total;
  return statistic == Statistic::kP50 ? outcome.standing->p50 : outcome.standing->p90;
}

std::optional<Millionths> job_cost(const Outcome& outcome, const std::string& workload) {
  for (const WorkloadCost& w : outcome.workloads) {
    if (w.name == workload) return Millionths{w.cost.micros()};
  }
  return std::nullopt;
}

// Nothing where there is no spec or no plan for it.
std::optional<Millionths> figure(const std::optional<Outcome>& outcome, const Measure& of,
                                 const std::string& workload) {
  if (!outcome || !outcome->standing) return std::nullopt;
  switch (of.metric) {
    case Metric::kTotalCost:
      return Millionths{cost_of(*outcome, of.statistic).micros()};
    case Metric::kJobCost:
      return job_cost(*outcome, workload);
    case Metric::kMonthlyCost:
      return Millionths::of(cost_of(*outcome, of.statistic).usd() / outcome->standing->horizon.in(kMonth));
    case Metric::kCo2e:
      return Millionths::of(outcome->standing->kg_co2e);
    case Metric::kWallClock:
      return Millionths::of(outcome->wall_clock.in(kHour));
  }
  return std::nullopt;
}

struct Step {
  const std::optional<Outcome>& from;
  const std::optional<Outcome>& to;
};

Step step_of(const SpecDiff& spec, Effect effect) {
  switch (effect) {
    case Effect::kSpec:
      return {spec.base_now, spec.head_at_base};
    case Effect::kPrice:
      return {spec.head_at_base, spec.head};
    case Effect::kEngine:
      return {spec.base, spec.base_now};
    case Effect::kTotal:
      break;
  }
  return {spec.base, spec.head};
}

bool is_cause(Cause cause, Effect effect) {
  switch (effect) {
    case Effect::kSpec:
      return cause == Cause::kSpec || cause == Cause::kSpecAndPrice;
    case Effect::kPrice:
      return cause == Cause::kPrice || cause == Cause::kSpecAndPrice;
    case Effect::kEngine:
      return cause == Cause::kEngine;
    case Effect::kTotal:
      break;
  }
  return cause != Cause::kNone;
}

// One rule on one spec.
class Judge {
 public:
  Judge(const CheckInput& input, const SpecDiff& spec, const Rule& rule)
      : input_(input), spec_(spec), rule_(rule) {}

  std::vector<Finding> findings() {
    if (!spec_.head || (needs_base(rule_.when) && !input_.has_base)) return {};
    const std::vector<std::string> workloads = judged_workloads();
    for (const std::string& workload : workloads) {
      workload_ = workload;
      std::visit([this](const auto& condition) { judge(condition); }, rule_.when);
    }
    return std::move(found_);
  }

 private:
  // A cost of workloads is judged for each, all else for the spec.
  std::vector<std::string> judged_workloads() const {
    const auto* growth = std::get_if<Growth>(&rule_.when);
    const auto* above = std::get_if<Above>(&rule_.when);
    const bool jobs = (growth != nullptr && growth->of.metric == Metric::kJobCost) ||
                      (above != nullptr && above->of.metric == Metric::kJobCost);
    if (!jobs) return {""};
    std::vector<std::string> names;
    for (const WorkloadCost& workload : spec_.head->workloads) names.push_back(workload.name);
    return names;
  }

  const std::optional<Outcome>& state(PricesOf prices) const {
    return prices == PricesOf::kBaseLock && spec_.head_at_base ? spec_.head_at_base : spec_.head;
  }

  void judge(const Growth& growth) {
    const Step step = step_of(spec_, growth.effect);
    const auto after = figure(step.to, growth.of, workload_);
    if (!after) return;
    const Millionths before = figure(step.from, growth.of, workload_).value_or(Millionths());
    const Millionths change = *after - before;
    const auto share = before > Millionths() ? std::optional(change.value() / before.value()) : std::nullopt;
    if (is_noise(growth.of.metric, change, share)) return;
    const bool by = growth.by && growth.by->is_passed_by(change);
    const bool in_share = growth.share && (!share || growth.share->is_passed_by(*share));
    const bool all = (by || !growth.by) && (in_share || !growth.share);
    if (growth.both ? !all : !by && !in_share) return;
    Finding& finding = add(growth.effect == Effect::kSpec || growth.effect == Effect::kTotal);
    if (growth.by) finding.amount = Amount{unit_of(growth.of.metric), change, *growth.by};
    if (growth.share) finding.share = Share{share, *growth.share};
  }

  bool is_noise(Metric metric, Millionths change, const std::optional<double>& share) const {
    const DeadBand& band = input_.policy.dead_band;
    return change <= Millionths() || (is_money(metric) && change <= band.by) ||
           (share && *share <= band.share);
  }

  void judge(const Above& above) {
    const auto value = figure(state(above.prices), above.of, workload_);
    if (!value || !above.limit.is_passed_by(*value)) return;
    const auto before = figure(spec_.base_now, above.of, workload_);
    if (above.crossing && before && above.limit.is_passed_by(*before)) return;
    add(true).amount = Amount{unit_of(above.of.metric), *value, above.limit};
  }

  // A share of the head, which the base may have passed already.
  template <class ShareOf>
  void judge_share(const Limit<double>& limit, PricesOf prices, bool crossing, bool of_a_key,
                   const ShareOf& share_of) {
    const auto in = [&](const std::optional<Outcome>& outcome) {
      return outcome && outcome->standing ? share_of(*outcome->standing) : std::optional<double>();
    };
    const auto value = in(state(prices)), before = in(spec_.base_now);
    if (!value || !limit.is_passed_by(*value)) return;
    if (crossing && before && limit.is_passed_by(*before)) return;
    add(of_a_key).share = Share{*value, limit};
  }

  void judge(const Likely& likely) {
    judge_share(likely.limit, likely.prices, likely.crossing, true, [&](const Standing& standing) {
      return likely.mishap == Mishap::kOverBudget ? standing.p_over_budget : standing.p_late;
    });
  }

  void judge(const Assumed& assumed) {
    judge_share(assumed.limit, assumed.prices, assumed.crossing, false,
                [](const Standing& standing) { return std::optional(standing.assumption_share); });
  }

  void judge(const PriceAge& age) {
    if (!spec_.head->standing || spec_.head->standing->oldest_price.empty()) return;
    const std::string& oldest = spec_.head->standing->oldest_price;
    const Millionths days = Millionths::of(days_between(oldest, input_.as_of));
    if (!age.limit.is_passed_by(days)) return;
    Finding& finding = add(false);
    finding.amount = Amount{Unit::kDays, days, age.limit};
    finding.detail = "the oldest price is of " + oldest;
  }

  void judge(const WinnerChanged& changed) {
    if (!is_cause(spec_.winner_changed, changed.effect)) return;
    const auto name = [](const std::optional<Outcome>& o) {
      return o && !o->winner.empty() ? o->winner : std::string("none");
    };
    add(changed.effect == Effect::kSpec || changed.effect == Effect::kTotal).detail =
        name(spec_.base) + " → " + name(spec_.head);
  }

  void judge(const Infeasible& infeasible) {
    const auto& head = state(infeasible.prices);
    if (!breaks(*head, infeasible.breach)) return;
    if (infeasible.crossing && spec_.base_now && breaks(*spec_.base_now, infeasible.breach)) return;
    add(true).detail = head->problem;
  }

  static bool breaks(const Outcome& outcome, Breach breach) {
    if (outcome.feasible) return false;
    if (breach == Breach::kAny) return true;
    if (!outcome.standing) return breach == Breach::kOther;
    const Standing& standing = *outcome.standing;
    return breach == Breach::kBudget     ? standing.breaks_budget
           : breach == Breach::kDeadline ? standing.breaks_deadline
                                         : standing.breaks_other;
  }

  Finding& add(bool of_a_key) {
    Finding finding;
    finding.rule = rule_.id;
    finding.level = rule_.level;
    finding.when = rule_.when;
    finding.message = rule_.message;
    finding.file = spec_.file;
    finding.workload = workload_;
    finding.place = judged_place();
    if (const KeyChange* key = of_a_key ? costliest_key() : nullptr) {
      finding.key = key->key;
      finding.before = key->before;
      finding.after = key->after;
      if (key->place.file == spec_.file) finding.place = key->place;  // else it is gone from the head
    }
    found_.push_back(std::move(finding));
    return found_.back();
  }

  // Where the head states what the rule judges. An unchanged spec may have been read at the base.
  Location judged_place() const {
    Location place = place_in(spec_.places);
    if (place.file.empty()) return {spec_.file, 1, 1, 1};
    place.file = spec_.file;
    return place;
  }

  const Location& place_in(const StatePlaces& places) const {
    if (const auto* likely = std::get_if<Likely>(&rule_.when))
      return likely->mishap == Mishap::kOverBudget ? places.budget : places.deadline;
    if (const auto* infeasible = std::get_if<Infeasible>(&rule_.when)) {
      const auto is_of = [&](Breach breach) {
        return infeasible->breach == Breach::kAny ? breaks(*state(infeasible->prices), breach)
                                                  : infeasible->breach == breach;
      };
      if (is_of(Breach::kBudget)) return places.budget;
      return is_of(Breach::kDeadline) ? places.deadline : places.spec;
    }
    const auto& all = spec_.head->workloads;
    const auto own = std::ranges::find(all, workload_, &WorkloadCost::name) - all.begin();
    const auto index = static_cast<std::size_t>(own);
    return index < places.workloads.size() ? places.workloads[index] : places.spec;
  }

  // Of those of the workload where it has any.
  const KeyChange* costliest_key() const {
    const auto is_own = [&](const KeyChange& key) {
      return !workload_.empty() && key.key.starts_with(workload_ + ".");
    };
    const bool any_own = std::any_of(spec_.keys.begin(), spec_.keys.end(), is_own);
    const KeyChange* found = nullptr;
    for (const KeyChange& key : spec_.keys) {
      if (any_own && !is_own(key)) continue;
      if (found == nullptr || key.effect.value_or(Money()) > found->effect.value_or(Money())) found = &key;
    }
    return found;
  }

  const CheckInput& input_;
  const SpecDiff& spec_;
  const Rule& rule_;
  std::string workload_;
  std::vector<Finding> found_;
};

bool covers(const Waiver& waiver, const std::string& path, const Finding& finding) {
  return waiver.rule == finding.rule && waiver.spec == path &&
         (!waiver.workload || *waiver.workload == finding.workload);
}

// One that holds comes before one whose day has passed.
void apply_waivers(const CheckInput& input, const std::string& path, Finding& finding,
                   std::vector<bool>& used) {
  for (std::size_t i = 0; i < input.waivers.size(); ++i) {
    if (!covers(input.waivers[i], path, finding)) continue;
    used[i] = true;
    if (input.as_of > input.waivers[i].expires) {
      finding.expired = i;
    } else {
      finding.waiver = i;
      finding.expired.reset();
      return;
    }
  }
  if (finding.expired) finding.level = Level::kDeny;
}

// What to say of a waiver that waived nothing; empty where its rule or its spec was not judged.
std::string idle_reason(const CheckInput& input, const Waiver& waiver) {
  const auto holds = [&](const std::vector<std::string>& paths) {
    return std::find(paths.begin(), paths.end(), waiver.spec) != paths.end();
  };
  if (!holds(input.paths) && !holds(input.untouched))
    return input.whole_repository ? "there is no such spec" : "";
  std::vector<std::string_view> ids;
  for (const Rule& rule : input.policy.rules) {
    if (rule.id == waiver.rule)
      return needs_base(rule.when) && !input.has_base ? "" : "the rule finds nothing there: take it away";
    ids.emplace_back(rule.id);
  }
  const std::string_view near = nearest_name(waiver.rule, ids);
  return "no rule `" + waiver.rule + "`" +
         (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?");
}

Finding idle_waiver(const Waiver& waiver, const std::string& reason) {
  Finding finding;
  finding.rule = kUnusedWaiver;
  finding.level = Level::kWarn;
  finding.file = waiver.spec;
  finding.workload = waiver.workload.value_or("");
  finding.detail = "waiver of `" + waiver.rule + "`: " + reason;
  finding.place = waiver.place;
  return finding;
}

}  // namespace

std::string_view unit_name(Unit unit) {
  static constexpr std::array<std::string_view, 4> kNames{"usd", "kg_co2e", "hours", "days"};
  return kNames[static_cast<std::size_t>(unit)];
}

std::string_view ruling_name(Ruling ruling) {
  static constexpr std::array<std::string_view, 4> kNames{"pass", "warn", "deny", "error"};
  return kNames[static_cast<std::size_t>(ruling)];
}

bool needs_date(const Policy& policy, const std::vector<Waiver>& waivers) {
  return !waivers.empty() || std::any_of(policy.rules.begin(), policy.rules.end(), [](const Rule& rule) {
    return std::holds_alternative<PriceAge>(rule.when);
  });
}

bool asks_of_changes_alone(const Policy& policy) {
  return std::all_of(policy.rules.begin(), policy.rules.end(),
                     [](const Rule& rule) { return needs_base(rule.when); });
}

std::vector<Finding> judge(const CheckInput& input) {
  std::vector<Finding> findings;
  std::vector<bool> used(input.waivers.size());
  for (std::size_t i = 0; i < input.diff.specs.size(); ++i) {
    for (const Rule& rule : input.policy.rules) {
      for (Finding& finding : Judge(input, input.diff.specs[i], rule).findings()) {
        apply_waivers(input, input.paths[i], finding, used);
        findings.push_back(std::move(finding));
      }
    }
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::string reason = used[i] ? "" : idle_reason(input, input.waivers[i]);
    if (!reason.empty()) findings.push_back(idle_waiver(input.waivers[i], reason));
  }
  for (Finding& finding : findings) {
    if (input.warn_as_deny && finding.level == Level::kWarn) finding.level = Level::kDeny;
  }
  return findings;
}

Ruling Check::ruling() const {
  if (!unjudged.empty()) return Ruling::kError;
  const auto any = [&](Level level) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& f) { return f.counts_as(level); });
  };
  return any(Level::kDeny) ? Ruling::kDeny : any(Level::kWarn) ? Ruling::kWarn : Ruling::kPass;
}

bool tolerates_infeasible(const Check& check, const SpecDiff& spec) {
  bool judged = false;
  for (const Finding& finding : check.findings) {
    if (finding.file != spec.file || !finding.when || !std::holds_alternative<Infeasible>(*finding.when))
      continue;
    if (finding.counts_as(Level::kDeny)) return false;
    judged = true;
  }
  if (judged || !spec.base_now || spec.base_now->feasible) return judged;
  const auto& rules = check.input.policy.rules;
  return std::any_of(rules.begin(), rules.end(), [](const Rule& rule) {
    const auto* infeasible = std::get_if<Infeasible>(&rule.when);
    return infeasible != nullptr && infeasible->crossing;
  });
}

}  // namespace capplan

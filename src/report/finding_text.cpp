#include "report/finding_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/number_text.h"
#include "report/change_figures.h"
#include "report/figures.h"

namespace capplan {
namespace {

std::string amount_text(Unit unit, Millionths amount) {
  const double value = amount.value();
  switch (unit) {
    case Unit::kDollars:
      return money_text(value);
    case Unit::kKilograms:
      return mass_text(value);
    case Unit::kHours:
      return time_text(kHour * value);
    case Unit::kDays:
      return plain_number(value) + " days";
  }
  return {};
}

std::string_view sign_of(bool or_equal) { return or_equal ? " ≥ " : " > "; }

std::string amount_part(const Amount& amount, std::string_view sign) {
  return std::string(sign) + amount_text(amount.unit, amount.value) +
         std::string(sign_of(amount.limit.or_equal)) + amount_text(amount.unit, amount.limit.at);
}

std::string share_part(const Share& share, std::string_view sign) {
  const std::string value =
      share.value ? std::string(sign) + percent_text(*share.value) : std::string("from nothing");
  return value + std::string(sign_of(share.limit.or_equal)) + percent_text(share.limit.at);
}

std::string measure_text(const Measure& of, const std::string& workload) {
  std::string text(metric_name(of.metric));
  if (of.statistic != Statistic::kTotal) text += " (" + std::string(statistic_name(of.statistic)) + ")";
  return workload.empty() ? text : text + " of " + workload;
}

// One form a condition.
struct InWords {
  const Finding& finding;

  std::string operator()(const Growth& growth) const {
    std::string text = std::string(effect_name(growth.effect)) +
                       (growth.effect == Effect::kTotal ? " change of " : " effect on ") +
                       measure_text(growth.of, finding.workload) + ": ";
    if (finding.amount) text += amount_part(*finding.amount, "+");
    if (finding.amount && finding.share) text += growth.both ? " and " : ", ";
    if (finding.share) text += share_part(*finding.share, "+");
    return text;
  }
  std::string operator()(const Above& above) const {
    return measure_text(above.of, finding.workload) + ": " + amount_part(*finding.amount, "") +
           (above.crossing ? ", which it was not" : "");
  }
  std::string operator()(const Likely& likely) const {
    return std::string(likely.mishap == Mishap::kOverBudget ? "P(total_cost > budget): "
                                                            : "P(finish > deadline): ") +
           share_part(*finding.share, "");
  }
  std::string operator()(const PriceAge&) const {
    return finding.detail + ": " + amount_part(*finding.amount, "");
  }
  std::string operator()(const Assumed&) const {
    return "cost that rests on assumptions: " + share_part(*finding.share, "");
  }
  std::string operator()(const WinnerChanged& changed) const {
    return "winner " + finding.detail +
           (changed.effect == Effect::kTotal ? "" : ", by the " + std::string(effect_name(changed.effect)));
  }
  std::string operator()(const Infeasible&) const { return "nothing is feasible: " + finding.detail; }
};

std::string short_value(const std::string& text) {
  constexpr std::size_t kLongest = 48;
  if (text.empty()) return "none";
  return text.size() > kLongest ? "…" : text;
}

std::size_t count_at(const Check& check, Level level) {
  return static_cast<std::size_t>(std::count_if(check.findings.begin(), check.findings.end(),
                                                [&](const Finding& f) { return f.counts_as(level); }));
}

int order_of(const Finding& finding) {
  return finding.waiver ? 3 : static_cast<int>(Level::kDeny) - static_cast<int>(finding.level);
}

}  // namespace

std::string finding_text(const Finding& finding) {
  return finding.when ? std::visit(InWords{finding}, *finding.when) : finding.detail;
}

std::string cause_text(const Finding& finding) {
  if (finding.key.empty()) return {};
  return finding.key + ": " + short_value(finding.before) + " → " + short_value(finding.after);
}

std::string waiver_text(const Finding& finding, const std::vector<Waiver>& waivers) {
  if (finding.waiver) {
    const Waiver& by = waivers[*finding.waiver];
    return "waived by " + by.approved_by + " until " + by.expires + ": " + by.reason;
  }
  if (!finding.expired) return {};
  const Waiver& by = waivers[*finding.expired];
  return "the waiver of " + by.approved_by + " held until " + by.expires;
}

std::string_view standing_name(const Finding& finding) {
  return finding.waiver ? std::string_view("waived") : level_name(finding.level);
}

std::vector<const Finding*> by_level(const std::vector<Finding>& findings) {
  std::vector<const Finding*> ordered;
  ordered.reserve(findings.size());
  for (const Finding& finding : findings) ordered.push_back(&finding);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Finding* a, const Finding* b) { return order_of(*a) < order_of(*b); });
  return ordered;
}

std::string ruling_text(const Check& check) {
  const std::size_t denied = count_at(check, Level::kDeny), warned = count_at(check, Level::kWarn);
  const auto waived = static_cast<std::size_t>(std::count_if(
      check.findings.begin(), check.findings.end(), [](const Finding& f) { return f.waiver.has_value(); }));
  std::string text;
  const auto add = [&](std::size_t n, const std::string& says) {
    if (n > 0) text += (text.empty() ? "" : ", ") + std::to_string(n) + " " + says;
  };
  add(check.unjudged.size(), "not judged");
  add(denied, "denied");
  add(warned, warned == 1 ? "warning" : "warnings");
  add(waived, "waived");
  return text.empty() ? "passes" : denied + check.unjudged.size() > 0 ? text : "passes, " + text;
}

bool is_notable(const Check& check, const SpecDiff& spec) {
  return (check.input.has_base && is_changed(spec)) ||
         std::any_of(check.findings.begin(), check.findings.end(),
                     [&](const Finding& f) { return f.file == spec.file; });
}

Money total_after(const Check& check) { return check.input.diff.after(); }

Money total_change(const Check& check) {
  return check.input.has_base ? check.input.diff.after() - check.input.diff.before() : Money();
}

}  // namespace capplan

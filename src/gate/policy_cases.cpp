#include "gate/policy_cases.h"

#include <algorithm>

#include "core/text.h"
#include "gate/policy_fields.h"
#include "input/json_schema.h"
#include "input/yaml.h"

namespace capplan {
namespace {

using T = ValueType;

constexpr std::string_view kBroken[] = {"budget", "deadline", "other"};

constexpr Field amount(std::string_view key, std::string_view doc) {
  return {
      .key = key, .type = T::kQuantity, .doc = doc, .example = "$120k", .dim = Dim{.usd = 1}, .max = 1e12};
}
constexpr Field share(std::string_view key, std::string_view doc) {
  return {.key = key, .type = T::kRatio, .doc = doc, .example = "12%", .max = 1};
}

constexpr Field kFigures[] = {
    amount("total_cost", "of the best plan; also of its one workload"),
    amount("p50", "default: total_cost"),
    amount("p90", "default: total_cost"),
    {.key = "horizon",
     .type = T::kQuantity,
     .doc = "that the cost is over; default 12 months",
     .example = "12 months",
     .dim = Dim{.second = 1},
     .max = 1e12,
     .above_min = true},
    {.key = "wall_clock",
     .type = T::kQuantity,
     .doc = "default 0",
     .example = "30 days",
     .dim = Dim{.second = 1},
     .max = 1e12},
    {.key = "co2e",
     .type = T::kQuantity,
     .doc = "default 0",
     .example = "4 t",
     .dim = Dim{.gram = 1},
     .max = 1e15},
    share("p_over_budget", "absent: there is no budget"),
    share("p_late", "absent: there is no deadline"),
    share("assumption_share", "of the cost; default 0"),
    {.key = "oldest_price", .type = T::kDate, .doc = "that the plan pays", .example = "2026-08-22"},
    {.key = "winner", .type = T::kText, .doc = "id of the best plan", .example = "rental/nebius/h100"},
    {.key = "breaks",
     .type = T::kNames,
     .doc = "what the best plan breaks; default nothing",
     .example = "[budget]",
     .names = kBroken},
};

constexpr Field kExpect[] = {
    {.key = "deny", .type = T::kTexts, .doc = "ids of rules", .example = "[big-increase]"},
    {.key = "warn", .type = T::kTexts, .doc = "ids of rules", .example = "[late]"},
    {.key = "info", .type = T::kTexts, .doc = "ids of rules", .example = "[carbon]"},
};

constexpr Field kCase[] = {
    {.key = "name", .type = T::kText, .doc = "what is tried", .example = "a long run", .required = true},
    {.key = "before",
     .type = T::kMap,
     .doc = "figures of the base; absent: the spec is new",
     .example = "{total_cost: $100k}",
     .fields = kFigures},
    {.key = "after",
     .type = T::kMap,
     .doc = "figures of the head at the base's prices",
     .example = "{total_cost: $120k}",
     .required = true,
     .fields = kFigures},
    {.key = "repriced",
     .type = T::kMap,
     .doc = "figures of the head at its own prices; default `after`",
     .example = "{total_cost: $130k}",
     .fields = kFigures},
    {.key = "without_base",
     .type = T::kBool,
     .doc = "as `capplan check` without --base; default false",
     .example = "true"},
    {.key = "expect",
     .type = T::kMap,
     .doc = "the rules that fire, and no others; default none",
     .example = "{deny: [big-increase]}",
     .fields = kExpect},
};

constexpr Field kCases[] = {
    {.key = "version",
     .type = T::kInteger,
     .doc = "of this format",
     .example = "1",
     .required = true,
     .min = 1,
     .max = 1},
    {.key = "policy",
     .type = T::kText,
     .doc = "path from this file; default policy.yaml",
     .example = "policy.yaml"},
    {.key = "as_of",
     .type = T::kDate,
     .doc = "that ages count to; needed where the policy has price_age",
     .example = "2026-11-15"},
    {.key = "cases", .type = T::kMaps, .doc = "one an entry", .required = true, .fields = kCase},
};

Money money(const std::optional<Usd>& amount) { return amount ? Money::of(*amount) : Money(); }

Outcome read_outcome(const Section& in) {
  Outcome outcome;
  outcome.name = "job";
  outcome.winner = in.text("winner").value_or("the best");
  outcome.total = money(in.usd("total_cost"));
  outcome.wall_clock = in.duration("wall_clock").value_or(Duration());
  outcome.workloads = {{"job", outcome.total}};
  Standing standing;
  standing.p50 = in.has("p50") ? money(in.usd("p50")) : outcome.total;
  standing.p90 = in.has("p90") ? money(in.usd("p90")) : outcome.total;
  standing.horizon = in.duration("horizon").value_or(12 * kMonth);
  standing.p_over_budget = in.number("p_over_budget");
  standing.p_late = in.number("p_late");
  standing.kg_co2e = in.quantity<Dim{.gram = 1}>("co2e").value_or(Mass()).in(kKilogram);
  standing.assumption_share = in.number("assumption_share").value_or(0);
  standing.oldest_price = in.text("oldest_price").value_or("");
  const std::vector<std::string> broken = in.texts("breaks");
  const auto breaks = [&](std::string_view what) {
    return std::find(broken.begin(), broken.end(), what) != broken.end();
  };
  standing.breaks_budget = breaks("budget");
  standing.breaks_deadline = breaks("deadline");
  standing.breaks_other = breaks("other");
  outcome.feasible = broken.empty();
  outcome.problem = join({broken.begin(), broken.end()});
  outcome.standing = standing;
  return outcome;
}

Cause cause_of(const SpecDiff& diff) {
  if (!diff.base || diff.base->winner == diff.head->winner) return Cause::kNone;
  const bool spec = diff.base->winner != diff.head_at_base->winner;
  const bool price = diff.head_at_base->winner != diff.head->winner;
  return spec && price ? Cause::kSpecAndPrice : spec ? Cause::kSpec : Cause::kPrice;
}

Expected read_expected(const Section& in) {
  Expected expected;
  if (!in) return expected;
  for (const Level level : {Level::kDeny, Level::kWarn, Level::kInfo}) {
    for (std::string& id : in.texts(level_name(level))) expected.emplace(level, std::move(id));
  }
  return expected;
}

PolicyCase read_case(const Section& in) {
  PolicyCase one;
  one.name = in.text("name").value_or("");
  one.place = in.location("name");
  one.diff.file = one.diff.name = "job";
  if (const Section before = in.section("before")) one.diff.base = one.diff.base_now = read_outcome(before);
  one.diff.head = one.diff.head_at_base = read_outcome(in.section("after"));
  if (const Section repriced = in.section("repriced")) one.diff.head = read_outcome(repriced);
  one.has_base = !in.flag("without_base").value_or(false);
  one.diff.winner_changed = cause_of(one.diff);
  one.expected = read_expected(in.section("expect"));
  return one;
}

}  // namespace

Result<PolicyCases> read_policy_cases(const std::string& file, const std::string& text) {
  Result<YamlNode> root = parse_yaml({file, text});
  if (!root) return tl::unexpected(root.error());
  Diagnostics problems;
  check_fields(*root, kCases, "", problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  const Section all(*root, kCases);
  PolicyCases cases;
  cases.policy = all.text("policy").value_or(cases.policy);
  cases.as_of = all.text("as_of").value_or("");
  for (const Section& entry : all.sections("cases")) cases.cases.push_back(read_case(entry));
  return cases;
}

std::string policy_cases_json_schema() { return json_schema("capplan policy tests", {kCases}); }

Diagnostics check_cases(const PolicyCases& cases, const Policy& policy) {
  Diagnostics problems;
  std::vector<std::string_view> ids;
  for (const Rule& rule : policy.rules) ids.emplace_back(rule.id);
  for (const PolicyCase& one : cases.cases) {
    for (const auto& [level, id] : one.expected) {
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
      const std::string_view near = nearest_name(id, ids);
      problems.push_back({Severity::kError, one.place,
                          "the case expects the rule `" + id + "`, which the policy does not have",
                          near.empty() ? "" : "did you mean `" + std::string(near) + "`?"});
    }
  }
  if (cases.as_of.empty() && needs_date(policy, {}) && !cases.cases.empty())
    problems.push_back({Severity::kError, cases.cases.front().place,
                        "the policy has a rule about the age of prices, and the file states no `as_of`",
                        "for instance `as_of: 2026-11-15`"});
  return problems;
}

CaseResult run_case(const PolicyCase& one, const Policy& policy, const std::string& as_of) {
  CheckInput input;
  input.diff.specs = {one.diff};
  input.paths = {one.diff.file};
  input.has_base = one.has_base;
  input.policy = policy;
  input.as_of = as_of;
  CaseResult result{one.expected, {}};
  for (Finding& finding : judge(input)) {
    const std::pair<Level, std::string> fired{finding.level, finding.rule};
    result.missing.erase(fired);
    if (!one.expected.contains(fired)) result.unexpected.push_back(std::move(finding));
  }
  return result;
}

}  // namespace capplan

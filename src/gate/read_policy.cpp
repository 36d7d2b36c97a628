// The files of a policy: checked against their tables, then each condition read for what it says.
#include <algorithm>
#include <set>

#include "capplan/gate/policy.h"
#include "gate/limit_text.h"
#include "gate/policy_fields.h"
#include "input/yaml.h"

namespace capplan {
namespace {

// The value of a key that is one of `names`, as the enumerator in its place.
template <class Enum, std::size_t N>
std::optional<Enum> choice(const Section& in, std::string_view key, const std::string_view (&names)[N]) {
  const std::optional<std::string> text = in.text(key);
  if (!text) return std::nullopt;
  const auto* found = std::find(std::begin(names), std::end(names), *text);
  return static_cast<Enum>(found - std::begin(names));
}

bool is_id(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

struct Defaults {
  Statistic statistic = Statistic::kTotal;
  Level level = Level::kDeny;
  PricesOf prices = PricesOf::kBaseLock;
};

// The keys that make a condition, and those that say what each of them is about.
struct ConditionKey {
  std::string_view key;
  std::vector<std::string_view> with;
};
const std::vector<ConditionKey>& condition_keys() {
  static const std::vector<ConditionKey> keys = {{"delta", {"metric", "statistic", "effect", "all"}},
                                                 {"value", {"metric", "statistic", "prices", "crossing"}},
                                                 {"probability", {"prices", "crossing"}},
                                                 {"price_age", {}},
                                                 {"assumption_share", {"prices", "crossing"}},
                                                 {"winner_changed", {"effect"}},
                                                 {"infeasible", {"prices", "crossing"}}};
  return keys;
}

class RuleReader {
 public:
  RuleReader(const Section& rule, const Defaults& defaults, Diagnostics& problems)
      : rule_(rule), when_(rule.section("when")), defaults_(defaults), problems_(problems) {}

  std::optional<Rule> read() {
    Rule rule{.id = rule_.text("id").value_or(""),
              .level = choice<Level>(rule_, "level", kLevelNames).value_or(defaults_.level),
              .when = {},
              .message = rule_.text("message").value_or(""),
              .place = rule_.location("id")};
    if (rule_.has("id") && !is_id(rule.id))
      report(rule_.location("id"), "`id`: expected lower-case letters, digits and hyphens", "");
    if (!when_) return std::nullopt;
    const ConditionKey* kind = only_condition();
    if (kind == nullptr) return std::nullopt;
    refuse_strangers(*kind);
    const std::optional<Condition> condition = read_condition(kind->key);
    if (!condition) return std::nullopt;
    rule.when = *condition;
    return rule;
  }

 private:
  void report(const Location& where, std::string message, std::string hint) {
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }
  void report(std::string_view key, const ValueError& error) {
    report(when_.location(key), "`" + std::string(key) + "`: " + error.message, error.hint);
  }

  const ConditionKey* only_condition() {
    const ConditionKey* found = nullptr;
    for (const ConditionKey& kind : condition_keys()) {
      if (!when_.has(kind.key)) continue;
      if (found != nullptr) {
        report(when_.key_location(kind.key),
               "`when` states both `" + std::string(found->key) + "` and `" + std::string(kind.key) + "`",
               "one condition a rule: make it two");
        return nullptr;
      }
      found = &kind;
    }
    if (found == nullptr && knows_all_keys())
      report(when_.location(),
             "`when` states no condition; expected one of delta, value, probability, price_age, "
             "assumption_share, winner_changed, infeasible",
             "");
    return found;
  }

  // An unknown one, which is said, may be a condition that is written wrongly.
  bool knows_all_keys() const {
    const auto fields = when_fields();
    const auto& members = when_.node()->members;
    return std::all_of(members.begin(), members.end(), [&](const YamlMember& member) {
      return std::any_of(fields.begin(), fields.end(),
                         [&](const Field& f) { return f.key == member.key.scalar; });
    });
  }

  // A key that does nothing here would look as if it did.
  void refuse_strangers(const ConditionKey& kind) {
    for (const std::string_view key : {"metric", "statistic", "effect", "prices", "all", "crossing"}) {
      if (!when_.has(key) || std::find(kind.with.begin(), kind.with.end(), key) != kind.with.end()) continue;
      report(when_.key_location(key),
             "`" + std::string(key) + "` does not go with `" + std::string(kind.key) + "`", "take it away");
    }
  }

  PricesOf prices() const {
    return choice<PricesOf>(when_, "prices", kPricesNames).value_or(defaults_.prices);
  }
  Effect effect() const { return choice<Effect>(when_, "effect", kEffectNames).value_or(Effect::kSpec); }

  bool crossing() const { return when_.flag("crossing").value_or(false); }

  // Quantiles are of the samples of a whole plan's cost: no other metric has them.
  Measure measure() {
    const Metric metric = choice<Metric>(when_, "metric", kMetricNames).value_or(Metric::kTotalCost);
    const bool sampled = metric == Metric::kTotalCost || metric == Metric::kMonthlyCost;
    const auto stated = choice<Statistic>(when_, "statistic", kStatisticNames);
    if (!sampled && stated.value_or(Statistic::kTotal) != Statistic::kTotal)
      report(when_.location("statistic"),
             "`statistic`: " + std::string(metric_name(metric)) +
                 " has no quantiles; total_cost and monthly_cost have",
             "write `total`, or leave it out");
    return {metric, sampled ? stated.value_or(defaults_.statistic) : Statistic::kTotal};
  }

  std::optional<Condition> read_condition(std::string_view key) {
    if (key == "delta") return read_growth();
    if (key == "value") return read_above();
    if (key == "winner_changed") return read_winner();
    if (key == "infeasible") {
      const auto breach = choice<Breach>(when_, key, kBreachNames);
      return breach ? std::optional<Condition>(Infeasible{prices(), *breach, crossing()}) : std::nullopt;
    }
    const std::string text = when_.text(key).value_or("");
    if (text.empty()) return std::nullopt;
    if (key == "probability") {
      const auto likely = read_probability(text);
      if (likely) return Likely{likely->mishap, prices(), likely->limit, crossing()};
      report(key, likely.error());
    } else if (key == "price_age") {
      const auto limit = read_age_limit(text);
      if (limit) return PriceAge{*limit};
      report(key, limit.error());
    } else {
      const auto limit = read_share_limit(text);
      if (limit) return Assumed{prices(), *limit, crossing()};
      report(key, limit.error());
    }
    return std::nullopt;
  }

  std::optional<Condition> read_growth() {
    Growth growth{.of = measure(),
                  .effect = effect(),
                  .by = std::nullopt,
                  .share = std::nullopt,
                  .both = when_.flag("all").value_or(true)};
    const Section delta = when_.section("delta");
    if (!delta) return std::nullopt;
    const std::size_t before = problems_.size();
    const auto wrong = [&](std::string_view key, const ValueError& error) {
      report(delta.location(key), "`delta." + std::string(key) + "`: " + error.message, error.hint);
    };
    if (const auto text = delta.text("abs")) {
      const auto limit = read_amount_limit(*text, growth.of.metric);
      if (limit) growth.by = *limit;
      if (!limit) wrong("abs", limit.error());
    }
    if (const auto text = delta.text("rel")) {
      const auto limit = read_share_limit(*text);
      if (limit) growth.share = *limit;
      if (!limit) wrong("rel", limit.error());
    }
    if (!delta.has("abs") && !delta.has("rel"))
      report(delta.location(), "`delta` states neither `abs` nor `rel`",
             "for instance `{abs: \">$5k\", rel: \">5%\"}`");
    return problems_.size() == before ? std::optional<Condition>(growth) : std::nullopt;
  }

  std::optional<Condition> read_above() {
    const Measure of = measure();
    const auto text = when_.text("value");
    if (!text) return std::nullopt;
    const auto limit = read_amount_limit(*text, of.metric);
    if (limit) return Above{of, prices(), *limit, crossing()};
    report("value", limit.error());
    return std::nullopt;
  }

  std::optional<Condition> read_winner() {
    const auto changed = when_.flag("winner_changed");
    if (!changed) return std::nullopt;
    if (*changed) return WinnerChanged{effect()};
    report(when_.location("winner_changed"), "`winner_changed: false` never fires", "write `true`");
    return std::nullopt;
  }

  Section rule_, when_;
  const Defaults& defaults_;
  Diagnostics& problems_;
};

// The tree, where the file is one and has the right keys.
std::optional<YamlNode> parse(const std::string& file, const std::string& text, std::span<const Field> fields,
                              Diagnostics& problems) {
  Result<YamlNode> root = parse_yaml({file, text});
  if (!root) {
    problems = root.error();
    return std::nullopt;
  }
  check_fields(*root, fields, "", problems);
  return root->kind == YamlNode::Kind::kMap ? std::optional(std::move(*root)) : std::nullopt;
}

void refuse_twice(const Rule& rule, std::set<std::string>& ids, Diagnostics& problems) {
  if (rule.id.empty() || ids.insert(rule.id).second) return;
  problems.push_back({Severity::kError, rule.place, "the id `" + rule.id + "` stands there twice", ""});
}

}  // namespace

Result<Policy> read_policy(const std::string& file, const std::string& text) {
  Diagnostics problems;
  Policy policy{.file = file, .rules = {}, .dead_band = {}};
  const auto root = parse(file, text, policy_fields(), problems);
  if (!root) return tl::unexpected(std::move(problems));
  const Section all(*root, policy_fields());
  const Section stated = all.section("defaults");
  Defaults defaults;
  if (stated) {
    defaults.statistic = choice<Statistic>(stated, "statistic", kStatisticNames).value_or(defaults.statistic);
    defaults.level = choice<Level>(stated, "level", kLevelNames).value_or(defaults.level);
    defaults.prices = choice<PricesOf>(stated, "prices", kPricesNames).value_or(defaults.prices);
    if (const Section band = stated.section("min_delta")) {
      if (const auto by = band.usd("abs")) policy.dead_band.by = Millionths::of(by->in(kUsd));
      policy.dead_band.share = band.number("rel").value_or(policy.dead_band.share);
    }
  }
  std::set<std::string> ids;
  for (const Section& entry : all.sections("rules")) {
    auto rule = RuleReader(entry, defaults, problems).read();
    if (!rule) continue;
    refuse_twice(*rule, ids, problems);
    policy.rules.push_back(std::move(*rule));
  }
  sort_by_location(problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  return policy;
}

Result<std::vector<Waiver>> read_waivers(const std::string& file, const std::string& text) {
  Diagnostics problems;
  const auto root = parse(file, text, waivers_fields(), problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  std::vector<Waiver> waivers;
  for (const Section& entry : Section(*root, waivers_fields()).sections("waivers")) {
    waivers.push_back({.rule = entry.text("rule").value_or(""),
                       .spec = entry.text("spec").value_or(""),
                       .workload = entry.text("workload"),
                       .reason = entry.text("reason").value_or(""),
                       .approved_by = entry.text("approved_by").value_or(""),
                       .expires = entry.text("expires").value_or(""),
                       .place = entry.location("rule")});
  }
  return waivers;
}

}  // namespace capplan

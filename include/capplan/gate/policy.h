// What a repository refuses: rules about the cost of its specs and about what changed in it, and the
// exceptions that somebody has approved. docs/ci.md has the files.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capplan/core/diagnostic.h"

namespace capplan {

enum class Level { kInfo, kWarn, kDeny };
std::string_view level_name(Level level);

enum class Metric {
  kTotalCost,    // of the spec's best plan over the horizon
  kJobCost,      // of a workload in it; a rule is judged for each
  kMonthlyCost,  // the total cost over the months of the horizon
  kCo2e,         // of its electricity
  kWallClock     // from the start to the end of the last run
};
std::string_view metric_name(Metric metric);

// Which figure of a cost: at central values, or a quantile of its samples.
enum class Statistic { kTotal, kP50, kP90 };
std::string_view statistic_name(Statistic statistic);

// Parts of a change (capplan/gate/diff.h).
enum class Effect { kSpec, kPrice, kEngine, kTotal };
std::string_view effect_name(Effect effect);

// At which prices the state of the head is judged. Those of the base keep a change of the market from failing
// a change of a spec; without a base both are the head's.
enum class PricesOf { kBaseLock, kHead };

// A figure in whole millionths of its unit (dollars, kilograms, hours), so that differences are exact.
struct Millionths {
  std::int64_t millionths = 0;

  static Millionths of(double value);
  double value() const { return static_cast<double>(millionths) / 1e6; }
  friend Millionths operator-(Millionths a, Millionths b) { return {a.millionths - b.millionths}; }
  friend auto operator<=>(const Millionths&, const Millionths&) = default;
};

// A rule fires above its limit; at it where `or_equal`.
template <class Value>
struct Limit {
  Value at{};
  bool or_equal = false;

  bool is_passed_by(const Value& value) const { return or_equal ? value >= at : value > at; }
};

struct Measure {
  Metric metric = Metric::kTotalCost;
  Statistic statistic = Statistic::kTotal;
};

// An effect by amount, as a share of what it was before, or both.
struct Growth {
  Measure of;
  Effect effect = Effect::kSpec;
  std::optional<Limit<Millionths>> by;
  std::optional<Limit<double>> share;  // 0.05 of what it was
  bool both = true;                    // false: either is enough
};

// Conditions on the state of the head. `crossing`: only where the base, at its own prices, was not there yet.
struct Above {
  Measure of;
  PricesOf prices = PricesOf::kBaseLock;
  Limit<Millionths> limit;
  bool crossing = false;
};

enum class Mishap { kOverBudget, kLate };

// The share of samples in which it happens; of specs that state a budget or a deadline.
struct Likely {
  Mishap mishap = Mishap::kOverBudget;
  PricesOf prices = PricesOf::kBaseLock;
  Limit<double> limit;
  bool crossing = false;
};

// Days since the oldest price in the head's best plan, at the head's own prices.
struct PriceAge {
  Limit<Millionths> limit;  // days
};

// How much of the best plan's cost rests on assumptions: docs/methodology.md, section 10.
struct Assumed {
  PricesOf prices = PricesOf::kBaseLock;
  Limit<double> limit;
  bool crossing = false;
};

// Another plan is the best, because of this.
struct WinnerChanged {
  Effect effect = Effect::kSpec;
};

enum class Breach { kAny, kBudget, kDeadline, kOther };
std::string_view breach_name(Breach breach);

// No plan keeps all constraints; the best one breaks this.
struct Infeasible {
  PricesOf prices = PricesOf::kBaseLock;
  Breach breach = Breach::kAny;
  bool crossing = false;
};

using Condition = std::variant<Growth, Above, Likely, PriceAge, Assumed, WinnerChanged, Infeasible>;

// Whether it is about a change, so that nothing can be said without a base.
bool needs_base(const Condition& condition);

struct Rule {
  std::string id;
  Level level = Level::kDeny;
  Condition when;
  std::string message;  // what to do about it; may be empty
  Location place;
};

// Changes that are no larger than both are noise, whatever the rules say.
struct DeadBand {
  Millionths by = Millionths::of(1);  // dollars
  double share = 0.001;               // of what it was
};

struct Policy {
  std::string file;  // empty: the one that holds where there is no file
  std::vector<Rule> rules;
  DeadBand dead_band;
};

// Nothing breaks its budget, its deadline, or another constraint; at the base's prices.
Policy default_policy();

// Somebody has approved a finding until a day.
struct Waiver {
  std::string rule;
  std::string spec;                     // path from the root of the repository
  std::optional<std::string> workload;  // absent: the spec and all its workloads
  std::string reason, approved_by;
  std::string expires;  // ISO date: the last day on which it holds
  Location place;
};

// All problems of the file at once.
Result<Policy> read_policy(const std::string& file, const std::string& text);
Result<std::vector<Waiver>> read_waivers(const std::string& file, const std::string& text);

// JSON Schemas (draft 7) of the two files.
std::string policy_json_schema();
std::string waivers_json_schema();

}  // namespace capplan

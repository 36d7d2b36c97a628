// A policy held against the cost of specs and what changed in it: findings, and the ruling that they come to.
// A pure function of these and of a date: the same inputs give the same ruling on any day.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/gate/diff.h"
#include "capplan/gate/policy.h"

namespace capplan {

enum class Unit { kDollars, kKilograms, kHours, kDays };
std::string_view unit_name(Unit unit);  // "usd", "kg_co2e", "hours", "days"

// What a rule read, beside its limit.
struct Amount {
  Unit unit = Unit::kDollars;
  Millionths value;
  Limit<Millionths> limit;
};
struct Share {
  std::optional<double> value;  // 0.05; absent: of nothing, and so above every limit
  Limit<double> limit;
};

inline constexpr std::string_view kUnusedWaiver = "unused-waiver";  // finding without a rule

struct Finding {
  std::string rule;
  Level level = Level::kDeny;
  std::optional<Condition> when;  // of the rule
  std::string message;            // of the rule
  std::string file;               // of the spec
  std::string workload;           // empty: the whole spec
  std::optional<Amount> amount;
  std::optional<Share> share;
  std::string detail;  // what is no figure: the winners, the broken constraint
  // The changed key that costs most: where it stands and its values as YAML; else where the spec begins.
  Location place;
  std::string key, before, after;
  // Of the waivers: the one that lets it pass; the one that would have, until its day had passed.
  std::optional<std::size_t> waiver, expired;

  bool counts_as(Level at) const { return !waiver && level == at; }
};

struct CheckInput {
  Diff diff;                       // without a base its specs have heads alone
  std::vector<std::string> paths;  // of its specs from the root of the repository, as waivers name them
  // Of those that did not change, where every rule is about a change: none was priced, and no total has them.
  std::vector<std::string> untouched;
  bool has_base = false;
  bool whole_repository = false;  // there are no other specs
  Policy policy;
  std::vector<Waiver> waivers;
  std::string as_of;  // ISO date that ages and waivers count to; see needs_date()
  bool warn_as_deny = false;
};

// Whether anything in it hangs on a date.
bool needs_date(const Policy& policy, const std::vector<Waiver>& waivers);

// Whether every rule is about a change, so that nothing need be known of what did not change.
bool asks_of_changes_alone(const Policy& policy);

// By spec, then rule, then workload; waivers that found nothing to waive come last, as warnings.
std::vector<Finding> judge(const CheckInput& input);

enum class Ruling { kPass, kWarn, kDeny, kError };
std::string_view ruling_name(Ruling ruling);

// What `capplan check` found.
struct Check {
  CheckInput input;
  std::vector<Finding> findings;
  std::vector<std::string> unjudged;  // specs that could not be read or priced

  Ruling ruling() const;
};

// Whether the policy lets it pass that nothing is feasible for a spec: a rule about that found it and does
// not deny, or lets pass what was so before.
bool tolerates_infeasible(const Check& check, const SpecDiff& spec);

}  // namespace capplan

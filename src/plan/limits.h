// The constraints of a spec one by one: what each says, how much of it a plan takes, and how to move it.
#pragma once

#include <functional>

#include "plan/resolve.h"

namespace capplan {

// How one would write values of about some size: in steps of a unit.
struct Notation {
  double unit = 1;        // in base units
  double step = 1;        // of the unit
  std::string_view name;  // "days"; empty: a count

  // The least value that can be written, of those that are not less.
  double up(double value) const;
  // The largest below that.
  double below(double value) const { return up(value) - step * unit; }
  std::string text(double value) const;  // "24.4 days"
};

// A limit that is a number: more of it lets in all that less does.
struct NumberLimit {
  std::string path;                        // "workloads[0].deadline"
  double now = 0;                          // base units
  Objective objective = Objective::kCost;  // by which the engine looks for what takes least of it
  Notation (*notation)(double value) = nullptr;
  std::function<void(PlanSpec&, std::optional<double>)> set;  // nothing: no limit
  std::function<double(const BoundSpec&, const PlanOption&)> taken;
  bool is_cost = false;  // it is what plans are ranked by
};

// A limit that is a list of names.
struct NameLimit {
  std::string path;                   // "constraints.purchases"
  void (*drop)(PlanSpec&) = nullptr;  // lets all in
  // What a plan needs that is not admitted, in order; an empty name stands for what has none.
  std::function<std::vector<std::string>(const PlanOption&)> lacking;
  void (*admit)(PlanSpec&, const std::vector<std::string>&) = nullptr;
  std::string (*text)(const PlanSpec&) = nullptr;  // as the spec would say it
};

// Those that the spec states.
std::vector<NumberLimit> number_limits(const PlanSpec& spec);
// Those that may keep a plan out.
std::vector<NameLimit> name_limits(const PlanSpec& spec);

}  // namespace capplan

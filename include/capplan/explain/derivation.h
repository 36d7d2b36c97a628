// How a figure of a result came about: a tree whose inner nodes follow from their parts, and whose leaves say
// where they are from and how well they are known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capplan/plan/plan.h"

namespace capplan {

enum class Operation {
  kGiven,       // a leaf
  kSum,         // of all parts
  kDifference,  // the first less the others
  kProduct,
  kQuotient,  // the first over the others
  kMaximum,
  kMinimum,
  kCeiling,     // of its one part, to the whole number above
  kSquareRoot,  // of its one part
  kLogarithm,   // natural, of its one part
  kPower        // the first to the power of the second
};

struct Derivation {
  std::string name;
  double value = 0;
  std::string unit = {};
  Operation operation = Operation::kGiven;
  std::vector<Derivation> parts = {};
  std::string citation = {};  // of the formula: a paper, or a section of docs/methodology.md
  // Of a leaf.
  Evidence evidence = Evidence::kAssumption;
  std::string source = {};
  std::string as_of = {};
  Location place = {};  // in the spec; without a file: not there
};

// What a node's parts make of it; the value itself of a leaf.
double recomputed(const Derivation& node);

// What a figure is looked up in: a plan, the options that its JSON lists, and what they were made from.
struct Explained {
  const Plan& plan;
  std::vector<const PlanOption*> shown;
  const PlanSpec& spec;
  const Catalog& catalog;
};

// `figure` is a path of the JSON result (`plans[0].cost.total_usd`), or a short name for the first plan's.
// Where parts cannot be taken apart further, a leaf names the section of docs/methodology.md that makes it.
// Nothing where the result has no such number.
std::optional<Derivation> explain(const Explained& result, std::string_view figure);

// Short names with the paths that they stand for.
struct ShortName {
  std::string_view name, path;
};
const std::vector<ShortName>& short_names();

}  // namespace capplan

// What changed in cost between two estimates, and why: the spec, the prices, or the program. Infracost prices
// both sides at today's prices and so sees the first alone; here every part is computed and they sum to the
// whole.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capplan/gate/outcome.h"
#include "capplan/spec/load.h"

namespace capplan {

// With C(spec, prices) as this program computes it, S0 and P0 of the base, S1 and P1 of the head:
//   engine = C(S0, P0) - what was recorded for the base
//   spec   = C(S1, P0) - C(S0, P0)
//   price  = C(S1, P1) - C(S1, P0)
// Whole millionths of a dollar, so that they sum to the change exactly. The order is fixed: what spec and
// prices change together counts as price, at the head's volume. `unsplit` is what two recorded results cannot
// tell apart.
struct Effects {
  Money spec, price, engine, unsplit;

  Money total() const { return spec + price + engine + unsplit; }
  friend Effects operator+(const Effects& a, const Effects& b) {
    return {a.spec + b.spec, a.price + b.price, a.engine + b.engine, a.unsplit + b.unsplit};
  }
};

struct WorkloadChange {
  std::string name;
  std::optional<Money> before, after;  // absent where that side does not have it
  Effects effects;
};

// A key of the spec whose value is another. `effect` is what the head costs more than without this change
// alone, at the base's prices; the effects of several keys need not sum to that of the spec.
struct KeyChange {
  std::string key;              // "dataset.tokens", "pretrain.pin.count"
  std::string before, after;    // as YAML; empty where it is not there
  Location place;               // in the head; in the base where the head does not have it
  std::optional<Money> effect;  // absent where the spec cannot be read or planned without the change
  bool decides = false;         // without it the base's winner would still win
};

enum class Cause { kNone, kSpec, kPrice, kEngine, kSpecAndPrice, kUnsplit };
std::string_view cause_name(Cause cause);

// Where the head states what rules on its state judge; what it does not state is where the spec begins.
struct StatePlaces {
  Location spec;
  Location budget;                  // the one that is broken, of two
  Location deadline;                // of several, the one that the best plan leaves least room to
  std::vector<Location> workloads;  // in their order
};

struct SpecDiff {
  std::string file;
  std::string name;
  std::optional<Outcome> base, head;  // absent: added, removed
  // C(S0, P0) and C(S1, P0) of above, where specs are compared.
  std::optional<Outcome> base_now, head_at_base;
  Effects effects;
  std::vector<WorkloadChange> workloads;
  std::vector<KeyChange> keys;
  Cause winner_changed = Cause::kNone;
  StatePlaces places;  // without a file where results are compared
  bool proven = true;  // no estimate was cut short
  std::vector<std::string> notes;
};

struct Diff {
  std::vector<SpecDiff> specs;

  Money before() const;
  Money after() const;
  Effects effects() const;
};

// One side of a comparison: a spec as text.
struct SpecSide {
  std::string file;
  std::string text;
  ReadFile read_file;
};

struct SpecPair {
  std::optional<SpecSide> base, head;  // one of them at least
  const Catalog& base_prices;
  const Catalog& head_prices;
  // What a spec needs and the base's prices lack, in words; then the head's take their place, and what they
  // change counts as spec.
  std::function<std::string(const PlanSpec&)> base_lacks = {};
  std::optional<Outcome> recorded = {};  // of the base, by the version that made it
};

// Problems are of the specs, and of a recorded result that is not of the base.
Result<SpecDiff> diff_specs(const SpecPair& pair, const PlanSettings& settings, const std::string& version);

// Of results, whatever made them. What differs between their identities says what the change is; where more
// than one thing does, it cannot be split.
SpecDiff diff_results(const Outcome& base, const Outcome& head, const std::string& file);

// SHA-256 of a spec and of the files that it names, as a result records it.
std::string spec_digest(const SpecSide& spec);

}  // namespace capplan

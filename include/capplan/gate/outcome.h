// What one estimate came to, as far as a comparison with another needs it: of a plan, or of the JSON result
// of an earlier one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capplan/plan/plan.h"

namespace capplan {

// What an estimate followed from. Two of the same spec, prices and version give the same result.
struct Identity {
  std::string version;         // of the program
  std::string catalog_sha256;  // of all that it knew of the world
  std::string catalog_as_of;
  std::string spec_sha256;  // of the spec and of the files that it names; empty: not recorded
};

struct WorkloadCost {
  std::string name;
  Money cost;  // over the horizon
};

// What a policy judges of a winner besides its cost and time; a recorded result carries none of it.
struct Standing {
  Money p50, p90;
  Duration horizon;
  std::optional<double> p_over_budget, p_late;  // shares of the samples; absent without budget, deadline
  double kg_co2e = 0;
  double assumption_share = 0;  // of the cost: docs/methodology.md, section 10
  std::string oldest_price;     // ISO date, of those that it pays; empty: it pays none
  bool breaks_budget = false, breaks_deadline = false, breaks_other = false;
};

struct Outcome {
  std::string name;  // of the spec
  Identity identity;
  std::string winner;     // id of the first plan; empty: nothing can run it
  bool feasible = false;  // the winner breaks no constraint
  Money total;            // of the winner, as all below
  Duration wall_clock;
  std::vector<WorkloadCost> workloads;   // sum to the total
  std::map<std::string, Money> by_plan;  // total of every plan, by its id
  std::string problem;                   // why there is no winner
  std::optional<Standing> standing;      // absent without a winner
};

Outcome outcome_of(const Plan& plan, Identity identity);

// As a result carries it: with the 12 digits of every number there.
Outcome recorded(Outcome outcome);

inline constexpr std::size_t kResultLimit = std::size_t{64}
                                            << 20;  // bytes of the largest result that is read

// Reads a JSON result of `capplan estimate`; problems are located in it.
Result<Outcome> read_result(const std::string& file, const std::string& text);

}  // namespace capplan

// Builds nodes of a derivation; a node's value is always what its parts make of it.
#pragma once

#include "capplan/explain/derivation.h"

namespace capplan {

// Sections of docs/methodology.md; a test holds their titles against its headings.
inline constexpr const char* kDemandMethod = "docs/methodology.md, section 1 (Demand)";
inline constexpr const char* kMemoryMethod = "docs/methodology.md, section 2 (Memory of training)";
inline constexpr const char* kTrainingMethod = "docs/methodology.md, section 3 (Time of training)";
inline constexpr const char* kServingMethod =
    "docs/methodology.md, section 4 (Time of serving and batch inference)";
inline constexpr const char* kRentingMethod = "docs/methodology.md, section 5 (Cost of renting)";
inline constexpr const char* kOwningMethod = "docs/methodology.md, section 6 (Cost of owning)";
inline constexpr const char* kMoneyMethod = "docs/methodology.md, section 7 (Money over time)";
inline constexpr const char* kHybridMethod = "docs/methodology.md, section 8 (Hybrid)";
inline constexpr const char* kSupplyMethod = "docs/methodology.md, section 9 (What can be bought)";
inline constexpr const char* kRankingMethod = "docs/methodology.md, section 10 (Ranking and rounding)";
inline constexpr const char* kEnergyMethod = "docs/methodology.md, section 11 (Energy and carbon)";
inline constexpr const char* kRangeMethod = "docs/methodology.md, section 12 (P10, P50, P90)";
inline constexpr const char* kOptimumMethod = "docs/methodology.md, section 14 (The optimum)";

Derivation node(std::string name, std::string unit, Operation operation, std::vector<Derivation> parts,
                std::string citation = {});
Derivation leaf(std::string name, double value, std::string unit, Evidence evidence, std::string source,
                std::string as_of = {});
// A number that a rule of the method gives, or a search chose.
Derivation by_rule(std::string name, double value, std::string unit, std::string rule);

// What a unit or a sign is: 3,600 seconds of an hour.
Derivation definition(std::string name, double value, std::string unit);

// What a run on spot capacity comes to in the zones that stand for it.
Derivation simulated_on_spot(std::string name, double value, std::string unit);

// The number that a text begins with; npos where it begins with none.
std::size_t index_in(std::string_view digits);

// `made` where it is that value, to 9 digits and the rounding of line items; else a leaf that says
// `otherwise`.
Derivation made_or(Derivation made, double value, const Derivation& otherwise, double relative = 1e-9);

}  // namespace capplan

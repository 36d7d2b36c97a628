// Builds nodes of a derivation; a node's value is always what its parts make of it.
#pragma once

#include "capplan/explain/derivation.h"

namespace capplan {

Derivation node(std::string name, std::string unit, Operation operation, std::vector<Derivation> parts,
                std::string citation = {});
Derivation leaf(std::string name, double value, std::string unit, Evidence evidence, std::string source,
                std::string as_of = {});
// A number that a rule of the method gives, or a search chose.
Derivation by_rule(std::string name, double value, std::string unit, std::string rule);

// The number that a text begins with; npos where it begins with none.
std::size_t index_in(std::string_view digits);

// `made` under the name of the figure where it is that value to 9 digits; else a leaf that says `otherwise`.
Derivation made_or(Derivation made, double value, const Derivation& otherwise);

}  // namespace capplan

// Figures of a plan's money, energy and carbon.
#pragma once

#include "explain/nodes.h"

namespace capplan {

// A key of `plans[i].cost` ("total_usd", "breakdown_usd.power", "line_items[3].quantity").
std::optional<Derivation> explain_cost(const Explained& x, const PlanOption& plan, std::string_view key);
// "assumptions[i].share" and "spec_assumptions[i].share" of a plan.
std::optional<Derivation> explain_assumption(const Explained& x, const PlanOption& plan,
                                             std::string_view key);
Derivation explain_energy(const Explained& x, const PlanOption& plan);
Derivation explain_carbon(const Explained& x, const PlanOption& plan);
Derivation explain_embodied(const Explained& x, const PlanOption& plan);

}  // namespace capplan

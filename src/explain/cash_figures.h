// Cash by month and its present value.
#pragma once

#include "explain/nodes.h"

namespace capplan {

// A key of `plans[i].cost`: "npv_usd", "npv_after_tax_usd", "cash_flow_usd.months[3]".
std::optional<Derivation> explain_cash(const Explained& x, const PlanOption& plan, std::string_view key);

}  // namespace capplan

// A portfolio with fewer ways of doing the same work.
#pragma once

#include "plan/portfolio_builder.h"

namespace capplan {

// The same work with what one option has to offer, and nothing else.
BuiltPortfolio restrict_to(BuiltPortfolio built, SupplyOption option);

// The same work on the ways that make no work longer than the slowest of them has to be, all its runs one
// after another.
BuiltPortfolio only_fast(const BoundSpec& spec, BuiltPortfolio built);

}  // namespace capplan

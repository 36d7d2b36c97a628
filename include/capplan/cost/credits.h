// Credits with a provider that run out.
#pragma once

#include "capplan/cost/cost.h"

namespace capplan {

// Who is paid for an allocation of a plan, and how.
struct Buyer {
  Text provider;
  Purchase purchase = Purchase::kOnDemand;
};

// Takes what the catalogue's credits cover off a plan's cost, in their order, until each is used up or ends:
// a line with a negative amount for each. `buyers` are the plan's allocations; a plan starts on the date of
// the newest price, so that a credit's last day is so long after that.
void spend_credits(Cost& cost, const std::vector<Buyer>& buyers, const Catalog& catalog);

}  // namespace capplan

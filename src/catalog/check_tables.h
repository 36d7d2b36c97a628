// What must hold between profiles: names that lead somewhere, figures that formulas need, one order of rows.
#pragma once

#include "catalog/profile_loader.h"

namespace capplan {

// Resolves each row's accelerator by its loose name; where two cards fit, the slower one, kept as
// `stated_as`. A row whose memory is below 90% of the card's is a fraction of it and never the card.
void resolve_offers(std::vector<Offer>& offers, const std::vector<Location>& places, const Tables& tables,
                    TextArena& arena, Diagnostics& problems);

void check_tables(const Tables& tables, const std::string& folder, Diagnostics& problems);

void sort_tables(Tables& tables);

}  // namespace capplan

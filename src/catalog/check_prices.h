// Prices that cannot be right: within a provider, a newer and better part at or below an older one.
#pragma once

#include <string>

#include "capplan/catalog/catalog.h"

namespace capplan {

// `exceptions` is the text of price_exceptions.csv (provider, newer, older, reason); a row there that no
// longer applies is a problem too.
Diagnostics check_prices(const Catalog& catalog, const std::string& exceptions_name,
                         const std::string& exceptions);

}  // namespace capplan

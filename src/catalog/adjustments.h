// adjustments.yaml: what the buyer has agreed with providers, laid over their list prices.
#pragma once

#include <variant>
#include <vector>

#include "capplan/catalog/catalog.h"
#include "capplan/core/diagnostic.h"

namespace capplan {

class TextArena;

// One name of a selection, with `*` for any run of characters.
struct Pattern {
  Text text;
  Location location;
};

// The rows that an adjustment is for: all that match one pattern of every list that is not empty.
struct Selection {
  std::vector<Pattern> providers, accelerators, machines, regions, purchases;
};

// What an adjustment does to a price; one thing each.
struct PriceChange {
  double share = 0;  // of the price as it stands: -0.15 takes 15% off
};
struct AgreedPrice {
  DevicePrice price;  // takes the place of the price as it stands
};
struct HostLicence {
  UsdRate price;
};
struct AcceleratorLicence {
  DevicePrice price;
};
struct CreditGrant {
  Usd amount;
  Text until;
};

struct Adjustment {
  Text name;
  Selection selection;
  std::variant<PriceChange, AgreedPrice, HostLicence, AcceleratorLicence, CreditGrant> effect;
  double order = 0;  // lower ones apply first, those alike as they are written
  Text source;
  Text as_of;
  Location location;
};

// Applies them to the rows that count, and makes credits of those that grant one. An adjustment that matches
// no row is a problem: a misspelt contract would be left out in silence.
void apply_adjustments(std::vector<Adjustment> adjustments, Tables& tables, TextArena& arena,
                       Diagnostics& problems);

}  // namespace capplan

// What the cost of the cheapest plan hangs on, and where another plan becomes the cheapest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/core/money.h"

namespace capplan {

// What a value of an input counts.
enum class SensitivityUnit {
  kMfu,         // model FLOP/s utilisation
  kTimeRatio,   // of a served or tabulated time, over what the plan says
  kHourly,      // dollars an accelerator and hour
  kPriceRatio,  // of the price of what is bought, over today's
  kPerKwh,      // dollars
  kWorkRatio,   // of all runs, over what the spec says
  kFigure       // of the spec or of a profile, in `figure_unit`
};
// "mfu", "time", "usd_per_accelerator_hour", "price", "usd_per_kwh", "work", "figure"
std::string_view sensitivity_unit_name(SensitivityUnit unit);

// Another plan becomes the cheapest at this value of the input, where all others keep theirs.
struct SwitchPoint {
  double value = 0;
  std::string id;  // of the plan that takes over
  int rank = 0;    // its rank at central values
  Money cost;      // of both plans there
  // How far apart the two are when they are priced anew at this value, over the cost; absent where the
  // engine cannot be asked.
  std::optional<double> apart;
};

// The swing of the plan's cost between the P10 and the P90 of one input, all others at their medians.
struct TornadoBar {
  double p10 = 0, p90 = 0;  // of the input
  Money at_p10, at_p90;     // cost of the plan

  Money swing() const { return at_p10 < at_p90 ? at_p90 - at_p10 : at_p10 - at_p90; }
};

struct SensitivityInput {
  std::string name;  // "MFU of pretrain on H100-SXM-80GB"
  SensitivityUnit unit = SensitivityUnit::kFigure;
  std::string figure_unit;  // "USD/kWh"; empty: a count, a ratio or what its column says
  std::string source;  // of a figure of a profile, where it stands: "own/offers/nebius.csv:2"; else empty
  double central = 0;
  std::optional<TornadoBar> bar;            // absent where nobody says how uncertain it is
  std::optional<SwitchPoint> below, above;  // the nearest on each side of the central value
};

struct Sensitivity {
  std::string id;  // the cheapest of the feasible plans at usual prices
  int rank = 0;
  Money cost;                            // with all inputs at their medians
  std::vector<SensitivityInput> inputs;  // the longest bars first, then by name
};

}  // namespace capplan

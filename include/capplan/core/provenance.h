// Where a figure comes from. Every constant that reaches a result carries one.
#pragma once

#include <string_view>

namespace capplan {

// Text of a catalogue lives as long as the catalogue: in the binary, or in the arena of an overlay.
using Text = std::string_view;

// How well a figure is known.
enum class Evidence {
  kMeasured,    // on hardware, or fitted to what was measured
  kPublished,   // a datasheet, a paper, a statistic
  kListPrice,   // what a seller asks
  kAssumption,  // stated by the spec, or a convention of the method
  kUnverified   // nobody could name a source
};
std::string_view evidence_name(Evidence evidence);

struct Provenance {
  Text source;              // paper, page, or repository with commit
  Text as_of;               // ISO date of the figure
  bool unverified = false;  // nobody could name a source: shown as an assumption wherever it is used
};

}  // namespace capplan

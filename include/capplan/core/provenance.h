// Where a figure comes from. Every constant that reaches a result carries one.
#pragma once

#include <string_view>

namespace capplan {

// Text of a catalogue lives as long as the catalogue: in the binary, or in the arena of an overlay.
using Text = std::string_view;

struct Provenance {
  Text source;              // paper, page, or repository with commit
  Text as_of;               // ISO date of the figure
  bool unverified = false;  // nobody could name a source: shown as an assumption wherever it is used
};

}  // namespace capplan

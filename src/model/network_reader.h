// Reads `network:` of a spec or a model profile: a list of layers, each a mapping of its kind to what it
// takes.
#pragma once

#include <span>
#include <vector>

#include "capplan/model/operators.h"
#include "input/schema.h"

namespace capplan {

// A model of a thousand layers has a few thousand operators; a hostile one could nest repeats without end.
inline constexpr int kMostLayers = 20000;

// The kinds of layers and their keys. Layers may contain layers.
std::span<const Field> layer_fields();

// The operators of layers; problems are reported where they stand, and the list is then incomplete.
struct ReadNetwork {
  std::vector<Operator> operators;
  double image_pixels = 0;   // of the one image that it sees; 0: none, or more besides
  double sample_tokens = 0;  // of the sequence that it reads first; 0: none
};
ReadNetwork read_network(const std::vector<Section>& layers, Diagnostics& problems);

}  // namespace capplan

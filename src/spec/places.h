// Places of all values of a spec's document.
#pragma once

#include "capplan/spec/spec_places.h"
#include "input/yaml.h"

namespace capplan {

SpecPlaces places_of(const YamlNode& root);

}  // namespace capplan

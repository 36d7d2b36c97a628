// Sets keys of a spec before it is read.
#pragma once

#include "capplan/spec/load.h"
#include "input/yaml.h"

namespace capplan {

// Applies the changes in order. Values, and keys that the file does not have, are located in `--set`, a line
// a change.
void apply_changes(YamlNode& root, const SpecChanges& changes, Diagnostics& problems);

}  // namespace capplan

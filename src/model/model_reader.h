// Reads `model:` of a spec and the same keys of profiles/models/<id>.yaml.
#pragma once

#include <span>

#include "capplan/model/model_arch.h"
#include "input/schema.h"

namespace capplan {

// The keys that describe a model's shape, arithmetic and size; callers put their own (preset, id, …) before
// them.
std::span<const Field> model_fields();

// Derives what can be derived (head_dim, kv_heads), checks that figures agree, and reports what is missing.
ModelArch read_model(const Section& section, Diagnostics& problems);

}  // namespace capplan

// The keys of a spec: what `capplan schema` prints and docs/spec.md explains.
#pragma once

#include <span>

#include "input/schema.h"

namespace capplan {

// Keys at the top level when `workloads` is there, of one workload, and of both together (the short form).
std::span<const Field> full_form_fields();
std::span<const Field> workload_fields();
std::span<const Field> short_form_fields();

}  // namespace capplan

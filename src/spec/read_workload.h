// Reads one workload from a checked section.
#pragma once

#include "capplan/spec/load.h"
#include "capplan/spec/workload.h"
#include "input/schema.h"

namespace capplan {

Workload read_workload(const Section& section, const ReadFile& read_file, Diagnostics& problems);

}  // namespace capplan

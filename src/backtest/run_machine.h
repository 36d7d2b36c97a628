// The accelerators that a run record names, with what joins them.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "backtest/run_record.h"
#include "capplan/catalog/catalog.h"
#include "capplan/core/assumption.h"
#include "capplan/performance/execution.h"

namespace capplan {

// An error says what is missing. The count of a whole run, whose hours hardly depend on it, may be left out.
tl::expected<Machine, std::string> read_machine(const RunInputs& inputs, const Catalog& catalog,
                                                Assumptions& assumptions);

// The stack whose names a record's framework contains, the longest that fits; nullptr where none does.
const Stack* find_stack(const Catalog& catalog, const std::string& framework, bool for_operators);

}  // namespace capplan

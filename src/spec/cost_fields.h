// Keys of a spec that say what things cost: its own site, money, and what is paid besides accelerators.
#pragma once

#include "capplan/spec/plan_spec.h"
#include "input/schema.h"

namespace capplan {

std::span<const Field> site_fields();
std::span<const Field> finance_fields();
std::span<const Field> operations_fields();

// Problems are pairs of keys that exclude each other, and keys that need another one.
SiteChoice read_site(const Section& site, Diagnostics& problems);
// `discount_rate` is the short form of `finance: {rate: …}`.
FinanceChoice read_finance(const Section& top, Diagnostics& problems);
OperationsChoice read_operations(const Section& operations);

}  // namespace capplan

// Fitted kernels as profiles/kernels.csv, with means that stand in for parts nobody measured.
#pragma once

#include "backtest/fit_kernels.h"
#include "capplan/catalog/catalog.h"

namespace capplan {

// Fits the tables (empty ones are left out) and writes the profile. `source` and `as_of` go into every row.
struct KernelTables {
  SourceText gemm, attention, collectives;
  SourceText systems;  // accelerator, gpu.mem_bw: which of several parts of one name was measured
};
Result<std::string> kernel_profile(const KernelTables& tables, const Catalog& catalog,
                                   const std::string& source, const std::string& as_of);

}  // namespace capplan

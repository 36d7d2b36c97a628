// Fits the laws of performance/kernel_laws.h to tables of measured kernels.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "input/csv.h"
#include "input/source_text.h"

namespace capplan {

// A table with these columns and any others: measured tables carry derived ones, and where a row comes from.
Result<CsvTable> read_any_columns(const SourceText& source, std::span<const std::string_view> needed);

// What an accelerator of the tables is to the catalogue: its id there, and the rates that shares are taken
// of.
struct MeasuredPart {
  std::string id;
  double bandwidth = 0;  // bytes a second
  double link = 0;       // bytes a second and direction
};

// One fitted law as a row of profiles/kernels.csv, with the median error of the rows it was fitted to.
struct FittedKernel {
  std::string op, scope, format;
  int group = 0;
  double peak_share = 0, bandwidth_share = 0, launch_us = 0, smoothing = 1, serial_us = 0, serial_cap = 0,
         narrow_head = 1, most_share = 1;
  double median_error = 0;
  int rows = 0;
};

// `part` resolves the tables' names; `peak` is the dense rate of a format (bf16, fp8, …) in FLOP/s.
struct KernelCatalog {
  std::function<const MeasuredPart*(const std::string& name)> part;
  std::function<double(const std::string& id, const std::string& format)> peak;
};

// gemm.csv: accelerator, dtype, m, n, k, latency_us. Shapes whose weights stay in a cache, and problems below
// 64, are left out.
Result<std::vector<FittedKernel>> fit_gemm(const SourceText& table, const KernelCatalog& catalog);
// attention_context.csv: accelerator, dtype, batch, seq, n_heads, n_kv_heads, head_dim, latency_us.
Result<std::vector<FittedKernel>> fit_attention(const SourceText& table, const KernelCatalog& catalog);
// collectives.csv: accelerator, library, op, n_gpus, message_bytes, latency_us; NCCL's and oneCCL's rows.
Result<std::vector<FittedKernel>> fit_collectives(const SourceText& table, const KernelCatalog& catalog);

}  // namespace capplan

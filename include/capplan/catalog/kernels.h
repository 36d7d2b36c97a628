// Laws of measured kernels: how long a matrix product, an attention or a collective takes on an accelerator.
#pragma once

#include <optional>

#include "capplan/core/provenance.h"
#include "capplan/core/units.h"

namespace capplan {

enum class KernelOp { kGemm, kAttention, kAllReduce, kAllGather, kReduceScatter, kAllToAll };
std::string_view kernel_op_name(KernelOp op);
std::optional<KernelOp> find_kernel_op(std::string_view name);

// One fitted law. `scope` is an accelerator, its generation, its vendor, or "any": the first that has a row
// is taken. What the constants mean for each operation stands in performance/kernel_laws.h.
struct KernelRow {
  KernelOp op = KernelOp::kGemm;
  Text scope;
  Text format;                 // bf16, fp8, fp8_block, nvfp4, int8; empty for collectives
  int group = 0;               // of a collective: accelerators
  double peak_share = 0;       // of the dense peak of the format
  double bandwidth_share = 0;  // of memory bandwidth; of a collective, bus bandwidth over the link's
  Duration launch;
  double smoothing = 1;  // exponent that joins arithmetic and memory time
  Duration serial;       // for each 1,024 of the inner dimension, or of the sequence
  double serial_cap = 0;
  double narrow_head = 1;  // attention: share kept with heads of 64
  double most_share = 1;   // attention: highest share of the peak that was measured
  Text source;
  Text as_of;
};

}  // namespace capplan

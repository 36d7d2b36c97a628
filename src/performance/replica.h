// One serving replica: how long a step takes, and how many requests it holds.
#pragma once

#include "capplan/performance/execution.h"

namespace capplan {

// A replica of `tensor_parallel` accelerators. Times are a sum of rooflines, one a class of operators, with
// these efficiencies, read off published serving results (docs/methodology.md): matrix products 0.60 of the
// peak, weights at 0.80 of memory bandwidth, attention 0.40 and 0.65, 8 us a layer and 2.5 ms a step of
// launches and scheduling.
struct Replica {
  const Demand* demand = nullptr;
  const Accelerator* accelerator = nullptr;
  Precision precision = Precision::kBf16;
  int tensor_parallel = 1;

  // `prompt_tokens` new prompt tokens (their attention over `prompt_context`) and `decodes` sequences that
  // each add one token to a context of `context`.
  Duration step_time(double prompt_tokens, double prompt_context, double decodes, double context) const;
  Duration prefill_time() const;
  // A full step of continuous batching: every decode, and the share of prompts that keeps the batch full.
  Duration steady_step(double batch) const;
  // Sequences that fit in memory at their full length; 0 where the weights alone do not.
  int memory_batch() const;
  double gemm_efficiency() const;
  Bytes weights_per_accelerator() const;
  Bytes cache_per_sequence() const;  // on one accelerator
};

}  // namespace capplan

// Training software as far as it changes time and memory. A spec pins one by name; a run record's framework
// names one.
#pragma once

#include <optional>

#include "capplan/catalog/accelerator.h"

namespace capplan {

// Attention kernels by generation: scores kept in memory; FlashAttention (arXiv 2205.14135), FlashAttention-2
// (arXiv 2307.08691), and the vendor's current fused kernel (FlashAttention-3, cuDNN).
enum class AttentionKernel { kUnfused, kFlash1, kFlash2, kVendor };
std::string_view attention_kernel_name(AttentionKernel kernel);
std::optional<AttentionKernel> find_attention_kernel(std::string_view name);

// Whether an element-wise operator is a kernel of its own, or part of the one before it.
enum class Fusion { kEager, kFused };

struct Stack {
  Text id = {};
  Text name = {};
  Text frameworks = {};  // "nemo|megatron-bridge": names that a record's framework contains, lower case
  Platform platform = Platform::kCuda;
  int since = 0;  // year of its software: the newest of a platform is its default
  AttentionKernel attention = AttentionKernel::kVendor;
  Fusion fusion = Fusion::kFused;
  bool for_operators = false;     // it runs models of any operators, not only transformers
  bool host_bound = false;        // kernels are launched one by one from the host
  bool tensor_overlap = false;    // tensor-parallel collectives run beneath matrix products
  bool gradient_overlap = true;   // gradients are reduced beneath the backward pass
  bool ring_balanced = true;      // context parallelism deals causal work out evenly
  bool shard_in_domain = false;   // fully sharded state stays inside a link domain, replicated across
  bool fused_experts = false;     // routing, sorting and experts run in few kernels (Blackwell)
  bool hybrid_tables = false;     // deals rows out one by one, and keeps the frequent ones everywhere
  bool tunes_plainly = false;     // fine-tunes as published recipes do: see profiles/stacks/torchtune.yaml
  bool stops_early = false;       // full recompute ends with the last value that is needed
  bool counts_recompute = false;  // its published FLOP/s count recomputed work too
  int loss_chunks = 1;            // pieces of the logits whose loss is taken one after another
  double gradient_bytes = 4;      // of a gradient when it is reduced
  double selective_share = 0;     // of the matrix products that selective recompute repeats
  bool interleaves = true;        // pipelines are interleaved as far as layers allow where not said
  bool sequence_parallel = true;  // with tensor parallelism where not said
  int zero_stage = 1;             // where not said
  // What it can divide a run by: an open layout is searched among these.
  bool tensor = true, sequence = true, pipeline = true, interleaved = true, context = true, expert = true;
  unsigned zero_stages = 0b1111;    // bit s: ZeRO stage s
  bool selective_recompute = true;  // beside none and all layers
  bool partial_recompute = true;    // of some of a stage's layers
  Text source = {};
  Text as_of = {};
  Text notes = {};
};

}  // namespace capplan

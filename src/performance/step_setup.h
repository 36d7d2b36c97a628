// What the time of a step depends on besides its layout.
#pragma once

#include <span>

#include "capplan/performance/execution.h"
#include "performance/kernel_laws.h"

namespace capplan {

// Where adapters sit: LoRA's beside the attention's projections (arXiv 2106.09685, section 4.2), QLoRA's
// beside all (arXiv 2305.14314, section 4).
enum class Adapters { kNone, kAttention, kAll };

Adapters adapters_of(const Workload& workload);

// Matrix units that skip two zeros of four weights (arXiv 2104.08378): NVIDIA's from Ampere on.
bool has_sparse_units(const Accelerator& accelerator);

inline constexpr double kHalfBytes = 2;  // of a 16-bit value

// The model, the recipe, the machine and the software. `machine.count` is not among them: a layout has it.
struct StepSetup {
  const TransformerShape* shape = nullptr;  // a list of operators counts as one layer that nothing divides
  std::span<const Operator> operators;      // in place of the shape where there are any
  bool channels_first = false;              // convolutions see planes of channels, not pixels
  FlopRate vector_peak;                     // of 32-bit units, which depthwise kernels run on
  bool tables_dealt_out = false;            // embedding tables have one copy over all accelerators
  double sequence = 0;
  double attention_context =
      0;                    // tokens that attend to each other: fewer than the sequence where it is packed
  double global_batch = 0;  // sequences
  Precision precision = Precision::kBf16;
  double trained_share = 1;  // of the parameters; below 1 the frozen ones have no weight gradient
  Adapters adapters = Adapters::kNone;
  bool offloaded = false;          // what does not fit is held by the host
  bool quantised_weights = false;  // QLoRA: unpacked before each product
  Stack stack;
  bool compiled = true;         // torch.compile or its like
  bool rowwise_scales = false;  // fp8 with a scale a row instead of one a tensor
  bool asynchronous_tensor = false;
  Network network;
  GemmLaw layer_gemm;  // in the precision of the run
  double element = 2;  // bytes of an activation and of a weight that is moved
  GemmLaw half_gemm;   // head, router, unfused attention
  AttentionLaw attention;
  Bandwidth memory_bandwidth;
  double sparse_speed = 1;  // of forward products with 2:4 sparse weights over dense ones
  double power_headroom =
      1;  // rated power of the part whose kernels were measured over this one's, 1 at least
  bool blackwell = false;
  bool newer_than_ampere = false;
};

StepSetup make_step_setup(const Demand& demand, const Workload& workload, const Machine& machine,
                          Precision precision, const Stack& stack, const Catalog& catalog);

}  // namespace capplan

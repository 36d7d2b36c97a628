// A model as the list of its operators: exact arithmetic, elements and parameters of one sample's forward
// pass. Models that are not stacks of one transformer layer are described so, layer by layer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capplan/core/units.h"

namespace capplan {

enum class OperatorKind : std::uint8_t {
  kConvolution,  // dense, grouped or depthwise
  kLinear,       // C[positions, out] = A[positions, in] B[in, out]
  kAttention,    // scores of queries and keys, softmax, and their product with the values
  kRecurrent,    // one linear layer a step, each waiting for the one before
  kInteraction,  // dot products of every pair of embedding vectors (DLRM, arXiv 1906.00091)
  kEmbedding,    // rows looked up in tables
  kNorm,
  kActivation,
  kSum,        // of paths, or a product with a gate
  kPool,       // and resampling
  kCopy,       // concatenation and rearrangement
  kSelection,  // candidates ranked, suppressed and matched, as detectors do: many short kernels in a row
};

// What of an operator the backward pass finds: the gradients of its input and its weights; of its input
// alone, where the weights stay as they are (LoRA, arXiv 2106.09685); or nothing.
enum class Gradient : std::uint8_t { kWhole, kInput, kNone };

inline constexpr double kLstmGates = 4;
inline constexpr double kPixelChannels = 4;  // what sees so few sees pixels

// One operator of the forward pass of one sample. Fields without a meaning for the kind are zero.
struct Operator {
  OperatorKind kind = OperatorKind::kLinear;
  Gradient gradient = Gradient::kWhole;
  bool chained = false;  // element-wise on what the operator before it just wrote: a fused kernel does both
  bool channel_statistics = false;  // a norm of each channel, over the batch or of one sample alone
  bool masked = false;              // an attention with a mask of padding, and dropout on its scores
  bool windowed = false;            // an attention whose keys do not grow with the image
  double times = 1;                 // that many alike
  int axes = 0;                     // of the image or volume that a convolution, a norm and the like works on
  double positions = 0;             // pixels, tokens or queries that it computes
  double in = 0, out = 0;           // channels; of attention, heads x width of a head
  double kernel = 1;                // taps of a convolution; keys that a query sees
  double groups = 1;                // of a convolution; heads of an attention; tables of an embedding
  double read = 0, written = 0;     // elements
  double params = 0;                // of one of them

  bool operator==(const Operator&) const = default;
  // Multiplications with an addition, of all `times`.
  double macs() const;
  bool is_depthwise() const { return kind == OperatorKind::kConvolution && groups > 1 && groups == in; }
};

// Products of the backward pass for each of the forward pass.
double backward_products(Gradient gradient);

// What the list adds up to, for one sample.
struct OperatorTotals {
  double macs = 0;
  double training_macs = 0;  // forward and backward
  double activations = 0;    // elements written by convolutions and products, as is usual to count them
  double params = 0;
  double trained_params = 0;
  double embedding_params = 0;  // in tables that are looked up
  double trained_embedding_params = 0;

  // Of the parameters, or of those that are in no table.
  double trained_share(bool without_tables) const;
};

OperatorTotals total(std::span<const Operator> operators);

}  // namespace capplan

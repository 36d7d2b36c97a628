// The constants of the step model: few, named, each with a prior that has a meaning and a width that says how
// far measurements may move it. `capplan calibrate` fits them; profiles/calibration.yaml holds what it found.
#pragma once

#include <span>
#include <string_view>

#include "capplan/catalog/catalog.h"

namespace capplan {

struct TrainingConstants {
  // Factors on kernel times.
  double gemm_bf16 = 1;
  double gemm_fp8 = 0.9;
  double gemm_fp8_rowwise = 1.3;
  double gemm_mxfp8 = 1.15;
  double gemm_nvfp4 = 1.1;
  double quantise = 1.3;
  double attention_flash1 = 1.8;
  double attention_flash2 = 1.75;
  double attention_vendor = 1;
  double attention_backward = 3;
  double attention_ring = 1.2;
  double elementwise = 1.5;
  double elementwise_backward = 1.9;
  double softmax_bytes = 27;
  double logits = 1.3;
  double eager = 1.15;
  // Launches from the host.
  double launch_forward_ms = 0.63;
  double launch_backward_ms = 1.93;
  double launch_newer = 0.4;
  // Communication.
  double tensor_blocking = 1;
  double tensor_overlapped = 0.5;
  double shard_exposed = 0.3;
  double shard_in_domain = 1.15;
  double shard_across = 1.35;
  double gradient_blocking = 1;
  double gradient_hidden = 0.6;
  double growth = 0.004;
  double growth_tpu = 0.02;
  // Mixture of experts.
  double expert_gemm = 2;
  double permute = 3;
  double expert_exposed = 0.7;
  double expert_fused = 0.6;
  // Models given operator by operator.
  double products_fed = 25;
  double convolution_intensity = 250;
  double convolution_volume = 1.2;
  double convolution_grouped = 4;
  double grouped_fallback = 4;
  double depthwise_flops = 25;
  double depthwise_bytes = 1;
  double recurrent = 2;
  double recurrent_us = 3;
  double batch_norm = 1;
  double layer_norm_eager = 6;
  double activation_pass = 1.5;
  double sum_pass = 1.1;
  double pool_pass = 4;
  double channels_first = 1.2;
  double score_eager = 2.5;
  double selection_kernels = 300;
  double lookup = 2;
  double table_exchange = 1;
  double table_exchange_across = 2;
  double rare_lookups = 0.3;
  double convolution_us = 10;
  double operator_launch_us = 5;
  double operator_gradient_exposed = 0.5;
  double operator_gradient_across = 1.3;
  double operator_host_us = 10;
  double operator_graph_us = 3;
  double operator_step_ms = 1;
  double shared_sample = 0.5;
  // Power caps and the fixed cost of a step.
  double power_cap = 0.7;
  double step_ms = 10;
  // Of one accelerator.
  double accelerator_gemm = 1;
  double accelerator_operators = 1;
};

// Which runs a constant can move: of stacks of layers, of lists of operators, or any.
enum class ActsOn { kLayers, kOperators, kBoth };

struct ConstantField {
  std::string_view name;
  double TrainingConstants::*member;
  double sigma;  // of ln(value / prior): how far runs may move it; 0: it keeps its physical value
  bool per_accelerator = false;
  std::string_view meaning;
  ActsOn acts_on = ActsOn::kLayers;
};

std::span<const ConstantField> constant_fields();

// As calibrated, with the accelerator's own where it has them.
TrainingConstants training_constants(const Catalog& catalog, Text accelerator);

}  // namespace capplan

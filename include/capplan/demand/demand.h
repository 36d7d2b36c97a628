// What must be computed, kept and moved: no hardware in it.
#pragma once

#include <string>
#include <vector>

#include "capplan/core/assumption.h"
#include "capplan/core/diagnostic.h"
#include "capplan/spec/workload.h"

namespace capplan {

// Families of models: of stacks of one layer, and of operators.
enum class Family { kDense, kMoe, kLora, kCnn, kVit, kBert, kDiffusion, kDlrm, kGeneric };
std::string_view family_name(Family family);

inline constexpr double kTableBytes = 4;       // of an element of an embedding table
inline constexpr double kAdapterShare = 0.01;  // parameters of LoRA's adapters over all

// One run of a training or batch-inference workload, or one second of a served one.
struct Demand {
  WorkloadKind kind = WorkloadKind::kTraining;
  Family family = Family::kGeneric;
  ModelArch model;
  double params = 0;
  double active_params = 0;
  bool text = false;         // counted in tokens
  bool layers_known = true;  // false: layers of usual proportions stand in for those that nobody states

  double teacher_share =
      0;  // of a distilled model: forward passes of its teacher over all its own arithmetic

  Flops total_flops;
  Flops flops_per_step;
  double steps = 0;
  double samples = 0;  // over all epochs; sequences for text
  double tokens = 0;   // over all epochs; zero where nothing is counted in tokens
  double sequence_length = 0;
  double global_batch = 0;

  Bytes dataset;
  Bytes checkpoint;        // one of them, with optimizer state
  Bytes result;            // what leaves at the end of a run: the trained weights, or the answers
  double runs = 1;         // over the horizon, experiments included
  double experiments = 0;  // of these, what trials take, in final runs

  double mean_requests_per_second = 0;  // over the horizon, growth included
  double peak_requests_per_second = 0;  // of its busiest month
  std::vector<double> day;              // each hour's share of the busiest; empty: flat
  double growth_per_month = 0;
  double prompt_tokens = 0;
  double output_tokens = 0;
};

// `path` names the workload in assumptions ("workloads[0]"). Problems: figures that cannot be reconciled, and
// figures without which nothing can be computed.
Demand estimate_demand(const Workload& workload, const ModelArch& model, Duration horizon,
                       const std::string& path, Assumptions& assumptions, Diagnostics& problems);

// Model FLOPs of one token in training, forward and backward: 6 x matrix-multiply parameters + 3 x attention
// in full (PaLM, arXiv 2204.02311, appendix B). Only for a known shape.
Flops training_flops_per_token(const TransformerShape& shape, double sequence_length);

// The rule of thumb where only the count is known: 6 N a token (Kaplan et al., arXiv 2001.08361,
// section 2.1).
Flops training_flops_per_token(double params);

}  // namespace capplan

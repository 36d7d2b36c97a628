// One piece of work, as a spec states it: nothing here is derived, priced or guessed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "capplan/core/precision.h"
#include "capplan/core/units.h"
#include "capplan/model/model_arch.h"

namespace capplan {

enum class WorkloadKind { kTraining, kFineTuning, kServing, kBatchInference };
std::string_view workload_kind_name(WorkloadKind kind);

enum class Recompute { kNone, kSelective, kFull };
std::string_view recompute_name(Recompute recompute);

enum class Optimizer { kAdam, kSgd, kAdafactor, kLamb };
std::string_view optimizer_name(Optimizer optimizer);

// A published model by name, or the architecture itself.
struct ModelChoice {
  std::optional<std::string> preset;
  ModelArch arch;               // where no preset is named
  std::optional<Extent> image;  // that a preset is to see in place of its own
  Location location, image_location;
};

struct Dataset {
  std::optional<double> tokens;
  std::optional<double> samples;
  std::optional<Bytes> size;
  std::optional<Bytes> bytes_per_item;  // a token or a sample, whichever is counted
  std::vector<std::string> places;  // that hold a copy: "aws/us-east-1", "site"; empty: wherever it is used
  std::optional<Bandwidth> link;    // over which it moves
  Location places_location;
};

struct TrainingRecipe {
  std::optional<double> epochs;
  std::optional<double> steps;
  std::optional<double> sequence_length;
  std::optional<double> global_batch;  // sequences or samples a step
  std::optional<Flops> flops_per_step;
  std::optional<Precision> precision;
  Optimizer optimizer = Optimizer::kAdam;
};

struct Traffic {
  std::optional<double> mean_requests_per_second;
  std::optional<double> peak_requests_per_second;
  std::vector<double> by_hour;  // requests a second in each hour of a day; empty: as at the peak, all day
  double growth_per_month = 0;
  double prompt_tokens = 0;
  double output_tokens = 0;
};

struct Slo {
  std::optional<Duration> ttft;  // time to first token
  std::optional<Duration> tpot;  // time per output token
  double percentile = 95;
};

// `each` runs in every `every` of the horizon; one run in all without it.
struct Recurrence {
  Duration every;
  double each = 1;
};

// Trials around the final run.
struct Experiments {
  double final_runs = 0;    // all of them together cost this many final runs
  bool stop_early = false;  // which that count has in it
};

// Training and fine-tuning.
bool is_trained(WorkloadKind kind);

// What makes a job cheaper. Those that lower precision exclude each other, and so do LoRA and QLoRA.
enum class Lever {
  kFp8,
  kInt8,
  kFp4,
  kPrune,
  kSparse,
  kDistill,
  kLora,
  kQlora,
  kRecompute,
  kFlashAttention,
  kSharding,
  kLargerBatch,
  kInterconnect,
  kEarlyStopping
};
inline constexpr std::size_t kLevers = 14;
inline constexpr double kLargerBatchFactor = 4;
// "fp8"; of pruning, that of half the filters.
std::string_view lever_name(Lever lever);
std::optional<Lever> find_lever(std::string_view name);
// Whether it does nothing for a model that is only run.
bool acts_on_training_alone(Lever lever);
// Why both at once make no sense; empty where they do.
std::string_view lever_conflict(Lever a, Lever b);

// What the spec decides itself; whatever is left out is searched.
struct Pin {
  std::optional<std::string> accelerator;
  std::optional<int> count;
  std::optional<int> per_node;
  std::optional<int> tensor_parallel;
  std::optional<int> pipeline_parallel;
  std::optional<int> virtual_pipeline;
  std::optional<int> context_parallel;
  std::optional<int> expert_parallel;
  std::optional<int> data_parallel;
  std::optional<int> zero_stage;
  std::optional<bool> sequence_parallel;
  std::optional<int> micro_batch;
  std::optional<Recompute> recompute;
  std::optional<bool> flash_attention;
  std::optional<bool> channels_last;
  std::optional<std::string> stack;
  Location location;
  Location accelerator_location;
};

// The highest model FLOP/s utilisation among the published training runs (llm-foundry, A100, 2023).
inline constexpr double kHighestPublishedMfu = 0.66;

// Inputs of the user's own in place of the tool's.
struct Assume {
  std::optional<double> mfu;
  std::optional<Bandwidth> interconnect;  // per node and direction
  std::optional<double> goodput;
};

// How samples reach the accelerators, where the spec says so.
struct Loading {
  std::optional<double> decode_rate;  // samples a second that one core decodes and augments
  std::optional<double> cpu_cores;    // for each accelerator
  std::optional<Bandwidth> storage;   // of one node
  bool on_accelerator = false;        // decoded there: the host has nothing to do
};

struct Workload {
  std::string name;
  WorkloadKind kind = WorkloadKind::kTraining;
  ModelChoice model;
  Dataset dataset;
  TrainingRecipe training;
  Traffic traffic;
  Slo slo;
  std::optional<Recurrence> runs;
  Experiments experiments;
  std::optional<Duration> deadline;
  std::vector<Lever> optimizations;
  double pruned_share = 0.5;  // of the filters, where they are pruned
  Pin pin;
  Assume assume;
  Loading loading;
  Location location;

  bool has_lever(Lever lever) const;
  // The same work with one more lever pulled.
  Workload with(Lever lever) const;
};

}  // namespace capplan

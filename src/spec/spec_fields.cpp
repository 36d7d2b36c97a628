#include "spec/spec_fields.h"

#include <array>
#include <vector>

#include "model/model_reader.h"
#include "spec/cost_fields.h"
#include "spec/field_kinds.h"

namespace capplan {
namespace {

constexpr std::string_view kKinds[] = {"training", "fine-tuning", "serving", "batch-inference"};
constexpr std::string_view kPrecisions[] = {"fp32",  "tf32", "fp16", "bf16", "fp8",
                                            "mxfp8", "int8", "fp4",  "nvfp4"};
constexpr std::string_view kOptimizers[] = {"adam", "adamw", "sgd", "adafactor", "lamb"};
constexpr std::string_view kRecomputes[] = {"none", "selective", "full"};
constexpr std::string_view kOptimizations[] = {"fp8",           "int8",         "fp4",
                                               "recompute",     "lora",         "qlora",
                                               "prune-25%",     "prune-50%",    "prune-75%",
                                               "sparse-2-4",    "distill",      "flash-attention",
                                               "sharding",      "larger-batch", "better-interconnect",
                                               "early-stopping"};
constexpr std::string_view kObjectives[] = {"cost", "time", "carbon", "cost_p90"};
constexpr std::string_view kPurchases[] = {"spot", "marketplace", "queued"};
constexpr std::string_view kPlatforms[] = {"cuda",    "rocm", "xla",    "neuron",
                                           "synapse", "cann", "oneapi", "cpu"};
constexpr std::string_view kOptions[] = {"cloud", "rental", "on-prem", "hybrid"};
constexpr std::string_view kPeriods[] = {"day", "week", "month", "quarter", "year"};

constexpr Field kDataset[] = {
    positive("tokens", "tokens of one epoch", "1T", "tokens"),
    positive("samples", "samples of one epoch", "9M", "samples"),
    quantity("size", kData, "what is stored and moved", "1 TB"),
    quantity("bytes_per_token", kData, "gives size from tokens, or tokens from size", "4 B"),
    quantity("bytes_per_sample", kData, "gives size from samples, or samples from size", "110 kB"),
    {.key = "at",
     .type = T::kTexts,
     .doc =
         "places that hold a copy: providers, with a region where that matters, or `site`; default wherever "
         "it is computed on",
     .example = "[aws/us-east-1, site]",
     .min = 1},
    quantity("link", kDataRate, "over which it is moved to where it is computed on", "10 Gbit/s"),
};

constexpr Field kTraining[] = {
    positive("epochs", "passes over the dataset; default 1", "90", "epochs"),
    positive("steps", "optimizer steps, in place of dataset and epochs", "100k", "steps"),
    positive("sequence_length", "tokens of a sequence", "8192", "tokens"),
    positive("global_batch", "sequences (or samples) of one optimizer step", "1024"),
    quantity("flops_per_step", kWork,
             "all the arithmetic of one step over one global batch, forward and backward", "7.7 TFLOP"),
    name_of("precision", kPrecisions, "number format of the matrix products", "bf16"),
    name_of("optimizer", kOptimizers, "default adam", "adam"),
};

constexpr Field kRequestRate[] = {
    {.key = "mean",
     .type = T::kNumber,
     .doc = "mean over a day; default that of `by_hour`",
     .example = "12",
     .max = kHuge,
     .above_min = true,
     .noun = "requests"},
    {.key = "peak",
     .type = T::kNumber,
     .doc = "what must still be served within the SLO; default the mean, or the busiest of `by_hour`",
     .example = "40",
     .max = kHuge,
     .above_min = true,
     .noun = "requests"},
    {.key = "by_hour",
     .type = T::kNumbers,
     .doc = "in each of the 24 hours of a day: what is rented by the hour follows it; default as at the peak",
     .example = "[4, 3, 2, 2, 2, 3, 5, 9, 14, 18, 20, 21, 21, 20, 20, 19, 18, 17, 15, 13, 11, 9, 7, 5]",
     .max = kHuge},
};

constexpr Field kTraffic[] = {
    {.key = "requests_per_second",
     .type = T::kNumber,
     .doc = "requests a second: a number, or mean and peak, or by the hour",
     .example = "{mean: 12, peak: 40}",
     .max = kHuge,
     .above_min = true,
     .fields = kRequestRate},
    positive("prompt_tokens", "tokens of a prompt", "1200", "tokens"),
    {.key = "output_tokens",
     .type = T::kNumber,
     .doc = "tokens of an answer",
     .example = "250",
     .max = kHuge,
     .noun = "tokens"},
    {.key = "growth_per_month",
     .type = T::kRatio,
     .doc = "by which each month's requests exceed those of the month before; default none",
     .example = "5%",
     .min = -0.5,
     .max = 1},
};

constexpr Field kSlo[] = {
    quantity("ttft", kTime, "time to first token", "500 ms"),
    quantity("tpot", kTime, "time per output token", "50 ms"),
    {.key = "percentile",
     .type = T::kNumber,
     .doc = "of the requests that must meet it; default 95",
     .example = "95",
     .max = 100,
     .above_min = true},
};

constexpr Field kRuns[] = {
    {.key = "every",
     .type = T::kName,
     .doc = "period in which the runs recur",
     .example = "month",
     .required = true,
     .names = kPeriods},
    {.key = "each",
     .type = T::kInteger,
     .doc = "runs in each period; default 1",
     .example = "2",
     .min = 1,
     .max = 10000,
     .noun = "runs"},
};

constexpr Field kExperiments[] = {
    {.key = "runs",
     .type = T::kInteger,
     .doc = "trials around the final run",
     .example = "12",
     .required = true,
     .max = 1e6,
     .noun = "runs"},
    ratio("size", "of one trial against the final run; default 100%", "10%"),
    ratio("stop_early", "share of a trial's length that is run on average; default 100%", "50%"),
};

constexpr Field kPin[] = {
    {.key = "accelerator",
     .type = T::kText,
     .doc = "id of an accelerator (`capplan hardware list`)",
     .example = "H100-SXM-80GB"},
    whole("count", "accelerators", "512"),
    whole("per_node", "accelerators of a node", "8", 1024),
    whole("tensor_parallel", "devices that share one layer", "8"),
    whole("pipeline_parallel", "stages", "4"),
    whole("virtual_pipeline", "model chunks a stage", "1"),
    whole("context_parallel", "devices that share one sequence", "1"),
    whole("expert_parallel", "devices that share the experts", "1"),
    whole("data_parallel", "replicas of the model", "16"),
    {.key = "zero_stage",
     .type = T::kInteger,
     .doc = "what data-parallel replicas share: 1 optimizer, 2 gradients, 3 weights (FSDP)",
     .example = "1",
     .max = 3},
    {.key = "sequence_parallel",
     .type = T::kBool,
     .doc = "norms and dropout are split over the tensor-parallel devices",
     .example = "true"},
    whole("micro_batch", "sequences (or samples) a device holds at once", "1"),
    name_of("recompute", kRecomputes, "activations computed again in the backward pass", "selective"),
    {.key = "flash_attention",
     .type = T::kBool,
     .doc = "attention without storing scores; default true",
     .example = "true"},
    {.key = "channels_last",
     .type = T::kBool,
     .doc = "convolutions see the channels of a pixel side by side; default true in 16 bits and fewer",
     .example = "true"},
    {.key = "stack", .type = T::kText, .doc = "training or serving software", .example = "megatron-core"},
};

constexpr Field kLoading[] = {
    positive("decode_rate", "samples a second that one core decodes and augments", "185"),
    positive("cpu_cores", "of the host, for each accelerator; default those of the offer", "12"),
    quantity("storage", kDataRate, "what one node reads", "2 GB/s"),
    {.key = "on_accelerator",
     .type = T::kBool,
     .doc = "decoded on the accelerator; default false",
     .example = "true"},
};

constexpr Field kAssume[] = {
    ratio("mfu", "model FLOP/s utilisation", "40%"),
    quantity("interconnect", kDataRate, "per node and direction", "400 GB/s"),
    ratio("goodput", "useful time over elapsed time", "95%"),
};

// `model:` of a spec: a preset or a file, or the architecture itself.
std::vector<Field> model_choice_fields() {
  std::vector<Field> fields{
      {.key = "preset",
       .type = T::kText,
       .doc = "a published model (`capplan models list`)",
       .example = "llama-3-8b"},
      {.key = "hf_config",
       .type = T::kText,
       .doc = "path of a Hugging Face config.json, from the spec's folder",
       .example = "config.json"},
  };
  fields.insert(fields.end(), model_fields().begin(), model_fields().end());
  return fields;
}

std::vector<Field> make_workload_fields(bool named) {
  static const std::vector<Field> model = model_choice_fields();
  std::vector<Field> fields;
  if (named)
    fields.push_back(
        {.key = "name", .type = T::kText, .doc = "of the workload", .example = "pretrain", .required = true});
  const Field rest[] = {
      name_of("kind", kKinds, "default training", "training"),
      {.key = "model",
       .type = T::kMap,
       .doc = "what is trained or served",
       .example = "{preset: llama-3-8b}",
       .required = true,
       .fields = model},
      {.key = "dataset",
       .type = T::kMap,
       .doc = "what one epoch reads",
       .example = "{tokens: 1T}",
       .fields = kDataset},
      {.key = "training",
       .type = T::kMap,
       .doc = "how it is trained",
       .example = "{epochs: 1}",
       .fields = kTraining},
      {.key = "traffic", .type = T::kMap, .doc = "what is asked of a served model", .fields = kTraffic},
      {.key = "slo", .type = T::kMap, .doc = "how fast a served model must answer", .fields = kSlo},
      {.key = "runs",
       .type = T::kMap,
       .doc = "runs over the horizon; default one",
       .example = "{every: month, each: 2}",
       .fields = kRuns},
      {.key = "experiments",
       .type = T::kMultiple,
       .doc = "trials around the final run, in final runs (`3x`) or counted; default none",
       .example = "3x",
       .max = 1e6,
       .fields = kExperiments},
      quantity("deadline", kTime,
               "for one run; default the end of the horizon, or of its own period where it recurs",
               "21 days"),
      {.key = "optimizations",
       .type = T::kNames,
       .doc = "what is done to make the job cheaper",
       .example = "[fp8]",
       .names = kOptimizations},
      {.key = "pin", .type = T::kMap, .doc = "what is decided already; the rest is searched", .fields = kPin},
      {.key = "data_loading",
       .type = T::kMap,
       .doc = "how samples reach the accelerators",
       .example = "{cpu_cores: 12}",
       .fields = kLoading},
      {.key = "assume",
       .type = T::kMap,
       .doc = "inputs of your own in place of capplan's",
       .fields = kAssume},
  };
  fields.insert(fields.end(), std::begin(rest), std::end(rest));
  return fields;
}

constexpr Field kFilter[] = {
    {.key = "allow",
     .type = T::kTexts,
     .doc = "only these (`*` stands for anything)",
     .example = "[\"eu-*\"]"},
    {.key = "deny", .type = T::kTexts, .doc = "none of these", .example = "[vast]"},
};

constexpr Field kData_[] = {
    {.key = "may_leave_site",
     .type = T::kBool,
     .doc = "false: only what stands on the site is feasible",
     .example = "true"},
};

constexpr Field kQuota[] = {
    {.key = "provider",
     .type = T::kText,
     .doc = "id of a provider, or of a site",
     .example = "aws",
     .required = true},
    {.key = "accelerators",
     .type = T::kInteger,
     .doc = "that it lets this spec have at one time",
     .example = "64",
     .required = true,
     .max = kManyDevices},
};

constexpr Field kConstraints[] = {
    quantity("budget", kMoney, "over the horizon", "$12M"),
    quantity("budget_per_month", kMoney, "paid in any one month", "$1M"),
    whole("max_accelerators", "at one time, over all workloads", "512", 1e7),
    {.key = "quotas",
     .type = T::kMaps,
     .doc = "limits that providers set",
     .example = "[{provider: aws, accelerators: 64}]",
     .fields = kQuota},
    {.key = "providers",
     .type = T::kMap,
     .doc = "who may be bought from",
     .example = "{deny: [vast]}",
     .fields = kFilter},
    {.key = "regions",
     .type = T::kMap,
     .doc = "where it may run",
     .example = "{allow: [\"eu-*\"]}",
     .fields = kFilter},
    {.key = "accelerators",
     .type = T::kMap,
     .doc = "what it may run on",
     .example = "{allow: [\"H100*\"]}",
     .fields = kFilter},
    {.key = "purchases",
     .type = T::kNames,
     .doc = "admitted besides firm ones; default none",
     .example = "[spot]",
     .names = kPurchases},
    {.key = "platforms",
     .type = T::kNames,
     .doc = "software platforms that the code runs on; default cuda and rocm",
     .example = "[cuda, xla]",
     .min = 1,
     .names = kPlatforms},
    {.key = "options",
     .type = T::kNames,
     .doc = "ways of getting compute; default all four",
     .example = "[cloud, rental]",
     .min = 1,
     .names = kOptions},
    {.key = "data", .type = T::kMap, .doc = "where the data may go", .fields = kData_},
};

constexpr double kMostWorkloads = 200;  // each is priced on everything, and all together

std::vector<Field> make_top_fields() {
  return {
      {.key = "version",
       .type = T::kInteger,
       .doc = "of this format",
       .example = "1",
       .required = true,
       .min = 1,
       .max = 1},
      {.key = "name", .type = T::kText, .doc = "of the plan", .example = "chat-product"},
      {.key = "currency",
       .type = T::kText,
       .doc = "what tables show: the code of a currency that has an exchange rate (profiles/exchange.csv)",
       .example = "USD"},
      {.key = "horizon",
       .type = T::kQuantity,
       .doc = "period over which every option is costed; default 12 months",
       .example = "12 months",
       .dim = kTime,
       .max = kLongest,
       .above_min = true},
      name_of("objective", kObjectives, "what the ranking minimises; default cost", "cost"),
      ratio("discount_rate", "short for `finance: {rate: …}`", "8%"),
      {.key = "finance", .type = T::kMap, .doc = "what money costs", .fields = finance_fields()},
      {.key = "carbon_price",
       .type = T::kQuantity,
       .doc = "of what the electricity emits; default none",
       .example = "$80/t",
       .dim = {.usd = 1, .gram = -1},
       .max = kHuge,
       .above_min = true},
      {.key = "constraints", .type = T::kMap, .doc = "what a plan must keep to", .fields = kConstraints},
      {.key = "site", .type = T::kMap, .doc = "where owned hardware would stand", .fields = site_fields()},
      {.key = "operations",
       .type = T::kMap,
       .doc = "what is paid besides accelerators and data; default none of it",
       .fields = operations_fields()},
  };
}

}  // namespace

std::span<const Field> workload_fields() {
  static const std::vector<Field> fields = make_workload_fields(true);
  return fields;
}

std::span<const Field> full_form_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all = make_top_fields();
    all.push_back({.key = "workloads",
                   .type = T::kMaps,
                   .doc = "the workloads, 200 at most",
                   .required = true,
                   .min = 1,
                   .max = kMostWorkloads,
                   .fields = workload_fields()});
    return all;
  }();
  return fields;
}

std::span<const Field> short_form_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all = make_top_fields();
    const std::vector<Field> workload = make_workload_fields(false);
    all.insert(all.end(), workload.begin(), workload.end());
    return all;
  }();
  return fields;
}

}  // namespace capplan

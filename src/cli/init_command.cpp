#include <filesystem>
#include <ostream>

#include "cli/atomic_file.h"
#include "cli/commands.h"

namespace capplan {
namespace {

constexpr std::string_view kHead = R"(# yaml-language-server: $schema=capplan.schema.json
# What capplan should price. `capplan schema -o capplan.schema.json` writes the schema that the line above names;
# quantities carry their unit: 80 GiB, 1 TB, 30 days, $12M, 7.7 TFLOP. What is commented out is optional.
version: 1
name: my-product
# horizon: 12 months          # every option is costed over this period
# objective: cost             # cost | time | carbon | cost_p90
# constraints:
#   budget: $500k             # over the horizon
#   max_accelerators: 64
#   providers: {deny: [vast]} # or allow
#   purchases: [spot]         # admit capacity that can be taken away
#   regions: {allow: ["eu-*", "us-east-1"]}
# finance: {rate: 8%}         # cost of capital a year: adds the present value; `capplan breakeven` judges by it
# site: {profile: own-room-us, electricity: 0.08 USD/kWh, staff: 0.5}   # where owned hardware would stand
# operations: {setup: $20k, debugging: $16k/month, support: 5%}         # what is paid besides accelerators
# carbon_price: 85 USD/t      # of what the electricity emits
# currency: EUR               # what tables show
)";

constexpr std::string_view kTraining = R"(kind: training
model:
  preset: llama-3-8b          # `capplan models list`; or hf_config: config.json; or params: 8B and the rest
dataset:
  tokens: 100B                # or samples: 9M with size: 1 TB
training:
  epochs: 1
  sequence_length: 8192
  global_batch: 512           # sequences of one optimizer step
deadline: 30 days             # of one run
# runs: {every: month, each: 2}
# experiments: 3x             # all trials around the final run cost as much as three of it
# pin: {accelerator: H100-SXM-80GB, count: 64}
# assume: {mfu: 40%}
)";

constexpr std::string_view kFineTuning = R"(kind: fine-tuning
model:
  preset: llama-3-8b
dataset:
  tokens: 200M
training:
  epochs: 3
  sequence_length: 4096
  global_batch: 64
optimizations: [lora]         # or qlora; leave it out to tune all weights
deadline: 2 days
)";

constexpr std::string_view kServing = R"(kind: serving
model:
  preset: llama-3-8b
traffic:
  requests_per_second: {mean: 12, peak: 40}
  prompt_tokens: 1200
  output_tokens: 250
slo: {ttft: 500 ms, tpot: 50 ms, percentile: 95}
)";

constexpr std::string_view kBatchInference = R"(kind: batch-inference
model:
  preset: llama-3-8b
dataset:
  samples: 10M
traffic:
  prompt_tokens: 1200
  output_tokens: 250
deadline: 3 days
)";

}  // namespace

std::string starter_spec(const std::string& kind) {
  const std::string_view body = kind == "serving"           ? kServing
                                : kind == "fine-tuning"     ? kFineTuning
                                : kind == "batch-inference" ? kBatchInference
                                                            : kTraining;
  return std::string(kHead) + std::string(body);
}

ExitCode run_init(const Session& session, const InitOptions& options) {
  const std::string text = starter_spec(options.kind);
  if (options.file == "-") return session.write(text);
  if (std::filesystem::exists(options.file) && !options.force) {
    session.report_file(options.file, "is there already; --force writes over it");
    return ExitCode::kFile;
  }
  if (const auto written = write_file(options.file, text); !written) {
    session.report_file(options.file, written.error());
    return ExitCode::kFile;
  }
  if (!session.options().quiet)
    session.err() << "wrote " << options.file << "; next: capplan estimate " << options.file << "\n";
  return ExitCode::kFine;
}

}  // namespace capplan

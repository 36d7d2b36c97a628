// Passes over data that nobody stated or means, and data and load of another magnitude.
#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "performance/kernel_laws.h"
#include "plan/sanity_checks.h"

namespace capplan {
namespace {

// --- Data ---

// What is trained with a count of the data alone is taken to see it once.
void check_epochs(const WorkloadDoubts& d) {
  const Workload& w = d.stated();
  if (!is_trained(w.kind) || w.training.epochs || w.training.steps) return;
  const Architecture a = d.work.demand.model.architecture;
  const bool images = a == Architecture::kCnn || a == Architecture::kVit;
  // Instruction tuning: two passes in Llama 2 (arXiv 2307.09288, section 3.1), three in Alpaca.
  if (w.kind == WorkloadKind::kFineTuning && w.dataset.tokens)
    d.warn_at("dataset.tokens",
              "`tokens` without `epochs` are read once; fine-tuning usually takes two or three passes",
              "add `training: {epochs: 3}`, or `epochs: 1` where `tokens` counts all passes");
  // Classifiers: 90 passes (Goyal et al., arXiv 1706.02677) to 300 (DeiT, arXiv 2012.12877).
  if (w.kind == WorkloadKind::kTraining && images && w.dataset.samples)
    d.warn_at("dataset.samples",
              "`samples` without `epochs` are seen once; image models take 90 to 300 passes",
              "add `training: {epochs: 90}`, or `epochs: 1` where `samples` counts all passes");
}

// Up to four passes over text are almost as good as fresh text (Muennighoff et al., arXiv 2305.16264); tuning
// repeats little data more often, and image models see theirs hundreds of times.
double most_passes(const Workload& w) {
  if (!w.dataset.tokens) return 1000;
  return w.kind == WorkloadKind::kTraining ? 4 : 20;
}
constexpr double kLeastPasses = 0.1;

void check_passes(const WorkloadDoubts& d) {
  const Workload& w = d.stated();
  if (!is_trained(w.kind) || !w.training.steps) return;
  const Demand& demand = d.work.demand;
  const double trained = w.dataset.tokens ? demand.tokens : demand.samples;
  const double stored = w.dataset.tokens ? *w.dataset.tokens : w.dataset.samples.value_or(0);
  if (stored == 0 || trained == 0) return;
  const double passes = trained / stored;
  if (passes <= most_passes(w) && passes >= kLeastPasses) return;
  const std::string items = w.dataset.tokens ? " tokens" : " samples";
  const bool many = passes > 1;
  d.warn_at("training.steps",
            "these steps read " + rounded(trained) + items + ", " +
                (many ? rounded(passes) + " passes over" : "and the rest is never read of") +
                " the dataset's " + rounded(stored),
            "say `epochs` in place of `steps`, or correct the batch or the dataset");
}

// Published models from scratch saw 1.7 (GPT-3, arXiv 2005.14165) to 60,000 (Qwen3 0.6B, arXiv 2505.09388)
// tokens a parameter; 20 make the best of the arithmetic (Chinchilla, arXiv 2203.15556).
constexpr double kLeastTokensPerParam = 0.1;
constexpr double kMostTokensPerParam = 100'000;

void check_tokens_per_parameter(const WorkloadDoubts& d) {
  const Workload& w = d.stated();
  const Demand& demand = d.work.demand;
  // Steps alone are how a benchmark is stated.
  if (w.kind != WorkloadKind::kTraining || w.training.steps || !w.dataset.tokens || demand.active_params == 0)
    return;
  const double ratio = demand.tokens / demand.active_params;
  if (ratio >= kLeastTokensPerParam && ratio <= kMostTokensPerParam) return;
  d.warn_at("dataset.tokens",
            rounded(demand.tokens) + " tokens for " + rounded(demand.active_params) + " parameters are " +
                rounded(ratio) +
                " each; published models saw 1.7 to 60,000, and 20 make the best of the arithmetic",
            ratio < kLeastTokensPerParam
                ? "M for B? `kind: fine-tuning` is for a model that is trained already"
                : "T for B?");
}

// Text has about four characters a token, raw or as ids of two to four bytes; compressed, one byte.
constexpr double kLeastBytesPerToken = 0.2;
constexpr double kMostBytesPerToken = 100;

void check_dataset_size(const WorkloadDoubts& d) {
  const Dataset& data = d.stated().dataset;
  const bool both = data.size && !data.bytes_per_item && (data.tokens || data.samples);
  if (!both) return;
  const double each = data.size->base() / (data.tokens ? *data.tokens : *data.samples);
  const bool few = each < (data.tokens ? kLeastBytesPerToken : 1);
  const bool many = data.tokens && each > kMostBytesPerToken;
  if (!few && !many) return;
  d.warn_at("dataset.size",
            "the dataset has " + rounded(each) + " bytes a " +
                (data.tokens ? "token; text has one to eight" : "sample"),
            few ? "GB for TB, or too many counted?" : "TB for GB, or too few counted?");
}

// --- Load ---

// A layer that is used once a sample takes 6 FLOP a parameter (arXiv 2001.08361, section 2.1); convolutions
// and patches use theirs up to thousands of times. Tables of embeddings are read, not multiplied.
void check_flops_per_step(const WorkloadDoubts& d) {
  const Workload& w = d.stated();
  const Demand& demand = d.work.demand;
  if (!w.training.flops_per_step || !w.training.global_batch || demand.text ||
      demand.model.architecture == Architecture::kDlrm)
    return;
  constexpr double kMostUses = 1e6;
  const double once = 6 * demand.active_params * demand.global_batch;
  const double stated = w.training.flops_per_step->base();
  if (once == 0 || w.kind != WorkloadKind::kTraining || (stated >= once && stated <= kMostUses * once))
    return;
  const bool few = stated < once;
  d.warn_at("training.flops_per_step",
            rounded(stated) + " FLOP a step is " + (few ? "less than " : rounded(stated / once) + " times ") +
                rounded(once) + " FLOP, which a batch of " + rounded(demand.global_batch) +
                " takes where each parameter is used once a sample",
            few ? "is it the arithmetic of one sample, or of another magnitude?"
                : "is it the arithmetic of all steps, or of another magnitude?");
}

FlopRate fastest_peak(const Catalog& catalog) {
  FlopRate fastest;
  for (const Accelerator& a : catalog.tables().accelerators) fastest = std::max(fastest, a.peak.bf16);
  return fastest;
}

void check_requests(const WorkloadDoubts& d) {
  const Demand& demand = d.work.demand;
  if (d.stated().kind != WorkloadKind::kServing || demand.samples == 0) return;
  const FlopRate peak_load = demand.total_flops / demand.samples * demand.peak_requests_per_second / kSecond;
  const double accelerators = peak_load / fastest_peak(d.catalog);
  if (accelerators <= kMostAccelerators) return;
  const double rate = demand.peak_requests_per_second;
  d.warn_at("traffic.requests_per_second",
            rounded(rate) + " requests a second keep " + rounded(accelerators) +
                " accelerators busy, the fastest there are and at their full peak",
            rounded(rate) + " requests a day are " + rounded(rate / kDay.in(kSecond)) + " a second");
}

// The accelerator that the workload is pinned to, or that the best plan runs it on.
const Accelerator* used_accelerator(const WorkloadDoubts& d) {
  if (d.work.pinned != nullptr) return d.work.pinned;
  const PlanOption* best = best_plan(d.plan);
  if (best == nullptr) return nullptr;
  for (const Allocation& a : best->allocations) {
    if (&d.work == &d.spec.workloads[a.workload]) return d.catalog.accelerator(a.accelerator);
  }
  return nullptr;
}

// Links are sold in bits and written down in bytes: eight times too much.
void check_interconnect(const WorkloadDoubts& d) {
  const auto& stated = d.stated().assume.interconnect;
  const Accelerator* a = used_accelerator(d);
  if (!stated || a == nullptr) return;
  const int per_node = d.stated().pin.per_node.value_or(a->per_node);
  if (a->link && a->link->domain > per_node) return;  // nodes may be joined by that
  constexpr double kBeyond = 4;
  // Plain cards may be joined as well as boards are: at 100 Gbit/s each.
  const Bandwidth usual = std::max(usual_node_bandwidth(*a, per_node), kGB / kSecond * 12.5 * per_node);
  if (*stated <= kBeyond * usual) return;
  const double gigabytes = stated->in(kGB / kSecond);
  d.warn_at("assume.interconnect",
            rounded(gigabytes) + " GB/s a node is " + rounded(*stated / usual) + " times the " +
                rounded(usual.in(kGB / kSecond)) + " GB/s that nodes of " + std::string(a->id) +
                " are built with",
            "bits or bytes? `" + plain_number(gigabytes) + " Gbit/s` is " + rounded(gigabytes / 8) + " GB/s");
}

void check_pinned_count(const WorkloadDoubts& d) {
  const auto& count = d.stated().pin.count;
  if (!count || *count <= kMostAccelerators) return;
  d.warn_at("pin.count", rounded(*count) + " accelerators are more than one run was ever trained on",
            "`count` is of accelerators, not of accelerator-hours");
}

}  // namespace

void check_data(const WorkloadDoubts& doubts) {
  check_epochs(doubts);
  check_passes(doubts);
  check_tokens_per_parameter(doubts);
  check_dataset_size(doubts);
}

void check_load(const WorkloadDoubts& doubts) {
  check_flops_per_step(doubts);
  check_requests(doubts);
  check_interconnect(doubts);
  check_pinned_count(doubts);
}

}  // namespace capplan

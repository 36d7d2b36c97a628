#include "capplan/demand/demand.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "capplan/demand/load.h"
#include "core/number_text.h"
#include "demand/flops.h"
#include "model/derived_operators.h"

namespace capplan {
namespace {

// Llama 3 405B (arXiv 2407.21783, section 3.4.1) begins at 4M tokens a batch and trains most of its tokens at
// 16M.
constexpr double kDefaultTokensPerBatch = 4194304;
constexpr double kLargeModelTokensPerBatch = 16777216;
constexpr double kLargeModelParams = 1e11;
constexpr double kDefaultSequenceLength = 2048;
// Longer contexts are trained in a short last stage (Llama 3, arXiv 2407.21783, section 3.4.2).
constexpr double kUsualLongestSequence = 8192;
constexpr double kDefaultBytesPerToken = 4;  // one 32-bit id
constexpr double kBytesPerAnswerToken = 4;   // UTF-8 text of one token, about four characters
// fp32 weights and both Adam moments.
constexpr double kCheckpointBytesPerParam = 12;
constexpr double kWeightBytes = 2;
constexpr double kTrainingOverForward = 3;  // the backward pass takes two products for each one
constexpr double kMaskedShare = 0.15;  // of tokens that a masked language model predicts (arXiv 1810.04805)
constexpr double kTolerance = 0.05;    // contract, section 2.2

class DemandEstimator {
 public:
  DemandEstimator(const Workload& workload, const ModelArch& model, Duration horizon, std::string path,
                  Assumptions& assumptions, Diagnostics& problems)
      : w_(workload),
        path_(std::move(path)),
        horizon_(horizon),
        assumptions_(assumptions),
        problems_(problems) {
    d_.kind = workload.kind;
    d_.model = model;
  }

  Demand estimate() {
    read_model();
    if (w_.kind == WorkloadKind::kServing) {
      serving();
    } else if (w_.kind == WorkloadKind::kBatchInference) {
      batch_inference();
    } else {
      training();
    }
    count_runs();
    return d_;
  }

 private:
  void assume(const std::string& key, std::string value, std::string source) {
    add_assumption(assumptions_, {path_ + "." + key, std::move(value), std::move(source)});
  }
  void error(std::string message, std::string hint = "") {
    problems_.push_back({Severity::kError, w_.model.location, std::move(message), std::move(hint)});
  }
  void warn(std::string message) {
    problems_.push_back({Severity::kWarning, w_.model.location, std::move(message), ""});
  }

  bool tunes_adapters() const { return w_.has_lever(Lever::kLora) || w_.has_lever(Lever::kQlora); }

  // Of one sample or token; 0 where only a step's is stated.
  static double arithmetic_of(const ModelArch& model) {
    if (!model.operators.empty()) return total(model.operators).macs;
    if (model.shape && model.shape->vocab > 0)
      return forward_flops_per_token(*model.shape, kDefaultSequenceLength).base();
    return model.flops_per_sample.value_or(Flops{}).base();
  }

  // A smaller model in place of the one that is named.
  void shrink_model() {
    const double before = arithmetic_of(d_.model);
    const bool unknown = before == 0;
    if (w_.has_lever(Lever::kPrune)) {
      d_.model = pruned(std::move(d_.model), w_.pruned_share);
      if (unknown) shrunk_ *= (1 - w_.pruned_share) * (1 - w_.pruned_share);
    }
    if (w_.has_lever(Lever::kDistill)) {
      const double whole = arithmetic_of(d_.model);
      d_.model = halved(std::move(d_.model));
      if (unknown) shrunk_ /= 2;
      constexpr double kHardlySmaller = 0.75;
      if (!unknown && arithmetic_of(d_.model) > kHardlySmaller * whole)
        error("the network has few layers alike: half of them make no student", "leave out `distill`");
    }
    if (!unknown) shrunk_ = arithmetic_of(d_.model) / before;
    if (!w_.has_lever(Lever::kDistill)) return;
    // The teacher's forward pass, beside the student's own passes.
    if (is_trained(w_.kind)) d_.teacher_share = 1 / shrunk_ / training_share();
  }

  void read_model() {
    shrink_model();
    d_.params = total_parameters(d_.model).value_or(0);
    d_.active_params = active_parameters(d_.model).value_or(0);
    d_.family = family();
    d_.text = w_.dataset.tokens.has_value() || w_.traffic.prompt_tokens > 0 ||
              (d_.model.shape && d_.model.shape->vocab > 0);
    if (d_.params == 0)
      error("the number of parameters is not known: neither `params` nor a full shape is given",
            "add `params`");
  }

  // Stacks of one transformer layer have a step model of their own.
  bool is_layered() const {
    const Architecture a = d_.model.architecture;
    return d_.model.operators.empty() && (a == Architecture::kTransformer || a == Architecture::kGeneric);
  }

  Family family() const {
    if (tunes_adapters() && is_layered()) return Family::kLora;
    switch (d_.model.architecture) {
      case Architecture::kTransformer:
        if (!d_.model.operators.empty()) return Family::kGeneric;
        return d_.active_params < d_.params ? Family::kMoe : Family::kDense;
      case Architecture::kCnn:
        return Family::kCnn;
      case Architecture::kVit:
        return Family::kVit;
      case Architecture::kBert:
        return Family::kBert;
      case Architecture::kDiffusion:
        return Family::kDiffusion;
      case Architecture::kDlrm:
        return Family::kDlrm;
      case Architecture::kGeneric:
        return w_.dataset.tokens && d_.model.operators.empty() ? Family::kDense : Family::kGeneric;
    }
    return Family::kGeneric;
  }

  void choose_sequence_length() {
    if (d_.model.sample_tokens > 0) {
      d_.sequence_length = d_.model.sample_tokens;
    } else if (w_.training.sequence_length) {
      d_.sequence_length = *w_.training.sequence_length;
    } else if (d_.model.max_sequence_length > 0) {
      d_.sequence_length = std::min<double>(d_.model.max_sequence_length, kUsualLongestSequence);
      assume("training.sequence_length", plain_number(d_.sequence_length),
             "the model's longest sequence, 8192 at most (arXiv 2407.21783)");
    } else {
      d_.sequence_length = kDefaultSequenceLength;
      assume("training.sequence_length", plain_number(d_.sequence_length), "default");
    }
  }

  void choose_batch(double samples_of_epochs) {
    if (w_.training.global_batch) {
      d_.global_batch = *w_.training.global_batch;
      return;
    }
    const double tokens = d_.params >= kLargeModelParams ? kLargeModelTokensPerBatch : kDefaultTokensPerBatch;
    d_.global_batch = d_.text ? std::max(1.0, std::floor(tokens / d_.sequence_length)) : 1;
    if (w_.has_lever(Lever::kLargerBatch)) d_.global_batch *= kLargerBatchFactor;
    if (samples_of_epochs > 0)
      d_.global_batch = std::min(d_.global_batch, std::max(1.0, std::floor(samples_of_epochs)));
    if (d_.text) {
      assume("training.global_batch", plain_number(d_.global_batch),
             "default: 4M tokens a step, 16M from 100B parameters (Llama 3, arXiv 2407.21783)");
    }
  }

  void training() {
    const double epochs = w_.training.epochs.value_or(1);
    check_text();
    check_trained();
    if (d_.text) choose_sequence_length();
    if (!w_.training.epochs && !w_.training.steps) assume("training.epochs", "1", "default");
    const double per_epoch = w_.dataset.tokens ? *w_.dataset.tokens / std::max(d_.sequence_length, 1.0)
                                               : w_.dataset.samples.value_or(0);
    choose_batch(per_epoch * epochs);
    find_operators();
    if (w_.training.steps) {
      d_.steps = *w_.training.steps;
      d_.samples = d_.steps * d_.global_batch;
    } else {
      d_.samples = per_epoch * epochs;
      d_.steps = std::ceil(d_.samples / d_.global_batch);
    }
    if (d_.text)
      d_.tokens = w_.dataset.tokens && !w_.training.steps ? *w_.dataset.tokens * epochs
                                                          : d_.samples * d_.sequence_length;
    training_flops();
    if (d_.teacher_share > 0) {
      d_.flops_per_step = d_.flops_per_step * (1 + d_.teacher_share);
      d_.total_flops = d_.total_flops * (1 + d_.teacher_share);
    }
    d_.samples = std::ceil(d_.samples - 1e-9);
    training_data();
  }

  // Layer by layer where the shape says it; else layers that add up to what is known of a sample.
  void find_operators() {
    ModelArch& m = d_.model;
    if (is_layered() && d_.text) return;
    if (m.operators.empty() && m.shape && (m.shape->experts || m.shape->latent))
      return error("experts and latent attention belong to `architecture: transformer`", "");
    if (m.operators.empty() && m.shape) {
      const double tokens = d_.text ? d_.sequence_length : m.shape->learned_positions;
      if (tokens > 0) m.operators = operators_of(*m.shape, tokens, kMaskedShare);
    }
    d_.layers_known = !m.operators.empty();
    if (m.operators.empty() && !d_.text) m.operators = operators_of_totals();
    if (m.operators.empty()) return;
    if (d_.family == Family::kDense || d_.family == Family::kMoe) d_.family = Family::kGeneric;
    if (!tunes_adapters()) return;
    for (Operator& o : m.operators) {
      if (o.gradient == Gradient::kWhole) o.gradient = Gradient::kInput;
    }
  }

  std::vector<Operator> operators_of_totals() {
    const ModelArch& m = d_.model;
    std::optional<Flops> forward = m.flops_per_sample;
    if (!forward && w_.training.flops_per_step)
      forward = *w_.training.flops_per_step * shrunk_ / d_.global_batch / kTrainingOverForward;
    if (!forward) return {};
    const double activations = m.activations_per_sample.value_or(usual_activations(m.architecture, *forward));
    assume("model.network", "fifty layers alike",
           "no layers are given: they add up to what is known of a sample");
    if (!m.activations_per_sample)
      assume("model.activations_per_sample", plain_number(std::round(activations / 1e4) * 1e4),
             "usual for so much arithmetic (ResNet-50, ViT-B/16)");
    return usual_operators(m.architecture, *forward, activations, d_.params);
  }

  // Of a model that is no stack of one transformer layer.
  bool by_known_layers() const { return !d_.model.operators.empty() && d_.layers_known; }

  // Of training over the forward pass: less than three where weights are frozen.
  double training_share() const {
    const OperatorTotals sum = total(d_.model.operators);
    return sum.macs > 0 ? sum.training_macs / sum.macs : kTrainingOverForward;
  }

  void check_trained() {
    if (d_.model.operators.empty() || total(d_.model.operators).trained_params > 0 || tunes_adapters())
      return;
    error("no layer is trained: all of them are `frozen`",
          "leave out `frozen` where there is something to train");
  }

  // A list of operators is for samples of one length, and some read no text at all.
  void check_text() {
    const ModelArch& m = d_.model;
    const bool reads_samples = m.architecture == Architecture::kCnn || m.architecture == Architecture::kVit ||
                               m.architecture == Architecture::kDiffusion ||
                               m.architecture == Architecture::kDlrm;
    if (m.operators.empty() && !(reads_samples && w_.dataset.tokens)) return;
    if (m.sample_tokens == 0 && w_.dataset.tokens)
      return error("the model reads samples, not tokens", "give `dataset: {samples: …}`");
    if (!w_.training.sequence_length || *w_.training.sequence_length == m.sample_tokens) return;
    if (m.sample_tokens == 0)
      return error("the model's samples are no sequences", "leave out `training.sequence_length`");
    error("the model's layers are for sequences of " + plain_number(m.sample_tokens) + " tokens, not of " +
              plain_number(*w_.training.sequence_length),
          "leave out `training.sequence_length`");
  }

  // FLOPs of one sample forward and backward, from the shape, the sample's own figure, or 6ND.
  std::optional<Flops> flops_per_sample() {
    if (d_.text && d_.model.operators.empty() && d_.model.shape && d_.model.shape->vocab > 0) {
      const TransformerShape& shape = *d_.model.shape;
      return d_.sequence_length * (tunes_adapters() ? lora_flops_per_token(shape, d_.sequence_length)
                                                    : training_flops_per_token(shape, d_.sequence_length));
    }
    if (by_known_layers()) return Flops::of(2 * total(d_.model.operators).training_macs);
    if (d_.model.flops_per_sample) return training_share() * *d_.model.flops_per_sample;
    if (d_.text && d_.params > 0) {
      if (!w_.training.flops_per_step)
        assume("model.flops", "6 FLOP a parameter and token, attention left out",
               "arXiv 2001.08361; the architecture is not given");
      return d_.sequence_length * training_flops_per_token(d_.active_params) *
             (tunes_adapters() ? 4.0 / 6.0 : 1.0);
    }
    return std::nullopt;
  }

  void training_flops() {
    const std::optional<Flops> sample = flops_per_sample();
    if (w_.training.flops_per_step) {
      d_.flops_per_step = *w_.training.flops_per_step * shrunk_;
      d_.total_flops = d_.steps * d_.flops_per_step;
      if (sample) check_agreement(d_.global_batch * *sample);
    } else if (sample) {
      d_.flops_per_step = d_.global_batch * *sample;
      d_.total_flops = d_.samples * *sample;
    } else {
      error("nothing says how much arithmetic a sample takes: 6 FLOP a parameter holds for tokens only",
            "add `training: {flops_per_step: …}` or `model: {flops_per_sample: …}`");
    }
  }

  void check_agreement(Flops derived) {
    const double stated = d_.flops_per_step.base();
    if (std::abs(derived.base() - stated) <= kTolerance * stated) return;
    const std::string both = "flops_per_step is " + plain_number(stated) +
                             " FLOP, but the model and the batch make " + plain_number(derived.base()) +
                             " FLOP";
    const bool exact =
        by_known_layers() || d_.model.flops_per_sample || (d_.model.shape && d_.model.shape->vocab > 0);
    if (exact) {
      error(both, "correct one of the two, or leave one out");
    } else {
      warn(both + " by the rule of 6 FLOP a parameter and token");
    }
  }

  void choose_dataset_size(double items, std::string_view item) {
    if (w_.dataset.size) {
      d_.dataset = *w_.dataset.size;
    } else if (d_.text && items > 0) {
      d_.dataset = Bytes::of(items * kDefaultBytesPerToken);
      assume("dataset.bytes_per_token", "4 B", "default: one 32-bit id a token");
    } else {
      assume("dataset.size", "not stated",
             "storage and transfer of the dataset are left out; give `dataset: {size: …}` or bytes_per_" +
                 std::string(item));
    }
  }

  void training_data() {
    const double epochs = w_.training.epochs.value_or(1);
    choose_dataset_size(d_.text ? d_.tokens / epochs : 0, d_.text ? "token" : "sample");
    const double trained = tunes_adapters() ? kAdapterShare * d_.params : d_.params;
    d_.checkpoint = Bytes::of(kCheckpointBytesPerParam * trained);
    d_.result = Bytes::of(kWeightBytes * trained);
    if (!by_known_layers() || tunes_adapters()) return;
    // Tables have no optimizer state and stay in 32 bits; what is frozen is kept as weights alone.
    const OperatorTotals sum = total(d_.model.operators);
    const double tables = d_.family == Family::kDlrm ? sum.embedding_params : 0;
    const double dense_trained = sum.trained_share(tables > 0) * (sum.params - tables);
    d_.checkpoint = Bytes::of(kCheckpointBytesPerParam * dense_trained + kTableBytes * tables +
                              kWeightBytes * (sum.params - tables - dense_trained));
    d_.result = Bytes::of(kWeightBytes * (sum.params - tables) + kTableBytes * tables);
  }

  void read_traffic() {
    d_.prompt_tokens = w_.traffic.prompt_tokens;
    d_.output_tokens = w_.traffic.output_tokens;
    if (!d_.model.shape && d_.text)
      assume("model.shape", "cache of keys and values left out", "the architecture is not given");
  }

  void serving() {
    read_traffic();
    d_.mean_requests_per_second = w_.traffic.mean_requests_per_second.value_or(0);
    d_.peak_requests_per_second = w_.traffic.peak_requests_per_second.value_or(d_.mean_requests_per_second);
    follow_load();
    const double requests = d_.mean_requests_per_second * (horizon_ / kSecond);
    d_.samples = requests;
    d_.tokens = requests * (d_.prompt_tokens + d_.output_tokens);
    d_.total_flops = requests * inference_flops();
    d_.result = Bytes::of(requests * d_.output_tokens * kBytesPerAnswerToken);
    assume("traffic.bytes_per_output_token", "4 B", "default: text of one token");
  }

  // What is asked over the horizon is the first month's, grown.
  void follow_load() {
    const std::vector<double>& by_hour = w_.traffic.by_hour;
    const double busiest = by_hour.empty() ? 1 : *std::max_element(by_hour.begin(), by_hour.end());
    for (const double rate : by_hour) d_.day.push_back(rate / busiest);
    d_.growth_per_month = w_.traffic.growth_per_month;
    if (is_elastic(d_))
      assume("traffic.scaling", "by the hour",
             "replicas that are rented by the hour follow the demand; starting them is free");
    if (d_.growth_per_month == 0) return;
    Duration left = horizon_;
    double months = 0;
    double highest = 1;
    for (const double growth : growth_by_month(d_.growth_per_month, horizon_)) {
      months += growth * (std::min(kMonth, left) / kMonth);
      left -= std::min(kMonth, left);
      highest = std::max(highest, growth);
    }
    d_.mean_requests_per_second *= months / (horizon_ / kMonth);
    d_.peak_requests_per_second *= highest;
  }

  bool is_causal() const { return d_.model.architecture != Architecture::kBert; }

  Flops inference_flops() {
    const double tokens = d_.prompt_tokens + d_.output_tokens;
    if (d_.text && d_.model.shape && d_.model.shape->vocab > 0)
      return tokens * forward_flops_per_token(*d_.model.shape, is_causal() ? tokens / 2 : tokens);
    if (d_.model.flops_per_sample) return *d_.model.flops_per_sample;
    if (d_.text && d_.active_params > 0) return Flops::of(2 * d_.active_params * tokens);
    error("nothing says how much arithmetic a sample takes", "add `model: {flops_per_sample: …}`");
    return {};
  }

  // Lists of operators are for samples of one length.
  void read_samples_of_tokens() {
    const double length = d_.model.sample_tokens;
    d_.text = false;
    if (d_.output_tokens > 0 || (d_.prompt_tokens > 0 && d_.prompt_tokens != length))
      error("the model's layers are for one pass over samples of their own length", "leave out `traffic`");
    if (w_.dataset.tokens && length == 0)
      error("the model reads samples, not tokens", "give `dataset: {samples: …}`");
    d_.samples =
        w_.dataset.tokens ? *w_.dataset.tokens / std::max(length, 1.0) : w_.dataset.samples.value_or(0);
    d_.prompt_tokens = d_.output_tokens = 0;
  }

  void batch_inference() {
    read_traffic();
    if (!d_.model.operators.empty()) {
      read_samples_of_tokens();
    } else if (w_.dataset.tokens) {
      d_.samples = d_.prompt_tokens > 0 ? *w_.dataset.tokens / d_.prompt_tokens : 1;
      if (d_.prompt_tokens == 0) {
        d_.prompt_tokens =
            d_.model.max_sequence_length > 0 ? d_.model.max_sequence_length : kDefaultSequenceLength;
        d_.samples = *w_.dataset.tokens / d_.prompt_tokens;
        assume("traffic.prompt_tokens", plain_number(d_.prompt_tokens),
               "default: the dataset is read in sequences of this length");
      }
    } else {
      d_.samples = w_.dataset.samples.value_or(0);
      if (d_.text && d_.prompt_tokens == 0)
        error("batch inference on samples of text needs `traffic.prompt_tokens` and `traffic.output_tokens`",
              "add `traffic: {prompt_tokens: 1200, output_tokens: 250}`");
    }
    if (!d_.text) find_operators();
    if (d_.family == Family::kDiffusion)
      assume("dataset.samples", "one pass of the model each",
             "an image takes one for every step of its denoising: 20 to 50");
    d_.tokens = d_.text ? d_.samples * (d_.prompt_tokens + d_.output_tokens) : 0;
    d_.total_flops = d_.samples * inference_flops();
    d_.result = Bytes::of(d_.samples * std::max(d_.output_tokens, 1.0) * kBytesPerAnswerToken);
    choose_dataset_size(d_.text ? d_.samples * d_.prompt_tokens : 0, d_.text ? "token" : "sample");
  }

  void count_runs() {
    if (w_.kind == WorkloadKind::kServing) return;
    const double recurring =
        w_.runs ? std::max(1.0, std::floor(horizon_ / w_.runs->every + 1e-9)) * w_.runs->each : 1;
    d_.experiments = w_.experiments.final_runs;
    d_.runs = recurring + d_.experiments;
  }

  const Workload& w_;
  std::string path_;
  Duration horizon_;
  Assumptions& assumptions_;
  Diagnostics& problems_;
  Demand d_;
  double shrunk_ = 1;  // arithmetic of the model over that of the one named, which a step is stated for
};

}  // namespace

std::string_view family_name(Family family) {
  static constexpr std::array<std::string_view, 9> kNames{"dense", "moe",       "lora", "cnn",    "vit",
                                                          "bert",  "diffusion", "dlrm", "generic"};
  return kNames[static_cast<std::size_t>(family)];
}

Demand estimate_demand(const Workload& workload, const ModelArch& model, Duration horizon,
                       const std::string& path, Assumptions& assumptions, Diagnostics& problems) {
  return DemandEstimator(workload, model, horizon, path, assumptions, problems).estimate();
}

}  // namespace capplan

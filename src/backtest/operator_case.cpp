#include "backtest/operator_case.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "backtest/run_machine.h"
#include "core/number_text.h"
#include "performance/stack_choice.h"

namespace capplan {
namespace {

// Classifiers' usual batch of one accelerator; of those that a record leaves open, throughput hardly depends
// on it.
constexpr double kUsualBatch = 128;
constexpr double kUsualTextLength = 512;
// BERT's sequences of Wikipedia fill half of the 512 tokens on average. Benchmarks count sequences without
// their padding; pretraining scripts deal them into bins of 64 tokens, which pads by half a bin
// (NVIDIA/DeepLearningExamples:PyTorch/LanguageModeling/BERT/scripts/run_pretraining.sh), and sequences of up
// to 128 into none.
constexpr double kUnpaddedShare = 0.5;
constexpr double kBin = 64;
constexpr double kShortSequence = 128;
// Of lengths that are spread evenly, what a token attends to over the mean length: E[s^2] / E[s]^2, of all
// lengths up to 512, and of bins of 64, 128, ... 512.
constexpr double kUnpaddedContext = 4.0 / 3;
constexpr double kBinnedContext = 1.26;
constexpr double kMostEpochs = 10;
// Clicks of Criteo's terabyte that are trained on (mlcommons/training:recommendation_v2).
constexpr double kCriteoClicks = 4195197692;
constexpr double kGigaMacs = 2e9;

struct FamilyName {
  std::string_view name;
  Architecture architecture;
};
constexpr auto kFamilies = std::to_array<FamilyName>({{"cnn", Architecture::kCnn},
                                                      {"vit", Architecture::kVit},
                                                      {"bert", Architecture::kBert},
                                                      {"diffusion", Architecture::kDiffusion},
                                                      {"dlrm", Architecture::kDlrm},
                                                      {"other", Architecture::kGeneric}});

std::optional<Architecture> architecture_of(const std::string& family) {
  for (const FamilyName& f : kFamilies) {
    if (f.name == family) return f.architecture;
  }
  return std::nullopt;
}

const ModelProfile* find_preset(const RunInputs& in, const Catalog& catalog) {
  const NameMatch match = catalog.match_model(in.model_name);
  return match.ids.empty() ? nullptr : catalog.model(match.ids.front());
}

class OperatorCaseMaker {
 public:
  OperatorCaseMaker(const RunRecord& record, const Catalog& catalog)
      : in_(record.inputs),
        family_(record.family),
        catalog_(catalog),
        case_(std::make_unique<TrainingCase>()) {}

  TrainingCaseResult make() {
    auto machine = read_machine(in_, catalog_, case_->assumptions);
    if (!machine) return tl::unexpected(machine.error());
    case_->machine = *machine;
    case_->accelerator = std::string(case_->machine.accelerator->id);
    const std::string problem = find_model();
    if (!problem.empty()) return tl::unexpected(problem);
    return complete();
  }

 private:
  const Machine& machine() const { return case_->machine; }
  void assume(const std::string& path, std::string value, std::string source) {
    add_assumption(case_->assumptions, {path, std::move(value), std::move(source)});
  }

  // Layers of the preset of its name, a shape of its own, or what it states of a sample.
  std::string find_model() {
    ModelArch arch;
    const ModelProfile* preset = find_preset(in_, catalog_);
    if (preset != nullptr) arch = preset->resolved();
    if (preset == nullptr) arch.architecture = architecture_of(family_).value_or(Architecture::kGeneric);
    if (arch.operators.empty()) read_shape(arch);
    if (const auto image = parse_extent(in_.image_size, 1); image && !in_.image_size.empty())
      arch = at_image_size(arch, *image).value_or(arch);
    if (arch.operators.empty() && !arch.shape) {
      arch.params = in_.get("params_total").has_value() ? in_.get("params_total") : arch.params;
      if (const auto macs = in_.get("gmacs_fwd"); macs && *macs > 0)
        arch.flops_per_sample = Flops::of(*macs * kGigaMacs);
      if (!arch.flops_per_sample || !arch.params)
        return "neither a preset of its name nor `gmacs_fwd` and `params_total` say what a sample takes";
      case_->shape_known = false;
    }
    case_->workload.model.arch = arch;
    return {};
  }

  void read_shape(ModelArch& arch) const {
    if (!in_.whole("n_layers") || !in_.whole("hidden") || !in_.whole("n_heads")) return;
    TransformerShape s = arch.shape.value_or(TransformerShape{});
    s.layers = *in_.whole("n_layers");
    s.hidden = *in_.whole("hidden");
    s.heads = *in_.whole("n_heads");
    s.kv_heads = in_.whole("n_kv_heads").value_or(s.heads);
    s.head_dim = in_.whole("head_dim").value_or(std::max(1, s.hidden / s.heads));
    s.ffn = in_.whole("ffn_hidden").value_or(4 * s.hidden);
    s.vocab = in_.whole("vocab").value_or(s.vocab);
    s.gated_mlp = in_.is("gated_mlp").value_or(false);
    arch.shape = s;
  }

  const Stack& stack() {
    const std::string& software = in_.framework.empty() ? in_.model_name : in_.framework;
    if (const Stack* named = find_stack(catalog_, software, true)) return *named;
    // LAMB comes with apex.
    const Stack* apex = in_.optimizer == "lamb" && in_.framework.empty() ? catalog_.stack("apex") : nullptr;
    if (apex != nullptr) return *apex;
    // Scripts in 16-bit floats of few exponents, or 32 bits, are from before fused attention.
    const bool older =
        !in_.is("flash_attention")
             .value_or(in_.precision != "fp16" && in_.precision != "tf32" && in_.precision != "fp32");
    const Stack* found = older ? catalog_.stack("pytorch-1") : nullptr;
    if (found == nullptr) found = usual_stack(catalog_, *machine().accelerator, true);
    assume("stack", std::string(found->id), "the record names no software");
    return *found;
  }

  // Tokens that one sequence is computed for, of those that are counted.
  double computed_tokens(double counted, bool unpadded) {
    if (case_->workload.model.arch.architecture != Architecture::kBert || counted <= kShortSequence)
      return counted;
    if (!unpadded && in_.optimizer != "lamb") return counted;
    const double tokens = kUnpaddedShare * counted + (unpadded ? 0 : kBin / 2);
    context_ = unpadded ? kUnpaddedContext : kBinnedContext;
    assume("seq_len", plain_number(tokens), "sequences of Wikipedia fill half of their length on average");
    return tokens;
  }

  void pin_recipe(const Stack& stack) {
    Workload& w = case_->workload;
    w.name = "run";
    const double count = machine().count;
    const auto micro = in_.get("micro_batch");
    const double accumulated = in_.get("grad_accum").value_or(1);
    double batch = in_.get("global_batch").value_or(micro.value_or(kUsualBatch) * accumulated * count);
    if (!in_.get("global_batch") && !micro)
      assume("global_batch", plain_number(batch), "the usual 128 samples an accelerator");
    w.training.global_batch = batch;
    w.training.precision = find_precision(in_.precision);
    // The benchmark's BERT runs its linear layers in fp8 from Hopper on.
    const Accelerator& a = *machine().accelerator;
    const bool newer = a.generation == "hopper" || a.generation == "blackwell";
    if (!w.training.precision && newer && stack.fusion == Fusion::kFused &&
        w.model.arch.architecture == Architecture::kBert) {
      w.training.precision = Precision::kFp8;
      assume("precision", "fp8", "of the benchmark's submissions on this generation");
    }
    if (in_.optimizer == "sgd") w.training.optimizer = Optimizer::kSgd;
    w.pin.flash_attention = in_.is("flash_attention");
    if (!in_.memory_format.empty()) w.pin.channels_last = in_.memory_format == "nhwc";
    Parallelism& p = case_->layout;
    p.data_parallel = machine().count;
    // A batch of fewer samples than accelerators: several share one.
    p.micro_batch = std::min(micro.value_or(batch / count / accumulated), batch / count);
    p.zero_stage = in_.whole("zero_stage").value_or(0);
    // Of software that has no profile, and of a batch of sequences that nobody states, nothing can be
    // learned.
    const bool batch_stated = micro || in_.get("global_batch") || w.model.arch.image_pixels > 0;
    case_->layout_stated =
        batch_stated && (in_.framework.empty() || find_stack(catalog_, in_.framework, true) != nullptr);
  }

  TrainingCaseResult complete() {
    const Stack& software = stack();
    pin_recipe(software);
    Workload& w = case_->workload;
    const auto precision = choose_precision(w, *machine().accelerator);
    if (!precision) return tl::unexpected(case_->accelerator + " " + precision.error().reason);
    const bool text = w.model.arch.operators.empty() && w.model.arch.shape && w.model.arch.shape->vocab > 0;
    const int longest = w.model.arch.max_sequence_length;
    const double counted = in_.get("seq_len").value_or(longest > 0 ? longest : kUsualTextLength);
    if (text) {
      w.training.sequence_length = computed_tokens(counted, software.fusion == Fusion::kFused);
      w.dataset.tokens = *w.training.global_batch * *w.training.sequence_length;
    } else {
      w.dataset.samples = *w.training.global_batch;
    }
    Diagnostics problems;
    case_->demand = estimate_demand(w, w.model.arch, kYear, "run", case_->assumptions, problems);
    if (has_errors(problems)) return tl::unexpected(problems.front().message);
    if (case_->demand.model.operators.empty())
      return tl::unexpected(std::string("nothing says what a sample takes"));
    widen_context();
    case_->setup = make_step_setup(case_->demand, w, machine(), *precision, software, catalog_);
    // Rates are told in the tokens that are counted.
    case_->demand.sequence_length = case_->demand.family == Family::kDlrm ? 1 : counted;
    case_->tokens_total = items_of_run();
    case_->kernels_measured = kernel_evidence(catalog_, *machine().accelerator) == KernelEvidence::kOwn;
    case_->band = time_band(catalog_, case_->demand.family, *machine().accelerator, case_->shape_known);
    return std::move(case_);
  }

  // Samples, or tokens; of recommendation a share of the one epoch that Criteo's clicks are.
  double items_of_run() const {
    const double stated = in_.get("tokens_or_samples_total").value_or(0);
    const bool epochs = case_->demand.family == Family::kDlrm && stated <= kMostEpochs;
    return epochs ? stated * kCriteoClicks : stated;
  }

  void widen_context() {
    for (Operator& o : case_->demand.model.operators) {
      if (o.kind != OperatorKind::kAttention) continue;
      o.written += o.positions * o.kernel * o.groups * (context_ - 1);
      o.kernel *= context_;
    }
  }

  const RunInputs& in_;
  const std::string& family_;
  const Catalog& catalog_;
  std::unique_ptr<TrainingCase> case_;
  double context_ = 1;  // tokens that one attends to, over the length that is computed
};

}  // namespace

bool is_operator_run(const RunRecord& record, const Catalog& catalog) {
  if (architecture_of(record.family)) return true;
  const ModelProfile* preset = record.family.empty() ? find_preset(record.inputs, catalog) : nullptr;
  return preset != nullptr &&
         (!preset->operators.empty() || preset->arch.architecture == Architecture::kBert);
}

TrainingCaseResult make_operator_case(const RunRecord& record, const Catalog& catalog) {
  return OperatorCaseMaker(record, catalog).make();
}

}  // namespace capplan

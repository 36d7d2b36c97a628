#include "backtest/run_case.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "backtest/operator_case.h"
#include "backtest/run_machine.h"
#include "core/number_text.h"
#include "core/text.h"
#include "model/usual_shape.h"
#include "performance/layout_search.h"
#include "performance/memory.h"
#include "performance/stack_choice.h"

namespace capplan {
namespace {

constexpr double kMaxLayers = 4096;
constexpr double kUsualTokensPerBatch = 4194304;
constexpr double kUsualSequence = 2048;
constexpr double kFewTokens = 1e7;  // fewer are sequences
// Instruction data: a few hundred tokens an example, whether or not several share a sequence.
constexpr double kExampleLength = 512;
constexpr double kLongestExample = 2;  // over the mean, in the batch that sets the peak of memory
// Longer sequences are long documents, which attend to themselves in full (MLPerf's GovReport at 8,192).
constexpr double kInstructionSequence = 4096;
constexpr double kUsualTuningBatch = 64;  // sequences

std::optional<Recompute> find_recompute(const std::string& name) {
  for (const Recompute r : {Recompute::kNone, Recompute::kSelective, Recompute::kFull}) {
    if (name == recompute_name(r)) return r;
  }
  return std::nullopt;
}

class CaseMaker {
 public:
  CaseMaker(const RunInputs& in, const Catalog& catalog)
      : in_(in), catalog_(catalog), case_(std::make_unique<TrainingCase>()) {}

  TrainingCaseResult make(LayoutSource layouts) {
    if (!find_machine() || !find_model() || !find_recipe()) return tl::unexpected(problem_);
    if (!choose_layout()) return tl::unexpected(problem_);
    if (layouts == LayoutSource::kSearched && !search_freely()) return tl::unexpected(problem_);
    const Demand& d = case_->demand;
    case_->kernels_measured = kernel_evidence(catalog_, *machine().accelerator) == KernelEvidence::kOwn;
    case_->productive_share = catalog_.figure("run.productive-share").value;
    // Adapters are tuned in minutes: their runs count sequences, and evaluate in between.
    if (d.family == Family::kLora && case_->tokens_total > 0 && case_->tokens_total < kFewTokens) {
      case_->tokens_total *= d.sequence_length;
      case_->productive_share = 1 / (1 + catalog_.figure("run.evaluation-share").value);
    }
    case_->band = time_band(catalog_, d.family, *machine().accelerator, case_->shape_known);
    return std::move(case_);
  }

 private:
  Machine& machine() { return case_->machine; }
  const Machine& machine() const { return case_->machine; }
  bool fail(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  void assume(const std::string& path, std::string value, std::string source) {
    add_assumption(case_->assumptions, {path, std::move(value), std::move(source)});
  }

  bool find_machine() {
    auto found = read_machine(in_, catalog_, case_->assumptions);
    if (!found) return fail(found.error());
    machine() = *found;
    case_->accelerator = std::string(machine().accelerator->id);
    return true;
  }

  bool find_model() {
    ModelArch arch;
    const NameMatch match = catalog_.match_model(in_.model_name);
    const ModelProfile* preset = match.ids.empty() ? nullptr : catalog_.model(match.ids.front());
    if (preset != nullptr) arch = preset->arch;
    if (in_.whole("n_layers") && in_.whole("hidden") && in_.whole("n_heads")) arch = arch_of_fields(arch);
    if (!arch.shape) {
      const double params = in_.get("params_total").value_or(arch.params.value_or(0));
      if (params <= 0)
        return fail("the model's shape is not known: neither fields, a preset, nor a count of parameters");
      arch.shape =
          usual_shape(params, in_.get("params_active").value_or(arch.active_params.value_or(params)));
      case_->shape_known = false;
      assume("model.shape", "of usual proportions", "only the model's counts are known");
    }
    if (arch.shape->vocab <= 0) return fail("the model is none that reads tokens");
    if (arch.shape->layers > kMaxLayers) return fail("`n_layers` is out of range");
    case_->workload.model.arch = arch;
    return true;
  }

  // Fields of the record; what it leaves out comes from the preset of its name, then from usual practice.
  ModelArch arch_of_fields(const ModelArch& preset) const {
    ModelArch arch;
    arch.architecture = Architecture::kTransformer;
    TransformerShape s;
    const bool known = preset.shape.has_value();
    if (known) s = *preset.shape;
    const auto fill = [&](int& field, const char* key, int otherwise) {
      field = in_.whole(key).value_or(known && field > 0 ? field : otherwise);
    };
    fill(s.layers, "n_layers", 1);
    fill(s.hidden, "hidden", 1);
    fill(s.heads, "n_heads", 1);
    fill(s.kv_heads, "n_kv_heads", s.heads);
    fill(s.head_dim, "head_dim", std::max(1, s.hidden / std::max(1, s.heads)));
    s.gated_mlp = in_.is("gated_mlp").value_or(known ? s.gated_mlp : false);
    fill(s.ffn, "ffn_hidden", 4 * s.hidden);
    fill(s.vocab, "vocab", 51200);
    s.tied_embeddings = in_.is("tied_embeddings").value_or(known ? s.tied_embeddings : !s.gated_mlp);
    if (in_.get("n_experts").value_or(0) > 1 && in_.whole("top_k") &&
        *in_.get("top_k") <= *in_.get("n_experts")) {
      Experts e = s.experts.value_or(Experts{});
      e.count = *in_.whole("n_experts");
      e.per_token = *in_.whole("top_k");
      e.ffn = in_.whole("moe_ffn_hidden").value_or(e.ffn > 0 ? e.ffn : s.ffn);
      e.shared = in_.whole("n_shared_experts").value_or(e.shared);
      e.dense_layers = std::min(in_.whole("n_dense_layers").value_or(e.dense_layers), s.layers);
      s.experts = e;
    }
    arch.shape = s;
    return arch;
  }

  bool find_recipe() {
    Workload& w = case_->workload;
    w.name = "run";
    w.kind = WorkloadKind::kTraining;
    const bool lora = in_.finetune_type == "lora" || in_.finetune_type == "qlora";
    if (lora) {
      w.kind = WorkloadKind::kFineTuning;
      w.optimizations = {in_.finetune_type == "lora" ? Lever::kLora : Lever::kQlora};
    }
    case_->tokens_total = in_.get("tokens_or_samples_total").value_or(0);
    choose_stack();
    const double length = sequence();
    w.training.sequence_length = length;
    if (!in_.get("seq_len")) assume("seq_len", plain_number(length), "not stated");
    if (length < in_.get("seq_len").value_or(length)) {
      case_->longest_over_mean = kLongestExample;
      assume("seq_len", plain_number(length), "examples are not packed");
    }
    w.training.precision = stated_precision();
    if (in_.optimizer == "sgd") w.training.optimizer = Optimizer::kSgd;
    w.pin.flash_attention = in_.is("flash_attention");
    pin_layout();
    w.training.global_batch = batch();
    const auto precision = choose_precision(w, *machine().accelerator);
    if (!precision) return fail(case_->accelerator + " " + precision.error().reason);
    Assumptions ignored;
    Diagnostics problems;
    w.dataset.tokens = *w.training.global_batch * *w.training.sequence_length;
    case_->demand = estimate_demand(w, w.model.arch, kYear, "run", ignored, problems);
    if (has_errors(problems)) return fail(problems.front().message);
    case_->setup = make_step_setup(case_->demand, w, machine(), *precision, *stack_, catalog_);
    if (tunes() && !stack_->tunes_plainly && *w.training.sequence_length <= kInstructionSequence)
      case_->setup.attention_context = std::min(case_->setup.attention_context, kExampleLength);
    case_->setup.compiled = in_.is("torch_compile").value_or(case_->setup.compiled);
    case_->setup.asynchronous_tensor = in_.is("async_tp").value_or(false);
    case_->setup.rowwise_scales = in_.precision_note.find("row") != std::string::npos;
    return true;
  }

  bool tunes() const { return !in_.finetune_type.empty(); }

  // Recipes of torchtune and Hugging Face take `seq_len` as the most that an example may have.
  double sequence() const {
    const auto stated = in_.get("seq_len");
    if (!stated || !tunes() || !stack_->tunes_plainly || *stated > kInstructionSequence ||
        in_.is("packed").value_or(false))
      return stated.value_or(kUsualSequence);
    return std::min(*stated, kExampleLength);
  }

  // What was inferred gives way where the software has no such products.
  std::optional<Precision> stated_precision() const {
    const auto stated = find_precision(in_.precision);
    const bool inferred = in_.is("precision_inferred").value_or(false);
    if (stated && inferred && stack_->tunes_plainly && bytes_per_element(*stated) < kHalfBytes)
      return std::nullopt;
    return stated;
  }

  double batch() {
    if (const auto stated = in_.get("global_batch")) return *stated;
    const Pin& pin = case_->workload.pin;
    const double divided = 1.0 * pin.tensor_parallel.value_or(1) * pin.pipeline_parallel.value_or(1) *
                           pin.context_parallel.value_or(1);
    const double replicas =
        pin.data_parallel.value_or(std::max(1, static_cast<int>(machine().count / divided)));
    if (tunes() && !in_.get("grad_accum") && !(stack_->tunes_plainly && in_.get("micro_batch"))) {
      const double each = replicas * in_.get("micro_batch").value_or(1);
      const double batch = each * std::ceil(kUsualTuningBatch / each);
      assume("global_batch", plain_number(batch), "usual of fine-tuning");
      return batch;
    }
    const double each = in_.get("micro_batch").value_or(1) * in_.get("grad_accum").value_or(1);
    if (!in_.get("micro_batch") && !in_.get("grad_accum") && !pin.data_parallel) {
      const double usual =
          machine().count *
          std::ceil(kUsualTokensPerBatch / *case_->workload.training.sequence_length / machine().count);
      assume("global_batch", plain_number(usual), "4M tokens, the usual of pretraining");
      return usual;
    }
    assume("global_batch", plain_number(replicas * each), "micro_batch x grad_accum x data_parallel");
    return replicas * each;
  }

  // By the framework's name; else by what the record says of its software.
  void choose_stack() {
    const auto named = [&](Text id) { stack_ = catalog_.stack(id); };
    stack_ = find_stack(catalog_, in_.framework, false);
    if (stack_ != nullptr) return;
    const Accelerator& a = *machine().accelerator;
    const bool cuda = a.platform == Platform::kCuda && a.peak.bf16.base() > 0;
    if (cuda && tunes()) return named("torchtune");
    if (cuda && (in_.flag.contains("torch_compile") || in_.flag.contains("async_tp")))
      return named("torchtitan");
    if (cuda && in_.is("fsdp").value_or(false)) return named("fsdp-2023");
    if (cuda && !in_.is("flash_attention").value_or(in_.precision != "fp16")) return named("megatron-2021");
    if (cuda && in_.is("flash_attention").value_or(false)) return named("torchtitan");
    stack_ = usual_stack(catalog_, a);
    assume("stack", std::string(stack_->id), "the record names no software");
  }

  // A degree beyond the count is none.
  std::optional<int> degree(const char* key) const {
    const auto stated = in_.whole(key);
    return stated && *stated <= machine().count ? stated : std::nullopt;
  }

  // What the record says of its layout. Degrees whose product is not the count are no layout (contract,
  // section 4).
  void pin_layout() {
    Pin& pin = case_->workload.pin;
    pin.tensor_parallel = degree("tensor_parallel");
    pin.pipeline_parallel = degree("pipeline_parallel");
    pin.context_parallel = degree("context_parallel");
    pin.data_parallel = degree("data_parallel");
    // Runs that tune and state no layout at all may split their sequences.
    const bool open = !pin.tensor_parallel && !pin.pipeline_parallel && !pin.data_parallel;
    if (!tunes() || !open) pin.context_parallel = pin.context_parallel.value_or(1);
    double product = 1;
    for (const auto& stated :
         {pin.tensor_parallel, pin.pipeline_parallel, pin.context_parallel, pin.data_parallel})
      product *= stated.value_or(1);
    const bool whole = pin.tensor_parallel && pin.pipeline_parallel && pin.data_parallel;
    const double count = machine().count;
    if (whole ? product != count : std::fmod(count, product) != 0) {
      pin.tensor_parallel = pin.pipeline_parallel = pin.context_parallel = pin.data_parallel = std::nullopt;
      assume("layout", "searched", "the product of the stated degrees is not the count of accelerators");
    }
    const bool divided = pin.tensor_parallel && (pin.pipeline_parallel || pin.data_parallel);
    case_->layout_stated = divided && in_.get("seq_len") && in_.get("global_batch") && case_->shape_known;
    pin.virtual_pipeline = in_.whole("virtual_pipeline");
    pin.expert_parallel = degree("expert_parallel");
    if (!deals_experts(pin)) pin.expert_parallel = std::nullopt;
    pin.micro_batch = in_.whole("micro_batch");
    pin.sequence_parallel = in_.is("sequence_parallel");
    pin.zero_stage = in_.whole("zero_stage");
    if (pin.zero_stage && *pin.zero_stage > 3) pin.zero_stage = std::nullopt;
    if (in_.is("fsdp").value_or(false)) pin.zero_stage = 3;
    pin.recompute = find_recompute(in_.recompute);
    fill_usual_layout(pin);
    if (!tunes() || !stack_->tunes_plainly) return;
    if (!pin.zero_stage) pin.zero_stage = machine().count > 1 ? stack_->zero_stage : 0;
    // Of examples up to the stated length; where all have it, what fits decides.
    if (!pin.recompute && case_->longest_over_mean > 1) pin.recompute = Recompute::kFull;
  }

  bool deals_experts(const Pin& pin) const {
    const int degree = pin.expert_parallel.value_or(1);
    if (degree == 1) return true;
    const TransformerShape& shape = *case_->workload.model.arch.shape;
    return shape.experts && shape.experts->count % degree == 0 &&
           machine().count / pin.pipeline_parallel.value_or(1) % degree == 0;
  }

  // Software that shards its state divides models no further unless told to, and published runs that state
  // their layout and recompute say so.
  void fill_usual_layout(Pin& pin) const {
    const bool enough = in_.get("global_batch").value_or(machine().count) >= machine().count;
    if (stack_->zero_stage >= 3 && stack_->platform != Platform::kXla && enough) {
      if (!pin.tensor_parallel) pin.tensor_parallel = 1;
      if (!pin.pipeline_parallel) pin.pipeline_parallel = 1;
    }
    if (!stack_->interleaves && !pin.virtual_pipeline) pin.virtual_pipeline = 1;
    if (!pin.sequence_parallel) pin.sequence_parallel = stack_->sequence_parallel;
    if (!case_->layout_stated) return;
    if (!pin.recompute) pin.recompute = Recompute::kNone;
    if (!pin.zero_stage) pin.zero_stage = machine().count > 1 ? stack_->zero_stage : 0;
  }

  bool choose_layout() {
    const TrainingConstants constants = training_constants(catalog_, machine().accelerator->id);
    const int count = machine().count;
    const LayoutSearch search(case_->demand, case_->workload, machine(), case_->setup, constants, count);
    const LayoutsFound found = search.search(count);
    if (!found.fastest.empty()) {
      case_->layout = found.fastest.front().layout;
    } else if (const auto leanest = search.leanest(count)) {
      // It ran, so it fitted somehow: the layout that lacks least stands in.
      case_->layout = leanest->layout;
      case_->recorded_fits = false;
      assume("memory", "exceeded", "the memory model finds no room for the layout");
      if (in_.finetune_type == "full" && stack_->tunes_plainly) offload();
    } else {
      return fail(search.space().why_none(count));
    }
    return true;
  }

  // Recipes for cards that hold neither gradients nor optimizer state leave them to the host.
  void offload() {
    case_->setup.offloaded = true;
    assume("offload", "host memory", "weights, gradients and optimizer state do not fit");
    const Accelerator& a = *machine().accelerator;
    const MemoryModel memory(case_->demand, case_->workload, a, case_->setup.precision, case_->setup.stack);
    Parallelism kept = case_->layout;
    kept.recompute = Recompute::kNone;
    if (!case_->workload.pin.recompute && memory.offloaded(kept).total() <= a.memory) case_->layout = kept;
  }

  // What the software can do for all that its profile says, and what the record shows that it did.
  StepSetup able_setup() const {
    StepSetup setup = case_->setup;
    const Parallelism& p = case_->layout;
    Stack& s = setup.stack;
    s.tensor = s.tensor || p.tensor_parallel > 1;
    s.sequence = s.sequence || p.sequence_parallel;
    s.pipeline = s.pipeline || p.pipeline_parallel > 1;
    s.interleaved = s.interleaved || p.virtual_pipeline > 1;
    s.context = s.context || p.context_parallel > 1;
    s.expert = s.expert || p.expert_parallel > 1;
    s.selective_recompute = s.selective_recompute || p.recompute == Recompute::kSelective;
    s.zero_stages |= 1U << static_cast<unsigned>(p.zero_stage);
    return setup;
  }

  // The fastest layout that the record's software can run, whatever the record says of its own.
  bool search_freely() {
    if (!case_->layout_stated) return fail("the record does not state its layout");
    Workload free = case_->workload;
    free.pin = {};
    free.pin.flash_attention = case_->workload.pin.flash_attention;
    const TrainingConstants constants = training_constants(catalog_, machine().accelerator->id);
    const int count = machine().count;
    const StepSetup setup = able_setup();
    const LayoutsFound found =
        LayoutSearch(case_->demand, free, machine(), setup, constants, count).search(count);
    if (found.fastest.empty()) return fail("no layout fits by the memory model");
    case_->recorded_layout = std::exchange(case_->layout, found.fastest.front().layout);
    return true;
  }

  const RunInputs& in_;
  const Catalog& catalog_;
  std::unique_ptr<TrainingCase> case_;
  const Stack* stack_ = nullptr;
  std::string problem_;
};

}  // namespace

TrainingCaseResult make_training_case(const RunRecord& record, const Catalog& catalog, LayoutSource layouts) {
  if (is_operator_run(record, catalog)) {
    if (layouts == LayoutSource::kSearched)
      return tl::unexpected(std::string("its layout is data parallelism alone"));
    return make_operator_case(record, catalog);
  }
  if (record.family.empty() && record.inputs.model_name.empty() && !record.inputs.get("n_layers"))
    return tl::unexpected(std::string("it is no training run: neither a model nor a shape is stated"));
  RunInputs inputs = record.inputs;
  if (record.family == "lora_finetune" && inputs.finetune_type.empty()) inputs.finetune_type = "lora";
  return CaseMaker(inputs, catalog).make(layouts);
}

StepTime predict_step(const TrainingCase& run, const TrainingConstants& constants) {
  return StepModel(run.setup, constants).step(run.layout);
}

double speedup_over_recorded(const TrainingCase& run, const TrainingConstants& constants) {
  if (!run.recorded_layout) return 1;
  const StepModel steps(run.setup, constants);
  return steps.step(*run.recorded_layout).total() / steps.step(run.layout).total();
}

std::optional<double> metric_of(const TrainingCase& run, const std::string& metric, Duration step) {
  const double samples = run.demand.global_batch / step.base();
  const double count = run.machine.count;
  const FlopRate model = run.demand.flops_per_step / step / count;
  if (metric == "step_time_s") return step.base();
  if (metric == "memory_gib_per_gpu") {
    // As the framework's allocator counts it, in the step that takes most.
    Demand most = run.demand;
    most.sequence_length *= run.longest_over_mean;
    const MemoryModel memory(most, run.workload, *run.machine.accelerator, run.setup.precision,
                             run.setup.stack);
    const MemoryUse use = run.setup.offloaded ? memory.offloaded(run.layout) : memory.use(run.layout);
    return (use.total() - use.overhead).in(kGiB);
  }
  if (metric == "samples_per_s") return samples;
  if (metric == "samples_per_s_per_gpu") return samples / count;
  if (metric == "tokens_per_s_total") return samples * run.demand.sequence_length;
  if (metric == "tokens_per_s_per_gpu") return samples * run.demand.sequence_length / count;
  if (const double items = run.tokens_total; items > 0) {
    const Duration whole =
        step * (items / (run.demand.global_batch * run.demand.sequence_length)) / run.productive_share;
    if (metric == "gpu_hours") return whole.in(kHour)*count;
    if (metric == "wallclock_days") return whole.in(kDay);
    if (metric == "time_to_train_min") return whole.base() / 60;
  }
  if (metric == "mfu") return model / peak_of(*run.machine.accelerator, run.setup.precision);
  const bool repeats = run.layout.recompute == Recompute::kFull;
  if (metric == "tflops_per_gpu")
    return model.in(kTflops) * (repeats && run.setup.stack.counts_recompute ? 4.0 / 3 : 1);
  return std::nullopt;
}

}  // namespace capplan

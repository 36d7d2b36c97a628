#include "spec/read_workload.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/number_text.h"
#include "model/hf_config.h"
#include "model/model_reader.h"

namespace capplan {
namespace {

class WorkloadReader {
 public:
  WorkloadReader(const Section& section, const ReadFile& read_file, Diagnostics& problems)
      : in_(section), read_file_(read_file), problems_(problems) {}

  Workload read() {
    work_.location = in_.location();
    work_.name = in_.text("name").value_or("");
    read_kind();
    read_model_choice();
    read_dataset();
    read_training();
    read_serving();
    read_runs();
    work_.deadline = in_.duration("deadline");
    read_pin();
    read_loading();
    read_assume();
    read_optimizations();
    check_needs();
    check_agreement();
    return std::move(work_);
  }

 private:
  void error(const Location& where, std::string message, std::string hint = "") {
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }
  void warn(const Location& where, std::string message, std::string hint = "") {
    problems_.push_back({Severity::kWarning, where, std::move(message), std::move(hint)});
  }

  bool trains() const { return is_trained(work_.kind); }

  void read_kind() {
    const std::string kind = in_.text("kind").value_or("training");
    for (const WorkloadKind k : {WorkloadKind::kTraining, WorkloadKind::kFineTuning, WorkloadKind::kServing,
                                 WorkloadKind::kBatchInference}) {
      if (workload_kind_name(k) == kind) work_.kind = k;
    }
  }

  void read_model_choice() {
    const Section model = in_.section("model");
    work_.model.location = in_.location("model");
    if (!model) return;
    work_.model.preset = model.text("preset");
    const bool own = std::any_of(model_fields().begin(), model_fields().end(),
                                 [&](const Field& f) { return f.key != "image_size" && model.has(f.key); });
    const int ways = (model.has("preset") ? 1 : 0) + (model.has("hf_config") ? 1 : 0) + (own ? 1 : 0);
    if (ways > 1)
      error(model.location(),
            "a model is named by `preset`, by `hf_config` or by its own fields, and by one of them only");
    if (ways == 0)
      error(model.location(), "the model is empty", "write `{preset: llama-3-8b}`, or `{params: 7B}`");
    if (ways != 1) return;
    read_image_size(model);
    if (model.has("hf_config")) read_hf_config_file(model);
    if (own) work_.model.arch = read_model(model, problems_);
  }

  void read_image_size(const Section& model) {
    const auto text = model.text("image_size");
    if (!text) return;
    work_.model.image = parse_extent(*text, 1);
    work_.model.image_location = model.location("image_size");
    if (!work_.model.image)
      error(model.location("image_size"), "no size of an image", "write `224`, `480x640` or `128^3`");
  }

  void read_hf_config_file(const Section& model) {
    const std::string path = model.text("hf_config").value_or("");
    const auto text = read_file_(path);
    if (!text) {
      error(model.location("hf_config"), "cannot read `" + path + "`: " + text.error());
      return;
    }
    const auto arch = read_hf_config(*text);
    if (arch) {
      work_.model.arch = *arch;
    } else {
      error(model.location("hf_config"), "`" + path + "`: " + arch.error());
    }
  }

  void read_dataset() {
    const Section data = in_.section("dataset");
    if (!data) return;
    Dataset& d = work_.dataset;
    d.tokens = data.number("tokens");
    d.samples = data.number("samples");
    d.size = data.bytes("size");
    const bool per_token = data.has("bytes_per_token");
    const bool per_sample = data.has("bytes_per_sample");
    d.bytes_per_item = per_token ? data.bytes("bytes_per_token") : data.bytes("bytes_per_sample");
    if (per_token && per_sample)
      error(data.location("bytes_per_sample"), "give bytes_per_token or bytes_per_sample, not both");
    if (data.has("tokens") && data.has("samples"))
      error(data.location("samples"), "give tokens or samples, not both",
            "samples of text are tokens / sequence_length");
    if (data.has("tokens") && per_sample)
      error(data.location("bytes_per_sample"), "the dataset counts tokens: give bytes_per_token");
    if (data.has("samples") && per_token)
      error(data.location("bytes_per_token"), "the dataset counts samples: give bytes_per_sample");
    d.places = data.texts("at");
    d.link = data.bandwidth("link");
    d.places_location = data.location("at");
    if (d.link && d.places.empty())
      error(data.location("link"), "`link` needs `at`: from where the data moves over it");
    complete_dataset(data, per_token);
  }

  // bytes per item gives the count from the size, or the size from the count; all three must agree.
  void complete_dataset(const Section& data, bool per_token) {
    Dataset& d = work_.dataset;
    if (!d.bytes_per_item) return;
    std::optional<double>& count = d.tokens || (per_token && !d.samples) ? d.tokens : d.samples;
    if (count && d.size) {
      const double from_items = *count * d.bytes_per_item->base();
      if (std::abs(from_items - d.size->base()) > 0.05 * d.size->base()) {
        error(data.location("size"), "the dataset's size is " + plain_number(d.size->base()) +
                                         " B, but its items make " + plain_number(from_items) + " B");
      }
    } else if (count) {
      d.size = *count * *d.bytes_per_item;
    } else if (d.size) {
      count = std::floor(*d.size / *d.bytes_per_item);
    } else {
      error(data.location(), "bytes per item needs a count or a size beside it");
    }
  }

  void read_training() {
    const Section training = in_.section("training");
    if (!training) return;
    TrainingRecipe& t = work_.training;
    t.epochs = training.number("epochs");
    t.steps = training.number("steps");
    t.sequence_length = training.number("sequence_length");
    t.global_batch = training.number("global_batch");
    t.flops_per_step = training.flops("flops_per_step");
    if (const auto precision = training.text("precision")) t.precision = find_precision(*precision);
    const std::string optimizer = training.text("optimizer").value_or("adam");
    for (const Optimizer o : {Optimizer::kAdam, Optimizer::kSgd, Optimizer::kAdafactor, Optimizer::kLamb}) {
      if (optimizer_name(o) == optimizer) t.optimizer = o;
    }
    if (training.has("flops_per_step") && !training.has("global_batch") && !training.has("steps"))
      error(training.location("flops_per_step"),
            "flops_per_step is the arithmetic of one step: `global_batch` (or `steps`) must say how many "
            "steps there are");
  }

  void read_serving() {
    const Section traffic = in_.section("traffic");
    if (traffic) {
      Traffic& t = work_.traffic;
      const Section rate = traffic.section("requests_per_second");
      t.mean_requests_per_second = rate ? rate.number("mean") : traffic.number("requests_per_second");
      t.peak_requests_per_second = rate ? rate.number("peak") : t.mean_requests_per_second;
      if (rate) read_day(rate);
      if (!t.peak_requests_per_second) t.peak_requests_per_second = t.mean_requests_per_second;
      t.growth_per_month = traffic.number("growth_per_month").value_or(0);
      t.prompt_tokens = traffic.number("prompt_tokens").value_or(0);
      t.output_tokens = traffic.number("output_tokens").value_or(0);
      if (t.mean_requests_per_second && *t.peak_requests_per_second < *t.mean_requests_per_second)
        error(rate.location("peak"),
              "the peak is below the mean of " + plain_number(*t.mean_requests_per_second));
      if (!traffic.has("prompt_tokens"))
        error(traffic.location(), "traffic lacks `prompt_tokens`", "add `prompt_tokens: 1200`");
      if (!traffic.has("output_tokens"))
        error(traffic.location(), "traffic lacks `output_tokens`", "add `output_tokens: 250`");
    }
    if (const Section slo = in_.section("slo")) {
      work_.slo = {slo.duration("ttft"), slo.duration("tpot"), slo.number("percentile").value_or(95)};
    }
  }

  // The hours of a day say the mean, and the peak unless that is higher.
  void read_day(const Section& rate) {
    Traffic& t = work_.traffic;
    t.by_hour = rate.numbers("by_hour");
    if (!rate.has("mean") && !rate.has("by_hour"))
      error(rate.location(), "`requests_per_second` lacks `mean`", "add `mean: 12`, or `by_hour`");
    if (t.by_hour.empty()) return;
    if (t.by_hour.size() != 24) {
      error(rate.location("by_hour"),
            "a day has 24 hours, `by_hour` has " + std::to_string(t.by_hour.size()) + " values");
      t.by_hour.clear();
      return;
    }
    const double mean = std::accumulate(t.by_hour.begin(), t.by_hour.end(), 0.0) / 24;
    const double most = *std::max_element(t.by_hour.begin(), t.by_hour.end());
    if (most <= 0) error(rate.location("by_hour"), "nothing is asked in any hour");
    if (t.mean_requests_per_second && std::abs(*t.mean_requests_per_second / mean - 1) > 0.05)
      error(rate.location("mean"), "the mean is " + plain_number(*t.mean_requests_per_second) +
                                       ", that of `by_hour` is " + plain_number(mean));
    if (t.peak_requests_per_second && *t.peak_requests_per_second < most)
      error(rate.location("peak"), "the peak is below the busiest hour's " + plain_number(most));
    t.mean_requests_per_second = mean;
    if (!t.peak_requests_per_second) t.peak_requests_per_second = most;
  }

  void read_runs() {
    if (const Section runs = in_.section("runs")) {
      const std::string every = runs.text("every").value_or("year");
      const Duration period = every == "day"       ? kDay
                              : every == "week"    ? kDay * 7
                              : every == "month"   ? kMonth
                              : every == "quarter" ? kMonth * 3
                                                   : kYear;
      work_.runs = Recurrence{period, runs.number("each").value_or(1)};
    }
    if (const auto multiple = in_.number("experiments")) work_.experiments.final_runs = *multiple;
    if (const Section trials = in_.section("experiments")) {
      work_.experiments.final_runs = trials.number("runs").value_or(0) * trials.number("size").value_or(1) *
                                     trials.number("stop_early").value_or(1);
      work_.experiments.stop_early = trials.number("stop_early").value_or(1) < 1;
    }
  }

  static std::optional<int> whole(const Section& section, std::string_view key) {
    const auto number = section.number(key);
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
  }

  void read_pin() {
    const Section pin = in_.section("pin");
    if (!pin) return;
    Pin& p = work_.pin;
    p.location = in_.location("pin");
    p.accelerator = pin.text("accelerator");
    p.accelerator_location = pin.location("accelerator");
    p.count = whole(pin, "count");
    p.per_node = whole(pin, "per_node");
    p.tensor_parallel = whole(pin, "tensor_parallel");
    p.pipeline_parallel = whole(pin, "pipeline_parallel");
    p.virtual_pipeline = whole(pin, "virtual_pipeline");
    p.context_parallel = whole(pin, "context_parallel");
    p.expert_parallel = whole(pin, "expert_parallel");
    p.data_parallel = whole(pin, "data_parallel");
    p.zero_stage = whole(pin, "zero_stage");
    p.sequence_parallel = pin.flag("sequence_parallel");
    p.micro_batch = whole(pin, "micro_batch");
    if (const auto recompute = pin.text("recompute")) {
      p.recompute = *recompute == "none"   ? Recompute::kNone
                    : *recompute == "full" ? Recompute::kFull
                                           : Recompute::kSelective;
    }
    p.flash_attention = pin.flag("flash_attention");
    p.channels_last = pin.flag("channels_last");
    p.stack = pin.text("stack");
    check_layout(pin);
  }

  // Degrees that are all pinned must multiply to the count.
  void check_layout(const Section& pin) {
    const Pin& p = work_.pin;
    if (!trains() || !p.count) return;
    const double fixed = 1.0 * p.tensor_parallel.value_or(1) * p.pipeline_parallel.value_or(1) *
                         p.context_parallel.value_or(1) * p.data_parallel.value_or(1);
    const bool all = p.data_parallel && p.tensor_parallel && p.pipeline_parallel;
    if (all && fixed != *p.count) {
      error(pin.location("count"), "tensor, pipeline, context and data parallelism make " +
                                       plain_number(fixed) + " accelerators, but count is " +
                                       std::to_string(*p.count));
    } else if (std::fmod(*p.count, fixed) != 0) {
      error(pin.location("count"), "count (" + std::to_string(*p.count) +
                                       ") is no multiple of the pinned parallel degrees (" +
                                       plain_number(fixed) + ")");
    }
  }

  void read_loading() {
    const Section in = in_.section("data_loading");
    if (!in) return;
    work_.loading = {in.number("decode_rate"), in.number("cpu_cores"), in.bandwidth("storage"),
                     in.flag("on_accelerator").value_or(false)};
  }

  void read_assume() {
    if (const Section assume = in_.section("assume")) {
      work_.assume = {assume.number("mfu"), assume.bandwidth("interconnect"), assume.number("goodput")};
      if (trains() && work_.assume.mfu.value_or(0) > kHighestPublishedMfu)
        warn(assume.location("mfu"),
             "an MFU above anything published for training (" + plain_number(100 * kHighestPublishedMfu) +
                 "%)",
             "model FLOP/s over the dense peak, recomputed work left out");
    }
  }

  // A lever does not override what is pinned.
  void check_pin_of(Lever lever, const Location& where) {
    const Pin& p = work_.pin;
    const std::string name(lever_name(lever));
    const bool contradicts =
        (lever == Lever::kRecompute && p.recompute && *p.recompute != Recompute::kFull) ||
        (lever == Lever::kSharding && p.zero_stage && *p.zero_stage != 3) ||
        (lever == Lever::kFlashAttention && p.flash_attention && !*p.flash_attention);
    if (contradicts) error(where, "`" + name + "` contradicts what `pin` says", "leave out one of the two");
    if (acts_on_training_alone(lever) && !trains())
      warn(where, "`" + name + "` has no effect: nothing is trained");
  }

  // Of these only one can be meant.
  static bool are_alternatives(Lever a, Lever b) {
    const auto one_of = [](Lever lever, std::initializer_list<Lever> kind) {
      return std::find(kind.begin(), kind.end(), lever) != kind.end();
    };
    const auto precisions = {Lever::kFp8, Lever::kInt8, Lever::kFp4};
    const auto adapters = {Lever::kLora, Lever::kQlora};
    const bool unpacks = a == Lever::kQlora || b == Lever::kQlora;
    const bool lowers = one_of(a, precisions) || one_of(b, precisions);
    return (one_of(a, precisions) && one_of(b, precisions)) || (one_of(a, adapters) && one_of(b, adapters)) ||
           (unpacks && lowers);
  }

  void read_optimizations() {
    const Location& where = in_.location("optimizations");
    for (const std::string& name : in_.texts("optimizations")) {
      const bool prunes = name.starts_with("prune-");
      const auto lever = prunes ? Lever::kPrune : find_lever(name);
      if (!lever) continue;
      if (work_.has_lever(*lever)) {
        error(where, prunes ? "only one `prune-…` at a time" : "`" + name + "` stands twice");
        continue;
      }
      check_pin_of(*lever, where);
      if (prunes) work_.pruned_share = std::stod(name.substr(std::string_view("prune-").size())) / 100;
      const bool adapters = *lever == Lever::kLora || *lever == Lever::kQlora;
      if (adapters && work_.kind != WorkloadKind::kFineTuning)
        error(where, "`" + name + "` fits fine-tuning only", "set `kind: fine-tuning`");
      if (*lever == Lever::kEarlyStopping && work_.experiments.stop_early)
        warn(where, "`early-stopping` comes on top of `experiments.stop_early`: trials are cut twice",
             "leave one of the two out");
      if (*lever == Lever::kEarlyStopping && work_.experiments.final_runs == 0)
        warn(where, "`early-stopping` has no effect: there are no `experiments`", "add `experiments: 3x`");
      check_against_others(name, *lever, where);
      work_ = work_.with(*lever);
    }
  }

  void check_against_others(const std::string& name, Lever lever, const Location& where) {
    for (const Lever other : work_.optimizations) {
      const auto why = lever_conflict(other, lever);
      if (why.empty()) continue;
      const std::string both = "`" + std::string(lever_name(other)) + "` and `" + name + "`";
      if (are_alternatives(other, lever)) {
        error(where, both + " exclude each other: " + std::string(why));
      } else {
        warn(where, both + " overlap: " + std::string(why));
      }
    }
  }

  void check_needs() {
    const bool has_data = work_.dataset.tokens || work_.dataset.samples;
    const bool data_is_broken =
        in_.section("dataset") && !has_data &&
        (in_.section("dataset").has("tokens") || in_.section("dataset").has("samples"));
    if (trains() && !has_data && !in_.section("training").has("steps") && !data_is_broken)
      error(in_.location("dataset"), "training needs `dataset` (tokens or samples) or `training.steps`",
            "add `dataset: {tokens: 1T}`");
    if (work_.kind == WorkloadKind::kBatchInference && !has_data && !data_is_broken)
      error(in_.location("dataset"), "batch inference needs `dataset` (tokens or samples)",
            "add `dataset: {samples: 1M}`");
    if (work_.kind == WorkloadKind::kServing && !in_.has("traffic"))
      error(in_.location(), "serving needs `traffic`",
            "add `traffic: {requests_per_second: 12, prompt_tokens: 1200, output_tokens: 250}`");
    if (work_.kind == WorkloadKind::kServing && in_.has("traffic") &&
        !in_.section("traffic").has("requests_per_second"))
      error(in_.location("traffic"), "traffic lacks `requests_per_second`",
            "add `requests_per_second: {mean: 12, peak: 40}`");
    if (in_.section("training").has("steps") && in_.section("training").has("epochs"))
      error(in_.section("training").location("epochs"), "give steps or epochs, not both");
    if (trains() && work_.dataset.samples && !in_.section("training").has("global_batch") &&
        !in_.section("training").has("steps"))
      error(in_.location("training"), "training on samples needs `training.global_batch`",
            "add `training: {global_batch: 256}`");
  }

  void check_agreement() {
    const TrainingRecipe& t = work_.training;
    const auto& shape = work_.model.arch.shape;
    if (t.sequence_length && *t.sequence_length != std::floor(*t.sequence_length))
      error(in_.section("training").location("sequence_length"), "a sequence has a whole number of tokens");
    if (shape && work_.model.arch.max_sequence_length > 0 && t.sequence_length &&
        *t.sequence_length > work_.model.arch.max_sequence_length)
      warn(in_.section("training").location("sequence_length"),
           "longer than the model's max_sequence_length");
  }

  const Section& in_;
  const ReadFile& read_file_;
  Diagnostics& problems_;
  Workload work_;
};

}  // namespace

Workload read_workload(const Section& section, const ReadFile& read_file, Diagnostics& problems) {
  return WorkloadReader(section, read_file, problems).read();
}

}  // namespace capplan

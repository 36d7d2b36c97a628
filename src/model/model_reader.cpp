#include "model/model_reader.h"

#include <array>
#include <cmath>

#include "core/number_text.h"
#include "model/network_reader.h"

namespace capplan {
namespace {

constexpr std::array<std::string_view, 7> kArchitectures{"transformer", "cnn",  "vit",    "bert",
                                                         "diffusion",   "dlrm", "generic"};
constexpr std::array<std::string_view, 2> kNorms{"rms", "layer"};
constexpr double kAgreement = 0.05;  // contract, section 2.2
constexpr double kLargestCount = 1e9;
constexpr double kLargestParams = 1e16;

constexpr Field count_field(std::string_view key, std::string_view doc, std::string_view example,
                            double min = 1) {
  return {.key = key,
          .type = ValueType::kInteger,
          .doc = doc,
          .example = example,
          .min = min,
          .max = kLargestCount};
}
constexpr Field flag_field(std::string_view key, std::string_view doc) {
  return {.key = key, .type = ValueType::kBool, .doc = doc, .example = "true"};
}

constexpr Field kLatentFields[] = {
    count_field("q_lora_rank", "width of the compressed query, 0 where queries are not compressed", "1536",
                0),
    count_field("kv_lora_rank", "width of the compressed key and value", "512"),
    count_field("qk_nope_head_dim", "query-key width of a head without position", "128"),
    count_field("qk_rope_head_dim", "query-key width of a head with rotary position", "64"),
    count_field("v_head_dim", "value width of a head", "128"),
};

constexpr Field kFields[] = {
    {.key = "architecture",
     .type = ValueType::kName,
     .doc = "what kind of model it is; default transformer where layers are given, else generic",
     .example = "transformer",
     .names = kArchitectures},
    count_field("layers", "transformer layers", "32"),
    count_field("hidden", "width of the residual stream", "4096"),
    count_field("ffn", "width of the feed-forward layer", "14336"),
    count_field("heads", "query heads", "32"),
    count_field("kv_heads", "key and value heads; default as many as heads", "8"),
    count_field("head_dim", "width of a head; default hidden / heads", "128"),
    count_field("vocab", "rows of the vocabulary", "128256"),
    flag_field("gated_mlp", "the feed-forward layer has a gate (SwiGLU); default true"),
    flag_field("tied_embeddings", "input embedding and head share one table; default false"),
    count_field("experts", "experts of a layer in a mixture of experts; 0 for none", "8", 0),
    count_field("experts_per_token", "experts that one token is sent to", "2", 0),
    count_field("expert_ffn", "feed-forward width of one expert; default ffn", "14336", 0),
    count_field("shared_experts", "experts that see every token; default 0", "1", 0),
    count_field("dense_layers", "first layers without experts; default 0", "3", 0),
    flag_field("biases", "every linear layer and norm has a bias; default false"),
    flag_field("qkv_bias", "queries, keys and values have a bias; default false"),
    flag_field("qk_norm", "queries and keys are normalised a head; default false"),
    {.key = "norm",
     .type = ValueType::kName,
     .doc = "normalisation: rms has no bias; default rms",
     .example = "rms",
     .names = kNorms},
    count_field("parallel_norms", "norms of a layer; default 2", "2", 0),
    count_field("learned_positions", "rows of a learned position table; default 0", "1024", 0),
    {.key = "latent_attention",
     .type = ValueType::kMap,
     .doc = "multi-head latent attention (DeepSeek-V2)",
     .fields = kLatentFields},
    count_field("max_sequence_length", "longest sequence the model takes", "8192"),
    {.key = "image_size",
     .type = ValueType::kText,
     .doc = "of the images; beside a preset: its layers at this size",
     .example = "224"},
    {.key = "params",
     .type = ValueType::kInteger,
     .doc = "parameters; derived where layers are given",
     .example = "8.03B",
     .min = 1,
     .max = kLargestParams,
     .noun = "parameters"},
    {.key = "active_params",
     .type = ValueType::kInteger,
     .doc = "parameters that one token passes, of a mixture of experts whose layers are not given",
     .example = "3.6B",
     .min = 1,
     .max = kLargestParams,
     .noun = "parameters"},
    {.key = "network",
     .type = ValueType::kMaps,
     .doc = "layer by layer, from the input of one sample to its output",
     .noun = "layer",
     .nested = &layer_fields},
    {.key = "flops_per_sample",
     .type = ValueType::kQuantity,
     .doc = "arithmetic of one forward pass of one sample",
     .example = "8.2 GFLOP",
     .dim = {.flop = 1},
     .above_min = true},
    {.key = "activations_per_sample",
     .type = ValueType::kInteger,
     .doc = "elements written in one forward pass of one sample",
     .example = "11.1M",
     .min = 1,
     .max = kLargestParams,
     .noun = "elements"},
};

class ModelReader {
 public:
  ModelReader(const Section& section, Diagnostics& problems) : in_(section), problems_(problems) {}

  ModelArch read() {
    ModelArch model;
    if (in_.has("layers") || in_.has("hidden")) model.shape = read_shape();
    const auto stated = in_.text("architecture");
    model.architecture = stated ? find_architecture(*stated).value_or(Architecture::kGeneric)
                                : (model.shape ? Architecture::kTransformer : Architecture::kGeneric);
    if (!stated && !model.shape && in_.has("vocab")) model.architecture = Architecture::kTransformer;
    model.params = in_.number("params");
    model.active_params = in_.number("active_params");
    if (model.params && model.active_params && *model.active_params > *model.params)
      error("active_params", "more active parameters than parameters");
    model.flops_per_sample = in_.flops("flops_per_sample");
    model.activations_per_sample = in_.number("activations_per_sample");
    if (in_.has("network")) read_operators(model);
    model.max_sequence_length = count("max_sequence_length", 0);
    if (model.shape) check_params(*model.shape, model.params);
    return model;
  }

 private:
  int count(std::string_view key, int otherwise) const {
    return static_cast<int>(in_.number(key).value_or(otherwise));
  }

  double stated_pixels() const {
    const std::string text = in_.text("image_size").value_or("");
    const auto size = parse_extent(text, text.find('^') == std::string::npos ? 2 : 3);
    return size ? size->positions() : 0;
  }

  // What the layers add up to stands in for what is not stated, and must agree with what is.
  void read_operators(ModelArch& model) {
    const std::size_t before = problems_.size();
    ReadNetwork network = read_network(in_.sections("network"), problems_);
    model.operators = std::move(network.operators);
    // Layers that see latents, or a mean of images, stand for a size that they do not have.
    if (!in_.has("image_size") || stated_pixels() == network.image_pixels)
      model.image_pixels = network.image_pixels;
    model.sample_tokens = network.sample_tokens;
    if (problems_.size() != before) return;
    const OperatorTotals sum = total(model.operators);
    if (sum.params == 0)
      return error("network", "the layers have no weights", "add a `conv` or a `linear` layer");
    const auto agree = [&](std::string_view key, double stated, double derived) {
      if (std::abs(derived - stated) <= kAgreement * stated) return;
      const bool halved =
          key == "flops_per_sample" && std::abs(derived - 2 * stated) <= kAgreement * 2 * stated;
      error(
          key,
          std::string(key) + " is " + plain_number(stated) + ", but the layers make " + plain_number(derived),
          halved ? "a multiplication with its addition counts as two"
                 : "give one of the two, or correct the other");
    };
    if (model.params) agree("params", *model.params, sum.params);
    if (model.flops_per_sample) agree("flops_per_sample", model.flops_per_sample->base(), 2 * sum.macs);
    if (model.activations_per_sample)
      agree("activations_per_sample", *model.activations_per_sample, sum.activations);
    if (!model.params && sum.params > 0) model.params = sum.params;
    if (!model.flops_per_sample && sum.macs > 0) model.flops_per_sample = Flops::of(2 * sum.macs);
    if (!model.activations_per_sample && sum.activations > 0) model.activations_per_sample = sum.activations;
  }

  void error(std::string_view key, std::string message, std::string hint = "") {
    problems_.push_back({Severity::kError, in_.location(key), std::move(message), std::move(hint)});
  }

  std::optional<TransformerShape> read_shape() {
    TransformerShape s;
    bool complete = true;
    for (const std::string_view key : {"layers", "hidden", "heads"}) {
      if (in_.has(key)) continue;
      error(key, "a model with layers needs `" + std::string(key) + "` too");
      complete = false;
    }
    s.layers = count("layers", 0);
    s.hidden = count("hidden", 0);
    s.heads = count("heads", 0);
    if (!complete || s.layers == 0 || s.hidden == 0 || s.heads == 0) return std::nullopt;
    s.kv_heads = count("kv_heads", s.heads);
    s.head_dim = count("head_dim", s.hidden / s.heads);
    s.vocab = count("vocab", 0);
    s.gated_mlp = in_.flag("gated_mlp").value_or(true);
    s.tied_embeddings = in_.flag("tied_embeddings").value_or(false);
    s.biases = in_.flag("biases").value_or(false);
    s.qkv_bias = in_.flag("qkv_bias").value_or(false);
    s.qk_norm = in_.flag("qk_norm").value_or(false);
    s.norm = in_.text("norm").value_or("rms") == "layer" ? Norm::kLayer : Norm::kRms;
    s.norms_per_layer = count("parallel_norms", 2);
    s.learned_positions = count("learned_positions", 0);
    s.ffn = count("ffn", 0);
    s.latent = read_latent();
    s.experts = read_experts(s);
    return check_shape(s) ? std::optional(s) : std::nullopt;
  }

  std::optional<LatentAttention> read_latent() {
    const Section latent = in_.section("latent_attention");
    if (!latent) return std::nullopt;
    const auto width = [&](std::string_view key) { return static_cast<int>(latent.number(key).value_or(0)); };
    return LatentAttention{width("q_lora_rank"), width("kv_lora_rank"), width("qk_nope_head_dim"),
                           width("qk_rope_head_dim"), width("v_head_dim")};
  }

  std::optional<Experts> read_experts(const TransformerShape& s) {
    const int experts = count("experts", 0);
    if (experts == 0) return std::nullopt;
    Experts e{experts, count("experts_per_token", 0), count("expert_ffn", s.ffn), count("shared_experts", 0),
              count("dense_layers", 0)};
    if (e.per_token < 1) error("experts", "a mixture of experts needs `experts_per_token`");
    if (e.per_token > experts)
      error("experts_per_token", "more experts a token (" + std::to_string(e.per_token) + ") than experts (" +
                                     std::to_string(experts) + ")");
    if (e.ffn < 1) error("experts", "a mixture of experts needs `expert_ffn` (or `ffn`)");
    if (e.dense_layers > s.layers) error("dense_layers", "more dense layers than layers");
    return e;
  }

  bool check_shape(const TransformerShape& s) {
    bool good = true;
    const auto fail = [&](std::string_view key, std::string message) {
      error(key, std::move(message));
      good = false;
    };
    if (s.ffn == 0 && !s.experts) fail("ffn", "a model with layers needs `ffn` too");
    if (s.experts && s.experts->dense_layers > 0 && s.ffn == 0) fail("ffn", "dense layers need `ffn`");
    if (s.heads % std::max(s.kv_heads, 1) != 0) {
      fail("kv_heads", "heads (" + std::to_string(s.heads) + ") must be a multiple of kv_heads (" +
                           std::to_string(s.kv_heads) + ")");
    }
    if (!in_.has("head_dim") && !s.latent && s.hidden % s.heads != 0) {
      fail("heads", "hidden (" + std::to_string(s.hidden) + ") is no multiple of heads (" +
                        std::to_string(s.heads) + "): give `head_dim`");
    }
    return good;
  }

  // Two figures that should agree: over 5% apart is an error, with both shown (contract, section 2.2).
  void check_params(const TransformerShape& shape, std::optional<double> stated) {
    if (!stated || shape.vocab == 0) return;
    const double derived = count_parameters(shape).total();
    if (std::abs(derived - *stated) <= kAgreement * *stated) return;
    error("params",
          "params is " + plain_number(*stated) + ", but layers, hidden and the rest make " +
              plain_number(derived),
          "give one of the two, or correct the other");
  }

  const Section& in_;
  Diagnostics& problems_;
};

}  // namespace

std::span<const Field> model_fields() { return kFields; }

ModelArch read_model(const Section& section, Diagnostics& problems) {
  return ModelReader(section, problems).read();
}

}  // namespace capplan

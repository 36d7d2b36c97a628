#include "model/hf_config.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/text.h"

namespace capplan {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::int64_t kLargestWidth = 1'000'000'000;
constexpr int kMostLayersOfShape = 100'000;

class ConfigReader;

// What the files of one model_type leave unsaid, and what only they say.
struct Family {
  std::string_view model_type;
  bool tied = false;
  bool gated = true;
  bool biases = false;
  bool qkv_bias = false;
  bool qk_norm = false;
  Norm norm = Norm::kRms;
  int norms_per_layer = 2;
  Architecture architecture = Architecture::kTransformer;
  void (ConfigReader::*own_keys)() = nullptr;
};

// Collects every problem; a value that is wrong reads as 1, so that the rest can be looked at.
class ConfigReader {
 public:
  ConfigReader(const Json& config, const Family& family) : config_(config), family_(family) {}

  tl::expected<ModelArch, std::string> read();

  void read_gpt2();
  void read_gpt_neox();
  void read_falcon();
  void read_gemma();
  void read_gemma3();
  void read_mixtral();
  void read_qwen_moe();
  void read_deepseek();
  void read_bert();
  void read_vit();

 private:
  const Json* find(std::string_view key) const;
  void wrong(std::string message);
  int integer(std::string_view key, int min);
  int whole(std::string_view key) { return integer(key, 1); }
  int whole(std::string_view key, int otherwise) { return find(key) ? integer(key, 1) : otherwise; }
  int count(std::string_view key, int otherwise) { return find(key) ? integer(key, 0) : otherwise; }
  bool flag(std::string_view key, bool otherwise);

  void read_common();
  void read_linear_biases();
  int count_dense_layers();
  void complete_heads();
  void finish_vit();

  const Json& config_;
  const Family& family_;
  TransformerShape shape_;
  ModelArch model_;
  int head_dim_ = 0;  // where the family has a value of its own
  std::vector<std::string> problems_;
};

constexpr std::array<Family, 19> kFamilies{{
    {.model_type = "llama"},
    {.model_type = "mistral"},
    {.model_type = "mixtral", .own_keys = &ConfigReader::read_mixtral},
    {.model_type = "qwen2", .qkv_bias = true},
    {.model_type = "qwen2_moe", .qkv_bias = true, .own_keys = &ConfigReader::read_qwen_moe},
    {.model_type = "qwen3", .qk_norm = true},
    {.model_type = "qwen3_moe", .qk_norm = true, .own_keys = &ConfigReader::read_qwen_moe},
    {.model_type = "gemma", .tied = true, .own_keys = &ConfigReader::read_gemma},
    {.model_type = "gemma2", .tied = true, .norms_per_layer = 4, .own_keys = &ConfigReader::read_gemma},
    {.model_type = "gemma3_text",
     .tied = true,
     .qk_norm = true,
     .norms_per_layer = 4,
     .own_keys = &ConfigReader::read_gemma3},
    {.model_type = "gpt2",
     .tied = true,
     .gated = false,
     .biases = true,
     .norm = Norm::kLayer,
     .own_keys = &ConfigReader::read_gpt2},
    {.model_type = "gpt_neox",
     .gated = false,
     .biases = true,
     .norm = Norm::kLayer,
     .own_keys = &ConfigReader::read_gpt_neox},
    {.model_type = "phi", .gated = false, .biases = true, .norm = Norm::kLayer, .norms_per_layer = 1},
    {.model_type = "phi3"},
    {.model_type = "deepseek_v2", .own_keys = &ConfigReader::read_deepseek},
    {.model_type = "deepseek_v3", .own_keys = &ConfigReader::read_deepseek},
    {.model_type = "falcon",
     .tied = true,
     .gated = false,
     .norm = Norm::kLayer,
     .own_keys = &ConfigReader::read_falcon},
    {.model_type = "bert",
     .tied = true,
     .gated = false,
     .biases = true,
     .norm = Norm::kLayer,
     .architecture = Architecture::kBert,
     .own_keys = &ConfigReader::read_bert},
    {.model_type = "vit",
     .gated = false,
     .biases = true,
     .norm = Norm::kLayer,
     .architecture = Architecture::kVit,
     .own_keys = &ConfigReader::read_vit},
}};

std::string ticked(std::string_view text) { return "`" + std::string(text.substr(0, 60)) + "`"; }

const Family* find_family(std::string_view model_type) {
  const auto* found = std::find_if(kFamilies.begin(), kFamilies.end(),
                                   [&](const Family& f) { return f.model_type == model_type; });
  return found == kFamilies.end() ? nullptr : found;
}

std::string known_types() {
  std::vector<std::string_view> names;
  names.reserve(kFamilies.size());
  for (const Family& family : kFamilies) names.push_back(family.model_type);
  return join(names);
}

// null stands for a key that is not there: files write it for "as usual".
const Json* ConfigReader::find(std::string_view key) const {
  const auto found = config_.find(std::string(key));
  return found == config_.end() || found->is_null() ? nullptr : &*found;
}

void ConfigReader::wrong(std::string message) { problems_.push_back(std::move(message)); }

int ConfigReader::integer(std::string_view key, int min) {
  const Json* value = find(key);
  if (value == nullptr) {
    wrong("lacks " + ticked(key));
    return 1;
  }
  if (!value->is_number_integer()) {
    wrong(ticked(key) + " must be a whole number");
    return 1;
  }
  const bool too_large = value->is_number_unsigned() && value->get<std::uint64_t>() > kLargestWidth;
  if (too_large || value->get<std::int64_t>() < min || value->get<std::int64_t>() > kLargestWidth) {
    wrong(ticked(key) + " must be from " + std::to_string(min) + " to " + std::to_string(kLargestWidth));
    return 1;
  }
  return static_cast<int>(value->get<std::int64_t>());
}

bool ConfigReader::flag(std::string_view key, bool otherwise) {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) {
    wrong(ticked(key) + " must be true or false");
    return otherwise;
  }
  return value->get<bool>();
}

tl::expected<ModelArch, std::string> ConfigReader::read() {
  model_.architecture = family_.architecture;
  shape_.gated_mlp = family_.gated;
  shape_.biases = family_.biases;
  shape_.qkv_bias = family_.qkv_bias;
  shape_.qk_norm = family_.qk_norm;
  shape_.norm = family_.norm;
  shape_.norms_per_layer = family_.norms_per_layer;
  shape_.tied_embeddings = flag("tie_word_embeddings", family_.tied);
  const bool own_names = family_.model_type == "gpt2" || family_.model_type == "falcon";
  if (!own_names) read_common();
  if (family_.own_keys != nullptr) (this->*family_.own_keys)();
  if (shape_.layers > kMostLayersOfShape)
    wrong("more than " + std::to_string(kMostLayersOfShape) + " layers");
  complete_heads();
  if (!problems_.empty()) {
    return tl::unexpected(join({problems_.begin(), problems_.end()}, "; "));
  }
  model_.shape = shape_;
  if (family_.architecture == Architecture::kVit) finish_vit();
  return model_;
}

void ConfigReader::read_common() {
  const bool gemma3 = family_.own_keys == &ConfigReader::read_gemma3;
  shape_.hidden = whole("hidden_size");
  shape_.layers = whole("num_hidden_layers");
  shape_.heads = gemma3 ? whole("num_attention_heads", 8) : whole("num_attention_heads");
  shape_.kv_heads = whole("num_key_value_heads", gemma3 ? 4 : shape_.heads);
  shape_.ffn = whole("intermediate_size");
  if (family_.architecture != Architecture::kVit) {
    shape_.vocab = gemma3 ? whole("vocab_size", 262208) : whole("vocab_size");
    model_.max_sequence_length = whole("max_position_embeddings", 0);
  }
  read_linear_biases();
}

// One flag holds for the whole layer in some files, two for its halves in others.
void ConfigReader::read_linear_biases() {
  if (family_.biases) return;
  const bool attention = flag("attention_bias", false);
  shape_.qkv_bias = flag("qkv_bias", family_.qkv_bias || attention);
  shape_.biases = attention && flag("mlp_bias", false);
}

void ConfigReader::complete_heads() {
  if (!problems_.empty()) return;
  if (shape_.heads % shape_.kv_heads != 0) {
    wrong("heads (" + std::to_string(shape_.heads) + ") must be a multiple of key-value heads (" +
          std::to_string(shape_.kv_heads) + ")");
  }
  if (shape_.latent) {
    shape_.head_dim = shape_.latent->qk_nope_head_dim + shape_.latent->qk_rope_head_dim;
  } else if (find("head_dim") != nullptr || head_dim_ > 0) {
    shape_.head_dim = whole("head_dim", head_dim_);
  } else if (shape_.hidden % shape_.heads == 0) {
    shape_.head_dim = shape_.hidden / shape_.heads;
  } else {
    wrong("the width (" + std::to_string(shape_.hidden) + ") is no multiple of heads (" +
          std::to_string(shape_.heads) + "), and `head_dim` is not there");
  }
}

void ConfigReader::read_gpt2() {
  shape_.hidden = whole("n_embd");
  shape_.layers = whole("n_layer");
  shape_.heads = whole("n_head");
  shape_.kv_heads = shape_.heads;
  shape_.ffn = whole("n_inner", shape_.hidden > kLargestWidth / 4 ? 1 : 4 * shape_.hidden);
  shape_.vocab = whole("vocab_size");
  shape_.learned_positions =
      find("n_positions") ? whole("n_positions") : whole("max_position_embeddings", 1024);
  model_.max_sequence_length = shape_.learned_positions;
}

void ConfigReader::read_gpt_neox() {
  // `attention_bias` came later; without it every linear layer has a bias.
  if (!flag("attention_bias", true)) wrong("`attention_bias: false` beside biases in the rest is not read");
}

void ConfigReader::read_falcon() {
  shape_.hidden = whole("hidden_size");
  shape_.layers = find("num_hidden_layers") ? whole("num_hidden_layers") : whole("n_layer");
  shape_.heads = find("num_attention_heads") ? whole("num_attention_heads") : whole("n_head");
  shape_.ffn = whole("ffn_hidden_size", shape_.hidden > kLargestWidth / 4 ? 1 : 4 * shape_.hidden);
  shape_.vocab = whole("vocab_size");
  shape_.biases = flag("bias", false);
  const bool new_decoder = flag("new_decoder_architecture", false);
  const int grouped = find("num_kv_heads") ? whole("num_kv_heads") : whole("n_head_kv", shape_.heads);
  shape_.kv_heads = new_decoder ? grouped : (flag("multi_query", true) ? 1 : shape_.heads);
  shape_.norms_per_layer = !new_decoder && flag("parallel_attn", true) ? 1 : 2;
  model_.max_sequence_length = whole("max_position_embeddings", 2048);
}

void ConfigReader::read_gemma() { head_dim_ = 256; }

void ConfigReader::read_gemma3() { head_dim_ = 256; }

void ConfigReader::read_mixtral() {
  shape_.experts = Experts{whole("num_local_experts"), whole("num_experts_per_tok"), shape_.ffn, 0, 0};
  if (shape_.experts->per_token > shape_.experts->count) wrong("more experts a token than experts");
}

// Layers without experts: those named, and those that the step leaves out. Only their number matters here.
int ConfigReader::count_dense_layers() {
  const int step = whole("decoder_sparse_step", 1);
  const Json* named = find("mlp_only_layers");
  if (named != nullptr && !named->is_array()) {
    wrong("`mlp_only_layers` must be a list");
    return 0;
  }
  int dense = 0;
  for (int layer = 0; layer < std::min(shape_.layers, kMostLayersOfShape); ++layer) {
    const bool is_named =
        named != nullptr && std::find(named->begin(), named->end(), Json(layer)) != named->end();
    if (is_named || (layer + 1) % step != 0) ++dense;
  }
  return dense;
}

void ConfigReader::read_qwen_moe() {
  Experts e{whole("num_experts"), whole("num_experts_per_tok"), whole("moe_intermediate_size"), 0, 0};
  const int shared = count("shared_expert_intermediate_size", 0);
  if (shared % e.ffn != 0) {
    wrong("`shared_expert_intermediate_size` must be a multiple of `moe_intermediate_size`");
  }
  e.shared = shared / e.ffn;
  e.dense_layers = count_dense_layers();
  if (e.per_token > e.count) wrong("more experts a token than experts");
  shape_.experts = e;
}

void ConfigReader::read_deepseek() {
  LatentAttention latent;
  latent.q_lora_rank = count("q_lora_rank", 0);
  latent.kv_lora_rank = whole("kv_lora_rank");
  latent.qk_nope_head_dim = whole("qk_nope_head_dim");
  latent.qk_rope_head_dim = whole("qk_rope_head_dim");
  latent.v_head_dim = whole("v_head_dim");
  shape_.latent = latent;
  if (find("n_routed_experts") == nullptr) return;
  Experts e{whole("n_routed_experts"), whole("num_experts_per_tok"), whole("moe_intermediate_size"),
            count("n_shared_experts", 0), count("first_k_dense_replace", 0)};
  if (e.per_token > e.count) wrong("more experts a token than experts");
  if (e.dense_layers > shape_.layers) wrong("more dense layers than layers");
  if (whole("moe_layer_freq", 1) != 1) wrong("`moe_layer_freq` other than 1 is not read");
  shape_.experts = e;
}

void ConfigReader::read_bert() {
  // The table of token types stands beside that of positions; both add a vector to each token.
  shape_.learned_positions = whole("max_position_embeddings") + count("type_vocab_size", 2);
}

void ConfigReader::read_vit() {
  const int image = whole("image_size", 224);
  const int patch = whole("patch_size", 16);
  const int side = image / patch;
  constexpr int kMostPatches = 10'000;  // a side
  if (side < 1 || side > kMostPatches) {
    wrong("`image_size` must hold from 1 to 10000 patches of `patch_size` a side");
    return;
  }
  shape_.learned_positions = side * side + 1;  // and the class token
  model_.max_sequence_length = shape_.learned_positions;
}

// The projection of patches and the classifier belong to no layer: they enter the stated figures.
void ConfigReader::finish_vit() {
  const double patch = whole("patch_size", 16);
  const double channels = whole("num_channels", 3);
  const double hidden = shape_.hidden;
  const double tokens = shape_.learned_positions;
  const Json* labels = find("id2label");
  const double classes = labels != nullptr && labels->is_object() ? static_cast<double>(labels->size()) : 0;
  const ParameterCount parameters = count_parameters(shape_);
  const double projection = channels * patch * patch * hidden;
  model_.params = parameters.total() + projection + 2 * hidden + classes * (hidden + 1);
  model_.flops_per_sample = Flops::of(2 * parameters.matmul * tokens + 2 * projection * (tokens - 1)) +
                            attention_flops_per_token(shape_, tokens) * tokens;
}

// The text model of one that also sees or hears stands in `text_config`.
Json text_model(const Json& root) {
  const auto nested = root.find("text_config");
  if (nested == root.end() || !nested->is_object()) return root;
  Json config = *nested;
  const auto tied = root.find("tie_word_embeddings");
  if (tied != root.end() && !config.contains("tie_word_embeddings")) config["tie_word_embeddings"] = *tied;
  return config;
}

tl::expected<Json, std::string> parse_json(const std::string& text) {
  bool too_deep = false;
  const auto bound_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return depth <= kMaxDepth;
  };
  Json root = Json::parse(text, bound_depth, false);
  if (too_deep) return tl::unexpected("nested deeper than " + std::to_string(kMaxDepth) + " levels");
  if (root.is_discarded()) return tl::unexpected<std::string>("not JSON");
  if (!root.is_object()) return tl::unexpected<std::string>("a config.json is a JSON object");
  return root;
}

}  // namespace

tl::expected<ModelArch, std::string> read_hf_config(const std::string& text) {
  const auto root = parse_json(text);
  if (!root) return tl::unexpected(root.error());
  const Json config = text_model(*root);
  const auto type = config.find("model_type");
  if (type == config.end() || !type->is_string()) {
    return tl::unexpected("lacks `model_type` (text); known are " + known_types());
  }
  const Family* family = find_family(type->get_ref<const std::string&>());
  if (family == nullptr) {
    return tl::unexpected("model_type " + ticked(type->get_ref<const std::string&>()) +
                          " is not known; known are " + known_types());
  }
  return ConfigReader(config, *family).read();
}

}  // namespace capplan

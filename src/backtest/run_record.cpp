#include "backtest/run_record.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace capplan {
namespace {

using Json = nlohmann::json;

// Documented numeric inputs and the least value that each may have.
struct NumberKey {
  std::string_view key;
  double least;
};
constexpr std::array kNumbers = std::to_array<NumberKey>({
    {"params_total", 1},
    {"params_active", 1},
    {"n_layers", 1},
    {"hidden", 1},
    {"ffn_hidden", 1},
    {"n_heads", 1},
    {"n_kv_heads", 1},
    {"head_dim", 1},
    {"vocab", 1},
    {"n_experts", 0},
    {"top_k", 1},
    {"moe_ffn_hidden", 1},
    {"n_shared_experts", 0},
    {"n_dense_layers", 0},
    {"seq_len", 1},
    {"gmacs_fwd", 0},
    {"global_batch", 1},
    {"micro_batch", 1},
    {"grad_accum", 1},
    {"tokens_or_samples_total", 1e-3},
    {"epochs", 0},
    {"n_accelerators", 1},
    {"accelerators_per_node", 1},
    {"tensor_parallel", 1},
    {"pipeline_parallel", 1},
    {"virtual_pipeline", 1},
    {"data_parallel", 1},
    {"context_parallel", 1},
    {"expert_parallel", 1},
    {"zero_stage", 0},
    {"lora_rank", 1},
});
constexpr std::array<std::string_view, 10> kFlags{"packed",
                                                  "gated_mlp",
                                                  "tied_embeddings",
                                                  "fsdp",
                                                  "activation_offload",
                                                  "sequence_parallel",
                                                  "flash_attention",
                                                  "torch_compile",
                                                  "async_tp",
                                                  "precision_inferred"};

// The largest of its kind that could be: sizes of a model or a layout are far below a billion, totals are
// not.
double most_of(std::string_view key) {
  const bool total = key == "params_total" || key == "params_active" || key == "tokens_or_samples_total";
  return total ? 1e18 : 1e8;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A number, or text.
std::string size_of(const Json& object) {
  const auto found = object.find("image_size");
  if (found != object.end() && found->is_number_integer()) return std::to_string(found->get<std::int64_t>());
  return text_of(object, "image_size");
}

RunInputs read_inputs(const Json& o) {
  RunInputs in;
  in.model_name = text_of(o, "model_name");
  in.accelerator = text_of(o, "accelerator");
  in.framework = text_of(o, "framework");
  in.interconnect = text_of(o, "interconnect");
  in.finetune_type = text_of(o, "finetune_type");
  in.optimizer = text_of(o, "optimizer");
  in.precision = text_of(o, "precision");
  in.precision_note = text_of(o, "precision_note");
  in.recompute = text_of(o, "activation_recompute");
  in.memory_format = text_of(o, "memory_format");
  in.image_size = size_of(o);
  for (const NumberKey& k : kNumbers) {
    const auto found = o.find(std::string(k.key));
    if (found == o.end() || !found->is_number()) continue;
    const double value = found->get<double>();
    if (std::isfinite(value) && value >= k.least && value <= most_of(k.key)) in.number.emplace(k.key, value);
  }
  for (const std::string_view key : kFlags) {
    const auto found = o.find(std::string(key));
    if (found != o.end() && found->is_boolean()) in.flag.emplace(key, found->get<bool>());
  }
  return in;
}

}  // namespace

std::optional<double> RunInputs::get(const std::string& key) const {
  const auto found = number.find(key);
  return found == number.end() ? std::nullopt : std::optional(found->second);
}
std::optional<int> RunInputs::whole(const std::string& key) const {
  const auto value = get(key);
  return value && *value < 1e9 ? std::optional(static_cast<int>(std::lround(*value))) : std::nullopt;
}
std::optional<bool> RunInputs::is(const std::string& key) const {
  const auto found = flag.find(key);
  return found == flag.end() ? std::nullopt : std::optional(found->second);
}

RunRecords read_run_records(const SourceText& source) {
  RunRecords all;
  if (source.text.find_first_not_of(" \t\r\n") == std::string::npos)
    all.problems.push_back(
        {Severity::kError, {source.name, 1, 1, 1}, "the file holds no run", "a JSON object a line"});
  int number = 0;
  std::size_t begin = 0;
  while (begin < source.text.size()) {
    std::size_t end = source.text.find('\n', begin);
    if (end == std::string::npos) end = source.text.size();
    const std::string_view line = std::string_view(source.text).substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Json object = Json::parse(line, nullptr, false);
    if (object.is_discarded() || !object.is_object() || text_of(object, "id").empty()) {
      all.problems.push_back({Severity::kError,
                              {source.name, number, 1, static_cast<int>(line.size())},
                              "a run is a JSON object with an `id`",
                              ""});
      continue;
    }
    RunRecord r;
    r.id = text_of(object, "id");
    r.family = text_of(object, "family");
    r.tier = text_of(object, "tier");
    r.metric = text_of(object, "score_target");
    r.source = text_of(object, "source");
    r.config_group = text_of(object, "config_group");
    if (r.config_group.empty()) r.config_group = r.id;
    r.inputs = read_inputs(object);
    for (const auto& [key, value] : object.items()) {
      if (value.is_number() && !r.inputs.number.contains(key)) r.measured.emplace(key, value.get<double>());
    }
    all.runs.push_back(std::move(r));
  }
  return all;
}

}  // namespace capplan

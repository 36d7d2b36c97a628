#include "model/hf_config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace capplan {
namespace {

const std::string kLlama =
    R"("hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
       "num_key_value_heads": 8, "max_position_embeddings": 8192)";

std::string config(const std::string& model_type, const std::string& rest) {
  return R"({"model_type": ")" + model_type + "\", " + rest + "}";
}

struct Published {
  std::string name;
  std::string text;
  double params;
  double tolerance = 0;  // relative; 0 where the published count holds what ours holds
};

std::vector<Published> dense_models() {
  return {
      {"llama-3-8b", config("llama", kLlama + R"(, "vocab_size": 128256)"), 8030261248},
      {"llama-3.2-1b",
       config("llama", R"("hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
          "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256,
          "tie_word_embeddings": true)"),
       1235814400},
      {"mistral-7b", config("mistral", kLlama + R"(, "vocab_size": 32000, "head_dim": null)"), 7241732096},
      {"qwen2-7b",
       config("qwen2", R"("hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
          "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064)"),
       7615616512},
      {"qwen3-8b",
       config("qwen3", R"("hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
          "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
          "attention_bias": false)"),
       8190735360},
      {"gemma-7b",
       config("gemma", R"("hidden_size": 3072, "intermediate_size": 24576, "num_hidden_layers": 28,
          "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 256000)"),
       8537680896},
      {"gemma-2-9b",
       config("gemma2", R"("hidden_size": 3584, "intermediate_size": 14336, "num_hidden_layers": 42,
          "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256, "vocab_size": 256000)"),
       9241705984},
      {"gemma-3-1b", config("gemma3_text", R"("hidden_size": 1152, "intermediate_size": 6912,
          "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256,
          "vocab_size": 262144)"),
       999885952},
      {"gpt2", config("gpt2", R"("n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024,
          "vocab_size": 50257)"),
       124439808},
      {"gpt-neox-20b", config("gpt_neox", R"("hidden_size": 6144, "intermediate_size": 24576,
          "num_hidden_layers": 44, "num_attention_heads": 64, "vocab_size": 50432)"),
       20554567680},
      {"phi-2", config("phi", R"("hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 32,
          "num_attention_heads": 32, "vocab_size": 51200)"),
       2779683840, 1e-4},
      {"phi-3-mini",
       config("phi3", R"("hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32,
          "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32064)"),
       3821079552},
      {"bert-base", config("bert", R"("hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
          "num_attention_heads": 12, "max_position_embeddings": 512, "type_vocab_size": 2, "vocab_size": 30522)"),
       109482240, 0.01},
  };
}

const std::string kFalcon7b =
    R"("hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71, "vocab_size": 65024,
       "bias": false, "multi_query": true, "parallel_attn": true)";

std::vector<Published> other_models() {
  return {
      // The published count holds the head apart from the embeddings, which the model shares.
      {"falcon-7b", config("falcon", kFalcon7b + R"(, "tie_word_embeddings": false)"), 7217189760, 1e-4},
      {"falcon-7b as run", config("falcon", kFalcon7b), 7217189760.0 - 65024 * 4544, 1e-4},
      {"falcon-40b", config("falcon", R"("hidden_size": 8192, "n_layer": 60, "n_head": 128, "num_kv_heads": 8,
          "new_decoder_architecture": true, "vocab_size": 65024)"),
       41303293952, 0.02},
      {"mixtral-8x7b", config("mixtral", kLlama + R"(, "vocab_size": 32000, "num_local_experts": 8,
          "num_experts_per_tok": 2)"),
       46702792704},
      {"qwen1.5-moe-a2.7b", config("qwen2_moe", R"("hidden_size": 2048, "intermediate_size": 5632,
          "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632, "num_hidden_layers": 24,
          "num_attention_heads": 16, "num_key_value_heads": 16, "num_experts": 60, "num_experts_per_tok": 4,
          "decoder_sparse_step": 1, "vocab_size": 151936)"),
       14315784192, 1e-4},
      {"qwen3-30b-a3b", config("qwen3_moe", R"("hidden_size": 2048, "intermediate_size": 6144,
          "moe_intermediate_size": 768, "num_hidden_layers": 48, "num_attention_heads": 32,
          "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128, "num_experts_per_tok": 8,
          "mlp_only_layers": [], "vocab_size": 151936)"),
       30532122624},
      {"deepseek-v2-lite", config("deepseek_v2", R"("hidden_size": 2048, "intermediate_size": 10944,
          "moe_intermediate_size": 1408, "num_hidden_layers": 27, "num_attention_heads": 16,
          "num_key_value_heads": 16, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6,
          "first_k_dense_replace": 1, "moe_layer_freq": 1, "q_lora_rank": null, "kv_lora_rank": 512,
          "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 102400)"),
       15706484224, 0.005},
      {"deepseek-v3", config("deepseek_v3", R"("hidden_size": 7168, "intermediate_size": 18432,
          "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 128,
          "num_key_value_heads": 128, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8,
          "first_k_dense_replace": 3, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
          "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280)"),
       671026419200, 0.005},
  };
}

void expect_published(const std::vector<Published>& models) {
  for (const Published& model : models) {
    SCOPED_TRACE(model.name);
    const auto arch = read_hf_config(model.text);
    ASSERT_TRUE(arch.has_value()) << arch.error();
    const auto params = total_parameters(*arch);
    ASSERT_TRUE(params.has_value());
    EXPECT_NEAR(*params, model.params, model.tolerance * model.params);
  }
}

TEST(HfConfig, DenseModelsHaveTheirPublishedCounts) { expect_published(dense_models()); }

TEST(HfConfig, MixturesAndFalconHaveTheirPublishedCounts) { expect_published(other_models()); }

std::string vit_b_16(int classes) {
  std::string labels;
  for (int i = 0; i < classes; ++i) labels += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\": \"x\"";
  return config("vit", R"("hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
      "num_attention_heads": 12, "image_size": 224, "patch_size": 16, "num_channels": 3, "id2label": {)" +
                           labels + "}");
}

TEST(HfConfig, VisionTransformerCountsPatchesAndClasses) {
  const auto arch = read_hf_config(vit_b_16(1000));
  ASSERT_TRUE(arch.has_value()) << arch.error();
  EXPECT_EQ(arch->architecture, Architecture::kVit);
  EXPECT_EQ(total_parameters(*arch), 86567656);
  EXPECT_EQ(arch->shape->learned_positions, 197);
  ASSERT_TRUE(arch->flops_per_sample.has_value());
  EXPECT_NEAR(arch->flops_per_sample->base(), 35.16e9, 0.01 * 35.16e9);  // timm's table: 17.58 GMAC
}

TEST(HfConfig, KeepsWhatTheFileSays) {
  const auto arch = read_hf_config(config("llama", kLlama + R"(, "vocab_size": 32000, "head_dim": 96,
      "tie_word_embeddings": true, "attention_bias": true)"));
  ASSERT_TRUE(arch.has_value()) << arch.error();
  EXPECT_EQ(arch->shape->head_dim, 96);
  EXPECT_EQ(arch->shape->kv_heads, 8);
  EXPECT_TRUE(arch->shape->tied_embeddings);
  EXPECT_TRUE(arch->shape->qkv_bias);
  EXPECT_EQ(arch->max_sequence_length, 8192);
  EXPECT_EQ(arch->architecture, Architecture::kTransformer);
}

TEST(HfConfig, TextModelStandsInItsOwnConfig) {
  const auto arch = read_hf_config(R"({"model_type": "gemma3", "vision_config": {"hidden_size": 1152},
      "tie_word_embeddings": false,
      "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
                      "num_hidden_layers": 34}})");
  ASSERT_TRUE(arch.has_value()) << arch.error();
  EXPECT_EQ(arch->shape->hidden, 2560);
  EXPECT_EQ(arch->shape->kv_heads, 4);
  EXPECT_EQ(arch->shape->head_dim, 256);
  EXPECT_FALSE(arch->shape->tied_embeddings);
}

TEST(HfConfig, DenseLayersOfAMixtureAreCounted) {
  const std::string common = R"("hidden_size": 64, "intermediate_size": 256, "moe_intermediate_size": 32,
      "num_hidden_layers": 8, "num_attention_heads": 4, "num_experts": 8, "num_experts_per_tok": 2,
      "vocab_size": 1000)";
  const auto dense = [&](const std::string& more) {
    const auto arch = read_hf_config(config("qwen3_moe", common + more));
    return arch ? arch->shape->experts->dense_layers : -1;
  };
  EXPECT_EQ(dense(""), 0);
  EXPECT_EQ(dense(R"(, "mlp_only_layers": [0, 5])"), 2);
  EXPECT_EQ(dense(R"(, "decoder_sparse_step": 2)"), 4);
}

std::string error_of(const std::string& text) {
  const auto arch = read_hf_config(text);
  return arch ? "" : arch.error();
}

struct Fault {
  std::string text;
  std::string expected;  // part of the message
};

TEST(HfConfig, SaysWhatIsWrong) {
  const std::string llama = kLlama + R"(, "vocab_size": 32000)";
  const std::vector<Fault> faults = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"model_type: llama", "not JSON"},
      {"{\"a\": \"\xff\"}", "not JSON"},
      {"[]", "a JSON object"},
      {"7", "a JSON object"},
      {"{}", "lacks `model_type`"},
      {R"({"model_type": 3})", "lacks `model_type`"},
      {R"({"model_type": "mamba"})", "`mamba` is not known; known are llama, mistral"},
      {std::string(100000, '['), "nested deeper"},
      {R"({"a": )" + std::string(200, '[') + std::string(200, ']') + "}", "nested deeper"},
      {config("llama", R"("hidden_size": 4096)"), "lacks `num_hidden_layers`; lacks `num_attention_heads`"},
      {config("llama", llama + R"(, "hidden_size": "4096")"), "`hidden_size` must be a whole number"},
      {config("llama", llama + R"(, "hidden_size": 40.5)"), "`hidden_size` must be a whole number"},
      {config("llama", llama + R"(, "hidden_size": 0)"), "`hidden_size` must be from 1"},
      {config("llama", llama + R"(, "hidden_size": -64)"), "`hidden_size` must be from 1"},
      {config("llama", llama + R"(, "hidden_size": 18446744073709551615)"), "`hidden_size` must be from 1"},
      {config("llama", llama + R"(, "num_hidden_layers": 1000000)"), "layers"},
      {config("llama", llama + R"(, "num_key_value_heads": 5)"), "must be a multiple of key-value heads (5)"},
      {config("llama", llama + R"(, "hidden_size": 4097)"), "no multiple of heads"},
      {config("llama", llama + R"(, "tie_word_embeddings": "yes")"), "must be true or false"},
      {config("mixtral", llama), "lacks `num_local_experts`"},
      {config("mixtral", llama + R"(, "num_local_experts": 2, "num_experts_per_tok": 3)"),
       "more experts a token"},
      {config("qwen2_moe",
              llama + R"(, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64,
          "shared_expert_intermediate_size": 100)"),
       "must be a multiple of `moe_intermediate_size`"},
      {config("qwen3_moe",
              llama + R"(, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64,
          "mlp_only_layers": 3)"),
       "must be a list"},
      {config("deepseek_v3", llama), "lacks `kv_lora_rank`"},
      {config("gpt2", R"("n_embd": 768)"), "lacks `n_layer`"},
      {config("vit", llama + R"(, "image_size": 8)"), "patches"},
  };
  for (const Fault& fault : faults) {
    EXPECT_NE(error_of(fault.text).find(fault.expected), std::string::npos)
        << fault.text.substr(0, 300) << "\n"
        << error_of(fault.text);
  }
}

}  // namespace
}  // namespace capplan

// Reads a Hugging Face config.json.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "capplan/model/model_arch.h"

namespace capplan {

// The model that the file describes, or what is wrong with it in words: not JSON, a model_type that is not
// known, a key that is missing. Known types: llama, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe,
// gemma, gemma2, gemma3_text, gpt2, gpt_neox, phi, phi3, deepseek_v2, deepseek_v3, falcon, bert, vit.
tl::expected<ModelArch, std::string> read_hf_config(const std::string& text);

}  // namespace capplan

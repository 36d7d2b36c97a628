// What a model is: its shape, and the parameters and arithmetic that follow from it. Nothing about hardware.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "capplan/core/units.h"
#include "capplan/model/extent.h"
#include "capplan/model/operators.h"

namespace capplan {

enum class Architecture { kTransformer, kCnn, kVit, kBert, kDiffusion, kDlrm, kGeneric };

std::string_view architecture_name(Architecture architecture);
std::optional<Architecture> find_architecture(std::string_view name);

// Mixture of experts: in all layers but the first `dense_layers`, a router sends each token to
// `experts_per_token` of `experts` feed-forward networks of width `expert_ffn`; `shared_experts` of that
// width see every token.
struct Experts {
  int count = 0;
  int per_token = 0;
  int ffn = 0;
  int shared = 0;
  int dense_layers = 0;
};

// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1): keys and values are kept as one
// latent vector a token. q_lora_rank is 0 where queries are projected directly.
struct LatentAttention {
  int q_lora_rank = 0;
  int kv_lora_rank = 0;
  int qk_nope_head_dim = 0;
  int qk_rope_head_dim = 0;
  int v_head_dim = 0;
};

enum class Norm { kRms, kLayer };

// A stack of attention and feed-forward layers. All counts are positive where the shape is known.
struct TransformerShape {
  int layers = 0;
  int hidden = 0;
  int ffn = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  int vocab = 0;
  bool gated_mlp = true;
  bool tied_embeddings = false;
  bool biases = false;    // every linear layer and norm has a bias (GPT-2)
  bool qkv_bias = false;  // only the attention inputs do (Qwen2)
  bool qk_norm = false;   // per-head norms of queries and keys (Qwen3)
  Norm norm = Norm::kRms;
  int norms_per_layer = 2;
  int learned_positions = 0;  // rows of a learned position table
  std::optional<Experts> experts;
  std::optional<LatentAttention> latent;
};

// Parameters by what they do. `matmul` multiply every token; `expert` only those routed to them; `embedding`
// and `other` (norms, biases, positions) cost no arithmetic to speak of. A tied head counts in `matmul` and
// not in `embedding`.
struct ParameterCount {
  double matmul = 0;         // attention, dense feed-forward, router, shared experts, vocabulary head
  double expert = 0;         // routed experts, all of them
  double expert_active = 0;  // of those, what one token uses
  double embedding = 0;      // input table where it is not also the head
  double other = 0;

  double total() const { return matmul + expert + embedding + other; }
  double active() const { return matmul + expert_active + embedding + other; }
};

ParameterCount count_parameters(const TransformerShape& shape);

// Query-key and value products of one token with a context of `context` tokens, all layers, forward pass:
// 2 (d_qk + d_v) x heads x layers x context FLOP, in full, not halved for the causal mask (PaLM, arXiv
// 2204.02311, appendix B counts the same).
Flops attention_flops_per_token(const TransformerShape& shape, double context);

// Bytes of keys and values that one token leaves in the cache, all layers, at `bytes_per_element`.
Bytes kv_cache_per_token(const TransformerShape& shape, double bytes_per_element);

// A model as a spec or a profile gives it. `params` is always known once the model is resolved.
struct ModelArch {
  Architecture architecture = Architecture::kGeneric;
  std::optional<TransformerShape> shape;
  std::optional<double> params;                  // as stated
  std::optional<double> active_params;           // as stated, where no shape tells it: what one token passes
  double image_pixels = 0;                       // of the image or volume that a sample is; 0: not known
  double sample_tokens = 0;                      // of the sequence that its operators are for; 0: none
  std::optional<Flops> flops_per_sample;         // one forward pass of one sample
  std::optional<double> activations_per_sample;  // elements written in one forward pass of one sample
  std::vector<Operator> operators;               // of one sample, where the layers are given one by one
  int max_sequence_length = 0;                   // 0: not stated

  bool is_mixture() const { return shape && shape->experts; }
};

// Stated count, else from the shape; nullopt where neither is known.
std::optional<double> total_parameters(const ModelArch& model);
// The model for images of another size, where its own is known: what is computed at each position grows with
// them, what is pooled before does not. One number is a side. Nothing where the model sees no image of such
// axes, or more than the image.
std::optional<ModelArch> at_image_size(ModelArch model, const Extent& image);

// Without a share of the filters of convolutions and of the width of feed-forward layers. Of a model of which
// only totals are known, arithmetic and parameters shrink with the square of what is kept.
ModelArch pruned(ModelArch model, double share);
// With half of its layers, as students are (DistilBERT, arXiv 1910.01108, section 3).
ModelArch halved(ModelArch model);

// What one token or sample passes through: without the experts it is not routed to.
std::optional<double> active_parameters(const ModelArch& model);

}  // namespace capplan

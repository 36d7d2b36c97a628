#include "capplan/model/model_arch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace capplan {
namespace {

constexpr std::array<std::pair<Architecture, std::string_view>, 7> kNames{
    {{Architecture::kTransformer, "transformer"},
     {Architecture::kCnn, "cnn"},
     {Architecture::kVit, "vit"},
     {Architecture::kBert, "bert"},
     {Architecture::kDiffusion, "diffusion"},
     {Architecture::kDlrm, "dlrm"},
     {Architecture::kGeneric, "generic"}}};

struct AttentionCount {
  double weights = 0;
  double vectors = 0;  // norms and biases
};

AttentionCount count_attention(const TransformerShape& s) {
  const double h = s.hidden;
  if (s.latent) {
    const LatentAttention& l = *s.latent;
    const double q_width = static_cast<double>(s.heads) * (l.qk_nope_head_dim + l.qk_rope_head_dim);
    const double q = l.q_lora_rank > 0 ? l.q_lora_rank * (h + q_width) : h * q_width;
    const double kv_down = h * (l.kv_lora_rank + l.qk_rope_head_dim);
    const double kv_up = static_cast<double>(l.kv_lora_rank) * s.heads * (l.qk_nope_head_dim + l.v_head_dim);
    const double out = static_cast<double>(s.heads) * l.v_head_dim * h;
    return {q + kv_down + kv_up + out, static_cast<double>(l.q_lora_rank + l.kv_lora_rank)};
  }
  const double q_width = static_cast<double>(s.heads) * s.head_dim;
  const double kv_width = static_cast<double>(s.kv_heads) * s.head_dim;
  AttentionCount count{h * (q_width + 2 * kv_width) + q_width * h, 0};
  if (s.biases || s.qkv_bias) count.vectors += q_width + 2 * kv_width;
  if (s.biases) count.vectors += h;
  if (s.qk_norm) count.vectors += 2.0 * s.head_dim;
  return count;
}

}  // namespace

std::string_view architecture_name(Architecture architecture) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.first == architecture; });
  return found->second;
}

std::optional<Architecture> find_architecture(std::string_view name) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.second == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

ParameterCount count_parameters(const TransformerShape& s) {
  const double h = s.hidden;
  const double matrices = s.gated_mlp ? 3 : 2;
  const double sparse_layers = s.experts ? s.layers - s.experts->dense_layers : 0;
  const double dense_layers = s.layers - sparse_layers;
  const AttentionCount attention = count_attention(s);

  ParameterCount count;
  count.matmul = s.layers * attention.weights + dense_layers * matrices * h * s.ffn;
  if (s.experts) {
    const double one_expert = matrices * h * s.experts->ffn;
    count.matmul += sparse_layers * (h * s.experts->count + s.experts->shared * one_expert);
    count.expert = sparse_layers * s.experts->count * one_expert;
    count.expert_active = sparse_layers * s.experts->per_token * one_expert;
  }
  const double norm_vector = h * (s.norm == Norm::kLayer && s.biases ? 2 : 1);
  const double mlp_biases = s.biases ? dense_layers * ((matrices - 1) * s.ffn + h) : 0;
  count.other = s.layers * (attention.vectors + s.norms_per_layer * norm_vector) + norm_vector + mlp_biases +
                static_cast<double>(s.learned_positions) * h;
  const double table = static_cast<double>(s.vocab) * h;
  count.matmul += table;  // the vocabulary head
  if (!s.tied_embeddings) count.embedding = table;
  return count;
}

Flops attention_flops_per_token(const TransformerShape& s, double context) {
  const double qk = s.latent ? s.latent->qk_nope_head_dim + s.latent->qk_rope_head_dim : s.head_dim;
  const double v = s.latent ? s.latent->v_head_dim : s.head_dim;
  return Flops::of(2 * (qk + v) * s.heads * s.layers * context);
}

Bytes kv_cache_per_token(const TransformerShape& s, double bytes_per_element) {
  const double elements =
      s.latent ? s.latent->kv_lora_rank + s.latent->qk_rope_head_dim : 2.0 * s.kv_heads * s.head_dim;
  return Bytes::of(elements * s.layers * bytes_per_element);
}

std::optional<double> total_parameters(const ModelArch& model) {
  if (model.params) return model.params;
  if (model.shape) return count_parameters(*model.shape).total();
  return std::nullopt;
}

std::optional<ModelArch> at_image_size(ModelArch model, const Extent& image) {
  int axes = 2;
  for (const Operator& o : model.operators) axes = std::max(axes, o.axes);
  const double pixels = image.axes == 1 ? std::pow(image.size[0], axes) : image.positions();
  if (model.image_pixels <= 0 || (image.axes > 1 && image.axes != axes)) return std::nullopt;
  if (pixels == model.image_pixels) return model;
  const double ratio = pixels / model.image_pixels;
  for (Operator& o : model.operators) {
    // A global pool sees all positions and leaves one.
    if (o.kind == OperatorKind::kPool && o.positions <= 1 && o.read > o.written) o.read *= ratio;
    if (o.positions <= 1) continue;
    if (o.positions * ratio < 1) return std::nullopt;
    // Global attention sees as many keys as there are positions.
    if (o.kind == OperatorKind::kAttention && !o.windowed && o.kernel == o.positions) {
      o.written += o.groups * o.positions * o.kernel * (ratio - 1);
      o.kernel *= ratio;
    }
    o.positions *= ratio;
    o.read *= ratio;
    o.written *= ratio;
  }
  model.image_pixels = pixels;
  const OperatorTotals sum = total(model.operators);
  if (sum.macs > 0) model.flops_per_sample = Flops::of(2 * sum.macs);
  if (sum.activations > 0) model.activations_per_sample = sum.activations;
  return model;
}

namespace {

// What follows from the layers again, where there are any.
void total_up(ModelArch& model) {
  if (model.shape && model.shape->vocab > 0) model.params = std::nullopt;
  if (model.operators.empty()) return;
  const OperatorTotals sum = total(model.operators);
  model.params = std::round(sum.params);
  model.flops_per_sample = Flops::of(2 * sum.macs);
  model.activations_per_sample = sum.activations;
}

// Between the two products of a feed-forward layer: what an activation sees right behind a product, and a
// product takes up. The stages of a network may use one width for different ends: positions tell them apart.
struct InnerWidth {
  double positions, width;
};

std::vector<InnerWidth> feed_forward_widths(const std::vector<Operator>& operators) {
  std::vector<InnerWidth> widths;
  for (const Operator& o : operators) {
    if (o.kind != OperatorKind::kActivation || o.chained || o.positions <= 1) continue;
    const auto is_product = [&](const Operator& p) {
      return p.kind == OperatorKind::kLinear && p.positions == o.positions;
    };
    const bool made = std::ranges::any_of(
        operators, [&](const Operator& p) { return is_product(p) && (p.out == o.in || p.out == 2 * o.in); });
    const bool used =
        std::ranges::any_of(operators, [&](const Operator& p) { return is_product(p) && p.in == o.in; });
    if (made && used) widths.push_back({o.positions, o.in});
  }
  return widths;
}

void scale_totals(ModelArch& model, double arithmetic, double activations) {
  if (model.params) *model.params *= arithmetic;
  if (model.active_params) *model.active_params *= arithmetic;
  if (model.flops_per_sample) model.flops_per_sample = *model.flops_per_sample * arithmetic;
  if (model.activations_per_sample) *model.activations_per_sample *= activations;
}

}  // namespace

namespace {

// Feed-forward layers without a share of their width.
void narrow_feed_forward(std::vector<Operator>& operators, const std::vector<InnerWidth>& widths,
                         double kept) {
  for (Operator& o : operators) {
    const auto is_width = [&](double width) {
      return std::ranges::any_of(
          widths, [&](const InnerWidth& w) { return w.positions == o.positions && w.width == width; });
    };
    const bool linear = o.kind == OperatorKind::kLinear;
    const bool activation = o.kind == OperatorKind::kActivation && !o.chained;
    const bool widens =
        (linear && (is_width(o.out) || is_width(o.out / 2))) || (activation && is_width(o.in));
    const bool narrows = (linear || activation) && is_width(o.in);
    if (linear) o.params *= (widens ? kept : 1) * (narrows ? kept : 1);
    if (widens) {
      o.out *= kept;
      o.written *= kept;
    }
    if (narrows) {
      o.in *= kept;
      o.read *= kept;
    }
  }
}

// Convolutions without a share of their filters, and what follows them.
void thin_filters(std::vector<Operator>& operators, double kept) {
  for (Operator& o : operators) {
    if (o.axes == 0) continue;
    const bool depthwise = o.is_depthwise();
    const double in = o.in > kPixelChannels ? kept : 1;
    o.params *= depthwise || o.macs() == 0 ? kept : in * kept;
    if (depthwise) o.groups *= kept;
    o.in *= in;
    o.out *= kept;
    o.read *= in;
    o.written *= kept;
  }
}

double parameters_of(const ModelArch& model) {
  return model.shape ? count_parameters(*model.shape).total() : 0;
}

// Totals that are stated of a shape follow its own count.
void follow_shape(ModelArch& model, double before) {
  if (!model.shape || model.shape->vocab > 0 || before <= 0) return;
  const double ratio = parameters_of(model) / before;
  scale_totals(model, ratio, ratio);
}

}  // namespace

ModelArch pruned(ModelArch model, double share) {
  const double kept = 1 - share;
  const double before = parameters_of(model);
  if (model.shape) {
    TransformerShape& s = *model.shape;
    s.ffn = std::max(1, static_cast<int>(std::lround(s.ffn * kept)));
    if (s.experts) s.experts->ffn = std::max(1, static_cast<int>(std::lround(s.experts->ffn * kept)));
    follow_shape(model, before);
  } else if (model.operators.empty()) {
    scale_totals(model, kept * kept, kept);
  }
  if (const std::vector<InnerWidth> widths = feed_forward_widths(model.operators); !widths.empty()) {
    narrow_feed_forward(model.operators, widths, kept);
  } else {
    thin_filters(model.operators, kept);
  }
  total_up(model);
  return model;
}

ModelArch halved(ModelArch model) {
  constexpr double kHalf = 0.5;
  const double before = parameters_of(model);
  if (model.shape) {
    model.shape->layers = std::max(1, model.shape->layers / 2);
    if (model.shape->experts)
      model.shape->experts->dense_layers = std::min(model.shape->experts->dense_layers, model.shape->layers);
    follow_shape(model, before);
  } else if (model.operators.empty()) {
    scale_totals(model, kHalf, kHalf);
  }
  for (Operator& o : model.operators) {
    if (o.times > 1) o.times *= kHalf;  // what stands once is the entry or the head
  }
  total_up(model);
  return model;
}

std::optional<double> active_parameters(const ModelArch& model) {
  if (!model.is_mixture()) return model.active_params ? model.active_params : total_parameters(model);
  return count_parameters(*model.shape).active();
}

}  // namespace capplan

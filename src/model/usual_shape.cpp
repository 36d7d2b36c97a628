#include "model/usual_shape.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

constexpr double kWidthPerLayer = 128;
constexpr int kHeadDim = 128;
constexpr int kKvHeads = 8;
constexpr int kVocab = 65536;
constexpr int kExpertsPerToken = 8;
constexpr double kExpertShare = 0.5;

constexpr double kMost = 1e8;

int rounded(double value, int step) {
  return std::max(1, static_cast<int>(std::lround(std::min(value, kMost) / step))) * step;
}

}  // namespace

TransformerShape usual_shape(double params, double active) {
  TransformerShape s;
  const bool mixture = active > 0 && active < 0.95 * params;
  const double dense = mixture ? active : params;
  s.hidden = rounded(std::cbrt(dense * kWidthPerLayer / 12), kHeadDim);
  s.layers = std::max(2, static_cast<int>(std::lround(s.hidden / kWidthPerLayer)));
  s.head_dim = kHeadDim;
  s.heads = std::max(1, s.hidden / kHeadDim);
  s.kv_heads = s.heads % kKvHeads == 0 ? kKvHeads : s.heads;
  // Embeddings may be no more than a tenth of a small model.
  s.vocab = std::clamp(rounded(0.05 * dense / s.hidden, 1024), 1024, kVocab);
  const double h = s.hidden;
  const double attention = 2 * h * (s.heads + s.kv_heads) * s.head_dim;
  const double outside = s.layers * attention + 2.0 * s.vocab * h;
  if (!mixture) {
    s.ffn = rounded(std::max(h, (dense - outside) / (3 * h * s.layers)), 64);
    return s;
  }
  Experts e;
  e.per_token = kExpertsPerToken;
  const double routed = std::max(kExpertShare * active, active - outside);
  e.ffn = rounded(routed / (3 * h * s.layers * e.per_token), 16);
  const double each = 3 * h * e.ffn * s.layers;
  e.count = std::max(e.per_token, rounded((params - outside) / each, 8));
  s.ffn = e.ffn;
  s.experts = e;
  return s;
}

}  // namespace capplan

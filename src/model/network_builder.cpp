#include "model/network_builder.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

constexpr std::size_t kMostOperators = 100000;
constexpr double kLargestFigure = 1e18;

double along(const Extent& e, int axis) { return e.size[static_cast<std::size_t>(e.axes == 1 ? 0 : axis)]; }

double taps(const Extent& kernel, int axes) {
  double product = 1;
  for (int axis = 0; axis < axes; ++axis) product *= along(kernel, axis);
  return product;
}

}  // namespace

Extent window_output(const Extent& input, const Extent& kernel, const Extent& stride, Padding padding) {
  Extent out = input;
  for (int axis = 0; axis < input.axes; ++axis) {
    double& size = out.size[static_cast<std::size_t>(axis)];
    const double whole = padding == Padding::kSame ? size : size - along(kernel, axis) + 1;
    size = std::ceil(std::max(whole, 0.0) / along(stride, axis));
  }
  return out;
}

void NetworkBuilder::add(Operator o) {
  for (const double times : pieces_) {
    if (o.kind == OperatorKind::kInteraction) {
      o.times *= times;  // pairs are formed within a piece
      continue;
    }
    o.positions *= times;
    o.read *= times;
    o.written *= times;
  }
  const double largest = std::max({o.times, o.read, o.written, o.params, o.macs()});
  overflows_ = overflows_ || operators_.size() >= kMostOperators || !(largest < kLargestFigure);
  if (overflows_) return;
  if (frozen_ > 0) o.gradient = Gradient::kNone;
  if (shared_ > 0) o.params = 0;
  o.chained = written_by_elementwise_ && o.chained;
  operators_.push_back(o);
}

void NetworkBuilder::add_elementwise(OperatorKind kind, double read, double written, double params) {
  Operator o{.kind = kind, .chained = true};
  o.axes = shape_.extent.axes > 1 ? shape_.extent.axes : 0;
  o.positions = shape_.extent.positions();
  o.in = o.out = shape_.channels;
  o.read = read;
  o.written = written;
  o.params = params;
  add(o);
  written_by_elementwise_ = true;
}

void NetworkBuilder::convolution(const ConvolutionLayer& layer) {
  Operator o{.kind = OperatorKind::kConvolution};
  o.axes = shape_.extent.axes;
  o.in = shape_.channels;
  o.out = layer.channels;
  o.groups = layer.groups;
  o.kernel = taps(layer.kernel, std::max(shape_.extent.axes, 1));
  o.read = shape_.elements();
  const Extent before = shape_.extent;
  shape_.channels = layer.channels;
  if (layer.transposed) {
    for (int axis = 0; axis < before.axes; ++axis)
      shape_.extent.size[static_cast<std::size_t>(axis)] *= along(layer.stride, axis);
    // Every input position meets every tap once.
    o.positions = before.positions();
  } else {
    shape_.extent = window_output(before, layer.kernel, layer.stride, layer.padding);
    o.positions = shape_.extent.positions();
  }
  o.written = shape_.elements();
  o.params = o.out * (o.in / o.groups) * o.kernel + (layer.bias ? o.out : 0);
  add(o);
  written_by_elementwise_ = false;
}

void NetworkBuilder::linear(double width, bool bias) {
  Operator o{.kind = OperatorKind::kLinear};
  o.positions = shape_.extent.positions();
  o.in = shape_.channels;
  o.out = width;
  o.read = shape_.elements();
  shape_.channels = width;
  o.written = shape_.elements();
  o.params = o.in * o.out + (bias ? o.out : 0);
  add(o);
  written_by_elementwise_ = false;
}

void NetworkBuilder::attention(const AttentionLayer& layer) {
  const double width = shape_.channels;
  const double inner = layer.heads * layer.head_dim;
  const double inner_kv = layer.kv_heads * layer.head_dim;
  const SampleShape own = shape_;
  if (layer.context > 0) {
    linear(inner, layer.bias);
    shape_ = {layer.context_width, {{layer.context, 1, 1}, 1}};
    linear(2 * inner_kv, layer.bias);
  } else {
    linear(inner + 2 * inner_kv, layer.bias);
  }
  shape_ = own;
  Operator o{.kind = OperatorKind::kAttention};
  o.positions = own.extent.positions();
  const double keys = layer.context > 0 ? layer.context : o.positions;
  o.masked = layer.masked;
  o.windowed = layer.window > 0;
  o.kernel = o.windowed ? std::min(layer.window, keys) : keys;
  o.in = o.out = inner;
  o.groups = layer.heads;
  o.read = o.positions * inner + 2 * keys * inner_kv;
  // Scores and outputs.
  o.written = o.positions * (inner + o.kernel * layer.heads);
  add(o);
  shape_.channels = inner;
  linear(width, layer.bias);
}

void NetworkBuilder::recurrent(double width) {
  Operator o{.kind = OperatorKind::kRecurrent};
  o.positions = shape_.extent.positions();
  o.in = shape_.channels + width;
  o.out = kLstmGates * width;
  o.read = shape_.elements();
  shape_.channels = width;
  o.written = o.positions * o.out;
  o.params = o.in * o.out + 2 * o.out;
  add(o);
  written_by_elementwise_ = false;
}

void NetworkBuilder::embedding(const EmbeddingLayer& layer) {
  Operator o{.kind = OperatorKind::kEmbedding};
  o.positions = layer.lookups;
  o.in = layer.rows;
  o.out = layer.width;
  o.groups = layer.tables;
  o.read = layer.lookups * layer.width;
  o.written = layer.tables * layer.width;
  o.params = layer.rows * layer.width;
  add(o);
  shape_ = {layer.width, {{layer.tables, 1, 1}, 1}};
  written_by_elementwise_ = false;
}

void NetworkBuilder::interaction(double vectors, double width) {
  Operator o{.kind = OperatorKind::kInteraction};
  o.positions = vectors;
  o.in = width;
  o.read = vectors * width;
  // Each pair once, beside the dense vector.
  o.written = vectors * (vectors - 1) / 2 + width;
  add(o);
  shape_ = {o.written, {{1, 1, 1}, 1}};
  written_by_elementwise_ = false;
}

void NetworkBuilder::norm(bool by_channel) {
  Operator o{.kind = OperatorKind::kNorm, .channel_statistics = by_channel};
  o.axes = shape_.extent.axes > 1 ? shape_.extent.axes : 0;
  o.positions = shape_.extent.positions();
  o.in = o.out = shape_.channels;
  o.read = o.written = shape_.elements();
  o.params = 2 * shape_.channels;
  add(o);
  written_by_elementwise_ = true;
}

void NetworkBuilder::activation() {
  add_elementwise(OperatorKind::kActivation, shape_.elements(), shape_.elements(), 0);
}

void NetworkBuilder::pool(const Extent& kernel, const Extent& stride, Padding padding) {
  const double read = shape_.elements();
  shape_.extent = window_output(shape_.extent, kernel, stride, padding);
  add_elementwise(OperatorKind::kPool, read, shape_.elements(), 0);
  written_by_elementwise_ = false;
}

void NetworkBuilder::global_pool() {
  const double read = shape_.elements();
  shape_.extent = {{1, 1, 1}, shape_.extent.axes};
  add_elementwise(OperatorKind::kPool, read, shape_.elements(), 0);
  written_by_elementwise_ = false;
}

void NetworkBuilder::resize(double scale) {
  const double read = shape_.elements();
  for (int axis = 0; axis < shape_.extent.axes; ++axis)
    shape_.extent.size[static_cast<std::size_t>(axis)] =
        std::ceil(shape_.extent.size[static_cast<std::size_t>(axis)] * scale);
  add_elementwise(OperatorKind::kPool, read, shape_.elements(), 0);
  written_by_elementwise_ = false;
}

void NetworkBuilder::rearrange(double factor) {
  const double elements = shape_.elements();
  for (int axis = 0; axis < shape_.extent.axes; ++axis) {
    shape_.extent.size[static_cast<std::size_t>(axis)] /= factor;
    shape_.channels *= factor;
  }
  add_elementwise(OperatorKind::kCopy, elements, elements, 0);
  written_by_elementwise_ = false;
}

void NetworkBuilder::flatten() { shape_ = {shape_.elements(), {{1, 1, 1}, 1}}; }

void NetworkBuilder::selection(double stages) {
  add({.kind = OperatorKind::kSelection, .times = stages});
  written_by_elementwise_ = false;
}

void NetworkBuilder::squeeze_excite(double width) {
  const SampleShape whole = shape_;
  global_pool();
  linear(width, true);
  activation();
  linear(whole.channels, true);
  activation();
  shape_ = whole;
  written_by_elementwise_ = true;
  add_elementwise(OperatorKind::kSum, whole.elements(), whole.elements(), 0);
}

void NetworkBuilder::sum(const std::vector<SampleShape>& paths) {
  shape_ = paths.front();
  add_elementwise(OperatorKind::kSum, shape_.elements() * static_cast<double>(paths.size()),
                  shape_.elements(), 0);
}

void NetworkBuilder::concatenate(const std::vector<SampleShape>& paths) {
  shape_ = paths.front();
  shape_.channels = 0;
  for (const SampleShape& path : paths) shape_.channels += path.channels;
  add_elementwise(OperatorKind::kCopy, shape_.elements(), shape_.elements(), 0);
  written_by_elementwise_ = false;
}

std::vector<Operator> NetworkBuilder::take() {
  std::vector<Operator> merged;
  for (const Operator& o : operators_) {
    const auto alike = std::find_if(merged.begin(), merged.end(), [&](Operator known) {
      known.times = o.times;
      return known == o;
    });
    if (alike == merged.end()) {
      merged.push_back(o);
    } else {
      alike->times += o.times;
    }
  }
  operators_.clear();
  return merged;
}

}  // namespace capplan

#include "model/derived_operators.h"

#include <algorithm>
#include <cmath>

#include "model/network_builder.h"

namespace capplan {
namespace {

constexpr double kUsualLayers = 50;
constexpr double kGiga = 1e9;

void add_layer(NetworkBuilder& net, const TransformerShape& shape) {
  const SampleShape stream = net.shape();
  AttentionLayer attention;
  attention.heads = shape.heads;
  attention.kv_heads = shape.kv_heads;
  attention.head_dim = shape.head_dim;
  attention.masked = shape.vocab > 0;
  attention.bias = shape.biases || shape.qkv_bias;
  net.norm(false);
  net.attention(attention);
  net.sum({stream, stream});
  net.norm(false);
  net.linear((shape.gated_mlp ? 2.0 : 1.0) * shape.ffn, shape.biases);
  SampleShape inner = net.shape();
  inner.channels = shape.ffn;
  if (shape.gated_mlp) net.set_shape(inner);
  net.activation();
  net.linear(stream.channels, shape.biases);
  net.sum({stream, stream});
}

}  // namespace

std::vector<Operator> operators_of(const TransformerShape& shape, double tokens, double head_share) {
  NetworkBuilder net;
  const SampleShape stream{static_cast<double>(shape.hidden), {{tokens, 1, 1}, 1}};
  if (shape.vocab > 0) {
    EmbeddingLayer table;
    table.rows = static_cast<double>(shape.vocab) + shape.learned_positions;
    table.width = shape.hidden;
    table.lookups = table.tables = tokens;
    net.embedding(table);
  }
  net.set_shape(stream);
  for (int layer = 0; layer < shape.layers; ++layer) add_layer(net, shape);
  net.norm(false);
  if (shape.vocab > 0) {
    net.set_shape({stream.channels, {{std::ceil(head_share * tokens), 1, 1}, 1}});
    net.linear(stream.channels, shape.biases);
    if (shape.tied_embeddings) net.begin_shared();
    net.linear(shape.vocab, shape.biases);
    if (shape.tied_embeddings) net.end_shared();
  }
  return net.take();
}

std::vector<Operator> usual_operators(Architecture architecture, Flops forward, double activations,
                                      double params) {
  // Each layer reads and writes as much; its width follows from the products for each element written.
  const double macs = forward.base() / 2 / kUsualLayers;
  const double written = activations / kUsualLayers;
  const bool convolves = architecture == Architecture::kCnn || architecture == Architecture::kGeneric;
  Operator product{.kind = convolves ? OperatorKind::kConvolution : OperatorKind::kLinear};
  product.times = kUsualLayers;
  product.in = product.out = std::max(1.0, macs / written);
  product.positions = written / product.out;
  product.read = product.written = written;
  product.params = params / kUsualLayers;
  // Of what a layer of a transformer's products write, nine times its width, two widths are normalised and
  // four pass an activation; of a convolutional net all.
  Operator norm{.kind = OperatorKind::kNorm, .channel_statistics = convolves};
  norm.times = kUsualLayers;
  norm.positions = product.positions;
  norm.in = norm.out = product.out;
  norm.read = norm.written = written * (convolves ? 1 : 2.0 / 9);
  Operator activation = norm;
  activation.kind = OperatorKind::kActivation;
  activation.channel_statistics = false;
  activation.chained = convolves;
  activation.read = activation.written = written * (convolves ? 1 : 4.0 / 9);
  return {product, norm, activation};
}

double usual_activations(Architecture architecture, Flops forward) {
  const double gmacs = forward.base() / 2 / kGiga;
  // Millions of elements for each GMAC: ResNet-50 2.7, ViT-B/16 1.4 (their presets).
  const double each =
      architecture == Architecture::kCnn || architecture == Architecture::kGeneric ? 2.7e6 : 1.4e6;
  return each * gmacs;
}

}  // namespace capplan

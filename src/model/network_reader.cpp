#include "model/network_reader.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "core/text.h"
#include "model/network_builder.h"

namespace capplan {
namespace {

class NetworkReader {
 public:
  explicit NetworkReader(Diagnostics& problems) : problems_(problems) {}

  void read(const std::vector<Section>& layers) {
    for (const Section& layer : layers) {
      if (failed_) return;
      read_layer(layer);
      if (builder_.overflows())
        fail(layer.location(), "more operators, or larger ones, than any machine could run");
    }
  }
  std::vector<Operator> take() { return builder_.take(); }
  // Of a model that sees one image and nothing else.
  double image_pixels() const { return inputs_ == 1 ? image_pixels_ : 0; }
  // Of a model that reads one sequence first: its tokens.
  double sample_tokens() const { return sample_tokens_; }

 private:
  void fail(const Location& where, std::string message, std::string hint = "") {
    if (!failed_) problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
    failed_ = true;
  }

  Extent read_extent(const Section& in, std::string_view key, double otherwise, int axes) {
    const auto text = in.text(key);
    Extent e{{otherwise, otherwise, otherwise}, axes};
    for (int i = axes; i < 3; ++i) e.size[static_cast<std::size_t>(i)] = 1;
    if (!text) return e;
    const auto parsed = parse_extent(*text, axes);
    if (parsed && (parsed->axes == axes || axes == 0)) return *parsed;
    fail(in.location(key), "`" + *text + "` is no size of " + std::to_string(axes) + " axes",
         "write `3`, `1x7` or `3^3`");
    return e;
  }

  double count(const Section& in, std::string_view key, double otherwise) const {
    return in.number(key).value_or(otherwise);
  }
  int axes() const { return builder_.shape().extent.axes; }
  bool has_shape(const Section& in) {
    if (builder_.shape().channels > 0) return true;
    fail(in.location(), "nothing says what a sample is before this layer",
         "begin with `input: {channels: 3, image_size: 224}`");
    return false;
  }

  void read_layer(const Section& layer) {
    if (++layers_ > kMostLayers)
      return fail(layer.location(), "more than " + std::to_string(kMostLayers) + " layers");
    const YamlNode* node = layer.node();
    if (node->members.size() != 1)
      return fail(layer.location(), "a layer is one kind and what it takes",
                  "for instance `- conv: {channels: 64, kernel: 3}`");
    const std::string& kind = node->members.front().key.scalar;
    const auto kinds = layer_fields();
    const bool known = std::any_of(kinds.begin(), kinds.end(), [&](const Field& f) { return f.key == kind; });
    if (!known) return;  // reported where keys are checked
    const auto is = [&](std::string_view name) { return kind == name; };
    if (is("input")) return read_input(layer.section("input"));
    if (is("conv")) return read_conv(layer.section("conv"));
    if (is("linear")) return read_linear(layer.section("linear"));
    if (is("attention")) return read_attention(layer.section("attention"));
    if (is("embedding")) return read_embedding(layer.section("embedding"));
    if (is("repeat") || is("pieces") || is("frozen")) return read_group(layer, kind);
    if (!has_shape(layer)) return;
    if (is("transformer")) return read_transformer(layer.section("transformer"));
    if (is("interaction")) {
      const Section in = layer.section("interaction");
      return builder_.interaction(count(in, "vectors", 1), count(in, "width", 1));
    }
    if (is("recurrent")) return read_recurrent(layer.section("recurrent"));
    if (is("pool")) return read_pool(layer.section("pool"));
    if (is("residual") || is("sum") || is("concat")) return read_paths(layer, kind);
    if (is("bottleneck")) return read_bottleneck(layer.section("bottleneck"));
    if (is("basic_block")) return read_basic_block(layer.section("basic_block"));
    if (is("inverted_residual")) return read_inverted_residual(layer.section("inverted_residual"));
    read_simple(layer, kind);
  }

  // Layers of one value.
  void read_simple(const Section& layer, std::string_view kind) {
    SampleShape shape = builder_.shape();
    if (kind == "norm" || kind == "activation") return finish(layer);
    if (kind == "flatten") return builder_.flatten();
    if (kind == "save" || kind == "from") return read_point(layer, kind);
    const double value = count(layer, kind, 1);
    if (kind == "resize") return builder_.resize(value);
    if (kind == "select") return builder_.selection(value);
    if (kind == "squeeze_excite") return builder_.squeeze_excite(value);
    if (kind == "rearrange") {
      for (int axis = 0; axis < axes(); ++axis) {
        if (std::fmod(shape.extent.size[static_cast<std::size_t>(axis)], value) != 0)
          return fail(layer.location(kind), "the size is no multiple of " + plain_number(value));
      }
      return builder_.rearrange(value);
    }
    if (kind == "append_tokens") {
      shape.extent = {{shape.extent.positions() + value, 1, 1}, 1};
      return builder_.set_shape(shape);
    }
    if (value > shape.channels)
      return fail(layer.location(kind), "there are only " + plain_number(shape.channels) + " channels");
    shape.channels = value;  // take_channels
    builder_.set_shape(shape);
  }

  // A point that is given a name, or returned to.
  void read_point(const Section& layer, std::string_view kind) {
    const std::string name = layer.text(kind).value_or("");
    if (kind == "save") {
      saved_[name] = builder_.shape();
    } else if (const auto found = saved_.find(name); found != saved_.end()) {
      builder_.set_shape(found->second);
    } else {
      fail(layer.location(kind), "no point `" + name + "` was saved before this one");
    }
  }

  // What a layer says itself of its input: the width under `key`, and tokens.
  void set_stream(const Section& in, std::string_view key) {
    if (!in.has(key) && !in.has("tokens")) return;
    SampleShape shape = builder_.shape();
    shape.channels = count(in, key, shape.channels);
    if (in.has("tokens") || shape.extent.axes == 0) shape.extent = {{count(in, "tokens", 1), 1, 1}, 1};
    builder_.set_shape(shape);
  }

  void read_input(const Section& in) {
    if (in.has("image_size") == in.has("tokens"))
      return fail(in.location(), "an input has `image_size` or `tokens`, and one of them only");
    SampleShape shape{count(in, "channels", 1), {}};
    shape.extent = in.has("tokens") ? Extent{{count(in, "tokens", 1), 1, 1}, 1} : image(in, 2);
    begin_with(shape);
  }

  // The first image is what a sample is.
  void begin_with(const SampleShape& shape) {
    sees_image_ = sees_image_ || shape.extent.axes > 1;
    if (shape.extent.positions() > 1) ++inputs_;
    if (inputs_ == 1 && shape.extent.axes == 1 && sample_tokens_ == 0)
      sample_tokens_ = shape.extent.positions();
    if (inputs_ == 1 && shape.extent.axes > 1) image_pixels_ = shape.extent.positions();
    builder_.set_shape(shape);
  }

  // "224" is an image of 224 x 224, or a volume where the axes say so.
  Extent image(const Section& in, int otherwise) {
    const auto parsed = parse_extent(in.text("image_size").value_or(""), 1);
    if (!parsed) {
      fail(in.location("image_size"), "no size of an image", "write `224`, `480x640` or `128^3`");
      return {};
    }
    if (parsed->axes > 1 || in.text("image_size")->find('^') != std::string::npos) return *parsed;
    return *parse_extent(*in.text("image_size"), otherwise);
  }

  // Norm and activation that follow a layer.
  void finish(const Section& in) {
    const std::string norm = in.text("norm").value_or("none");
    if (norm != "none") builder_.norm(norm == "batch" || norm == "instance");
    if (in.text("activation").value_or("none") != "none") builder_.activation();
  }

  void read_conv(const Section& in) {
    SampleShape shape = builder_.shape();
    shape.channels = count(in, "in_channels", shape.channels);
    if (in.has("image_size")) shape.extent = image(in, 2);
    if (shape.channels == 0 || shape.extent.axes == 0)
      return fail(in.location(), "nothing says what the convolution sees",
                  "add `in_channels: 3, image_size: 224`");
    if (in.has("in_channels") || in.has("image_size")) begin_with(shape);
    ConvolutionLayer conv;
    conv.channels = count(in, "channels", 1);
    conv.kernel = read_extent(in, "kernel", 1, axes());
    conv.stride = read_extent(in, "stride", 1, axes());
    conv.groups = in.flag("depthwise").value_or(false) ? shape.channels : count(in, "groups", 1);
    conv.padding = in.text("padding").value_or("same") == "valid" ? Padding::kValid : Padding::kSame;
    conv.bias = in.flag("bias").value_or(in.text("norm").value_or("none") == "none");
    conv.transposed = in.flag("transposed").value_or(false);
    if (failed_) return;
    if (std::fmod(shape.channels, conv.groups) != 0 || std::fmod(conv.channels, conv.groups) != 0)
      return fail(in.location(), plain_number(shape.channels) + " and " + plain_number(conv.channels) +
                                     " channels cannot be divided into " + plain_number(conv.groups) +
                                     " groups");
    const bool shared = in.flag("shared").value_or(false);
    if (shared) builder_.begin_shared();
    builder_.convolution(conv);
    if (builder_.shape().extent.positions() < 1)
      fail(in.location(), "the kernel is larger than the image that is left");
    finish(in);
    if (shared) builder_.end_shared();
  }

  void read_linear(const Section& in) {
    set_stream(in, "in_width");
    if (!has_shape(in)) return;
    const bool shared = in.flag("shared").value_or(false);
    if (shared) builder_.begin_shared();
    builder_.linear(count(in, "width", 1), in.flag("bias").value_or(true));
    finish(in);
    if (shared) builder_.end_shared();
  }

  std::optional<AttentionLayer> attention_layer(const Section& in) {
    const double width = builder_.shape().channels;
    AttentionLayer layer;
    layer.heads = count(in, "heads", 1);
    layer.kv_heads = count(in, "kv_heads", layer.heads);
    layer.head_dim = count(in, "head_dim", width / layer.heads);
    layer.window = count(in, "window", 0);
    layer.context = count(in, "context", 0);
    layer.context_width = count(in, "context_width", width);
    layer.bias = in.flag("bias").value_or(true);
    layer.masked = !sees_image_;
    if (layer.head_dim == std::floor(layer.head_dim)) return layer;
    fail(in.location(),
         "a width of " + plain_number(width) + " is no multiple of " + plain_number(layer.heads) + " heads",
         "give `head_dim`");
    return std::nullopt;
  }

  void read_attention(const Section& in) {
    set_stream(in, "width");
    if (!has_shape(in)) return;
    if (const auto layer = attention_layer(in)) builder_.attention(*layer);
  }

  void read_transformer(const Section& in) {
    const auto layer = attention_layer(in);
    if (!layer) return;
    AttentionLayer own = *layer;
    own.context = 0;
    const bool gated = in.flag("gated").value_or(false);
    const double ffn = count(in, "ffn", 1);
    const SampleShape shape = builder_.shape();
    const double layers = count(in, "layers", 1);
    for (int i = 0; i < layers && !builder_.overflows(); ++i) {
      builder_.norm(false);
      builder_.attention(own);
      builder_.sum({shape, shape});
      if (layer->context > 0) {
        AttentionLayer cross = *layer;
        cross.window = 0;
        builder_.norm(false);
        builder_.attention(cross);
        builder_.sum({shape, shape});
      }
      builder_.norm(false);
      builder_.linear((gated ? 2 : 1) * ffn, own.bias);
      if (gated) {
        SampleShape half = builder_.shape();
        half.channels = ffn;
        builder_.set_shape(half);
      }
      builder_.activation();
      builder_.linear(shape.channels, own.bias);
      builder_.sum({shape, shape});
    }
  }

  void read_recurrent(const Section& in) {
    for (int i = 0; i < count(in, "times", 1) && !builder_.overflows(); ++i)
      builder_.recurrent(count(in, "width", 1));
  }

  void read_embedding(const Section& in) {
    EmbeddingLayer layer;
    layer.rows = count(in, "rows", 1);
    layer.width = count(in, "width", 1);
    layer.lookups = count(in, "lookups", builder_.shape().extent.positions());
    layer.tables = count(in, "tables", layer.lookups);
    builder_.embedding(layer);
  }

  void read_pool(const Section& in) {
    if (in.flag("global").value_or(false)) return builder_.global_pool();
    const Extent kernel = read_extent(in, "kernel", 2, axes());
    Extent stride = in.has("stride") ? read_extent(in, "stride", 1, axes()) : kernel;
    const Padding padding = in.text("padding").value_or("same") == "valid" ? Padding::kValid : Padding::kSame;
    builder_.pool(kernel, stride, padding);
    if (builder_.shape().extent.positions() < 1)
      fail(in.location(), "the window is larger than the image that is left");
  }

  void read_group(const Section& layer, const std::string& kind) {
    if (kind == "frozen") {
      builder_.begin_frozen();
      read(layer.sections("frozen"));
      builder_.end_frozen();
      return;
    }
    const Section in = layer.section(kind);
    const double times = count(in, "times", 1);
    if (kind == "pieces") {
      builder_.begin_pieces(times);
      read(in.sections("layers"));
      builder_.end_pieces();
      return;
    }
    for (int i = 0; i < times && !failed_; ++i) {
      if (++layers_ > kMostLayers)
        return fail(in.location(), "more than " + std::to_string(kMostLayers) + " layers");
      read(in.sections("layers"));
    }
  }

  void read_paths(const Section& layer, const std::string& kind) {
    const SampleShape before = builder_.shape();
    std::vector<SampleShape> ends;
    if (kind == "residual") {
      read(layer.sections("residual"));
      ends = {builder_.shape(), before};
    } else {
      for (const Section& path : layer.sections(kind)) {
        builder_.set_shape(before);
        read(path.sections("path"));
        ends.push_back(builder_.shape());
      }
    }
    if (failed_ || ends.empty()) return;
    join_paths(layer.location(kind), kind, ends);
  }

  void join_paths(const Location& where, const std::string& kind, const std::vector<SampleShape>& ends) {
    for (const SampleShape& end : ends) {
      const bool fits = end.extent.positions() == ends.front().extent.positions() &&
                        (kind == "concat" || end.channels == ends.front().channels);
      if (!fits)
        return fail(where,
                    "the paths end in different shapes: " + text_of(ends.front()) + " and " + text_of(end));
    }
    if (kind == "concat") return builder_.concatenate(ends);
    builder_.sum(ends);
  }

  static std::string text_of(const SampleShape& shape) {
    return plain_number(shape.channels) + " channels at " + plain_number(shape.extent.positions()) +
           " positions";
  }

  void plain_conv(double channels, const Extent& kernel, const Extent& stride, double groups,
                  bool activated) {
    builder_.convolution({channels, kernel, stride, groups, Padding::kSame, false, false});
    builder_.norm(true);
    if (activated) builder_.activation();
  }
  Extent side(double size) const { return {{size, size, size}, axes()}; }

  // A block's shortcut is a 1x1 convolution where the shape changes.
  SampleShape shortcut(const SampleShape& before, double channels, const Extent& stride) {
    const SampleShape after = builder_.shape();
    if (before == after) return before;
    builder_.set_shape(before);
    plain_conv(channels, side(1), stride, 1, false);
    return builder_.shape();
  }

  void read_bottleneck(const Section& in) {
    const double channels = count(in, "channels", 1);
    for (int i = 0; i < count(in, "times", 1) && !builder_.overflows(); ++i) {
      const Extent stride = i == 0 ? read_extent(in, "stride", 1, axes()) : side(1);
      const SampleShape before = builder_.shape();
      const double width = count(in, "width", 1);
      if (std::fmod(width, count(in, "groups", 1)) != 0)
        return fail(in.location("groups"), plain_number(width) + " channels cannot be divided into " +
                                               plain_number(count(in, "groups", 1)) + " groups");
      plain_conv(width, side(1), side(1), 1, true);
      plain_conv(width, side(3), stride, count(in, "groups", 1), true);
      plain_conv(channels, side(1), side(1), 1, false);
      close_block(in, before, channels, stride);
    }
  }

  void read_basic_block(const Section& in) {
    const double channels = count(in, "channels", 1);
    for (int i = 0; i < count(in, "times", 1) && !builder_.overflows(); ++i) {
      const Extent stride = i == 0 ? read_extent(in, "stride", 1, axes()) : side(1);
      const SampleShape before = builder_.shape();
      plain_conv(channels, side(3), stride, 1, true);
      plain_conv(channels, side(3), side(1), 1, false);
      close_block(in, before, channels, stride);
    }
  }

  void close_block(const Section& in, const SampleShape& before, double channels, const Extent& stride) {
    if (in.has("squeeze")) builder_.squeeze_excite(count(in, "squeeze", 1));
    const SampleShape after = builder_.shape();
    builder_.sum({after, shortcut(before, channels, stride)});
    builder_.activation();
  }

  void read_inverted_residual(const Section& in) {
    const double channels = count(in, "channels", 1);
    const double expanded = count(in, "expanded", 1);
    const bool fused = in.flag("fused").value_or(false);
    for (int i = 0; i < count(in, "times", 1) && !builder_.overflows(); ++i) {
      const Extent kernel = read_extent(in, "kernel", 3, axes());
      const Extent stride = i == 0 ? read_extent(in, "stride", 1, axes()) : side(1);
      const SampleShape before = builder_.shape();
      if (fused) {
        plain_conv(expanded, kernel, stride, 1, true);
      } else {
        if (expanded != before.channels) plain_conv(expanded, side(1), side(1), 1, true);
        plain_conv(expanded, kernel, stride, expanded, true);
      }
      if (in.has("squeeze")) builder_.squeeze_excite(count(in, "squeeze", 1));
      if (!fused || expanded != channels) plain_conv(channels, side(1), side(1), 1, false);
      if (builder_.shape() == before) builder_.sum({before, before});
    }
  }

  Diagnostics& problems_;
  NetworkBuilder builder_;
  std::map<std::string, SampleShape> saved_;
  double image_pixels_ = 0;
  double sample_tokens_ = 0;
  bool sees_image_ = false;
  int inputs_ = 0;
  int layers_ = 0;
  bool failed_ = false;
};

}  // namespace

ReadNetwork read_network(const std::vector<Section>& layers, Diagnostics& problems) {
  NetworkReader reader(problems);
  reader.read(layers);
  return {reader.take(), reader.image_pixels(), reader.sample_tokens()};
}

}  // namespace capplan

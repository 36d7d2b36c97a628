#include <array>

#include "model/network_reader.h"

namespace capplan {
namespace {

using T = ValueType;

constexpr double kLargestSize = 1e6;
constexpr double kMaxWidth = 1e9;
constexpr double kMostRows = 1e12;

constexpr std::array<std::string_view, 6> kNormKinds{"none", "batch", "group", "instance", "layer", "rms"};
constexpr std::array<std::string_view, 9> kActivations{"none",      "relu", "leaky-relu", "silu",   "gelu",
                                                       "hardswish", "elu",  "sigmoid",    "softmax"};
constexpr std::array<std::string_view, 2> kPaddings{"same", "valid"};

constexpr Field whole(std::string_view key, std::string_view doc, std::string_view example, double most) {
  return {.key = key, .type = T::kInteger, .doc = doc, .example = example, .min = 1, .max = most};
}
constexpr Field needed(Field field) {
  field.required = true;
  return field;
}
constexpr Field flag(std::string_view key, std::string_view doc) {
  return {.key = key, .type = T::kBool, .doc = doc, .example = "true"};
}
constexpr Field extent(std::string_view key, std::string_view doc, std::string_view example) {
  return {.key = key, .type = T::kText, .doc = doc, .example = example};
}
constexpr Field nested(std::string_view key, std::string_view doc) {
  return {.key = key, .type = T::kMaps, .doc = doc, .noun = "layer", .nested = &layer_fields};
}

constexpr Field kNormField{.key = "norm",
                           .type = T::kName,
                           .doc = "normalisation that follows; default none",
                           .example = "batch",
                           .names = kNormKinds};
constexpr Field kActivationField{.key = "activation",
                                 .type = T::kName,
                                 .doc = "activation that follows; default none",
                                 .example = "relu",
                                 .names = kActivations};
constexpr Field kPaddingField{.key = "padding",
                              .type = T::kName,
                              .doc = "same keeps the size, valid keeps within the input; default same",
                              .example = "same",
                              .names = kPaddings};
constexpr Field kChannels = whole("channels", "output channels", "64", kMaxWidth);
constexpr Field kKernel = extent("kernel", "size of the window: a side, or a size an axis", "3x3");
constexpr Field kStride = extent("stride", "step of the window; default 1", "2");
constexpr Field kSqueeze =
    whole("squeeze", "width of a squeeze-and-excitation; default none", "16", kMaxWidth);
constexpr Field kTimes = whole("times", "that many in a row; default 1", "3", kMostLayers);

constexpr Field kConv[] = {
    needed(kChannels),
    needed(kKernel),
    kStride,
    whole("groups", "groups of channels that do not mix; default 1", "32", kMaxWidth),
    flag("depthwise", "a group for each channel; default false"),
    kPaddingField,
    flag("bias", "default true without a norm"),
    flag("transposed", "the stride enlarges; default false"),
    flag("shared", "weights of another layer, counted there; default false"),
    kNormField,
    kActivationField,
    whole("in_channels", "input channels; default those of the layer before", "3", kMaxWidth),
    extent("image_size", "input image or volume; default what the layer before leaves", "224"),
};
constexpr Field kInput[] = {
    needed(whole("channels", "values at each position", "3", kMaxWidth)),
    extent("image_size", "of an image or a volume", "224"),
    whole("tokens", "of a sequence", "197", kMostRows),
};
constexpr Field kLinear[] = {
    needed(whole("width", "output width", "1000", kMaxWidth)),
    whole("in_width", "input width; default that of the layer before", "2048", kMaxWidth),
    whole("tokens", "positions; default those of the layer before", "197", kMostRows),
    flag("bias", "default true"),
    flag("shared", "weights of another layer, counted there; default false"),
    kNormField,
    kActivationField,
};
constexpr Field kAttention[] = {
    needed(whole("heads", "query heads", "12", kLargestSize)),
    whole("kv_heads", "key and value heads; default as many as heads", "12", kLargestSize),
    whole("head_dim", "width of a head; default width / heads", "64", kLargestSize),
    whole("width", "channels; default those of the layer before", "768", kMaxWidth),
    whole("tokens", "positions; default those of the layer before", "197", kMostRows),
    whole("window", "keys that a query sees; default all", "49", kMostRows),
    whole("context", "tokens of another sequence that is attended to", "77", kMostRows),
    whole("context_width", "width of that sequence; default that of the layer before", "768", kMaxWidth),
    flag("bias", "default true"),
};
constexpr Field kTransformer[] = {
    needed(whole("layers", "layers of attention and feed-forward", "12", kMostLayers)),
    needed(whole("heads", "query heads", "12", kLargestSize)),
    needed(whole("ffn", "width of the feed-forward layer", "3072", kMaxWidth)),
    whole("kv_heads", "key and value heads; default as many as heads", "12", kLargestSize),
    whole("head_dim", "width of a head; default width / heads", "64", kLargestSize),
    whole("window", "keys that a query sees; default all", "49", kMostRows),
    whole("context", "tokens of another sequence that each layer attends to besides", "77", kMostRows),
    whole("context_width", "width of that sequence; default that of the layer", "768", kMaxWidth),
    flag("gated", "the feed-forward layer has a gate; default false"),
    flag("bias", "default true"),
};
constexpr Field kRecurrent[] = {
    needed(whole("width", "hidden width of the cells (LSTM)", "1024", kMaxWidth)),
    kTimes,
};
constexpr Field kEmbedding[] = {
    needed(whole("rows", "rows of all tables", "30522", kMostRows)),
    needed(whole("width", "width of a row", "128", kMaxWidth)),
    whole("lookups", "rows read a sample", "26", kMostRows),
    whole("tables", "tables, each of which gives one vector; default as many as lookups", "26", kMostRows),
};
constexpr Field kInteraction[] = {
    needed(whole("vectors", "vectors whose pairs are multiplied", "27", kLargestSize)),
    needed(whole("width", "width of a vector", "128", kMaxWidth)),
};
constexpr Field kPool[] = {
    extent("kernel", "size of the window", "3"),
    kStride,
    kPaddingField,
    flag("global", "one value a channel; default false"),
};
constexpr Field kRepeat[] = {
    needed(kTimes),
    needed(nested("layers", "what is repeated, each time with its own weights")),
};
constexpr Field kPieces[] = {
    needed(whole("times", "pieces of the sample", "512", kMostRows)),
    needed(nested("layers", "what each piece passes, all with the same weights")),
};
constexpr Field kPath[] = {
    needed(nested("path", "layers of the path; none: the input itself")),
};
constexpr Field kBottleneck[] = {
    needed(kChannels), needed(whole("width", "channels between the two 1x1 convolutions", "64", kMaxWidth)),
    kStride,           whole("groups", "groups of the 3x3 convolution; default 1", "32", kMaxWidth),
    kSqueeze,          kTimes,
};
constexpr Field kBasicBlock[] = {
    needed(kChannels),
    kStride,
    kSqueeze,
    kTimes,
};
constexpr Field kInvertedResidual[] = {
    needed(kChannels),
    needed(whole("expanded", "channels inside, of each block", "96", kMaxWidth)),
    needed(kKernel),
    kStride,
    kSqueeze,
    flag("fused", "one dense convolution in place of a 1x1 and a depthwise one; default false"),
    kActivationField,
    kTimes,
};

constexpr Field layer(std::string_view key, std::string_view doc, std::span<const Field> fields) {
  return {.key = key, .type = T::kMap, .doc = doc, .fields = fields};
}

const Field kLayers[] = {
    layer("input", "what a sample is at the entry, or what follows sees", kInput),
    layer("conv", "a convolution, with its norm and activation", kConv),
    layer("linear", "a matrix product at each position", kLinear),
    layer("attention", "its projections, scores and values", kAttention),
    layer("transformer", "layers of attention and feed-forward, with norms and residuals", kTransformer),
    layer("recurrent", "LSTM cells along the sequence", kRecurrent),
    layer("embedding", "rows looked up in tables", kEmbedding),
    layer("interaction", "dot products of all pairs of vectors", kInteraction),
    kNormField,
    kActivationField,
    layer("pool", "the largest or the mean of a window", kPool),
    {.key = "resize",
     .type = T::kNumber,
     .doc = "positions an axis, times this",
     .example = "2",
     .above_min = true},
    {.key = "rearrange",
     .type = T::kInteger,
     .doc = "that many neighbours an axis become channels",
     .example = "2",
     .min = 1,
     .max = 1024},
    {.key = "append_tokens",
     .type = T::kInteger,
     .doc = "tokens added to the sequence",
     .example = "1",
     .min = 1,
     .max = kMostRows},
    {.key = "take_channels",
     .type = T::kInteger,
     .doc = "channels that go on",
     .example = "64",
     .min = 1,
     .max = kMaxWidth},
    flag("flatten", "all positions become one"),
    {.key = "squeeze_excite",
     .type = T::kInteger,
     .doc = "width of a squeeze-and-excitation",
     .example = "16",
     .min = 1,
     .max = kMaxWidth},
    {.key = "select",
     .type = T::kInteger,
     .doc = "stages of a detector that rank, suppress or match candidate boxes",
     .example = "5",
     .min = 1,
     .max = 1024},
    nested("residual", "layers whose output is added to their input"),
    {.key = "sum", .type = T::kMaps, .doc = "paths that are added", .fields = kPath},
    {.key = "concat", .type = T::kMaps, .doc = "paths that are joined", .fields = kPath},
    layer("repeat", "layers in a row", kRepeat),
    layer("pieces", "layers that see parts of the sample one by one", kPieces),
    nested("frozen", "layers that are run and not trained"),
    {.key = "save", .type = T::kText, .doc = "a name for this point", .example = "skip1"},
    {.key = "from", .type = T::kText, .doc = "goes on from a saved point", .example = "skip1"},
    layer("bottleneck", "1x1, 3x3 and 1x1 convolution with a shortcut (ResNet-50)", kBottleneck),
    layer("basic_block", "two 3x3 convolutions with a shortcut (ResNet-18)", kBasicBlock),
    layer("inverted_residual", "expanded, depthwise, projected (MobileNetV2, EfficientNet)",
          kInvertedResidual),
};

}  // namespace

std::span<const Field> layer_fields() { return kLayers; }

}  // namespace capplan

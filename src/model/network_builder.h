// Builds a list of operators by following the shape of a sample through its layers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capplan/model/extent.h"
#include "capplan/model/operators.h"

namespace capplan {

// What one sample is between two layers: `channels` values at each position.
struct SampleShape {
  double channels = 0;
  Extent extent;

  double elements() const { return channels * extent.positions(); }
  bool operator==(const SampleShape&) const = default;
};

enum class Padding { kSame, kValid };

struct ConvolutionLayer {
  double channels = 0;
  Extent kernel;  // of one axis: the same on all
  Extent stride;
  double groups = 1;
  Padding padding = Padding::kSame;
  bool bias = false;
  bool transposed = false;
};

struct AttentionLayer {
  double heads = 1;
  double kv_heads = 1;
  double head_dim = 0;
  double window = 0;         // keys that a query sees; 0: all
  double context = 0;        // positions of another sequence that keys come from; 0: its own
  double context_width = 0;  // channels of that sequence
  bool bias = true;
  bool masked = false;  // as of text: padding is masked and scores are dropped out
};

struct EmbeddingLayer {
  double rows = 0;
  double width = 0;
  double lookups = 1;  // rows read a sample
  double tables = 1;   // among which the rows are; each gives one vector
};

class NetworkBuilder {
 public:
  const SampleShape& shape() const { return shape_; }
  void set_shape(const SampleShape& shape) {
    shape_ = shape;
    written_by_elementwise_ = false;
  }

  void convolution(const ConvolutionLayer& layer);
  void linear(double width, bool bias);
  // Projections of queries, keys, values and output included.
  void attention(const AttentionLayer& layer);
  void recurrent(double width);
  void embedding(const EmbeddingLayer& layer);
  void interaction(double vectors, double width);
  void norm(bool by_channel);
  void activation();
  void pool(const Extent& kernel, const Extent& stride, Padding padding);
  void global_pool();
  void resize(double scale);
  void rearrange(double factor);  // `factor` neighbours a side become channels
  void flatten();
  void selection(double stages);
  // Shrinks to a vector a channel, `width` wide in between, and multiplies by it (arXiv 1709.01507).
  void squeeze_excite(double width);

  // The sum or the concatenation of paths that end in these shapes.
  void sum(const std::vector<SampleShape>& paths);
  void concatenate(const std::vector<SampleShape>& paths);

  // Operators until the matching end are forward only, use weights counted before, or see `times` pieces of
  // the sample with the same weights.
  void begin_frozen() { ++frozen_; }
  void end_frozen() { --frozen_; }
  void begin_shared() { ++shared_; }
  void end_shared() { --shared_; }
  void begin_pieces(double times) { pieces_.push_back(times); }
  void end_pieces() { pieces_.pop_back(); }

  // Alike ones counted together, in order of their first appearance.
  std::vector<Operator> take();
  // More operators than any model has, or figures that no machine holds: nothing more is added.
  bool overflows() const { return overflows_; }

 private:
  void add(Operator o);
  void add_elementwise(OperatorKind kind, double read, double written, double params);

  SampleShape shape_;
  std::vector<Operator> operators_;
  std::vector<double> pieces_;
  int frozen_ = 0, shared_ = 0;
  bool overflows_ = false;
  bool written_by_elementwise_ = false;
};

// Output positions along the axes; nothing is left where a valid window exceeds the input.
Extent window_output(const Extent& input, const Extent& kernel, const Extent& stride, Padding padding);

}  // namespace capplan

#include "performance/operator_model.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

// Groups of few channels leave matrix units idle: the time grows with the third root of what is missing
// to 16.
constexpr double kFullGroup = 16;
constexpr double kGroupExponent = 1.0 / 3;
// Channels-last kernels of grouped convolutions exist for groups of these widths, 32 of them at a time;
// others run group by group (regnety_080 of timm: 118 images/s channels-last, 386 channels-first).
constexpr double kGroupsAtOnce = 32;
constexpr double kVolumeAxes = 3;

// Passes over an operator's elements, forward and backward. Batch statistics take a pass of their own, and
// so do their gradients.
constexpr double kNormForward = 3, kNormBackward = 5;
constexpr double kActivationForward = 2, kActivationBackward = 3;
constexpr double kLayoutPasses = 2;  // from channels-first and back

// Kernel by kernel under automatic mixed precision, a score is scaled, normalised in 32 bits, cast to and fro
// and multiplied, some 60 bytes both ways; a mask adds a pass and dropout two with their gradient, some 25.
constexpr double kMaskedScores = 1.4;

bool has_grouped_kernel(const Operator& o) {
  const double width = o.in / o.groups;
  return o.out == o.in && std::fmod(o.groups, kGroupsAtOnce) == 0 && width <= kGroupsAtOnce &&
         std::exp2(std::round(std::log2(width))) == width;
}

double backward_passes(const Operator& o) { return o.gradient == Gradient::kNone ? 0 : 1; }

}  // namespace

// A kernel feeds its matrix units with instructions of the other units: what those take adds to the products.
// Parts whose matrix units are slow beside them lose little (RTX 3090: twice the vector rate; A100: 16
// times).
GemmLaw OperatorModel::fed(GemmLaw law) const {
  law.rate = law.rate / (1 + law.rate / (s_.vector_peak * c_.products_fed));
  return law;
}

OperatorModel::OperatorModel(const StepSetup& setup, const TrainingConstants& constants)
    : s_(setup), c_(constants), linear_(fed(setup.layer_gemm)), half_(fed(setup.half_gemm)) {}

Duration OperatorModel::moved(double elements, double element_bytes) const {
  return Bytes::of(elements * element_bytes) / s_.memory_bandwidth;
}

// A convolution is the product of its windows with its filters; windows are read from the image, not stored.
OperatorModel::Passes OperatorModel::product(const Operator& o, double samples) const {
  const bool convolves = o.kind == OperatorKind::kConvolution;
  const GemmLaw& law = convolves ? half_ : linear_;
  const double inner = o.in / o.groups * o.kernel;
  const double element = convolves ? s_.element : std::min(s_.element, law.element_bytes);
  double factor = 1;
  if (convolves && o.groups > 1) {
    const double width = o.in / o.groups;
    factor *= 1 + c_.convolution_grouped * std::pow(kFullGroup / width, kGroupExponent);
    if (!s_.channels_first && !has_grouped_kernel(o)) factor *= c_.grouped_fallback;
  }
  if (convolves && o.axes == kVolumeAxes) factor *= c_.convolution_volume;
  factor *= c_.accelerator_operators;
  const Flops flops = Flops::of(2 * samples * o.positions * o.out * inner);
  const Bytes bytes = Bytes::of(element * (samples * (o.read + o.written) + o.params));
  // Windows overlap and filters are read again: beyond its tensors, a convolution moves bytes with its
  // arithmetic.
  const Duration reread =
      convolves ? Bytes::of(flops.base() / c_.convolution_intensity) / s_.memory_bandwidth : Duration{};
  const Duration each = join(flops / law.rate * factor, bytes / law.bandwidth, law.exponent) + reread +
                        Duration::of((convolves ? c_.convolution_us : c_.operator_launch_us) * 1e-6);
  double backward = backward_products(o.gradient);
  // A convolution of an image has no gradient to pass on.
  if (convolves && o.in <= kPixelChannels) backward = std::min(backward, 1.0);
  const Duration layout = convolves && s_.channels_first ? moved(samples * (o.read + o.written), s_.element) *
                                                               c_.channels_first * kLayoutPasses
                                                         : Duration{};
  return {each / s_.sparse_speed + layout, (each + layout) * backward, 1 + std::floor(backward)};
}

// One filter a channel leaves nothing to multiply as matrices: kernels are bound by their instructions, and
// by the bytes they move.
OperatorModel::Passes OperatorModel::depthwise(const Operator& o, double samples) const {
  const Flops flops = Flops::of(2 * samples * o.positions * o.out * o.kernel);
  const Duration each = flops / s_.vector_peak * c_.depthwise_flops +
                        moved(samples * (o.read + o.written), s_.element) * c_.depthwise_bytes +
                        Duration::of(c_.convolution_us * 1e-6);
  const double backward = backward_products(o.gradient);
  return {each, each * backward, 1 + std::floor(backward)};
}

OperatorModel::Passes OperatorModel::attention(const Operator& o, double samples) const {
  const double head_dim = o.in / o.groups;
  const double backward = backward_passes(o);
  if (s_.stack.attention == AttentionKernel::kUnfused) {
    const Duration products = half_.batched(samples * o.groups * std::max(1.0, o.positions / o.kernel),
                                            std::min(o.positions, o.kernel), o.kernel, head_dim) *
                              (2.0 * c_.accelerator_operators);
    const double passes = c_.score_eager * (o.masked ? kMaskedScores : 1);
    const Duration scores = moved(samples * o.positions * o.kernel * o.groups,
                                  c_.softmax_bytes * s_.element / kHalfBytes * passes);
    return {products + kScoresForward * scores, (2.0 * products + (1 - kScoresForward) * scores) * backward,
            9};
  }
  const Flops flops = Flops::of(2 * samples * o.positions * o.kernel * (o.in + o.out));
  const Bytes bytes = Bytes::of(s_.element * samples * (o.read + o.positions * o.out));
  const bool second = s_.stack.attention != AttentionKernel::kVendor;
  const double factor = second ? (s_.newer_than_ampere ? c_.attention_flash2 : 1) : c_.attention_vendor;
  const Duration forward = s_.attention.time(flops, bytes, o.kernel, head_dim) * factor;
  return {forward, forward * (c_.attention_backward * backward), 3};
}

// What the layer sees of its input is one product over all steps. The state's products follow each other: the
// batch alone fills the matrix units, weights stay where they are, and every step waits for the last.
OperatorModel::Passes OperatorModel::recurrent(const Operator& o, double samples) const {
  const double width = o.out / kLstmGates;
  const Duration input = half_.time(samples * o.positions, o.out, o.in - width);
  const Duration state = Flops::of(2 * samples * width * o.out) / half_.rate * o.positions;
  const double factor = c_.accelerator_operators;
  const Duration steps = state * (factor * c_.recurrent) + Duration::of(c_.recurrent_us * 1e-6) * o.positions;
  // Backward the steps follow each other once more; gradients of weights wait for none.
  const bool trained = o.gradient == Gradient::kWhole;
  return {
      input * factor + steps,
      (steps + input * factor * (trained ? 2.0 : 1.0) + state * (trained ? factor : 0)) * backward_passes(o),
      3};
}

OperatorModel::Passes OperatorModel::elementwise(const Operator& o, double samples) const {
  const bool fused = s_.stack.fusion == Fusion::kFused;
  const double backward = backward_passes(o);
  double forward_passes = 0;
  double backward_moves = 0;
  switch (o.kind) {
    case OperatorKind::kNorm: {
      const double factor = o.channel_statistics ? c_.batch_norm : fused ? 1 : c_.layer_norm_eager;
      forward_passes = kNormForward * o.written * factor;
      backward_moves = kNormBackward * o.written * factor;
      break;
    }
    case OperatorKind::kActivation:
      if (fused) return {};  // the product or norm before it applies it
      forward_passes = kActivationForward * o.written * c_.activation_pass;
      backward_moves = kActivationBackward * o.written * c_.activation_pass;
      break;
    case OperatorKind::kSum:
      // Fused, what is added is read by the kernel before it.
      forward_passes = backward_moves =
          (o.read + (fused && o.chained ? -o.written : o.written)) * c_.sum_pass;
      break;
    case OperatorKind::kPool:
      forward_passes = (o.read + o.written) * c_.pool_pass;
      backward_moves = 2 * forward_passes;
      break;
    default:
      forward_passes = backward_moves = (o.read + o.written) * c_.sum_pass;
  }
  const Duration ends = Duration::of(c_.operator_launch_us * 1e-6);
  return {moved(samples * forward_passes, s_.element) + ends,
          (moved(samples * backward_moves, s_.element) + ends) * backward, 2};
}

// No kernel of a selection fills the accelerator, and each waits for the one before. Eager code loops over
// the samples. Nothing is differentiated.
OperatorModel::Passes OperatorModel::selection(double samples) const {
  const double kernels = c_.selection_kernels * (s_.stack.fusion == Fusion::kEager ? samples : 1);
  return {Duration::of(kernels * c_.operator_graph_us * 1e-6), {}, kernels};
}

// Forward a read of each row; backward its gradient, read and added to the row in 32 bits.
OperatorModel::Passes OperatorModel::embedding(const Operator& o, double samples) const {
  const Duration rows = moved(samples * o.read, kTableBytes) * c_.lookup;
  const double updates = o.gradient == Gradient::kWhole ? 2 : 0;
  return {rows + moved(samples * o.written, s_.element), rows * updates, 3};
}

OperatorModel::Passes OperatorModel::of(const Operator& o, double samples) const {
  switch (o.kind) {
    case OperatorKind::kConvolution:
      return o.is_depthwise() ? depthwise(o, samples) : product(o, samples);
    case OperatorKind::kLinear:
      return product(o, samples);
    case OperatorKind::kAttention:
      return attention(o, samples);
    case OperatorKind::kRecurrent:
      return recurrent(o, samples);
    case OperatorKind::kInteraction: {
      const Duration each = half_.batched(samples, o.positions, o.positions, o.in) * c_.accelerator_operators;
      return {each, each * backward_products(o.gradient), 3};
    }
    case OperatorKind::kEmbedding:
      return embedding(o, samples);
    case OperatorKind::kSelection:
      return selection(samples);
    default:
      return elementwise(o, samples);
  }
}

// Kernels queue up behind each other: the step takes what the accelerator works, or what the host needs to
// launch it all, rounded where the two meet.
PassTime OperatorModel::pass(double samples) const {
  const double whole = std::max(samples, 1.0);
  PassTime t;
  double kernels = 0;
  for (const Operator& o : s_.operators) {
    const Passes p = of(o, whole);
    const bool computes = o.macs() > 0;
    (computes ? t.compute : t.memory_bound) += (p.forward + p.backward) * o.times;
    // Repeated is what has a backward pass to be repeated for.
    if (o.gradient != Gradient::kNone) t.repeated_full += p.forward * o.times;
    kernels += p.kernels * o.times;
  }
  // Weights of 4 bits are unpacked for each pass.
  if (s_.quantised_weights)
    t.memory_bound += Bytes::of(kUnpackedBytes * 2 * total(s_.operators).params) / s_.memory_bandwidth;
  const Duration busy = t.compute + t.memory_bound;
  const double host_us = s_.stack.host_bound ? c_.operator_host_us : c_.operator_graph_us;
  t.launch_wait = join(busy, Duration::of(kernels * host_us * 1e-6), 8) - busy;
  if (samples >= 1) return t;
  // Accelerators that share one sample.
  const double share = std::pow(samples, c_.shared_sample);
  t.compute = t.compute * share;
  t.memory_bound = t.memory_bound * share;
  t.launch_wait = t.launch_wait * share;
  t.repeated_full = t.repeated_full * share;
  return t;
}

}  // namespace capplan

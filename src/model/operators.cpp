#include "capplan/model/operators.h"

namespace capplan {

double Operator::macs() const {
  switch (kind) {
    case OperatorKind::kConvolution:
      return times * positions * out * (in / groups) * kernel;
    case OperatorKind::kLinear:
    case OperatorKind::kRecurrent:
      return times * positions * in * out;
    case OperatorKind::kAttention:
      return times * positions * kernel * (in + out);
    case OperatorKind::kInteraction:
      return times * positions * positions * in;
    default:
      return 0;
  }
}

double backward_products(Gradient gradient) {
  return gradient == Gradient::kWhole ? 2 : gradient == Gradient::kInput ? 1 : 0;
}

double OperatorTotals::trained_share(bool without_tables) const {
  const double all = params - (without_tables ? embedding_params : 0);
  return all > 0 ? (trained_params - (without_tables ? trained_embedding_params : 0)) / all : 1;
}

OperatorTotals total(std::span<const Operator> operators) {
  OperatorTotals sum;
  for (const Operator& o : operators) {
    const double macs = o.macs();
    const double params = o.times * o.params;
    sum.macs += macs;
    sum.params += params;
    sum.training_macs += macs * (1 + backward_products(o.gradient));
    if (o.gradient == Gradient::kWhole) sum.trained_params += params;
    if (o.kind == OperatorKind::kEmbedding) sum.embedding_params += params;
    if (o.kind == OperatorKind::kEmbedding && o.gradient == Gradient::kWhole)
      sum.trained_embedding_params += params;
    if (macs > 0) sum.activations += o.times * o.written;
  }
  return sum;
}

}  // namespace capplan

#include "performance/sharding.h"

#include <algorithm>
#include <cmath>

namespace capplan {

LocalParameters fullest_rank_parameters(const TransformerShape& s, const ParameterCount& n,
                                        const Parallelism& p) {
  const double share = fullest_share(s.layers, p.pipeline_parallel);
  const double embedding = static_cast<double>(s.vocab) * s.hidden;
  const double ends = embedding * (s.tied_embeddings ? 1 : 2);
  const double layers = n.total() - n.expert - ends;
  const double first = p.pipeline_parallel == 1 ? ends : embedding;
  LocalParameters local;
  local.dense = (layers * share + first) / p.tensor_parallel;
  local.expert = n.expert * share / (static_cast<double>(p.expert_parallel) * expert_tensor(p));
  return local;
}

int accelerators(const Parallelism& p) {
  return p.tensor_parallel * p.context_parallel * p.pipeline_parallel * p.data_parallel;
}

bool divides(double part, double whole) { return whole <= 0 || std::abs(std::remainder(whole, part)) < 1e-9; }

int replicas(const Parallelism& p) { return p.data_parallel * p.context_parallel; }

int state_shards(const Parallelism& p) {
  return p.shard_group > 0 ? std::min(p.shard_group, replicas(p)) : replicas(p);
}

int expert_tensor(const Parallelism& p) { return p.expert_parallel == 1 ? p.tensor_parallel : 1; }

int expert_replicas(const Parallelism& p) {
  const long long ranks = 1LL * p.tensor_parallel * replicas(p);
  const long long group = 1LL * p.expert_parallel * expert_tensor(p);
  return ranks % group == 0 ? static_cast<int>(ranks / group) : 0;
}

StageLayers stage_layers(int layers, int stages) {
  if (stages <= 1) return {layers, layers};
  if (layers % stages == 0) return {layers / stages, layers / stages};
  for (const int ends : {1, 2}) {  // the head, then the embedding too
    if ((layers + ends) % stages == 0) return {(layers + ends) / stages, (layers + ends) / stages - 1};
  }
  return {layers / stages + 1, layers / stages};
}

double fullest_share(int layers, int stages) {
  if (stages_are_even(layers, stages)) return 1.0 / stages;
  return static_cast<double>(stage_layers(layers, stages).most) / layers;
}

bool stages_are_even(int layers, int stages) {
  return layers % stages == 0 || (layers + 1) % stages == 0 || (layers + 2) % stages == 0;
}

}  // namespace capplan

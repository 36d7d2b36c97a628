// How a layout deals out a model: parameters to ranks, layers to stages.
#pragma once

#include "capplan/performance/execution.h"

namespace capplan {

// Parameters of the fullest rank: the end stages bear the embeddings. Experts are dealt out over
// expert-parallel ranks and have replicas of their own.
struct LocalParameters {
  double dense = 0;
  double expert = 0;
};
LocalParameters fullest_rank_parameters(const TransformerShape& shape, const ParameterCount& count,
                                        const Parallelism& layout);

// Of all degrees together.
int accelerators(const Parallelism& layout);

// Ranks that hold the same dense parameters: data- and context-parallel ones.
int replicas(const Parallelism& layout);
// Over how many of them ZeRO divides state.
int state_shards(const Parallelism& layout);
// Tensor degree of the experts: 1, whole experts dealt out to tensor-parallel ranks too, as recipes do since
// experts became small (expert_tensor_parallel_size 1 of Megatron-Core); the layout's without expert ranks.
int expert_tensor(const Parallelism& layout);
// Ranks that hold the same experts; 0 where the layout cannot deal them out.
int expert_replicas(const Parallelism& layout);

// Layers of the fullest stage, and of the last, which bears the head besides. The embedding and the head may
// each stand for a layer where that makes stages even (Llama 3, arXiv 2407.21783, section 3.3.2).
struct StageLayers {
  int most = 0;
  int last = 0;
};
StageLayers stage_layers(int layers, int stages);

// Share of the layers that the fullest stage holds.
double fullest_share(int layers, int stages);

// Whether stages come out even, with the embedding and the head as layers or without.
bool stages_are_even(int layers, int stages);

// Whether `whole` is dealt out in whole parts; nothing always is.
bool divides(double part, double whole);

}  // namespace capplan

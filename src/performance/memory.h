// What one accelerator must hold.
#pragma once

#include <array>
#include <string>

#include "capplan/performance/execution.h"

namespace capplan {

// Bytes of a parameter's weights, gradients and optimizer state.
struct StateBytes {
  double weights = 0, gradients = 0, optimizer = 0;
};

// Bytes that one token leaves in one layer, and the layers that are alike.
struct LayerBytes {
  int layers = 0;
  double whole = 0;    // divided with sequence parallelism only
  double divided = 0;  // by the tensor degree
  double scores = 0;   // of attention that stores them
};

// What one micro-batch leaves in all layers for the backward pass, on ranks that split a layer alike.
struct PassMemory {
  Bytes kept, kept_selective, kept_full;  // without recompute, and with it in every layer
  Bytes working;                          // the layer being repeated
  Bytes logits;
};

struct StateMemory {
  Bytes weights, gradients, optimizer;

  Bytes total() const { return weights + gradients + optimizer; }
};

// Training memory of the fullest accelerator under a layout. Mixed precision with Adam keeps 2 bytes of
// weights, 2 or 4 of gradients and 12 of optimizer state a parameter (ZeRO, arXiv 1910.02054, section 3.1);
// ZeRO stages divide optimizer, gradients and weights by the data-parallel degree. Activations follow arXiv
// 2205.05198, equations 1 to 6, for the model's own feed-forward and key-value widths; flash attention stores
// no scores. Of a model given by its operators, what each keeps for its backward pass is added up. The demand
// must outlive the model.
class MemoryModel {
 public:
  MemoryModel(const Demand& demand, const Workload& workload, const Accelerator& accelerator,
              Precision precision, const Stack& stack);

  MemoryUse use(const Parallelism& layout) const { return use(layout, pass(layout), state(layout)); }
  // The same from parts that were found before, for a layout that they hold for.
  MemoryUse use(const Parallelism& layout, const PassMemory& pass, const StateMemory& state) const;
  // With optimizer state held by the host, and of sharded runs weights and gradients too.
  MemoryUse offloaded(const Parallelism& layout) const;
  // Reads the tensor and context degree, the micro-batch and sequence parallelism.
  PassMemory pass(const Parallelism& layout) const;
  // No layout with such micro-batches needs less.
  Bytes least(const PassMemory& pass) const;
  // Reads the degrees and the ZeRO stage.
  StateMemory state(const Parallelism& layout) const;

 private:
  void take_operators(const Demand& demand, const Workload& workload, Precision precision,
                      const Stack& stack);

  const TransformerShape* shape_ = nullptr;
  ParameterCount parameters_;
  StateBytes state_;
  std::array<LayerBytes, 2> layers_;  // without experts, and with
  double selective_share_ = 0;
  double params_ = 0;
  double loss_chunks_ = 1;
  bool ends_whole_ = false;  // under ZeRO 3 the embedding and the head stay gathered
  double global_batch_ = 0;
  double sequence_ = 0;       // 0: activations are counted by the sample
  double element_share_ = 1;  // of an activation, over 16 bits
  double trained_share_ = 1;  // of the parameters
  double table_params_ = 0;   // in tables that are dealt out over all accelerators
  double tables_ = 0;         // how many they are
  bool whole_tables_ = true;  // a table is on one accelerator
  Bytes kept_per_sample_;     // of a model given by its operators
  Bytes overhead_;
};

// What a framework takes for itself: context, buffers, fragmentation.
Bytes framework_overhead(const Accelerator& accelerator);

// "13.5 GiB"
std::string memory_text(Bytes bytes);

}  // namespace capplan

// Which layouts a run may take: the rules, in one place (docs/methodology.md, Layouts).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "performance/step_setup.h"

namespace capplan {

// The legal layouts of one workload on one kind of machine, whatever the count. What `workload.pin` names has
// that value alone; a pinned tensor, context, pipeline or virtual degree need not keep to the rule of its
// kind.
class LayoutSpace {
 public:
  // `machine.count` is not read. Keeps a reference to the workload and the setup.
  LayoutSpace(const Demand& demand, const Workload& workload, const StepSetup& setup);

  // Ascending. Tensor ranks divide the heads and share link domains evenly (within one domain any number
  // may); context ranks deal out a sequence in pairs of equal pieces; expert ranks get whole experts;
  // micro-batches divide the global batch.
  const std::vector<int>& tensor_degrees() const { return tensor_; }
  const std::vector<int>& context_degrees() const { return context_; }
  const std::vector<int>& expert_degrees() const { return expert_; }
  const std::vector<int>& micro_batches() const { return micro_batches_; }
  const std::vector<int>& batch_divisors() const { return batch_divisors_; }
  int layers() const { return layers_; }
  long long global_batch() const { return batch_; }

  // Every set of degrees of so many accelerators; whether the batch comes out in whole micro-batches is not
  // asked.
  std::vector<Parallelism> degrees(int count) const;
  // Whether the degrees fit the pins, each other and the experts.
  bool admits_degrees(const Parallelism& layout) const;
  // Whether the batch comes out in whole micro-batches.
  bool deals_out(int data_parallel, int micro_batch) const {
    return batch_ > 0 && batch_ % (static_cast<long long>(data_parallel) * micro_batch) == 0;
  }
  std::vector<bool> sequence_parallel(int tensor) const;
  // Chunks of a stage, ascending: 1, and with an interleaved schedule every even division of its layers. The
  // schedule deals out micro-batches in rounds of as many as there are stages (arXiv 2104.04473,
  // section 2.2).
  std::span<const int> chunks(const Parallelism& layout) const;
  int most_chunks(int stages) const;
  // Bit s: ZeRO stage s. Stages 2 and 3 work on gradients and weights for each micro-batch: with a pipeline
  // they are legal only on software that shards its state by default.
  unsigned zero_stages(const Parallelism& layout) const;
  static bool has(unsigned stages, int stage) { return (stages >> static_cast<unsigned>(stage) & 1U) != 0; }
  // Replicas that share state under ZeRO 3; 0: all of them.
  int shard_group(const Parallelism& layout) const;
  // What is open, of stages so many.
  struct Recomputes {
    bool none = false, selective = false, full = false;
    int least = 1, most = 1;  // layers of a stage that full recompute may repeat
    int layers = 1;           // of the fullest stage
  };
  Recomputes recomputes(int stages) const;
  // Why no layout of so many accelerators is legal, where none is.
  std::string why_none(int count) const;
  // Counts up to `most` that some degrees multiply to, ascending.
  std::vector<int> counts(int most) const;

 private:
  const Pin& pin_;
  const StepSetup& setup_;
  bool recompute_asked_ = false;
  int layers_ = 1;
  long long batch_ = 0;                   // 0: no whole number of sequences
  std::vector<std::vector<int>> chunks_;  // by stages
  std::vector<int> tensor_, context_, expert_, micro_batches_, batch_divisors_;
};

}  // namespace capplan

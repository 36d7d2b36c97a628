// How long one kernel takes on one accelerator. The laws are smooth rooflines fitted to measured kernels
// (profiles/kernels.csv); where an accelerator has none of its own, its generation's stand in.
#pragma once

#include <array>

#include "capplan/catalog/catalog.h"

namespace capplan {

// Of the peak: what matrix products reach at best on parts that publish it (H100: 795 of 989).
inline constexpr double kUsualAchievable = 0.80;

// The p-norm of two times: the larger where they differ, more than either where they are alike.
Duration join(Duration a, Duration b, double exponent);

// A matrix product C[m,n] = A[m,k] B[k,n]:
//   t = ((F / (peak e))^p + (B / (W b))^p)^(1/p) + launch + serial min(k, cap) / 1024,
// F = 2 m n k, B the bytes of A, B and C once, W the memory bandwidth. `serial` is the loop over k that one
// tile cannot spread.
struct GemmLaw {
  FlopRate rate;        // peak e
  Bandwidth bandwidth;  // W b
  double exponent = 1;
  Duration launch, serial;
  double serial_cap = 0;
  double element_bytes = 2;  // of A and B; C is kept in 16 bits

  Duration time(double m, double n, double k) const;
  // `count` products of the same shape in one launch (batched or grouped).
  Duration batched(double count, double m, double n, double k) const;
};

// Flash attention, forward: t = F / (peak e r) + B / (W b) + launch + serial s / 1024, F over the causal
// half, r the share that heads of 64 keep; never above the highest share measured.
struct AttentionLaw {
  FlopRate peak;
  double peak_share = 0.7, most_share = 0.66, narrow_head = 0.7;
  Bandwidth bandwidth;
  Duration launch, serial;

  Duration time(Flops causal, Bytes moved, double sequence, double head_dim) const;
};

enum class Collective { kAllReduce, kAllGather, kReduceScatter, kAllToAll };

struct CollectiveLaw {
  Duration latency;
  Bandwidth bus;  // as nccl-tests counts it
};

// Links of a machine: a domain of fast links (NVLink, a TPU pod, PCIe within a host) and a network between
// nodes.
class Network {
 public:
  Network() = default;
  // `node` is per node and direction.
  Network(const Catalog& catalog, const Accelerator& accelerator, int per_node, Bandwidth node);

  int domain() const { return domain_; }      // accelerators that the fast links join
  int per_node() const { return per_node_; }  // accelerators that share a node's network interfaces
  Bandwidth node() const { return node_; }
  // What leaves a domain, per direction.
  Bandwidth outward() const;
  const CollectiveLaw& law(Collective op, int group) const;
  // A collective over `bytes` (the full buffer) inside the domain: t = (a^q + (f S / bw)^q)^(1/q), q = 0.65,
  // f the share of the buffer that crosses each link.
  Duration in_domain(Collective op, Bytes bytes, int group) const;

 private:
  static constexpr int kSizes = 3;  // groups of 2, 4, and 8 or more were measured
  int domain_ = 1;
  int per_node_ = 1;
  Bandwidth node_;
  std::array<std::array<CollectiveLaw, kSizes>, 4> laws_;
};

GemmLaw gemm_law(const Catalog& catalog, const Accelerator& accelerator, Precision precision);
// In 16 bits, or in the precision of a run that has more.
AttentionLaw attention_law(const Catalog& catalog, const Accelerator& accelerator, Precision precision);
// What a node's network carries where nobody says.
Bandwidth usual_node_bandwidth(const Accelerator& accelerator, int per_node);
// Whose measured kernels stand behind a law: the accelerator's or its chip's, its generation's, or none of
// its vendor.
enum class KernelEvidence { kOwn, kGeneration, kNone };
// The part with the same chip whose kernels were measured; nullptr where there is none.
const Accelerator* measured_part(const Catalog& catalog, const Accelerator& accelerator);
KernelEvidence kernel_evidence(const Catalog& catalog, const Accelerator& accelerator);

}  // namespace capplan

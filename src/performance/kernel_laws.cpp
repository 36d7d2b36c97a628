#include "performance/kernel_laws.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace capplan {
namespace {

constexpr double kCollectiveExponent = 0.65;
// PCIe 4.0 x16, and what measured collectives keep of it between two cards of a host.
constexpr double kUnmeasuredBus = 0.7;
constexpr Bandwidth kPcie = Bandwidth::of(32e9);
constexpr double kStoredBytes = 2;

std::string_view format_of(Precision precision) {
  switch (precision) {
    case Precision::kFp8:
      return "fp8";
    case Precision::kMxfp8:
      return "fp8_block";
    case Precision::kInt8:
      return "int8";
    case Precision::kFp4:
    case Precision::kNvfp4:
      return "nvfp4";
    default:
      return "bf16";
  }
}

const KernelRow* find_row(const Catalog& catalog, KernelOp op, Text scope, std::string_view format,
                          int group) {
  for (const KernelRow& row : catalog.tables().kernels) {
    if (row.op == op && row.scope == scope && row.format == format && row.group == group) return &row;
  }
  return nullptr;
}

// The same chip with another memory or board: same generation and arithmetic.
bool same_chip(const Accelerator& a, const Accelerator& b) {
  return a.generation == b.generation && a.vendor == b.vendor && a.peak.bf16.base() > 0 &&
         a.peak.bf16 == b.peak.bf16;
}

// Of the accelerator, a part with the same chip, its generation, its vendor, or any.
const KernelRow* resolve(const Catalog& catalog, const Accelerator& a, KernelOp op, std::string_view format,
                         int group = 0) {
  if (const KernelRow* row = find_row(catalog, op, a.id, format, group)) return row;
  for (const Accelerator& other : catalog.tables().accelerators) {
    if (!same_chip(a, other)) continue;
    if (const KernelRow* row = find_row(catalog, op, other.id, format, group)) return row;
  }
  for (const Text scope : {a.generation, a.vendor, Text("any")}) {
    if (const KernelRow* row = find_row(catalog, op, scope, format, group)) return row;
  }
  return nullptr;
}

KernelOp kernel_of(Collective op) {
  switch (op) {
    case Collective::kAllReduce:
      return KernelOp::kAllReduce;
    case Collective::kAllGather:
      return KernelOp::kAllGather;
    case Collective::kReduceScatter:
      return KernelOp::kReduceScatter;
    case Collective::kAllToAll:
      return KernelOp::kAllToAll;
  }
  return KernelOp::kAllReduce;
}

// Cards that meet on their host's PCIe alone.
bool is_pcie(const Accelerator& a) { return !a.link || a.link->domain <= 1; }

// A part without measurements of a group takes the next smaller group's, then the mean over NVLink parts.
CollectiveLaw collective_law(const Catalog& catalog, const Accelerator& a, KernelOp op, int group) {
  const Bandwidth link = a.link ? a.link->bandwidth : kPcie;
  for (const Text scope : {a.id, is_pcie(a) ? Text("pcie") : a.generation, a.vendor, Text("any")}) {
    for (int size = group; size >= 2; size /= 2) {
      if (const KernelRow* row = find_row(catalog, op, scope, "", size))
        return {row->launch, link * row->bandwidth_share};
    }
  }
  return {Duration::of(15e-6), link * kUnmeasuredBus};
}

FlopRate half_peak(const Accelerator& a) {
  return a.peak.bf16.base() > 0 ? a.peak.bf16 : std::max(a.peak.fp16, a.peak.fp32);
}

// Links join the accelerators of a node; a rack's or a pod's reach beyond it.
int domain_of(const Accelerator& a, int per_node) {
  if (is_pcie(a)) return per_node;
  return a.link->domain > a.per_node ? a.link->domain : std::min(a.link->domain, per_node);
}

}  // namespace

Duration join(Duration a, Duration b, double exponent) {
  const Duration most = std::max(a, b);
  if (most.base() <= 0) return most;
  const double ratio = std::min(a, b) / most;
  return most * std::pow(1 + std::pow(ratio, exponent), 1 / exponent);
}

Duration GemmLaw::batched(double count, double m, double n, double k) const {
  const Flops flops = Flops::of(2 * count * m * n * k);
  const Bytes moved = Bytes::of(count * (element_bytes * (m * k + n * k) + kStoredBytes * m * n));
  return join(flops / rate, moved / bandwidth, exponent) + launch + serial * (std::min(k, serial_cap) / 1024);
}

Duration GemmLaw::time(double m, double n, double k) const { return batched(1, m, n, k); }

Duration AttentionLaw::time(Flops causal, Bytes moved, double sequence, double head_dim) const {
  const double width = std::clamp((head_dim - 64) / 64, 0.0, 1.0);
  const double share = peak_share * (narrow_head + (1 - narrow_head) * width);
  const Duration flat = causal / (peak * share) + moved / bandwidth + launch + serial * (sequence / 1024);
  return std::max(flat, causal / (peak * most_share));
}

Network::Network(const Catalog& catalog, const Accelerator& a, int per_node, Bandwidth node)
    : domain_(domain_of(a, std::max(per_node, 1))), per_node_(std::max(per_node, 1)), node_(node) {
  for (const Collective op :
       {Collective::kAllReduce, Collective::kAllGather, Collective::kReduceScatter, Collective::kAllToAll}) {
    for (int i = 0; i < kSizes; ++i)
      laws_[static_cast<std::size_t>(op)][static_cast<std::size_t>(i)] =
          collective_law(catalog, a, kernel_of(op), 2 << i);
  }
  // AMD's accelerators are joined in pairs, without a switch: a group uses the links between its members
  // alone.
  if (a.platform != Platform::kRocm || is_pcie(a)) return;
  for (auto& of_sizes : laws_) {
    for (int i = 0; i < kSizes; ++i) {
      const double members = 2 << i;
      if (members < a.link->domain)
        of_sizes[static_cast<std::size_t>(i)].bus =
            of_sizes[static_cast<std::size_t>(i)].bus * ((members - 1) / (a.link->domain - 1));
    }
  }
}

Bandwidth Network::outward() const { return node_ * std::max(1.0, static_cast<double>(domain_) / per_node_); }

const CollectiveLaw& Network::law(Collective op, int group) const {
  const std::size_t size = group >= 8 ? 2 : group >= 4 ? 1 : 0;
  return laws_[static_cast<std::size_t>(op)][size];
}

Duration Network::in_domain(Collective op, Bytes bytes, int group) const {
  if (group <= 1 || bytes.base() <= 0) return {};
  const double crossing = static_cast<double>(group - 1) / group * (op == Collective::kAllReduce ? 2 : 1);
  const CollectiveLaw& l = law(op, group);
  return join(l.latency, crossing * bytes / l.bus, kCollectiveExponent);
}

GemmLaw gemm_law(const Catalog& catalog, const Accelerator& a, Precision precision) {
  const std::string_view format = format_of(precision);
  const KernelRow* row = resolve(catalog, a, KernelOp::kGemm, format);
  if (row == nullptr) row = resolve(catalog, a, KernelOp::kGemm, "bf16");
  GemmLaw law;
  const FlopRate peak =
      format == "bf16" ? std::max(peak_of(a, precision), FlopRate::of(1)) : peak_of(a, precision);
  double share = row->peak_share;
  // What a part without measurements is known to achieve scales the mean of all generations. Parts of one
  // generation differ: a card whose tensor cores run at half rate reaches its peak, one short of power does
  // not.
  if (measured_part(catalog, a) == nullptr && a.achievable_bf16 && a.peak.bf16.base() > 0) {
    if (const KernelRow* all = find_row(catalog, KernelOp::kGemm, "any", format, 0)) share = all->peak_share;
    share *= *a.achievable_bf16 / a.peak.bf16 / kUsualAchievable;
  }
  law.rate = peak * share;
  law.bandwidth = a.memory_bandwidth * row->bandwidth_share;
  law.exponent = row->smoothing;
  law.launch = row->launch;
  law.serial = row->serial;
  law.serial_cap = row->serial_cap;
  law.element_bytes = bytes_per_element(precision);
  return law;
}

AttentionLaw attention_law(const Catalog& catalog, const Accelerator& a, Precision precision) {
  const KernelRow* row = resolve(catalog, a, KernelOp::kAttention, "bf16");
  AttentionLaw law;
  law.peak = bytes_per_element(precision) > 2 ? peak_of(a, precision) : half_peak(a);
  law.peak_share = row->peak_share;
  law.most_share = row->most_share;
  law.narrow_head = row->narrow_head;
  law.bandwidth = a.memory_bandwidth * row->bandwidth_share;
  law.launch = row->launch;
  law.serial = row->serial;
  return law;
}

Bandwidth usual_node_bandwidth(const Accelerator& a, int per_node) {
  // Reference designs: DGX-2 and DGX-1 100 GB/s at most, DGX A100 8x200 Gb/s, DGX H100 8x400 Gb/s, an NVL72
  // tray 4x400 Gb/s.
  constexpr double kGbit = 1e9 / 8;
  const double each = a.generation == "volta" ? 100 : a.generation == "ampere" ? 200 : is_pcie(a) ? 25 : 400;
  return Bandwidth::of(each * kGbit * std::max(1, per_node));
}

const Accelerator* measured_part(const Catalog& catalog, const Accelerator& a) {
  const KernelRow* row = resolve(catalog, a, KernelOp::kGemm, "bf16");
  return row == nullptr ? nullptr : catalog.accelerator(row->scope);
}

KernelEvidence kernel_evidence(const Catalog& catalog, const Accelerator& a) {
  const KernelRow* row = resolve(catalog, a, KernelOp::kGemm, "bf16");
  if (row == nullptr || row->scope == "any") {
    for (const KernelRow& k : catalog.tables().kernels) {
      const Accelerator* part = catalog.accelerator(k.scope);
      if (part != nullptr && part->vendor == a.vendor) return KernelEvidence::kGeneration;
    }
    return KernelEvidence::kNone;
  }
  return row->scope == a.generation || row->scope == a.vendor ? KernelEvidence::kGeneration
                                                              : KernelEvidence::kOwn;
}

}  // namespace capplan

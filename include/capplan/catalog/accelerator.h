// An accelerator, or a CPU machine used as one, as its vendor and its measurers describe it.
#pragma once

#include <array>
#include <optional>

#include "capplan/core/precision.h"
#include "capplan/core/provenance.h"
#include "capplan/core/units.h"

namespace capplan {

// The software an accelerator needs; code for one does not run on another without a port (cuda and rocm share
// PyTorch).
enum class Platform { kCuda, kRocm, kXla, kNeuron, kSynapse, kCann, kOneapi, kCpu };
std::string_view platform_name(Platform platform);
std::optional<Platform> find_platform(std::string_view name);

// Dense peaks by format; zero where the vendor states none.
struct Peaks {
  FlopRate fp64, fp32, tf32, fp16, bf16, fp8, int8, fp4;
};

struct Link {
  Text name;
  Bandwidth bandwidth;  // per accelerator and direction
  int domain = 1;       // accelerators that one such domain joins
};

enum class PurchaseUnit { kNode, kAccelerator };

// What it costs to own; a price of cards alone needs a host beside it.
struct PurchasePrice {
  Usd price;
  int accelerators = 1;
  PurchaseUnit includes = PurchaseUnit::kNode;
  std::optional<Usd> low, high;
  Provenance provenance;
  Text notes;
};

struct NodePower {
  Power power;
  int accelerators = 1;
  Provenance provenance;
};

struct Accelerator {
  Text id;
  Text vendor;
  Platform platform = Platform::kCuda;
  Text generation;
  int released = 0;
  Bytes memory;
  Bandwidth memory_bandwidth;
  Peaks peak;
  std::optional<FlopRate> achievable_bf16;
  std::optional<Link> link;
  std::optional<Power> power;
  int per_node = 1;
  std::optional<PurchasePrice> purchase;
  std::optional<NodePower> node_power;
  Text source;
  Text as_of;
  Text unverified;  // keys without a source, comma-separated: "peak.tf32,link"
  Text notes;
};

// Dense peak for a format: block formats use their plain width's peak. Zero where the accelerator cannot do
// it.
FlopRate peak_of(const Accelerator& accelerator, Precision precision);

// Whether `key` ("memory", "peak.bf16") has no source.
bool is_unverified(const Accelerator& accelerator, std::string_view key);

}  // namespace capplan

#include <array>
#include <vector>

#include "catalog/profile_loader.h"

namespace capplan {
namespace {

using T = ValueType;
constexpr Dim kRate{.second = -1, .flop = 1};
constexpr Dim kPowerDim{.second = -1, .joule = 1};
constexpr Dim kMoneyDim{.usd = 1};

constexpr std::string_view kPlatforms[] = {"cuda",    "rocm", "xla",    "neuron",
                                           "synapse", "cann", "oneapi", "cpu"};
constexpr std::string_view kIncludes[] = {"node", "accelerator"};
constexpr int kMostPerNode = 100000;

constexpr Field rate(std::string_view key) {
  return {.key = key, .type = T::kQuantity, .doc = "dense peak", .dim = kRate, .above_min = true};
}
constexpr Field kPeak[] = {rate("fp64"), rate("fp32"), rate("tf32"), rate("fp16"),
                           rate("bf16"), rate("fp8"),  rate("int8"), rate("fp4")};

constexpr Field kCount{.key = "accelerators",
                       .type = T::kInteger,
                       .doc = "that the figure is for",
                       .required = true,
                       .min = 1,
                       .max = kMostPerNode};

constexpr Field kLink[] = {
    {.key = "name", .type = T::kText, .doc = "of the link", .required = true},
    {.key = "bandwidth",
     .type = T::kQuantity,
     .doc = "per accelerator and direction",
     .required = true,
     .dim = kDataRate,
     .above_min = true},
    {.key = "domain",
     .type = T::kInteger,
     .doc = "accelerators that one domain joins",
     .min = 1,
     .max = kMostPerNode},
};

constexpr Field kPurchase[] = {
    {.key = "price",
     .type = T::kQuantity,
     .doc = "of all of them",
     .required = true,
     .dim = kMoneyDim,
     .above_min = true},
    kCount,
    {.key = "includes", .type = T::kName, .doc = "a complete node, or cards alone", .names = kIncludes},
    {.key = "low", .type = T::kQuantity, .doc = "lowest price seen", .dim = kMoneyDim},
    {.key = "high", .type = T::kQuantity, .doc = "highest price seen", .dim = kMoneyDim},
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
    kNotesField,
};

constexpr Field kNodePower[] = {
    {.key = "power",
     .type = T::kQuantity,
     .doc = "of a node at full load",
     .required = true,
     .dim = kPowerDim,
     .above_min = true},
    kCount,
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
    kNotesField,
};

constexpr Field kAccelerator[] = {
    {.key = "id", .type = T::kText, .doc = "unique name", .required = true},
    {.key = "vendor", .type = T::kText, .doc = "who makes it", .required = true},
    {.key = "platform", .type = T::kName, .doc = "software it needs", .required = true, .names = kPlatforms},
    {.key = "generation", .type = T::kText, .doc = "microarchitecture", .required = true},
    {.key = "released", .type = T::kInteger, .doc = "year", .required = true, .min = 1990, .max = 2100},
    {.key = "memory",
     .type = T::kQuantity,
     .doc = "device memory",
     .required = true,
     .dim = {.byte = 1},
     .above_min = true},
    {.key = "memory_bandwidth",
     .type = T::kQuantity,
     .doc = "of that memory",
     .required = true,
     .dim = kDataRate,
     .above_min = true},
    {.key = "peak", .type = T::kMap, .doc = "dense peaks by format", .fields = kPeak},
    {.key = "achievable_bf16",
     .type = T::kQuantity,
     .doc = "best measured matrix product",
     .dim = kRate,
     .above_min = true},
    {.key = "link", .type = T::kMap, .doc = "between accelerators", .fields = kLink},
    {.key = "power", .type = T::kQuantity, .doc = "TDP", .dim = kPowerDim, .above_min = true},
    {.key = "per_node",
     .type = T::kInteger,
     .doc = "in the usual node",
     .required = true,
     .min = 1,
     .max = kMostPerNode},
    {.key = "purchase", .type = T::kMap, .doc = "what it costs to own", .fields = kPurchase},
    {.key = "node_power", .type = T::kMap, .doc = "of a whole node", .fields = kNodePower},
    required(kSourceField),
    required(kAsOfField),
    {.key = "unverified", .type = T::kTexts, .doc = "keys without a source"},
    kNotesField,
};

Peaks read_peaks(const Section& in) {
  if (!in) return {};
  Peaks peaks;
  for (const auto& [key, peak] : kPeakFormats) peaks.*peak = in.quantity<kRate>(key).value_or(FlopRate{});
  return peaks;
}

PeakPlaces read_peak_places(const Section& in) {
  PeakPlaces places;
  for (std::size_t i = 0; in && i < places.size(); ++i) places[i] = in.location(kPeakFormats[i].key);
  return places;
}

std::optional<PurchasePrice> read_purchase(ProfileLoader& loader, const Section& section) {
  if (!section) return std::nullopt;
  const Section in = loader.dated(section);
  loader.refuse_ends_of_distribution(in, "price");
  PurchasePrice p;
  p.price = in.usd("price").value_or(Usd{});
  p.accelerators = static_cast<int>(in.number("accelerators").value_or(1));
  p.includes = in.text("includes").value_or("node") == "accelerator" ? PurchaseUnit::kAccelerator
                                                                     : PurchaseUnit::kNode;
  p.low = in.usd("low");
  p.high = in.usd("high");
  p.provenance = loader.provenance(in, "price");
  p.notes = loader.keep(in.text("notes"));
  return p;
}

std::optional<NodePower> read_node_power(ProfileLoader& loader, const Section& in) {
  if (!in) return std::nullopt;
  return NodePower{in.quantity<kPowerDim>("power").value_or(Power{}),
                   static_cast<int>(in.number("accelerators").value_or(1)), loader.provenance(in)};
}

}  // namespace

void load_accelerator(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, kAccelerator);
  if (!root) return;
  const Section in(*root, kAccelerator);
  Accelerator a;
  a.id = loader.keep(in.text("id"));
  a.vendor = loader.keep(in.text("vendor"));
  a.platform = find_platform(in.text("platform").value_or("cuda")).value_or(Platform::kCuda);
  a.generation = loader.keep(in.text("generation"));
  a.released = static_cast<int>(in.number("released").value_or(0));
  a.memory = in.bytes("memory").value_or(Bytes{});
  a.memory_bandwidth = in.bandwidth("memory_bandwidth").value_or(Bandwidth{});
  a.peak = read_peaks(in.section("peak"));
  a.achievable_bf16 = in.quantity<kRate>("achievable_bf16");
  if (const Section link = in.section("link")) {
    a.link = Link{loader.keep(link.text("name")), link.bandwidth("bandwidth").value_or(Bandwidth{}),
                  static_cast<int>(link.number("domain").value_or(1))};
  }
  a.power = in.quantity<kPowerDim>("power");
  a.per_node = static_cast<int>(in.number("per_node").value_or(1));
  a.purchase = read_purchase(loader, in.section("purchase"));
  a.node_power = read_node_power(loader, in.section("node_power"));
  a.source = loader.keep(in.text("source"));
  a.as_of = loader.keep(in.text("as_of"));
  a.unverified = loader.keep_list(in.texts("unverified"), ',');
  a.notes = loader.keep(in.text("notes"));
  loader.tables.accelerators.push_back(a);
  loader.peak_places.push_back(read_peak_places(in.section("peak")));
}

}  // namespace capplan

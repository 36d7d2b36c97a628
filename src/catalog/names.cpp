// Names of the catalogue's closed sets, as they stand in profiles, specs and output.
#include <algorithm>
#include <array>
#include <utility>

#include "capplan/catalog/accelerator.h"
#include "capplan/catalog/kernels.h"
#include "capplan/catalog/offer.h"
#include "capplan/catalog/stack.h"

namespace capplan {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<Platform, 8> kPlatformIds{{{Platform::kCuda, "cuda"},
                                           {Platform::kRocm, "rocm"},
                                           {Platform::kXla, "xla"},
                                           {Platform::kNeuron, "neuron"},
                                           {Platform::kSynapse, "synapse"},
                                           {Platform::kCann, "cann"},
                                           {Platform::kOneapi, "oneapi"},
                                           {Platform::kCpu, "cpu"}}};
constexpr Names<SupplyOption, 4> kOptionNames{{{SupplyOption::kCloud, "cloud"},
                                               {SupplyOption::kRental, "rental"},
                                               {SupplyOption::kOnPrem, "on-prem"},
                                               {SupplyOption::kHybrid, "hybrid"}}};
constexpr Names<Purchase, 9> kPurchases{{{Purchase::kOnDemand, "on-demand"},
                                         {Purchase::kSpot, "spot"},
                                         {Purchase::kMarketplace, "marketplace"},
                                         {Purchase::kQueued, "queued"},
                                         {Purchase::kReserved, "reserved"},
                                         {Purchase::kSavingsPlan, "savings-plan"},
                                         {Purchase::kCommitment, "commitment"},
                                         {Purchase::kBlock, "block"},
                                         {Purchase::kOwned, "owned"}}};
constexpr Names<OfferStatus, 11> kStatuses{{{OfferStatus::kOk, "ok"},
                                            {OfferStatus::kSuperseded, "superseded"},
                                            {OfferStatus::kStale, "stale"},
                                            {OfferStatus::kSuspect, "suspect"},
                                            {OfferStatus::kIndicative, "indicative"},
                                            {OfferStatus::kFraction, "fraction"},
                                            {OfferStatus::kShared, "shared"},
                                            {OfferStatus::kInvalid, "invalid"},
                                            {OfferStatus::kNoCapacity, "no-capacity"},
                                            {OfferStatus::kComponent, "component"},
                                            {OfferStatus::kNotAnOffer, "not-an-offer"}}};
constexpr Names<PriceBasis, 3> kBases{
    {{PriceBasis::kList, "list"}, {PriceBasis::kMedian, "median"}, {PriceBasis::kLowest, "lowest"}}};
constexpr Names<StorageTier, 3> kTierNames{{{StorageTier::kObject, "object"},
                                            {StorageTier::kBlock, "block"},
                                            {StorageTier::kFilesystem, "filesystem"}}};

constexpr Names<KernelOp, 6> kKernelOps{{{KernelOp::kGemm, "gemm"},
                                         {KernelOp::kAttention, "attention"},
                                         {KernelOp::kAllReduce, "all_reduce"},
                                         {KernelOp::kAllGather, "all_gather"},
                                         {KernelOp::kReduceScatter, "reduce_scatter"},
                                         {KernelOp::kAllToAll, "all_to_all"}}};
constexpr Names<AttentionKernel, 4> kAttentionKernels{{{AttentionKernel::kUnfused, "unfused"},
                                                       {AttentionKernel::kFlash1, "flash-1"},
                                                       {AttentionKernel::kFlash2, "flash-2"},
                                                       {AttentionKernel::kVendor, "vendor"}}};

template <class E, std::size_t N>
std::string_view name_of(const Names<E, N>& names, E value) {
  return std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == value; })->second;
}

template <class E, std::size_t N>
std::optional<E> find(const Names<E, N>& names, std::string_view name) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.second == name; });
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string_view platform_name(Platform platform) { return name_of(kPlatformIds, platform); }
std::optional<Platform> find_platform(std::string_view name) { return find(kPlatformIds, name); }
std::string_view supply_option_name(SupplyOption option) { return name_of(kOptionNames, option); }
std::string_view purchase_name(Purchase purchase) { return name_of(kPurchases, purchase); }
std::optional<Purchase> find_purchase(std::string_view name) { return find(kPurchases, name); }
std::string_view offer_status_name(OfferStatus status) { return name_of(kStatuses, status); }
std::optional<OfferStatus> find_offer_status(std::string_view name) { return find(kStatuses, name); }
std::string_view price_basis_name(PriceBasis basis) { return name_of(kBases, basis); }
std::optional<PriceBasis> find_price_basis(std::string_view name) { return find(kBases, name); }
std::string_view storage_tier_name(StorageTier tier) { return name_of(kTierNames, tier); }

std::string_view kernel_op_name(KernelOp op) { return name_of(kKernelOps, op); }
std::optional<KernelOp> find_kernel_op(std::string_view name) { return find(kKernelOps, name); }
std::string_view attention_kernel_name(AttentionKernel kernel) { return name_of(kAttentionKernels, kernel); }
std::optional<AttentionKernel> find_attention_kernel(std::string_view name) {
  return find(kAttentionKernels, name);
}

bool is_firm(Purchase purchase) {
  return purchase != Purchase::kSpot && purchase != Purchase::kMarketplace && purchase != Purchase::kQueued;
}

bool has_term(Purchase purchase) {
  return purchase == Purchase::kReserved || purchase == Purchase::kSavingsPlan ||
         purchase == Purchase::kCommitment || purchase == Purchase::kBlock;
}

DevicePrice device_price(const Offer& offer) {
  return *offer.price / (static_cast<double>(offer.count) * kDevice);
}

DevicePrice list_device_price(const Offer& offer) {
  return offer.list_price.value_or(*offer.price) / (static_cast<double>(offer.count) * kDevice);
}

FlopRate peak_of(const Accelerator& accelerator, Precision precision) {
  const Peaks& peak = accelerator.peak;
  switch (precision) {
    case Precision::kFp32:
      return peak.fp32;
    case Precision::kTf32:
      return peak.tf32;
    case Precision::kFp16:
      return peak.fp16;
    case Precision::kBf16:
      return peak.bf16;
    case Precision::kFp8:
    case Precision::kMxfp8:
      return peak.fp8;
    case Precision::kInt8:
      return peak.int8;
    case Precision::kFp4:
    case Precision::kNvfp4:
      return peak.fp4;
  }
  return {};
}

bool is_unverified(const Accelerator& accelerator, std::string_view key) {
  std::string_view rest = accelerator.unverified;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    if (item == key || (key.starts_with(item) && key.size() > item.size() && key[item.size()] == '.'))
      return true;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace capplan

// What providers sell: prices with their terms, the clusters that join nodes, storage and egress.
#pragma once

#include <array>
#include <optional>

#include "capplan/core/provenance.h"
#include "capplan/core/units.h"

namespace capplan {

// The four ways of getting compute (contract, section 3).
enum class SupplyOption { kCloud, kRental, kOnPrem, kHybrid };
std::string_view supply_option_name(SupplyOption option);

// Queued capacity (flex start) begins when the provider has it and ends after a maximum.
enum class Purchase {
  kOnDemand,
  kSpot,
  kMarketplace,
  kQueued,
  kReserved,
  kSavingsPlan,
  kCommitment,
  kBlock,
  kOwned
};
std::string_view purchase_name(Purchase purchase);
std::optional<Purchase> find_purchase(std::string_view name);
// Firm capacity is the buyer's when it is wanted and until the term ends: spot and marketplace capacity can
// be taken away, queued capacity may not come in time.
bool is_firm(Purchase purchase);
// Paid for a term whether used or not.
bool has_term(Purchase purchase);

enum class OfferStatus {
  kOk,
  kSuperseded,
  kStale,
  kSuspect,
  kIndicative,
  kFraction,
  kShared,
  kInvalid,
  kNoCapacity,
  kComponent,
  kNotAnOffer
};
std::string_view offer_status_name(OfferStatus status);
std::optional<OfferStatus> find_offer_status(std::string_view name);

// What a price is: a list price, a median over a provider's sizes, or the lowest of its regions or hosts.
enum class PriceBasis { kList, kMedian, kLowest };
std::string_view price_basis_name(PriceBasis basis);
std::optional<PriceBasis> find_price_basis(std::string_view name);

struct Offer {
  Text provider;
  Text accelerator;
  Text stated_as;  // the source's name where it left the form factor open
  int count = 1;   // accelerators that the price is for
  Text machine;    // empty: a price per accelerator
  Text region;     // empty: the source names no real region
  Text area;
  Text country;
  Purchase purchase = Purchase::kOnDemand;
  Text tier;
  std::optional<UsdRate> price;  // for `count` accelerators, adjusted: what the buyer pays
  std::optional<double> upfront;
  std::optional<Duration> term_min, term_max;
  PriceBasis basis = PriceBasis::kList;
  Text cluster;  // empty: single-node jobs only
  std::optional<Bytes> memory;
  int vcpus = 0;
  std::optional<Bytes> host_memory;
  OfferStatus status = OfferStatus::kOk;
  Text as_of;
  Text source;  // of an adjusted price: of the adjustments, then of the list price
  Text notes;
  Text stated_price;  // "2.10 EUR/h at 1.1761 USD of 2026-05-08" where the source states no dollars
  // What adjustments.yaml made of the row; all empty where none applies.
  std::optional<UsdRate> list_price;  // for `count` accelerators, before adjustments; absent: `price` is it
  bool agreed = false;                // an adjustment states the price itself: held against no other price
  Text adjustment;       // names of what was applied, in order: "framework contract; launch discount"
  UsdRate host_licence;  // to be added, of each machine (node) that is rented
  DevicePrice accelerator_licence;  // to be added, of each accelerator
  Text licence_source;              // of both licences, with dates
};

// Of one accelerator. Only for an offer with a price.
DevicePrice device_price(const Offer& offer);
// The same before adjustments: what the market asks.
DevicePrice list_device_price(const Offer& offer);

// Money that a provider owes the buyer: it offsets what is paid to the provider until it is spent or ends.
struct Credit {
  Text name;
  Text providers;  // names that may hold `*`, separated by commas; never empty
  Text purchases;  // likewise; empty: every way of buying
  Usd amount;      // above 0
  Text until;      // ISO date of its last day; empty: it does not end
  Provenance provenance;

  bool covers(Text provider, Purchase purchase) const;
};

struct Provider {
  Text id;
  Text name;
  SupplyOption option = SupplyOption::kCloud;
  bool marketplace = false;
  std::optional<Duration> max_run;      // a single job is cut off after that
  std::optional<Duration> billing;      // what is paid by the started unit of this; absent: not known
  Duration billing_least;               // the shortest that is paid for
  Provenance billed_as;                 // of both
  std::optional<Duration> spot_notice;  // before spot capacity is taken away; absent: not known
  Provenance notice_as;
  Text source;
  Text as_of;
  Text notes;
};

// A product whose nodes are joined for one job.
struct Cluster {
  static constexpr std::size_t kMaxSizes = 16;

  Text provider;
  Text id;
  Text products;
  Text fabric;
  std::optional<Bandwidth> bandwidth;  // of a node, per direction
  int per_node = 8;
  std::optional<int> max_accelerators;
  std::array<int, kMaxSizes>
      sizes{};   // ascending, zero-filled: sold in these sizes only; all zero: any whole nodes
  int step = 0;  // sold in multiples of this; 0: whole nodes
  Text source;
  Text as_of;
  Text unverified;
};

enum class StorageTier { kObject, kBlock, kFilesystem };
std::string_view storage_tier_name(StorageTier tier);

// One step of a tiered monthly price.
struct StorageRow {
  Text provider;
  StorageTier tier = StorageTier::kObject;
  Text item;
  StoragePrice price;
  Bytes from;
  std::optional<Bytes> to;
  Text region;
  Provenance provenance;
};

struct EgressRow {
  Text provider;
  TransferPrice price;
  Bytes from;
  std::optional<Bytes> to;
  Text region;
  Provenance provenance;
};

// What data that stands with a provider, or leaves it, costs.
struct DataPrices {
  StoragePrice storage;
  TransferPrice egress;
};

}  // namespace capplan

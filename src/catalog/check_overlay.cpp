#include "catalog/check_overlay.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "capplan/catalog/market.h"
#include "core/number_text.h"
#include "core/text.h"

namespace capplan {
namespace {

// Of the catalogue's current prices, over the reference of their accelerator, none is above 4.3, and of
// boards none below 0.4 where it is firm or 0.2 where it is not (August 2026; a test holds the bounds to the
// catalogue).
constexpr double kDearest = 4.8;
constexpr double kMostOfNode = 3;  // what a node asks, over the reference for all its accelerators
constexpr int kBoard = 8;
constexpr double kLeastOfOne = 0.2;  // what one accelerator of a board asks over the reference
constexpr double kMostOfOne = 1.6;
constexpr double kMostOfOneInterruptible = 1.2;

enum class UnitSlip { kNone, kNodeForOne, kOneForNode };

// `ratio` is the price of one accelerator over the market's reference.
UnitSlip slip_of(const Offer& offer, int per_node, double ratio) {
  if (ratio >= kDearest && ratio <= kMostOfNode * per_node) return UnitSlip::kNodeForOne;
  const double of_one = ratio * offer.count;
  const double most = is_firm(offer.purchase) ? kMostOfOne : kMostOfOneInterruptible;
  if (offer.count >= kBoard && of_one >= kLeastOfOne && of_one <= most) return UnitSlip::kOneForNode;
  return UnitSlip::kNone;
}

std::string dollars(DevicePrice price) {
  return plain_number(std::round(100 * price.in(kUsd / kHour / kDevice)) / 100) + " USD/h";
}

struct SuspectRows {
  const Offer* first = nullptr;
  const Location* place = nullptr;
  int per_node = 1;
  DevicePrice reference;
  int count = 0;
};

Diagnostic unit_warning(const SuspectRows& rows, UnitSlip slip) {
  const Offer& offer = *rows.first;
  std::string message = dollars(device_price(offer)) + " for one " + std::string(offer.accelerator) +
                        ", where the market asks " + dollars(rows.reference) + ": ";
  std::string hint;
  if (slip == UnitSlip::kNodeForOne) {
    message += "is this the price of a whole node of " + std::to_string(rows.per_node) + "?";
    hint = "a price is for `count` accelerators: " + std::to_string(rows.per_node) + " in a whole node";
  } else {
    message += "is this the price of one, not of all " + std::to_string(offer.count) + "?";
    hint = "a price is for `count` accelerators: 1 where it is for each";
  }
  if (rows.count > 1) message += " (and " + std::to_string(rows.count - 1) + " more rows like it)";
  return {Severity::kWarning, *rows.place, std::move(message), std::move(hint)};
}

constexpr double kTwiceLow = 1.9, kTwiceHigh = 2.1;
constexpr double kAlike = 0.15;  // relative: parts of a generation that share a chip

bool is_alike(double ratio) { return std::abs(ratio - 1) <= kAlike; }

// Parts whose dense peaks the part's own are held against: the very part, else those of its generation with
// memory as fast.
std::vector<const Accelerator*> peers_of(const Accelerator& a, const Catalog& base) {
  const NameMatch same = base.match_accelerator(a.id);
  std::vector<const Accelerator*> peers;
  for (const Text id : same.ids) peers.push_back(base.accelerator(id));
  if (!peers.empty()) return peers;
  for (const Accelerator& other : base.tables().accelerators) {
    if (fold_name(other.generation) == fold_name(a.generation) &&
        is_alike(a.memory_bandwidth / other.memory_bandwidth))
      peers.push_back(&other);
  }
  return peers;
}

// The peer whose dense peak is half of this; nullptr where none is, or where another peer has this very peak.
const Accelerator* half_as_fast(FlopRate peak, FlopRate Peaks::*format,
                                const std::vector<const Accelerator*>& peers) {
  const Accelerator* half = nullptr;
  for (const Accelerator* peer : peers) {
    const FlopRate dense = peer->peak.*format;
    if (dense.base() == 0) continue;
    const double ratio = peak / dense;
    if (is_alike(ratio)) return nullptr;
    if (half == nullptr && ratio >= kTwiceLow && ratio <= kTwiceHigh) half = peer;
  }
  return half;
}

}  // namespace

void check_price_units(const std::vector<Offer>& offers, const std::vector<Location>& places,
                       const Catalog& base, Diagnostics& warnings) {
  if (offers.empty()) return;
  const std::map<Text, DevicePrice> references = reference_prices(base);
  std::map<std::pair<Text, UnitSlip>, SuspectRows> suspects;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer& offer = offers[i];
    const auto reference = references.find(offer.accelerator);
    if (offer.status != OfferStatus::kOk || !offer.price || reference == references.end()) continue;
    const int per_node = base.accelerator(offer.accelerator)->per_node;
    const UnitSlip slip = slip_of(offer, per_node, device_price(offer) / reference->second);
    if (slip == UnitSlip::kNone) continue;
    SuspectRows& rows = suspects[{offer.provider, slip}];
    if (rows.first == nullptr) rows = {&offer, &places[i], per_node, reference->second, 0};
    ++rows.count;
  }
  for (const auto& [key, rows] : suspects) warnings.push_back(unit_warning(rows, key.second));
}

void check_dense_peaks(const std::vector<Accelerator>& accelerators, const std::vector<PeakPlaces>& places,
                       const Catalog& base, Diagnostics& warnings) {
  for (std::size_t i = 0; i < accelerators.size(); ++i) {
    const Accelerator& a = accelerators[i];
    const std::vector<const Accelerator*> peers = peers_of(a, base);
    for (std::size_t f = 0; f < kPeakFormats.size(); ++f) {
      const auto [key, format] = kPeakFormats[f];
      const FlopRate peak = a.peak.*format;
      const Accelerator* half = half_as_fast(peak, format, peers);
      if (peak.base() == 0 || half == nullptr) continue;
      const std::string dense = plain_number((half->peak.*format).in(kTflops)) + " TFLOP/s";
      warnings.push_back({Severity::kWarning, places[i][f],
                          plain_number(peak.in(kTflops)) + " TFLOP/s in " + std::string(key) +
                              " is twice the " + dense + " of " + std::string(half->id) +
                              ": is it the peak with 2:4 sparsity?",
                          "peaks are dense: write `" + dense + "`"});
    }
  }
}

}  // namespace capplan

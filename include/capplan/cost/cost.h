// A price tag made of line items: quantity, unit, unit price, source.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "capplan/catalog/market.h"
#include "capplan/core/assumption.h"
#include "capplan/core/money.h"

namespace capplan {

enum class Category {
  kCompute,
  kStorage,
  kNetwork,
  kSoftware,
  kPower,
  kFacility,
  kStaff,
  kMaintenance,
  kFinancing,
  kSetup
};
inline constexpr std::array<Category, 10> kCategories{
    Category::kCompute,  Category::kStorage, Category::kNetwork,     Category::kSoftware,  Category::kPower,
    Category::kFacility, Category::kStaff,   Category::kMaintenance, Category::kFinancing, Category::kSetup};
std::string_view category_name(Category category);

struct CostLine {
  Category category = Category::kCompute;
  std::string label;  // "H100-SXM-80GB, on-demand"
  double quantity = 0;
  std::string unit;       // "accelerator-hour"
  double unit_price = 0;  // dollars a unit
  Money amount;           // quantity x unit_price, rounded once
  bool capital = false;   // bought, not rented (a residual value is negative capital)
  std::string source;
  std::string as_of;
  bool unverified = false;
};

struct Cost {
  std::vector<CostLine> lines;
  Money idle;  // how much of the total no workload used; contained in it
  Assumptions assumptions;

  Money total() const;
  Money total(Category category) const;
  Money capex() const;
  // Adds a line; nothing where the amount is nothing.
  void add(CostLine line);
};

Cost operator+(Cost a, const Cost& b);

CostLine cost_line(Category category, std::string label, double quantity, std::string unit, double unit_price,
                   const Provenance& provenance);

// What a workload leaves in storage and sends out.
struct DataNeed {
  Bytes stored;         // dataset, checkpoints, weights
  Duration stored_for;  // from the first to the last use
  Bytes sent_out;       // results, answers
};

// Rented accelerators of one workload.
struct RentedJob {
  MarketOffer offer;
  int count = 1;
  Duration run_time;  // of one run
  double runs = 1;
  bool one_job = true;  // false: requests, which no limit on a job's length cuts off
  Duration span;        // from the start of the first use to the end of the last
  DataNeed data;
};

// Compute for every started hour of each run (or the whole term of a commitment), storage and egress.
Cost price_rented(const RentedJob& job, const Catalog& catalog);

// Why a commitment or a provider's limit cannot serve the job; empty where it can.
std::string term_conflict(const RentedJob& job);

// What billing by started hours makes of a duration: 15.5 h are 16 h.
Duration billed_time(Duration time);

// Prices of capital as stated, or at the ends of what was seen: a low purchase price with a high residual
// value, and the other way round. The ends stand in for P10 and P90.
enum class PriceCase { kLow, kCentral, kHigh };

// Owned accelerators, for the whole horizon.
struct OwnedJob {
  const Accelerator* accelerator = nullptr;
  const Site* site = nullptr;
  int count = 1;
  Duration used;  // hours of use over the horizon
  Duration horizon;
  double share = 1;       // of the whole that this spec pays
  double spares = 0;      // bought besides, as a share
  double financing = 0;   // interest a year on what is bought, the loan repaid at the horizon
  UsdRate licences = {};  // of one accelerator
  PriceCase prices = PriceCase::kCentral;
  DataNeed data = {};
  double power_share = 0;  // mean draw over rated power while in use; 0: the usual
};

// Capital (servers, network, less the residual value at the horizon), rent by power, electricity while in
// use, staff and maintenance. Only for an accelerator with a purchase price.
Cost price_owned(const OwnedJob& job, const Catalog& catalog);

// Share of the purchase price left after `age`: 62% at 12 months and 15% at 48, geometric between and beyond.
double residual_share(Duration age, const Catalog& catalog, PriceCase prices = PriceCase::kCentral);

// Switches and cables as a share of server cost, by cluster size: nothing for one node.
double network_share(int nodes, const Catalog& catalog);

// Energy of accelerators with their servers and their facility, and its carbon.
struct EnergyUse {
  double kwh = 0;
  double kg_co2e = 0;
  Assumptions assumptions;
};

Power node_power(const Accelerator& accelerator, int accelerators, const Catalog& catalog);
double provider_pue(const Provider& provider, const Catalog& catalog);
// `power_share` is the mean draw over rated power; 0: not known, the catalogue's usual load factor.
struct InUse {
  Duration time;
  double power_share = 0;
};
EnergyUse rented_energy(const MarketOffer& offer, int count, const InUse& use, const Catalog& catalog);
EnergyUse owned_energy(const Accelerator& accelerator, const Site& site, int count, const InUse& use,
                       const Catalog& catalog);

}  // namespace capplan

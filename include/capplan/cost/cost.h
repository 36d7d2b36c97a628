// A price tag made of line items: each a product of factors that say where they come from, and when it is
// paid.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "capplan/catalog/catalog.h"
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

// Where a factor comes from, and so where its explanation goes on.
enum class Origin {
  kFigure,    // of the catalogue: `key` is its id
  kPrice,     // a price row, or the purchase price of an accelerator
  kHardware,  // a datasheet
  kSpec,      // of the spec: `key` is its path there, "site.spares"
  kResult,    // another figure of the same plan: `key` is its short name
  kCapital,   // the sum of the capital lines above: "capital", or without installation "hardware"
  kRule       // follows from a rule of docs/methodology.md: whole nodes, started hours
};

// `name` and `key` live as long as the catalogue, or are literals.
struct Factor {
  Text name;
  double value = 1;
  Text unit = {};  // empty: a count or a ratio
  Origin origin = Origin::kRule;
  Text key = {};
  Provenance provenance = {};
};

// Of a figure, as a number of `unit`.
Factor figure_factor(const Figure& figure, double value, Text unit);
Factor spec_factor(Text name, double value, Text unit, Text key);
Factor result_factor(Text name, double value, Text unit, Text key);
Factor rule_factor(Text name, double value, Text unit = {});
// The path of the assumption that stands for a figure or a purchase price without a source.
std::string assumed_path(const Factor& factor);

// When an amount is paid, from the start of the plan: all at once where `from` is `to`, else evenly between,
// or in equal payments, each at the start of its part of that time.
struct Schedule {
  Duration from, to;
  int payments = 0;  // 0: evenly
  // Instead of evenly, as it is used: so much in each month from the start of the plan on, in any unit,
  // evenly within a month; the last ends at `to`. Empty, or with a sum above 0.
  std::vector<double> use = {};

  // What is paid at `from`, of an amount; 0 where it is paid evenly.
  double share_at_start() const { return from >= to ? 1 : payments > 0 ? 1.0 / payments : 0; }
  // What is paid by then.
  double share_paid(Duration by) const;
  // Of what is paid as it is used, what is paid in a month (from 0).
  double share_of_month(std::size_t month) const;
};

// What a line costs beyond its amount (below zero: less) where a run takes its P10 or P90 of time, and where
// prices of capital are at their ends; nothing where these do not bear on it.
struct Spread {
  Money fast, slow;
  Money cheap, dear;
};

struct CostLine {
  Category category = Category::kCompute;
  std::string label;            // "H100-SXM-80GB, on-demand at Nebius"
  std::vector<Factor> factors;  // their product is the quantity
  std::string unit;             // "accelerator-hour"
  Factor price;                 // dollars a unit
  Money amount;                 // quantity x price, rounded once
  Schedule paid;
  bool capital = false;        // bought, not rented (a residual value is negative capital)
  std::size_t allocation = 0;  // of the plan, that it is for
  Spread spread = {};

  double quantity() const;
  // Whether a factor or the price has no source.
  bool unverified() const;
};

CostLine cost_line(Category category, std::string label, std::vector<Factor> factors, std::string unit,
                   const Factor& price, const Schedule& paid);

// Money that changes hands without being a cost: a loan as it is paid out (negative) and repaid. Sums to
// nothing over a plan.
struct Transfer {
  std::string label;
  Money amount;
  Schedule paid;
};

struct Cost {
  std::vector<CostLine> lines;
  std::vector<Transfer> transfers;
  Money idle;  // how much of the total no workload used; contained in it
  Assumptions assumptions;

  Money total() const;
  Money total(Category category) const;
  // Of the lines of one allocation of a plan.
  Money total_of_allocation(std::size_t allocation) const;
  Money capex() const;
  // Adds a line; nothing where the amount is nothing.
  void add(CostLine line);
  // An assumption for each figure of the line that nobody could source.
  void assume_unverified(const CostLine& line);
};

Cost operator+(Cost a, const Cost& b);
// The same, of an allocation of a plan of several.
Cost of_allocation(Cost cost, std::size_t allocation);

// What a cost has of lines with the category and label of this one.
Money amount_like(const Cost& cost, const CostLine& line);

// Sets the spread of the lines from the same job priced at the two ends of time, or of prices of capital.
// Lines are the same by category and label; what an end does not have costs nothing there. No
// end lies on the other side of the centre.
void set_time_spread(Cost& central, const Cost& fast, const Cost& slow);
void set_price_spread(Cost& central, const Cost& cheap, const Cost& dear);

// Prices of capital as stated, or at the ends of what was seen: a low purchase price with a high residual
// value, and the other way round. The ends stand in for P10 and P90.
enum class PriceCase { kLow, kCentral, kHigh };

}  // namespace capplan

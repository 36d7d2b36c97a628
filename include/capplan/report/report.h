// A plan, or a list from the catalogue, as text. All formats are made from one result, so they never
// disagree.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/core/exchange.h"
#include "capplan/plan/plan.h"

namespace capplan {

enum class Format { kTable, kJson, kCsv, kMarkdown };
std::optional<Format> find_format(std::string_view name);

// What tables and Markdown show amounts in; JSON and CSV are in dollars always.
struct ShownCurrency {
  std::string code = "USD";  // ISO 4217
  double usd = 1;            // dollars for one unit
  std::string as_of;         // of that rate; empty for dollars
};

// The currency that a plan's spec asks for, at the rate in force.
ShownCurrency shown_currency(const Plan& plan, const ExchangeRates& rates);

struct RenderOptions {
  std::string version;             // of the program, for JSON
  std::string spec_sha256;         // of the spec and the files it names, for JSON; empty: not stated
  bool all = false;                // every plan, not the best of each
  std::optional<std::size_t> top;  // no more than these
  int width = 0;                   // columns of the terminal; 0: no limit (a pipe or a file)
  bool colour = false;
  bool ascii = false;  // no character beyond ASCII
  ShownCurrency currency;
};

std::string render(const Plan& plan, Format format, const RenderOptions& options);

// The plans that are shown under these options, in rank order.
std::vector<const PlanOption*> shown_options(const Plan& plan, const RenderOptions& options);

// A list of things: hardware, prices, models. A cell with a number is a number in JSON.
struct Cell {
  std::string text;
  std::optional<double> number;
};

struct Column {
  std::string key;     // in JSON and CSV: "usd_per_accelerator_hour"
  std::string title;   // in tables
  bool right = false;  // aligned to the right
  int priority = 1;    // the largest are dropped first where the terminal is narrow
};

struct Listing {
  std::string name;  // "prices"
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

std::string render(const Listing& listing, Format format, const RenderOptions& options);

Cell text_cell(std::string_view text);
Cell number_cell(double value);
Cell empty_cell();

}  // namespace capplan

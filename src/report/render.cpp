#include <algorithm>
#include <array>
#include <utility>

#include "core/number_text.h"
#include "report/formats.h"
#include "report/layout_report.h"
#include "report/table.h"

namespace capplan {
namespace {

std::string render_listing_csv(const Listing& listing) {
  std::string out;
  for (const Column& column : listing.columns) out += (out.empty() ? "" : ",") + column.key;
  out += "\n";
  for (const auto& row : listing.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ",";
      out += row[i].number ? plain_number(*row[i].number) : csv_cell(row[i].text);
    }
    out += "\n";
  }
  return out;
}

Grid grid_of(const Listing& listing) {
  Grid grid;
  grid.columns = listing.columns;
  for (const auto& cells : listing.rows) {
    GridRow row;
    for (const Cell& cell : cells) row.cells.push_back(cell.number ? plain_number(*cell.number) : cell.text);
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

}  // namespace

std::optional<Format> find_format(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Format>, 4> kFormats{
      {{"table", Format::kTable},
       {"json", Format::kJson},
       {"csv", Format::kCsv},
       {"markdown", Format::kMarkdown}}};
  const auto* found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& f) { return f.first == name; });
  return found == kFormats.end() ? std::nullopt : std::optional(found->second);
}

ShownCurrency shown_currency(const Plan& plan, const ExchangeRates& rates) {
  const ExchangeRate* rate = rates.find(plan.currency);
  return rate == nullptr ? ShownCurrency()
                         : ShownCurrency{plan.currency, rate->usd, std::string(rate->as_of)};
}

std::vector<const PlanOption*> shown_options(const Plan& plan, const RenderOptions& options) {
  std::vector<const PlanOption*> shown;
  if (options.all) {
    for (const PlanOption& option : plan.options) shown.push_back(&option);
  } else {
    shown = best_of_each(plan);
  }
  if (options.top && shown.size() > *options.top) shown.resize(*options.top);
  return shown;
}

std::string render(const Plan& plan, Format format, const RenderOptions& options) {
  switch (format) {
    case Format::kTable:
      return render_plan_table(plan, options);
    case Format::kJson:
      return render_plan_json(plan, options);
    case Format::kCsv:
      return plan.scaling.empty() ? render_plan_csv(plan, options)
                                  : render_listing_csv(scaling_listing(plan));
    case Format::kMarkdown:
      return render_plan_markdown(plan, options);
  }
  return {};
}

std::string render(const Listing& listing, Format format, const RenderOptions& options) {
  switch (format) {
    case Format::kTable: {
      std::string text = render_grid(grid_of(listing), options);
      return options.ascii ? to_ascii(std::move(text)) : text;
    }
    case Format::kJson:
      return render_listing_json(listing);
    case Format::kCsv:
      return render_listing_csv(listing);
    case Format::kMarkdown:
      return render_markdown(grid_of(listing));
  }
  return {};
}

Cell text_cell(std::string_view text) { return {std::string(text), std::nullopt}; }
Cell number_cell(double value) { return {{}, value}; }
Cell empty_cell() { return {}; }

}  // namespace capplan

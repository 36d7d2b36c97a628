#include "catalog/check_prices.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "capplan/catalog/market.h"
#include "core/number_text.h"
#include "input/csv.h"

namespace capplan {
namespace {

using Pair = std::tuple<std::string, std::string, std::string>;  // provider, newer, older

constexpr std::string_view kColumns[] = {"provider", "newer", "older", "reason"};

// At least as good in every respect that a buyer pays for.
bool succeeds(const Accelerator& newer, const Accelerator& older) {
  const auto rate = [](const Accelerator& a) { return std::max(a.peak.bf16, a.peak.fp16); };
  return newer.vendor == older.vendor && newer.released > older.released && rate(newer) >= rate(older) &&
         newer.memory >= older.memory && newer.memory_bandwidth >= older.memory_bandwidth;
}

// The cheapest current on-demand price of each accelerator of each provider.
std::map<std::pair<Text, Text>, DevicePrice> cheapest_prices(const Catalog& catalog) {
  std::map<std::pair<Text, Text>, DevicePrice> cheapest;
  for (const MarketOffer& current : current_market(catalog).offers) {
    const Offer& offer = *current.offer;
    if (offer.purchase != Purchase::kOnDemand) continue;
    const auto [entry, fresh] =
        cheapest.emplace(std::pair(offer.provider, offer.accelerator), device_price(offer));
    if (!fresh) entry->second = std::min(entry->second, device_price(offer));
  }
  return cheapest;
}

std::set<Pair> read_exceptions(const std::string& name, const std::string& text, Diagnostics& problems) {
  std::set<Pair> exceptions;
  const auto table = parse_csv({name, text}, kColumns, kColumns);
  if (!table) {
    problems = table.error();
    return exceptions;
  }
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, problems);
    if (row.text("reason").empty()) row.error("an exception needs a reason");
    exceptions.emplace(row.text("provider"), row.text("newer"), row.text("older"));
  }
  return exceptions;
}

}  // namespace

Diagnostics check_prices(const Catalog& catalog, const std::string& exceptions_name,
                         const std::string& exceptions_text) {
  Diagnostics problems;
  std::set<Pair> exceptions = read_exceptions(exceptions_name, exceptions_text, problems);
  const auto cheapest = cheapest_prices(catalog);
  std::set<Pair> used;
  for (const auto& [newer_key, newer_price] : cheapest) {
    for (const auto& [older_key, older_price] : cheapest) {
      if (newer_key.first != older_key.first || newer_price > older_price) continue;
      if (!succeeds(*catalog.accelerator(newer_key.second), *catalog.accelerator(older_key.second))) continue;
      const Pair pair(newer_key.first, newer_key.second, older_key.second);
      used.insert(pair);
      if (exceptions.contains(pair)) continue;
      const auto usd = [](DevicePrice price) { return plain_number(price.in(kUsd / kHour / kDevice)); };
      problems.push_back({Severity::kError,
                          {exceptions_name, 1, 1, 1},
                          std::get<0>(pair) + " sells the newer " + std::get<1>(pair) + " at " +
                              usd(newer_price) + " USD/h, at or below " + std::get<2>(pair) + " at " +
                              usd(older_price),
                          "correct the row, or list the pair with its reason"});
    }
  }
  for (const Pair& pair : exceptions) {
    if (!used.contains(pair))
      problems.push_back({Severity::kError,
                          {exceptions_name, 1, 1, 1},
                          "the exception " + std::get<0>(pair) + ", " + std::get<1>(pair) + ", " +
                              std::get<2>(pair) + " no longer applies",
                          "remove it"});
  }
  return problems;
}

}  // namespace capplan

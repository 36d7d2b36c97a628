// The bulk tables: offers, carbon intensity and exchange rates.
#include <algorithm>
#include <set>
#include <tuple>

#include "catalog/profile_loader.h"
#include "core/number_text.h"
#include "core/quantity_text.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr std::string_view kOfferColumns[] = {
    "accelerator", "stated_as", "count",   "machine",      "region",          "area",
    "country",     "purchase",  "tier",    "usd_per_hour", "upfront_percent", "term_min_h",
    "term_max_h",  "basis",     "cluster", "memory_gib",   "vcpus",           "host_memory_gib",
    "status",      "as_of",     "source",  "notes",        "price_per_hour",  "currency"};
constexpr std::string_view kOfferRequired[] = {"accelerator", "count", "purchase",
                                               "status",      "as_of", "source"};
constexpr std::string_view kExchangeColumns[] = {"currency", "as_of", "usd", "source", "notes"};
constexpr std::string_view kExchangeRequired[] = {"currency", "as_of", "usd", "source"};
constexpr std::string_view kCarbonColumns[] = {"scope", "region", "place", "g_per_kwh", "carbon_free_percent",
                                               "as_of", "source", "notes"};
constexpr std::string_view kCarbonRequired[] = {"scope", "region", "g_per_kwh", "as_of", "source"};

constexpr Field kUsdPrice = above_zero(number_column("usd_per_hour", "for all accelerators of the row"));
constexpr Field kOtherPrice = above_zero(number_column("price_per_hour", "for all accelerators of the row"));
constexpr Field kCarbonIntensity = number_column("g_per_kwh", "CO2e");

template <class E>
E read_name(CsvRow& row, std::string_view column, std::optional<E> found, E otherwise) {
  if (found) return *found;
  if (!row.text(column).empty())
    row.error("`" + std::string(column) + "`: unknown name `" + std::string(row.text(column).substr(0, 60)) +
              "`");
  return otherwise;
}

std::optional<Duration> hours(const std::optional<double>& number) {
  return number ? std::optional(*number * kHour) : std::nullopt;
}
std::optional<Bytes> gibibytes(const std::optional<double>& number) {
  return number ? std::optional(*number * kGiB) : std::nullopt;
}

// `usd_per_hour`, or `price_per_hour` in the currency of the row, which was worth what it was on its date.
void read_price(ProfileLoader& loader, CsvRow& row, Offer& o) {
  const auto usd = loader.number(row, kUsdPrice);
  const auto other = loader.number(row, kOtherPrice);
  const std::string_view currency = trim(row.text("currency"));
  if (usd && other) row.error("one price a row: `usd_per_hour`, or `price_per_hour` with `currency`");
  if (other && currency.empty()) row.error("`price_per_hour` needs `currency`");
  if (usd && !currency.empty() && currency != "USD")
    row.error("`usd_per_hour` is in dollars: write an amount in another currency as `price_per_hour`");
  // Draws of a distribution, whose median is a price, may end at nothing.
  if (usd && (*usd > 0 || row.has_distribution(kUsdPrice.key))) o.price = *usd * (kUsd / kHour);
  if (!other || currency.empty()) return;
  const ExchangeRate* rate = ExchangeRates(loader.exchange, o.as_of).find(currency);
  if (rate == nullptr) {
    row.error("`currency`: " + unknown_currency(currency, {loader.exchange, o.as_of}),
              "a row of exchange.csv adds one");
    return;
  }
  if (*other > 0 || row.has_distribution(kOtherPrice.key)) o.price = *other * rate->usd * (kUsd / kHour);
  if (currency != "USD")
    o.stated_price =
        loader.arena.keep(plain_number(*other) + " " + std::string(currency) + "/h at " + rate_text(*rate));
}

// "own quote (median of {p10: 2.1, p50: 2.4, p90: 2.9} USD/h)"
Text source_of(ProfileLoader& loader, const CsvRow& row) {
  std::string source(row.text("source"));
  for (const Field& column : {kUsdPrice, kOtherPrice}) {
    if (loader.uncertain == nullptr || !row.has_distribution(column.key)) continue;
    const std::string_view currency = column.key == kUsdPrice.key ? "USD" : trim(row.text("currency"));
    source += " (median of " + std::string(trim(row.text(column.key))) + " " + std::string(currency) + "/h)";
  }
  return loader.arena.keep(source);
}

// So that only plans on it are priced again for what is uncertain of it.
void note_price_row(ProfileLoader& loader, const CsvRow& row) {
  for (const Field& column : {kUsdPrice, kOtherPrice}) {
    if (loader.uncertain != nullptr && row.has_distribution(column.key))
      loader.uncertain->price_rows[loader.name_of(row, column)] = loader.tables.offers.size();
  }
}

void check_offer(const Offer& offer, CsvRow& row) {
  const bool counts = offer.status == OfferStatus::kOk;
  if (!counts) return;
  if (offer.accelerator.empty()) row.error("an offer needs an accelerator");
  // What is wrong with a distribution has been said.
  const bool stated = row.has_distribution(kUsdPrice.key) || row.has_distribution(kOtherPrice.key);
  if (!offer.price && !stated) row.error("an offer needs a price above 0");
  if (has_term(offer.purchase) && !offer.term_max) row.error("a commitment or block needs `term_max_h`");
}

Offer read_offer(ProfileLoader& loader, CsvRow& row, Text provider) {
  const auto keep = [&](std::string_view column) { return loader.arena.keep(row.text(column)); };
  Offer o;
  o.provider = provider;
  o.accelerator = keep("accelerator");
  o.stated_as = keep("stated_as");
  o.count = row.whole("count").value_or(1);
  o.machine = keep("machine");
  o.region = keep("region");
  o.area = keep("area");
  o.country = keep("country");
  o.purchase = read_name(row, "purchase", find_purchase(row.text("purchase")), Purchase::kOnDemand);
  o.tier = keep("tier");
  o.as_of = loader.arena.keep(row.date("as_of"));
  read_price(loader, row, o);
  if (const auto upfront = row.number("upfront_percent")) o.upfront = *upfront / 100;
  o.term_min = hours(row.number("term_min_h"));
  o.term_max = hours(row.number("term_max_h"));
  o.basis = read_name(row, "basis", find_price_basis(row.text("basis")), PriceBasis::kList);
  o.cluster = keep("cluster");
  o.memory = gibibytes(row.number("memory_gib"));
  o.vcpus = row.whole("vcpus", 0).value_or(0);
  o.host_memory = gibibytes(row.number("host_memory_gib"));
  o.status = read_name(row, "status", find_offer_status(row.text("status")), OfferStatus::kOk);
  o.source = source_of(loader, row);
  o.notes = keep("notes");
  if (row.text("source").empty()) row.error("every price needs a source");
  check_offer(o, row);
  return o;
}

}  // namespace

void load_offers(ProfileLoader& loader, const SourceText& source, std::string_view provider) {
  const auto table = loader.parse_table(source, kOfferColumns, kOfferRequired);
  if (!table) return;
  const auto has = [&](std::string_view column) {
    return std::ranges::find(table->header, column) != table->header.end();
  };
  if (!has("usd_per_hour") && !(has("price_per_hour") && has("currency"))) {
    loader.problems.push_back({Severity::kError,
                               {table->file, 1, 1, 1},
                               "the column `usd_per_hour` is missing, or `price_per_hour` and `currency`",
                               ""});
    return;
  }
  const Text owner = loader.arena.keep(provider);
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    note_price_row(loader, row);
    loader.tables.offers.push_back(read_offer(loader, row, owner));
    loader.offer_places.push_back(table->location(cells));
  }
}

void load_exchange(ProfileLoader& loader, const SourceText& source) {
  const auto table = loader.parse_table(source, kExchangeColumns, kExchangeRequired);
  if (!table) return;
  std::set<std::tuple<Text, Text>> seen;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    const auto keep = [&](std::string_view column) { return loader.arena.keep(trim(row.text(column))); };
    const ExchangeRate rate{keep("currency"), loader.arena.keep(row.date("as_of")),
                            row.number("usd").value_or(0), keep("source")};
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (rate.currency.size() != 3 || !std::ranges::all_of(rate.currency, is_capital)) {
      row.error("`currency`: expected an ISO 4217 code such as EUR, found `" +
                std::string(rate.currency.substr(0, 60)) + "`");
    } else if (rate.currency == "USD") {
      row.error("`currency`: every rate is in dollars already");
    }
    if (rate.usd <= 0) row.error("`usd`: expected the dollars for one unit, above 0");
    if (rate.source.empty()) row.error("every rate needs a source");
    if (!seen.emplace(rate.currency, rate.as_of).second)
      row.error("a second rate of " + std::string(rate.currency) + " on " + std::string(rate.as_of));
    loader.tables.exchange.push_back(rate);
  }
}

void load_carbon(ProfileLoader& loader, const SourceText& source) {
  const auto table = loader.parse_table(source, kCarbonColumns, kCarbonRequired);
  if (!table) return;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    const auto keep = [&](std::string_view column) { return loader.arena.keep(row.text(column)); };
    loader.tables.carbon.push_back({keep("scope"), keep("region"), keep("place"),
                                    loader.number(row, kCarbonIntensity).value_or(0) / 1000,
                                    loader.arena.keep(row.date("as_of")), keep("source")});
  }
}

}  // namespace capplan

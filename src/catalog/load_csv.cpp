// The bulk tables: offers and carbon intensity.
#include "catalog/profile_loader.h"

namespace capplan {
namespace {

constexpr std::string_view kOfferColumns[] = {
    "accelerator", "stated_as", "count",   "machine",      "region",          "area",
    "country",     "purchase",  "tier",    "usd_per_hour", "upfront_percent", "term_min_h",
    "term_max_h",  "basis",     "cluster", "memory_gib",   "vcpus",           "host_memory_gib",
    "status",      "as_of",     "source",  "notes"};
constexpr std::string_view kOfferRequired[] = {"accelerator", "count", "purchase", "usd_per_hour",
                                               "status",      "as_of", "source"};
constexpr std::string_view kCarbonColumns[] = {"scope", "region", "place", "g_per_kwh", "carbon_free_percent",
                                               "as_of", "source", "notes"};
constexpr std::string_view kCarbonRequired[] = {"scope", "region", "g_per_kwh", "as_of", "source"};

std::optional<CsvTable> parse(ProfileLoader& loader, const SourceText& source,
                              std::span<const std::string_view> columns,
                              std::span<const std::string_view> required_columns) {
  Result<CsvTable> table = parse_csv(source, columns, required_columns);
  if (table) return std::move(*table);
  loader.problems.insert(loader.problems.end(), table.error().begin(), table.error().end());
  return std::nullopt;
}

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

void check_offer(const Offer& offer, CsvRow& row) {
  const bool counts = offer.status == OfferStatus::kOk;
  if (!counts) return;
  if (offer.accelerator.empty()) row.error("an offer needs an accelerator");
  if (!offer.price) row.error("an offer needs a price above 0");
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
  if (const auto usd = row.number("usd_per_hour"); usd && *usd > 0) o.price = *usd * (kUsd / kHour);
  if (const auto upfront = row.number("upfront_percent")) o.upfront = *upfront / 100;
  o.term_min = hours(row.number("term_min_h"));
  o.term_max = hours(row.number("term_max_h"));
  o.basis = read_name(row, "basis", find_price_basis(row.text("basis")), PriceBasis::kList);
  o.cluster = keep("cluster");
  o.memory = gibibytes(row.number("memory_gib"));
  o.vcpus = row.whole("vcpus", 0).value_or(0);
  o.host_memory = gibibytes(row.number("host_memory_gib"));
  o.status = read_name(row, "status", find_offer_status(row.text("status")), OfferStatus::kOk);
  o.as_of = loader.arena.keep(row.date("as_of"));
  o.source = keep("source");
  o.notes = keep("notes");
  if (o.source.empty()) row.error("every price needs a source");
  check_offer(o, row);
  return o;
}

}  // namespace

void load_offers(ProfileLoader& loader, const SourceText& source, std::string_view provider) {
  const auto table = parse(loader, source, kOfferColumns, kOfferRequired);
  if (!table) return;
  const Text owner = loader.arena.keep(provider);
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    loader.tables.offers.push_back(read_offer(loader, row, owner));
    loader.offer_places.push_back(table->location(cells));
  }
}

void load_carbon(ProfileLoader& loader, const SourceText& source) {
  const auto table = parse(loader, source, kCarbonColumns, kCarbonRequired);
  if (!table) return;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, loader.problems);
    const auto keep = [&](std::string_view column) { return loader.arena.keep(row.text(column)); };
    loader.tables.carbon.push_back({keep("scope"), keep("region"), keep("place"),
                                    row.number("g_per_kwh").value_or(0) / 1000,
                                    loader.arena.keep(row.date("as_of")), keep("source")});
  }
}

}  // namespace capplan

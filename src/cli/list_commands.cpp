// Lists from the catalogue: hardware, models, prices.
#include <algorithm>
#include <ostream>

#include "capplan/catalog/market.h"
#include "cli/commands.h"
#include "core/number_text.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr double kMissing = 1e300;

std::optional<std::size_t> find_column(const Listing& listing, const std::string& key) {
  for (std::size_t i = 0; i < listing.columns.size(); ++i) {
    if (listing.columns[i].key == key) return i;
  }
  return std::nullopt;
}

// Sorts rows by a column; an unknown column is a usage error that names those there are.
ExitCode sort_rows(const Session& session, Listing& listing, const std::string& key) {
  if (key.empty()) return ExitCode::kFine;
  const auto column = find_column(listing, key);
  if (!column) {
    std::vector<std::string_view> keys;
    for (const Column& c : listing.columns) keys.push_back(c.key);
    const std::string_view near = nearest_name(key, keys);
    session.err() << "capplan: --sort: no column `" << key << "`; there are " << join(keys)
                  << (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") << "\n";
    return ExitCode::kUsage;
  }
  std::stable_sort(listing.rows.begin(), listing.rows.end(), [&](const auto& a, const auto& b) {
    const Cell& x = a[*column];
    const Cell& y = b[*column];
    if (x.number || y.number) return x.number.value_or(kMissing) < y.number.value_or(kMissing);
    return x.text < y.text;
  });
  return ExitCode::kFine;
}

ExitCode print(const Session& session, Listing& listing, const std::string& sort) {
  const ExitCode sorted = sort_rows(session, listing, sort);
  if (sorted != ExitCode::kFine) return sorted;
  if (listing.rows.empty() && !session.options().quiet) session.err() << "capplan: nothing matches\n";
  return session.write(render(listing, session.format(), session.render_options()));
}

Cell optional_number(double value) { return value > 0 ? number_cell(value) : empty_cell(); }
double rounded(double value, double step) { return std::round(value / step) * step; }

// "H100" lists every H100; nothing found says what is near.
bool name_admits(const std::string& filter, Text id) {
  if (filter.empty()) return true;
  if (filter.find('*') != std::string::npos) return matches_glob(filter, id);
  return fold_name(id).find(fold_name(filter)) != std::string::npos;
}

ExitCode unknown_name(const Session& session, std::string_view what, const std::string& name,
                      std::string_view near) {
  session.err() << "capplan: unknown " << what << " `" << name << "`"
                << (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") << "\n";
  return ExitCode::kUsage;
}

ExitCode ambiguous_name(const Session& session, const std::string& name, const NameMatch& match) {
  session.err() << "capplan: `" << name << "` may be " << join({match.ids.begin(), match.ids.end()}, " or ")
                << "; write which\n";
  return ExitCode::kUsage;
}

Listing facts(std::string name) {
  return {std::move(name), {{"key", "", false, 0}, {"value", "", false, 0}}, {}};
}
void add(Listing& listing, std::string_view key, const std::string& value) {
  if (!value.empty()) listing.rows.push_back({text_cell(key), text_cell(value)});
}

std::string rate_text(FlopRate rate) {
  return rate.base() > 0 ? plain_number(rate.in(kTflops)) + " TFLOP/s" : "";
}

std::string offer_place(const Offer& offer) {
  return std::string(offer.region.empty() ? offer.area : offer.region);
}

std::string standing_text(PriceStanding standing) {
  switch (standing) {
    case PriceStanding::kUsual:
      return "";
    case PriceStanding::kUntested:
      return "untested: few sellers";
    case PriceStanding::kOutlier:
      return "outlier";
    case PriceStanding::kUnreferenced:
      return "unreferenced";
  }
  return "";
}

bool admits(const PriceFilter& filter, const Offer& offer) {
  if (!offer.price || !name_admits(filter.accelerator, offer.accelerator)) return false;
  if (!filter.provider.empty() && !matches_glob(filter.provider, offer.provider)) return false;
  if (!filter.region.empty() && !matches_glob(filter.region, offer.region)) return false;
  if (!filter.purchase.empty() && filter.purchase != purchase_name(offer.purchase)) return false;
  return !filter.max_price || device_price(offer).in(kUsd / kHour / kDevice) <= *filter.max_price;
}

double device_usd(DevicePrice price) { return rounded(price.in(kUsd / kHour / kDevice), 1e-6); }

std::string licence_text(const Offer& offer) {
  const auto usd = [](double amount) { return plain_number(rounded(amount, 1e-6)); };
  std::string text;
  if (offer.host_licence.base() > 0)
    text += "; licence " + usd(offer.host_licence.in(kUsd / kHour)) + " USD/h a machine";
  if (offer.accelerator_licence.base() > 0)
    text +=
        "; licence " + usd(offer.accelerator_licence.in(kUsd / kHour / kDevice)) + " USD/h an accelerator";
  return text;
}

// What only some prices have: a listing has these columns where one of its rows does.
struct OptionalColumn {
  Column column;
  Cell (*cell)(const Offer& offer);
};

const std::vector<OptionalColumn>& optional_columns() {
  static const std::vector<OptionalColumn> columns{
      {{"list_usd_per_accelerator_hour", "LIST $/ACC-H", true, 1},
       [](const Offer& o) {
         return o.list_price ? number_cell(device_usd(list_device_price(o))) : empty_cell();
       }},
      {{"adjustment", "ADJUSTED BY", false, 1},
       [](const Offer& o) { return text_cell(std::string(o.adjustment) + licence_text(o)); }},
      {{"stated_price", "STATED AS", false, 4}, [](const Offer& o) { return text_cell(o.stated_price); }}};
  return columns;
}

struct ListedPrice {
  const Offer* offer;
  std::string note;
  bool joined;
};

std::vector<Cell> price_row(const ListedPrice& listed) {
  const Offer& offer = *listed.offer;
  const std::string term =
      offer.term_max ? plain_number(rounded(offer.term_max->in(kMonth), 0.1)) + " mo" : "";
  return {text_cell(offer.provider),
          text_cell(offer.accelerator),
          number_cell(device_usd(device_price(offer))),
          number_cell(offer.count),
          text_cell(purchase_name(offer.purchase)),
          text_cell(term),
          text_cell(offer.machine),
          text_cell(offer_place(offer)),
          text_cell(listed.joined ? "yes" : "no"),
          text_cell(listed.note),
          text_cell(offer.as_of),
          text_cell(offer.source)};
}

// Of the accelerators `only`, where any are named.
std::vector<ListedPrice> listed_prices(const Catalog& catalog, const PriceFilter& filter,
                                       const std::vector<Text>& only) {
  const auto listed_too = [&](const Offer& offer) {
    return admits(filter, offer) &&
           (only.empty() || std::find(only.begin(), only.end(), offer.accelerator) != only.end());
  };
  std::vector<ListedPrice> listed;
  if (filter.history) {
    for (const Offer& offer : catalog.tables().offers) {
      if (listed_too(offer))
        listed.push_back({&offer, std::string(offer_status_name(offer.status)), !offer.cluster.empty()});
    }
    return listed;
  }
  for (const MarketOffer& current : current_market(catalog).offers) {
    if (!listed_too(*current.offer)) continue;
    const std::string note = current.offer->agreed ? "agreed: not tested" : standing_text(current.standing);
    listed.push_back({current.offer, note, current.cluster != nullptr});
  }
  return listed;
}

Listing price_listing(const Catalog& catalog, const PriceFilter& filter, const std::vector<Text>& only = {}) {
  Listing listing{"prices",
                  {{"provider", "PROVIDER", false, 0},
                   {"accelerator", "ACCELERATOR", false, 0},
                   {"usd_per_accelerator_hour", "$/ACC-H", true, 0},
                   {"count", "SOLD BY", true, 2},
                   {"purchase", "PURCHASE", false, 1},
                   {"term", "TERM", true, 4},
                   {"machine", "MACHINE", false, 6},
                   {"region", "REGION", false, 3},
                   {"joined_nodes", "JOINED", false, 5},
                   {"standing", "NOTE", false, 5},
                   {"as_of", "AS OF", false, 2},
                   {"source", "SOURCE", false, 9}},
                  {}};
  const std::vector<ListedPrice> listed = listed_prices(catalog, filter, only);
  for (const ListedPrice& price : listed) listing.rows.push_back(price_row(price));
  for (const OptionalColumn& optional : optional_columns()) {
    const bool used = std::any_of(listed.begin(), listed.end(), [&](const ListedPrice& price) {
      const Cell cell = optional.cell(*price.offer);
      return cell.number || !cell.text.empty();
    });
    if (!used) continue;
    listing.columns.push_back(optional.column);
    for (std::size_t i = 0; i < listed.size(); ++i)
      listing.rows[i].push_back(optional.cell(*listed[i].offer));
  }
  return listing;
}

}  // namespace

ExitCode run_hardware_list(const Session& session, const HardwareFilter& filter) {
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  Listing listing{"hardware",
                  {{"id", "ACCELERATOR", false, 0},
                   {"vendor", "VENDOR", false, 5},
                   {"memory_gib", "GIB", true, 1},
                   {"memory_bandwidth_gb_s", "GB/S", true, 2},
                   {"bf16_tflops", "BF16", true, 1},
                   {"fp8_tflops", "FP8", true, 3},
                   {"power_w", "WATT", true, 4},
                   {"link_gb_s", "LINK GB/S", true, 6},
                   {"per_node", "A NODE", true, 5},
                   {"released", "YEAR", true, 3},
                   {"platform", "PLATFORM", false, 6},
                   {"purchase_usd", "TO BUY $", true, 4}},
                  {}};
  for (const Accelerator& a : catalog->tables().accelerators) {
    if (!filter.vendor.empty() && a.vendor != filter.vendor) continue;
    const double price = a.purchase ? a.purchase->price.in(kUsd) / a.purchase->accelerators : 0;
    listing.rows.push_back(
        {text_cell(a.id), text_cell(a.vendor), number_cell(rounded(a.memory.in(kGiB), 0.01)),
         number_cell(rounded(a.memory_bandwidth.in(kGB / kSecond), 0.1)),
         optional_number(std::max(a.peak.bf16, a.peak.fp16).in(kTflops)),
         optional_number(a.peak.fp8.in(kTflops)), optional_number(a.power ? a.power->in(kWatt) : 0),
         optional_number(a.link ? a.link->bandwidth.in(kGB / kSecond) : 0), number_cell(a.per_node),
         number_cell(a.released), text_cell(platform_name(a.platform)), optional_number(rounded(price, 1))});
  }
  return print(session, listing, filter.sort);
}

ExitCode run_hardware_show(const Session& session, const std::string& name) {
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const NameMatch match = catalog->match_accelerator(name);
  if (match.ids.empty())
    return unknown_name(session, "accelerator", name, catalog->nearest_accelerator(name));
  if (match.ids.size() > 1) return ambiguous_name(session, name, match);
  const Accelerator& a = *catalog->accelerator(match.ids.front());
  Listing listing = facts("accelerator");
  add(listing, "id", std::string(a.id));
  add(listing, "vendor",
      std::string(a.vendor) + ", " + std::string(a.generation) + ", " + std::to_string(a.released));
  add(listing, "platform", std::string(platform_name(a.platform)));
  add(listing, "memory",
      plain_number(rounded(a.memory.in(kGiB), 0.01)) + " GiB at " +
          plain_number(rounded(a.memory_bandwidth.in(kGB / kSecond), 0.1)) + " GB/s");
  const std::pair<std::string_view, FlopRate> peaks[] = {
      {"fp64", a.peak.fp64}, {"fp32", a.peak.fp32}, {"tf32", a.peak.tf32}, {"fp16", a.peak.fp16},
      {"bf16", a.peak.bf16}, {"fp8", a.peak.fp8},   {"int8", a.peak.int8}, {"fp4", a.peak.fp4}};
  for (const auto& [key, rate] : peaks) add(listing, "peak " + std::string(key), rate_text(rate));
  if (a.achievable_bf16) add(listing, "measured bf16", rate_text(*a.achievable_bf16));
  if (a.link)
    add(listing, "link",
        std::string(a.link->name) + ", " + plain_number(a.link->bandwidth.in(kGB / kSecond)) +
            " GB/s each way, joins " + std::to_string(a.link->domain));
  if (a.power) add(listing, "power", plain_number(a.power->in(kWatt)) + " W");
  add(listing, "in a node", std::to_string(a.per_node));
  if (a.purchase)
    add(listing, "to buy",
        "$" + plain_number(a.purchase->price.in(kUsd)) + " for " + std::to_string(a.purchase->accelerators) +
            (a.purchase->includes == PurchaseUnit::kNode ? " in a node" : " without a host") + " (" +
            std::string(a.purchase->provenance.as_of) + "; " + std::string(a.purchase->provenance.source) +
            ")");
  add(listing, "source", std::string(a.source) + " (" + std::string(a.as_of) + ")");
  add(listing, "unverified", std::string(a.unverified));
  add(listing, "notes", std::string(a.notes));
  return print(session, listing, "");
}

ExitCode run_models_list(const Session& session, const ModelFilter& filter) {
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  Listing listing{"models",
                  {{"id", "MODEL", false, 0},
                   {"name", "NAME", false, 2},
                   {"architecture", "KIND", false, 1},
                   {"params", "PARAMETERS", true, 0},
                   {"active_params", "ACTIVE", true, 3},
                   {"max_sequence_length", "LONGEST", true, 4},
                   {"as_of", "PUBLISHED", false, 5},
                   {"source", "SOURCE", false, 9}},
                  {}};
  for (const ModelProfile& m : catalog->tables().models) {
    if (!filter.architecture.empty() && architecture_name(m.arch.architecture) != filter.architecture)
      continue;
    listing.rows.push_back(
        {text_cell(m.id), text_cell(m.name), text_cell(architecture_name(m.arch.architecture)),
         optional_number(total_parameters(m.arch).value_or(0)),
         m.arch.is_mixture() ? optional_number(active_parameters(m.arch).value_or(0)) : empty_cell(),
         optional_number(m.arch.max_sequence_length), text_cell(m.as_of), text_cell(m.source)});
  }
  return print(session, listing, filter.sort);
}

ExitCode run_models_show(const Session& session, const std::string& name) {
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const NameMatch match = catalog->match_model(name);
  if (match.ids.empty()) return unknown_name(session, "model", name, catalog->nearest_model(name));
  if (match.ids.size() > 1) return ambiguous_name(session, name, match);
  const ModelProfile& m = *catalog->model(match.ids.front());
  Listing listing = facts("model");
  add(listing, "id", std::string(m.id));
  add(listing, "name", std::string(m.name));
  add(listing, "architecture", std::string(architecture_name(m.arch.architecture)));
  add(listing, "parameters", plain_number(total_parameters(m.arch).value_or(0)));
  if (m.arch.shape) {
    const TransformerShape& s = *m.arch.shape;
    add(listing, "layers",
        std::to_string(s.layers) + " of width " + std::to_string(s.hidden) + ", feed-forward " +
            std::to_string(s.ffn) + (s.gated_mlp ? ", gated" : ""));
    add(listing, "attention",
        std::to_string(s.heads) + " heads of " + std::to_string(s.head_dim) + ", " +
            std::to_string(s.kv_heads) + " for keys and values" + (s.latent ? ", latent" : ""));
    if (s.vocab > 0)
      add(listing, "vocabulary", std::to_string(s.vocab) + (s.tied_embeddings ? ", tied" : ""));
    if (s.experts)
      add(listing, "experts",
          std::to_string(s.experts->count) + " of width " + std::to_string(s.experts->ffn) + ", " +
              std::to_string(s.experts->per_token) + " a token, " +
              plain_number(active_parameters(m.arch).value_or(0)) + " parameters active");
  }
  if (m.arch.flops_per_sample)
    add(listing, "forward pass", plain_number(m.arch.flops_per_sample->in(kFlop) / 1e9) + " GFLOP a sample");
  if (m.arch.activations_per_sample)
    add(listing, "activations", plain_number(*m.arch.activations_per_sample) + " elements a sample");
  std::string aliases(m.aliases);
  std::replace(aliases.begin(), aliases.end(), '|', ',');
  add(listing, "aliases", aliases);
  add(listing, "source", std::string(m.source) + " (" + std::string(m.as_of) + ")");
  add(listing, "unverified", std::string(m.unverified));
  return print(session, listing, "");
}

ExitCode run_prices_list(const Session& session, const PriceFilter& filter) {
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  Listing listing = price_listing(*catalog, filter);
  return print(session, listing, filter.sort);
}

ExitCode run_prices_show(const Session& session, const PriceFilter& filter) {
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const NameMatch match = catalog->match_accelerator(filter.accelerator);
  if (match.ids.empty())
    return unknown_name(session, "accelerator", filter.accelerator,
                        catalog->nearest_accelerator(filter.accelerator));
  Listing listing = price_listing(*catalog, filter, match.ids);
  return print(session, listing, filter.sort.empty() ? "usd_per_accelerator_hour" : filter.sort);
}

}  // namespace capplan

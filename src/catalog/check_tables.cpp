#include "catalog/check_tables.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "catalog/accelerator_names.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr double kWholeCard = 0.9;  // contract, section 3, "Unit"

struct NeededFigure {
  std::string_view id;
  Dim dim;
};
constexpr Dim kRatio{};
constexpr NeededFigure kNeededFigures[] = {
    {"pue.industry-average", kRatio},
    {"pue.hyperscale", kRatio},
    {"power.load-factor", kRatio},
    {"power.server-overhead", kRatio},
    {"network.share-16-nodes", kRatio},
    {"network.share-128-nodes", kRatio},
    {"network.share-2048-nodes", kRatio},
    {"network.share-4096-nodes", kRatio},
    {"server.accelerator-share", kRatio},
    {"staff.servers-per-administrator", kRatio},
    {"staff.administrator-salary", {.usd = 1, .second = -1}},
    {"staff.minimum", kRatio},
    {"maintenance.oem-server-support", kRatio},
    {"residual.12-months", kRatio},
    {"residual.48-months", kRatio},
    {"lead-time.server", {.second = 1}},
    {"host.workstation", {.usd = 1}},
    {"host.server", {.usd = 1}},
    {"reliability.interruptions-per-accelerator-year", kRatio},
    {"run.productive-share", kRatio},
    {"checkpoint.restart-time", {.second = 1}},
    {"checkpoint.write-bandwidth", {.second = -1, .byte = 1}},
    {"embodied.accelerator", kRatio},
    {"embodied.server", kRatio},
    {"embodied.lifetime", {.second = 1}},
    {"embodied.utilisation", kRatio},
    {"wan.uplink", {.second = -1, .byte = 1}},
    {"reliability.replacements-per-accelerator-year", kRatio},
};

const Accelerator* find_accelerator(const Tables& tables, Text id) {
  const auto found = std::find_if(tables.accelerators.begin(), tables.accelerators.end(),
                                  [&](const Accelerator& a) { return a.id == id; });
  return found == tables.accelerators.end() ? nullptr : &*found;
}

// Of two cards that one name may mean, the one that computes less, then the one that moves less.
bool slower(const Accelerator& a, const Accelerator& b) {
  const auto rate = [](const Accelerator& x) { return std::max(x.peak.bf16, x.peak.fp16); };
  return std::tuple(rate(a), a.memory_bandwidth, a.memory, a.id) <
         std::tuple(rate(b), b.memory_bandwidth, b.memory, b.id);
}

const Accelerator* resolve(Text name, const Tables& tables) {
  if (const Accelerator* exact = find_accelerator(tables, name)) return exact;
  std::vector<std::string_view> ids;
  for (const Accelerator& a : tables.accelerators) ids.push_back(a.id);
  const Accelerator* found = nullptr;
  for (const std::size_t i : match_names(name, ids)) {
    const Accelerator& a = tables.accelerators[i];
    if (found == nullptr || slower(a, *found)) found = &a;
  }
  return found;
}

void error(Diagnostics& problems, const Location& where, std::string message, std::string hint = "") {
  problems.push_back({Severity::kError, where, std::move(message), std::move(hint)});
}

void check_links(const Offer& offer, const Location& where, const Tables& tables, Diagnostics& problems) {
  const auto provider = std::find_if(tables.providers.begin(), tables.providers.end(),
                                     [&](const Provider& p) { return p.id == offer.provider; });
  if (provider == tables.providers.end())
    error(problems, where, "the provider `" + std::string(offer.provider) + "` has no file in providers/");
  const bool joined = offer.cluster.empty() ||
                      std::any_of(tables.clusters.begin(), tables.clusters.end(), [&](const Cluster& c) {
                        return c.provider == offer.provider && c.id == offer.cluster;
                      });
  if (!joined)
    error(problems, where,
          "the provider `" + std::string(offer.provider) + "` has no cluster `" + std::string(offer.cluster) +
              "`");
}

void check_figure(const Tables& tables, std::string_view id, Dim dim, const std::string& user,
                  const std::string& folder, Diagnostics& problems) {
  const Location where{folder + "/figures", 1, 1, 1};
  const auto found =
      std::find_if(tables.figures.begin(), tables.figures.end(), [&](const Figure& f) { return f.id == id; });
  if (found == tables.figures.end()) {
    error(problems, where, user + " needs the figure `" + std::string(id) + "`");
  } else if (found->dim != dim) {
    error(problems, where, "the figure `" + std::string(id) + "` has the wrong unit for " + user);
  }
}

template <class Row>
void check_unique(const std::vector<Row>& rows, const std::string& folder, std::string_view what,
                  Diagnostics& problems) {
  std::set<Text> seen;
  for (const Row& row : rows) {
    if (!seen.insert(row.id).second)
      error(problems, {folder + "/" + std::string(what), 1, 1, 1},
            "two files say `id: " + std::string(row.id) + "`");
  }
}

// Rows of one zone are told apart by machine, gang and date.
void check_spot_zones(const Tables& tables, const std::string& folder, Diagnostics& problems) {
  std::set<SpotZoneKey> seen;
  for (const SpotZone& zone : tables.spot_zones) {
    if (!seen.insert(spot_zone_key(zone)).second)
      error(problems, {folder + "/spot.csv", 1, 1, 1},
            "two rows of `" + std::string(zone.zone) + "` with the same machine, instances and date");
  }
}

}  // namespace

void resolve_offers(std::vector<Offer>& offers, const std::vector<Location>& places, const Tables& tables,
                    TextArena& arena, Diagnostics& problems) {
  for (std::size_t i = 0; i < offers.size(); ++i) {
    Offer& offer = offers[i];
    if (offer.status != OfferStatus::kOk) continue;
    const Accelerator* found = resolve(offer.accelerator, tables);
    if (found == nullptr) {
      std::vector<std::string_view> ids;
      for (const Accelerator& a : tables.accelerators) ids.push_back(a.id);
      const std::string_view near = nearest_name(offer.accelerator, ids);
      error(problems, places[i], "unknown accelerator `" + std::string(offer.accelerator) + "`",
            near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
      continue;
    }
    if (found->id != offer.accelerator) {
      offer.stated_as = offer.accelerator;
      offer.accelerator = arena.keep(found->id);
    }
    if (offer.memory && *offer.memory < kWholeCard * found->memory * offer.count)
      offer.status = OfferStatus::kFraction;
    check_links(offer, places[i], tables, problems);
  }
}

void check_tables(const Tables& tables, const std::string& folder, Diagnostics& problems) {
  check_unique(tables.accelerators, folder, "accelerators", problems);
  check_unique(tables.models, folder, "models", problems);
  check_unique(tables.providers, folder, "providers", problems);
  check_unique(tables.figures, folder, "figures", problems);
  check_unique(tables.sites, folder, "sites", problems);
  for (const NeededFigure& needed : kNeededFigures)
    check_figure(tables, needed.id, needed.dim, "a formula", folder, problems);
  for (const Site& site : tables.sites) {
    const std::string user = "the site `" + std::string(site.id) + "`";
    check_figure(tables, site.electricity, {.usd = 1, .joule = -1}, user, folder, problems);
    check_figure(tables, site.pue, kRatio, user, folder, problems);
    if (!site.facility.empty())
      check_figure(tables, site.facility, {.usd = 1, .joule = -1}, user, folder, problems);
    for (const Text figure : {site.staff_minimum, site.spares, site.installation, site.insurance}) {
      if (!figure.empty()) check_figure(tables, figure, kRatio, user, folder, problems);
    }
  }
  check_spot_zones(tables, folder, problems);
  const bool world = std::any_of(tables.carbon.begin(), tables.carbon.end(),
                                 [](const CarbonRow& c) { return c.scope == "world"; });
  if (!world) error(problems, {folder + "/carbon.csv", 1, 1, 1}, "the row of the world mean is missing");
}

void sort_tables(Tables& tables) {
  std::sort(tables.spot_zones.begin(), tables.spot_zones.end(),
            [](const SpotZone& a, const SpotZone& b) { return spot_zone_key(a) < spot_zone_key(b); });
  const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  std::sort(tables.accelerators.begin(), tables.accelerators.end(), by_id);
  std::sort(tables.models.begin(), tables.models.end(), by_id);
  std::sort(tables.providers.begin(), tables.providers.end(), by_id);
  std::sort(tables.figures.begin(), tables.figures.end(), by_id);
  std::sort(tables.sites.begin(), tables.sites.end(), by_id);
  std::sort(tables.stacks.begin(), tables.stacks.end(), by_id);
  // The price last: a row keeps its place where its price alone is another one.
  const auto offer_key = [](const Offer& o) {
    return std::tuple(o.provider, o.accelerator, o.count, o.machine, o.region, o.area, o.purchase, o.tier,
                      o.as_of, o.source, o.price ? o.price->base() : 0.0);
  };
  std::stable_sort(tables.offers.begin(), tables.offers.end(),
                   [&](const Offer& a, const Offer& b) { return offer_key(a) < offer_key(b); });
  std::stable_sort(tables.clusters.begin(), tables.clusters.end(), [](const Cluster& a, const Cluster& b) {
    return std::tie(a.provider, a.id) < std::tie(b.provider, b.id);
  });
  std::sort(tables.exchange.begin(), tables.exchange.end(), [](const ExchangeRate& a, const ExchangeRate& b) {
    return std::tie(a.currency, a.as_of) < std::tie(b.currency, b.as_of);
  });
  const auto by_provider = [](const auto& a, const auto& b) { return a.provider < b.provider; };
  std::stable_sort(tables.storage.begin(), tables.storage.end(), by_provider);
  std::stable_sort(tables.egress.begin(), tables.egress.end(), by_provider);
  std::stable_sort(tables.carbon.begin(), tables.carbon.end(), [](const CarbonRow& a, const CarbonRow& b) {
    return std::tie(a.scope, a.region) < std::tie(b.scope, b.region);
  });
}

}  // namespace capplan
